"""What the records of a lock say of each other: every name must lead somewhere, and to the same thing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from resolver.lock.inputs import inputs_digest
from resolver.lock.model import Artifact, Lock, Pins
from resolver.lock.readers import Wrong

_MERGED = "edited or badly merged: restore it from version control, or delete it and run `wheelhouse resolve`"


def check_references(lock: Lock) -> None:
    """Raise `Wrong` for the first name in ``lock`` that leads nowhere or to something else."""
    if lock.inputs.sha256 != inputs_digest(lock.inputs.files):
        raise Wrong("it is not the digest of `inputs.files`", hint=_MERGED).under("sha256", "inputs")
    if lock.inputs.spec is not None:
        _exists(lock.inputs.spec, lock.inputs.files, "input", "spec", "inputs")
    _check_environments(lock)
    for filename, artifact in lock.artifacts.items():
        if artifact.index is not None:
            _exists(artifact.index, lock.indexes, "index", "index", filename, "artifacts")
    for name, pins in lock.resolutions.items():
        _check_pins(pins, lock.artifacts, name, "resolutions")
        _check_built(pins, lock, name, name, "resolutions")
    for identity, pins in lock.closures.items():
        _check_pins(pins, lock.artifacts, identity, "closures")
    _check_builds(lock)


def _check_environments(lock: Lock) -> None:
    for section, names in (("roots", lock.roots), ("resolutions", lock.resolutions)):
        for name in names:
            _exists(name, lock.environments, "environment", name, section)
    for name in lock.environments:
        _exists(name, lock.resolutions, "resolution for the environment", name, "environments")


def _check_pins(pins: Pins, artifacts: Mapping[str, Artifact], *keys: str) -> None:
    for project, pin in pins.items():
        artifact = artifacts.get(pin.artifact)
        if artifact is None:
            raise _missing(pin.artifact, "artifact").under("artifact", project, *keys)
        if (artifact.project, artifact.version) != (project, pin.version):
            found = f"{artifact.project} {artifact.version}"
            message = f"{pin.artifact} is of {found}, and is pinned for {project} {pin.version}"
            raise Wrong(message, hint=_MERGED).under("artifact", project, *keys)
        for dependency in pin.dependencies:
            if dependency not in pins:
                raise _missing(dependency, "pin beside this one for the dependency").under(
                    "dependencies", project, *keys
                )


def _check_built(pins: Pins, lock: Lock, environment: str, *keys: str) -> None:
    """Every sdist among ``pins`` must say how it is built for ``environment``."""
    for pin in pins.values():
        if lock.artifacts[pin.artifact].kind == "sdist" and lock.built(pin.artifact, environment) is None:
            raise _missing(pin.artifact, f"entry in `builds` for {environment} of the sdist").under(*keys)


def _check_builds(lock: Lock) -> None:
    for filename, build in lock.builds.items():
        _exists(filename, lock.artifacts, "artifact", filename, "builds")
        if lock.artifacts[filename].kind != "sdist":
            raise Wrong("only an sdist is built, and this is a wheel", hint=_MERGED).under(filename, "builds")
        for name, built in build.environments.items():
            keys = (name, "environments", filename, "builds")
            _exists(name, lock.environments, "environment", *keys)
            if built.closure is not None:
                _exists(built.closure, lock.closures, "closure", "closure", *keys)
                _check_built(lock.closures[built.closure], lock, name, "closure", *keys)


def _exists(name: str, where: Iterable[str], what: str, *keys: str) -> None:
    if name not in where:
        raise _missing(name, what).under(*keys)


def _missing(name: str, what: str) -> Wrong:
    return Wrong(f"there is no {what} {name!r}", hint=_MERGED)
