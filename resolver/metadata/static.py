"""Run-time metadata and build requirements of an sdist, read from its files and never by running it.

An answer is sound, or it says that it is uncertain and why; nothing is guessed in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.errors import InvalidMetadata
from resolver.metadata.backends import as_lines, hook_answer, read_setup_cfg
from resolver.metadata.build_system import LEGACY_BACKEND, build_system, read_toml
from resolver.metadata.core import PkgInfo, parse_pkg_info
from resolver.metadata.model import BuildSystem, CoreMetadata, SdistFiles, StaticBuild, StaticMetadata, Unknown
from resolver.metadata.setup_py import Finding, read_setup_py

RUNS_CODE = {"setuptools.build_meta", LEGACY_BACKEND}
"""Backends whose metadata comes from a program (setup.py) where there is one."""

DECLARATIVE = ("flit_core.", "flit.", "poetry.", "pdm.", "hatchling.", "uv_build", "whey")
"""Backends that write the Requires-Dist of an sdist from declarations alone."""


def static_build(files: SdistFiles) -> StaticBuild:
    """How an sdist is built and what its backend's hook would ask for. Raises `InvalidMetadata`."""
    system = build_system(files)
    answer = hook_answer(system.backend, files, in_tree=bool(system.backend_path))
    return StaticBuild(system=system, hook=answer.requires, evidence=answer.evidence, extra_before=answer.extra_before)


def static_metadata(files: SdistFiles, *, project: NormalizedName, version: Version) -> StaticMetadata | Unknown:
    """The run-time metadata of an sdist, by the strongest evidence that it carries.

    In order: PKG-INFO of metadata 2.2 or later without dynamic requirements (PEP 643); ``[project]`` without dynamic
    dependencies (PEP 621); PKG-INFO by a declarative backend; what setuptools wrote beside setup.py, which is sound
    where setup.py does not look at the machine. Raises `InvalidMetadata`.
    """
    info = _pkg_info(files, project, version)
    if info is not None and _is_static(info):
        return StaticMetadata(metadata=info.metadata, evidence="PKG-INFO")
    declared = _declared(files, project, version)
    if declared is not None:
        return StaticMetadata(metadata=declared, evidence="pyproject.toml")
    system = build_system(files)
    if system.backend not in RUNS_CODE:
        return _by_backend(info, system)
    return _by_setuptools(files, info, CoreMetadata(name=project, version=version))


def _pkg_info(files: SdistFiles, project: NormalizedName, version: Version) -> PkgInfo | None:
    content = files.files.get("PKG-INFO")
    if content is None:
        content = next((files.files[p] for p in sorted(files.files) if p.endswith(".egg-info/PKG-INFO")), None)
    if content is None:
        return None
    info = parse_pkg_info(content)
    if info.metadata.name != project or info.metadata.version != version:
        raise InvalidMetadata(f"its PKG-INFO calls it {info.metadata.name} {info.metadata.version}")
    return info


def _is_static(info: PkgInfo) -> bool:
    numbers = tuple(int(part) for part in info.metadata_version.split("."))
    return numbers >= (2, 2) and not info.dynamic & {"requires-dist", "provides-extra"}


def _declared(files: SdistFiles, project: NormalizedName, version: Version) -> CoreMetadata | None:
    """``[project]`` where it states all dependencies."""
    table = read_toml(files).get("project")
    if not isinstance(table, dict) or {"dependencies", "optional-dependencies"} & set(table.get("dynamic", ())):
        return None
    extras = table.get("optional-dependencies", {})
    texts = [str(text) for text in table.get("dependencies", ())]
    for extra, listed in extras.items() if isinstance(extras, dict) else ():
        texts += [_with_marker(str(text), f'extra == "{canonicalize_name(extra)}"') for text in listed]
    names = frozenset(canonicalize_name(extra) for extra in extras)
    return replace(
        _metadata(CoreMetadata(name=project, version=version), texts, names),
        requires_python=_specifier(table.get("requires-python")),
    )


def _specifier(text: object) -> SpecifierSet | None:
    try:
        return SpecifierSet(text) if isinstance(text, str) else None
    except InvalidSpecifier:
        raise InvalidMetadata(f"pyproject.toml: requires-python {text!r} is invalid") from None


def _by_backend(info: PkgInfo | None, system: BuildSystem) -> StaticMetadata | Unknown:
    reason = f"its backend {system.backend} computes its metadata"
    if info is None:
        return Unknown(reason=reason)
    declarative = system.backend.startswith(DECLARATIVE) and not system.backend_path
    sure = declarative and not info.dynamic & {"requires-dist", "provides-extra"}
    return StaticMetadata(
        metadata=info.metadata, evidence="PKG-INFO", uncertain=None if sure else Unknown(reason=reason)
    )


def _by_setuptools(files: SdistFiles, info: PkgInfo | None, empty: CoreMetadata) -> StaticMetadata:
    base = info.metadata if info is not None else empty
    finding = _setup_requirements(files)
    written = next((path for path in sorted(files.files) if path.endswith(".egg-info/requires.txt")), None)
    uncertain = Unknown(reason=finding.reason) if finding.kind == "dependent" else None
    if written is not None:
        texts, extras = _requires_txt(files.files[written].decode("utf-8", "replace"))
        return StaticMetadata(metadata=_metadata(base, texts, extras), evidence=written, uncertain=uncertain)
    if base.requires_dist or base.invalid_requires:
        return StaticMetadata(metadata=base, evidence="PKG-INFO", uncertain=uncertain)
    if finding.kind == "stated":
        return StaticMetadata(
            metadata=_metadata(base, as_lines(finding.value), base.provides_extra), evidence="setup.py"
        )
    wrote = any(".egg-info/" in path for path in files.members)
    if finding.kind == "computed" and not wrote:
        uncertain = Unknown(reason="setup.py computes install_requires, and the sdist does not carry the result")
    return StaticMetadata(metadata=base, evidence="setup.py", uncertain=uncertain)


def _setup_requirements(files: SdistFiles) -> Finding:
    """Whether install_requires and extras_require could differ from machine to machine."""
    if "setup.py" not in files.files:
        return _cfg_requirements(files) or Finding(kind="absent")
    setup = read_setup_py(files.files["setup.py"])
    findings = [setup.keyword("install_requires"), setup.keyword("extras_require")]
    for finding in findings:
        if finding.kind == "dependent":
            return finding
    if findings[0].kind == "absent":
        return _cfg_requirements(files) or findings[1]
    if findings[0].kind == "stated" and findings[1].kind not in {"absent", "stated"}:
        return findings[1]
    if findings[1].kind == "stated" and findings[1].value:
        # Only the egg-info spells extras out; a literal list alone would lose them.
        return Finding(kind="computed")
    return findings[0]


def _cfg_requirements(files: SdistFiles) -> Finding | None:
    config = read_setup_cfg(files.files.get("setup.cfg", b""))
    if config is None or not config.has_option("options", "install_requires"):
        return None
    value = config.get("options", "install_requires")
    if value.strip().startswith(("file:", "attr:")) or config.has_section("options.extras_require"):
        return Finding(kind="computed")
    return Finding(kind="stated", value=as_lines(value))


def _requires_txt(text: str) -> tuple[list[str], frozenset[NormalizedName]]:
    """setuptools' requires.txt: sections ``[extra]``, ``[:marker]``, ``[extra:marker]`` -> Requires-Dist, extras."""
    texts: list[str] = []
    extras: set[NormalizedName] = set()
    marker = ""
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            extra, _, condition = line[1:-1].partition(":")
            extras.update([canonicalize_name(extra)] if extra else [])
            named = f'extra == "{canonicalize_name(extra)}"' if extra else ""
            marker = f"({condition}) and {named}" if condition and named else condition or named
        elif line and not line.startswith("#"):
            texts.append(_with_marker(line, marker) if marker else line)
    return texts, frozenset(extras)


def _with_marker(text: str, marker: str) -> str:
    """A requirement that holds under one more condition; what does not parse stays as it is, to be reported."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return text
    both = f"({requirement.marker}) and ({marker})" if requirement.marker is not None else marker
    requirement.marker = Marker(both)
    return str(requirement)


def _metadata(base: CoreMetadata, texts: list[str], extras: frozenset[NormalizedName]) -> CoreMetadata:
    parsed = list(_parsed(texts))
    return replace(
        base,
        requires_dist=tuple(one for one in parsed if isinstance(one, Requirement)),
        invalid_requires=tuple(one for one in parsed if isinstance(one, tuple)),
        provides_extra=base.provides_extra | extras,
    )


def _parsed(texts: list[str]) -> Iterator[Requirement | tuple[str, str]]:
    for text in texts:
        try:
            yield Requirement(text)
        except InvalidRequirement as error:
            yield (text, str(error).splitlines()[0])
