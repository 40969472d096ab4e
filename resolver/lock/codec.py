"""Lock <-> JSON text: the format that DESIGN.md states and ``lock.schema.json`` describes.

`dumps` writes the same bytes for equal locks: names in the order of code points, the keys of a record in the order of
this module, one artifact, pin, requirement or build environment a line. It escapes all but ASCII, so that readers which
guess an encoding (Starlark, Python on Windows) read what Nix and jq read. Lists keep the order of the lock's tuples.

`loads` accepts any JSON layout and ignores keys that it does not know: a later release may add some without a new
``lock_version``. What it does know must be right (see `resolver.lock.parsing`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from resolver.lock.model import (
    LOCK_VERSION,
    Artifact,
    Attestations,
    Build,
    BuildEnvironment,
    EnvironmentEntry,
    Inputs,
    Lock,
    Pin,
    Pins,
)

_INDENT = "  "
_quote = json.encoder.encode_basestring_ascii


def dumps(lock: Lock) -> str:
    """The text of ``lock``, in ASCII, with a newline at its end."""
    asked: dict[str, list[str]] = {}
    if lock.exclude_newer:
        asked["exclude_newer"] = _lines(lock.exclude_newer)
    if lock.attestations:
        asked["attestations"] = _lines({name: _attestations(one) for name, one in lock.attestations.items()})
    sections = {
        "lock_version": [str(LOCK_VERSION)],
        "inputs": _inputs(lock.inputs),
        **asked,
        "indexes": _lines({name: {"url": entry.url, "files": entry.files} for name, entry in lock.indexes.items()}),
        "environments": _sorted_block({name: _environment(entry) for name, entry in lock.environments.items()}),
        "roots": _sorted_block({name: _roots(groups) for name, groups in lock.roots.items()}),
        "artifacts": _lines({filename: _artifact(artifact) for filename, artifact in lock.artifacts.items()}),
        "resolutions": _sorted_block({name: _pins(pins) for name, pins in lock.resolutions.items()}),
        "builds": _sorted_block({filename: _build(build) for filename, build in lock.builds.items()}),
        "closures": _sorted_block({identity: _pins(pins) for identity, pins in lock.closures.items()}),
    }
    return "\n".join(_block(sections)) + "\n"


def loads(text: str | bytes, source: str = "lock.json") -> Lock:
    """The lock that ``text`` states. ``source`` names it in messages.

    Raises `LockError` with the place (line, or path inside the document), what is wrong, and what to do.
    """
    from resolver.lock.parsing import parse_lock  # noqa: PLC0415  (who writes a lock need not read one)

    return parse_lock(text if isinstance(text, str) else text.decode("utf-8", "replace"), source)


def _block(members: Mapping[str, list[str]]) -> list[str]:
    """Lines of an object from the lines of its members' values, in the order given."""
    return _enclose([[f"{_quote(key)}: {first}", *rest] for key, (first, *rest) in members.items()], "{}")


def _sorted_block(members: Mapping[str, list[str]]) -> list[str]:
    return _block(dict(sorted(members.items())))


def _lines(members: Mapping[str, object]) -> list[str]:
    """Lines of an object by name, one member a line."""
    return _enclose([[f"{_quote(key)}: {_inline(members[key])}"] for key in sorted(members)], "{}")


def _enclose(members: Sequence[list[str]], brackets: str) -> list[str]:
    """Lines of an array or object from the lines of its members."""
    if not members:
        return [brackets]
    lines = [brackets[0]]
    for member in members:
        lines += [_INDENT + line for line in member]
        lines[-1] += ","
    lines[-1] = lines[-1][:-1]
    return [*lines, brackets[1]]


def _inline(value: object) -> str:
    """JSON on one line. The standard library's encoder is set up anew at every call, which costs more than this."""
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join([_quote(one) if isinstance(one, str) else _inline(one) for one in value]) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join([f"{_quote(key)}: {_inline(member)}" for key, member in value.items()]) + "}"
    return str(value)  # an int: a lock holds nothing else


def _present(**fields: object) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def _inputs(inputs: Inputs) -> list[str]:
    spec = {} if inputs.spec is None else {"spec": [_quote(inputs.spec)]}
    combined = {"combined": ["true"]} if inputs.combined else {}
    return _block({"sha256": [_quote(inputs.sha256)], **spec, **combined, "files": _lines(inputs.files)})


def _environment(entry: EnvironmentEntry) -> list[str]:
    declared = _present(python=entry.python, os=entry.os, arch=entry.arch, libc=entry.libc)
    members = {key: [_inline(value)] for key, value in declared.items()}
    members["markers"] = [_inline(dict(sorted(entry.markers.items())))]
    members["tags"] = [_inline(entry.tags)]
    return _block(members)


def _attestations(asked: Attestations) -> dict[str, Any]:
    publisher = None if asked.publisher is None else dict(sorted(asked.publisher.items()))
    return _present(check=asked.check, publisher=publisher)


def _roots(groups: Mapping[str, tuple[str, ...]]) -> list[str]:
    return _sorted_block(
        {group: _enclose([[_quote(r)] for r in requirements], "[]") for group, requirements in groups.items()}
    )


def _artifact(artifact: Artifact) -> dict[str, Any]:
    return _present(
        project=artifact.project,
        version=artifact.version,
        kind=artifact.kind,
        index=artifact.index,
        path=artifact.path,
        url=artifact.url,
        sha256=artifact.sha256,
        size=artifact.size,
        upload_time=artifact.upload_time,
        requires_python=artifact.requires_python,
        yanked=artifact.yanked,
        provenance=artifact.provenance,
    )


def _pins(pins: Pins) -> list[str]:
    return _lines({name: _pin(pin) for name, pin in pins.items()})


def _pin(pin: Pin) -> dict[str, object]:
    return {
        "version": pin.version,
        "artifact": pin.artifact,
        "extras": pin.extras,
        "dependencies": pin.dependencies,
    }


def _build(build: Build) -> list[str]:
    members = {"backend": [_inline(build.backend)]}
    if build.backend_path:
        members["backend_path"] = [_inline(build.backend_path)]
    members["environments"] = _lines({name: _build_environment(built) for name, built in build.environments.items()})
    return _block(members)


def _build_environment(built: BuildEnvironment) -> dict[str, Any]:
    requires = [
        _present(**{"requirement": r.requirement, "from": r.origin, "evidence": r.evidence}) for r in built.requires
    ]
    by = built.answered
    answered = by and _present(python=by.python, os=by.os, arch=by.arch, libc=by.libc, differs=by.differs or None)
    return _present(
        requires=requires,
        closure=built.closure,
        metadata=built.metadata,
        system=built.system or None,
        answered=answered,
        unknown=built.unknown,
        unbuildable=built.unbuildable,
    )
