"""JSON data -> Lock, each record checked by itself. What records say of each other is checked by `references`. Pure."""

from __future__ import annotations

from typing import get_args

from resolver.lock import readers as r
from resolver.lock.model import (
    LOCK_VERSION,
    AnsweredBy,
    Artifact,
    Attestations,
    Build,
    BuildEnvironment,
    BuildRequirement,
    Check,
    EnvironmentEntry,
    IndexEntry,
    Inputs,
    Lock,
    Origin,
    Pin,
)
from resolver.lock.readers import Shape, Wrong, named

_VERSION = Shape({"lock_version": r.integer})
_INPUTS = Shape(
    {"sha256": r.sha256, "files": named(r.input_path, r.sha256)},
    {"spec": r.input_path, "combined": r.true},
)
_INDEX = Shape({"url": r.location, "files": r.base})
_PYTHON = Shape({}, {"python_version": r.python, "python_full_version": r.version})
_values = named(r.filled, r.text)


def _markers(data: object) -> dict[str, str]:
    _PYTHON.read(data)
    return _values(data)


_ENVIRONMENT = Shape(
    {"markers": _markers, "tags": r.tags},
    {"python": r.filled, "os": r.filled, "arch": r.filled, "libc": r.filled},
)
_ARTIFACT = Shape(
    {"project": r.project, "version": r.version, "kind": r.one_of("wheel", "sdist"), "sha256": r.sha256},
    {
        "index": r.label,
        "path": r.path_below,
        "url": r.absolute_url,
        "size": r.size,
        "upload_time": r.filled,
        "requires_python": r.text,
        "yanked": r.text,
        "provenance": r.location,
    },
)
_publisher = named(r.filled, r.filled)


def _publisher_of_a_kind(data: object) -> dict[str, str]:
    if "kind" not in r.record(data):
        raise Wrong("the key 'kind' is missing")
    return _publisher(data)


_ATTESTATIONS = Shape({"check": r.one_of(*get_args(Check))}, {"publisher": _publisher_of_a_kind})
# A pin's version is that of its artifact: `references` sees to it.
_PIN = Shape({"version": r.filled, "artifact": r.filename, "extras": r.texts, "dependencies": r.texts})
_REQUIREMENT = Shape({"requirement": r.filled, "from": r.one_of(*get_args(Origin))}, {"evidence": r.text})


def _artifacts(data: object) -> dict[str, Artifact]:
    found: dict[str, Artifact] = {}
    records, filename = r.record(data), ""
    try:
        for filename, value in records.items():
            found[filename] = _artifact(r.filename(filename), value)
    except Wrong as wrong:
        raise wrong.under(filename) from None
    return found


def _artifact(filename: str, data: object) -> Artifact:
    artifact = Artifact(filename=filename, **_ARTIFACT.read(data))
    if (artifact.kind == "wheel") != filename.endswith(".whl"):
        raise Wrong(f"a file of this name is no {artifact.kind}").under("kind")
    if artifact.path is None and artifact.url is None:
        raise Wrong("it has neither `path` (with `index`) nor `url`, so that nobody can tell where it lies")
    if artifact.path is not None and artifact.url is not None:
        raise Wrong("it has both `path` and `url`, so that nobody can tell where it lies")
    if artifact.path is not None and artifact.index is None:
        raise Wrong("it has `path` but not the `index` below which that lies")
    return artifact


def _build_requirement(data: object) -> BuildRequirement:
    found = _REQUIREMENT.read(data)
    return BuildRequirement(requirement=found["requirement"], origin=found["from"], evidence=found.get("evidence"))


_ANSWERED = Shape({"python": r.filled, "os": r.filled, "arch": r.filled}, {"libc": r.filled, "differs": r.texts})
_BUILD_ENVIRONMENT = Shape(
    {"requires": r.listed(_build_requirement)},
    {
        "closure": r.label,
        "metadata": r.filled,
        "system": r.texts,
        "answered": lambda data: AnsweredBy(**_ANSWERED.read(data)),
        "unknown": r.text,
        "unbuildable": r.text,
    },
)


def _build_environment(data: object) -> BuildEnvironment:
    built = BuildEnvironment(**{"closure": None, **_BUILD_ENVIRONMENT.read(data)})
    if built.closure is None and built.unbuildable is None:
        raise Wrong("the key 'closure' is missing")
    return built


_BUILD = Shape(
    {"backend": r.text, "environments": named(r.label, _build_environment)},
    {"backend_path": r.texts},
)
_pins = named(r.project, lambda data: Pin(**_PIN.read(data)))
_LOCK = Shape(
    {
        "inputs": lambda data: Inputs(**_INPUTS.read(data)),
        "indexes": named(r.label, lambda data: IndexEntry(**_INDEX.read(data))),
        "environments": named(r.label, lambda data: EnvironmentEntry(**_ENVIRONMENT.read(data))),
        "roots": named(r.label, named(r.group, r.texts)),
        "artifacts": _artifacts,
        "resolutions": named(r.label, _pins),
        "builds": named(r.filename, lambda data: Build(**_BUILD.read(data))),
        "closures": named(r.label, _pins),
    },
    {
        "exclude_newer": named(r.age, r.instant),
        "attestations": named(r.group, lambda data: Attestations(**_ATTESTATIONS.read(data))),
    },
)


def decode(data: object) -> Lock:
    """The lock that JSON ``data`` states. Raises `Wrong`."""
    version = _VERSION.read(data)["lock_version"]
    if version > LOCK_VERSION:
        raise Wrong(
            f"the lock has version {version}; this release of wheelhouse reads version {LOCK_VERSION}",
            hint=f"install a newer release of wheelhouse, one that reads lock_version {version}",
        ).under("lock_version")
    if version < LOCK_VERSION:
        raise Wrong(f"no release of wheelhouse has written version {version}").under("lock_version")
    return Lock(**_LOCK.read(data))
