"""What vouches for the files of a tree, its manifest and its lock, as far as the two can be believed.

Either may be damaged itself. Of a manifest that cannot be read, the lines that can are read all the same; a lock whose
digest the manifest twice denies is not asked. So the files that are damaged beside them are still named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from resolver.errors import InputError, LockError
from resolver.lock.codec import loads
from resolver.lock.model import Lock
from resolver.records import record
from resolver.vendor.layout import MANIFEST, Entry, Manifest, entry_of, is_inside, parse_manifest
from resolver.vendor.regular import read_regular
from resolver.verify.faults import Fault

LOCK = "lock.json"
_ROW = re.compile(r'    ("(?:[^"\\]|\\.)*"): \{"sha256": "([0-9a-f]{64})", "size": ([0-9]{1,18})\},?')
_LOCK_ROW = re.compile(r'^  "lock": "([0-9a-f]{64})",$', re.MULTILINE)


@record
class Witnesses:
    """``manifest``: what could be read of it, from ``content``. ``lock``: None where it cannot be believed.

    ``is_whole``: the manifest is one that `resolver.vendor` wrote, as far as its own bytes can tell.
    """

    manifest: Manifest
    content: bytes
    is_whole: bool
    lock: Lock | None
    faults: tuple[Fault, ...]


def hear(tree: Path) -> Witnesses:
    """Read manifest and lock. Raises `InputError` where there is no manifest, or where it cannot be read."""
    content = _read(tree / MANIFEST, f"remove it: `wheelhouse vendor {tree}` makes a new one from what is there")
    if content is None:
        raise InputError(f"{tree}: is no vendored tree: it has no {MANIFEST}; `wheelhouse vendor {tree}` makes one")
    manifest, damage = _manifest(content)
    lock, said = _lock(tree, manifest, whole=not damage)
    faults = [*([Fault(path=MANIFEST, reason=damage)] if damage else []), *said]
    return Witnesses(manifest=manifest, content=content, is_whole=not damage, lock=lock, faults=tuple(faults))


def _read(path: Path, hint: str) -> bytes | None:
    try:
        return read_regular(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; {hint}") from error


def _manifest(content: bytes) -> tuple[Manifest, str]:
    """A manifest, and what is wrong with its bytes."""
    try:
        manifest = parse_manifest(content)
    except ValueError as error:
        return _salvaged(content.decode("utf-8", "replace")), f"is not a manifest ({error})"
    names = manifest.environments
    if manifest.dump() != content or list(names) != sorted(set(names)):
        return manifest, "is not as it was written"
    return manifest, ""


def _salvaged(text: str) -> Manifest:
    """What the lines say that can still be read; every file has one of its own."""
    files = {}
    for row in filter(None, map(_ROW.fullmatch, text.split("\n"))):
        with suppress(ValueError):
            path = json.loads(row[1])
            if is_inside(path):
                files[path] = Entry(sha256=row[2], size=int(row[3]))
    lock = _LOCK_ROW.search(text)
    return Manifest(lock=lock[1] if lock else "", files=files)


def _lock(tree: Path, manifest: Manifest, *, whole: bool) -> tuple[Lock | None, list[Fault]]:
    path = tree / LOCK
    try:
        content = read_regular(path)
    except OSError as error:
        return None, [Fault(path=LOCK, reason=f"cannot be read: {error.strerror}")]
    faults = list(_denied(manifest, content, whole=whole))
    if any(fault.path == LOCK for fault in faults):
        return None, faults
    try:
        return loads(content, str(path)), faults
    except LockError as error:
        return None, [*faults, Fault(path=LOCK, reason=f"is no lock: {str(error).splitlines()[0]}")]


def _denied(manifest: Manifest, content: bytes, *, whole: bool) -> Iterator[Fault]:
    """The manifest names the lock twice, so that it can be told which of the two was changed."""
    here, row = entry_of(content), manifest.files.get(LOCK)
    named = {sha256 for sha256 in (manifest.lock, row.sha256 if row else "") if sha256}
    if whole and (len(named) != 1 or row is None):
        yield Fault(path=MANIFEST, reason="it is of another lock than the one that lies beside it")
    if named and here.sha256 not in named:
        [expected, *_] = sorted(named)
        yield Fault(path=LOCK, reason=f"its sha256 is {here.sha256} and should be {expected}")
