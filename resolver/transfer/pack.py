"""Vendored tree -> bundle: one pass over the files, each verified while it is written.

The bytes depend on the tree, and on the serial, the times and the keys that the user asked for: on nothing else.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from resolver.bundle.keys import Signer
from resolver.bundle.members import CHUNK, END, header, padding, room
from resolver.bundle.statement import DEFAULT_STREAM, Statement
from resolver.errors import CheckFailed, InputError, LockError
from resolver.lock.codec import loads
from resolver.lock.model import Lock
from resolver.records import record
from resolver.transfer.delta import new_since
from resolver.transfer.kept import SIGNATURES, STATEMENT
from resolver.transfer.places import check_places, ordered
from resolver.vendor.layout import MANIFEST, Entry, Manifest, entry_of, read_manifest
from resolver.vendor.names import Breakage, unportable
from resolver.vendor.ports import NoProgress, Progress
from resolver.vendor.regular import open_regular, read_regular


class Output(Protocol):
    """Where a bundle goes."""

    def reserve(self, total: int) -> None:
        """Bytes that will come. Raises `resolver.errors.StorageError` where there is no room for them."""

    def write(self, content: bytes, /) -> object:
        """Append."""


@record
class Label:
    """What the statement says beside the tree; see `resolver.bundle.statement.Statement`."""

    stream: str = DEFAULT_STREAM
    serial: int | None = None
    created: datetime | None = None
    expires: datetime | None = None


@record
class Base:
    """The lock that a delta is relative to, and the sha256 of its bytes."""

    lock: Lock
    sha256: str


@record
class Packed:
    """What a run wrote. ``size``: bytes of the bundle. ``whole``: files and bytes of the tree.

    ``breakages``: names that Windows, FAT or exFAT would not take where the tree is unpacked.
    """

    statement: Statement
    size: int
    whole: tuple[int, int]
    breakages: tuple[Breakage, ...]


def pack(
    tree: Path,
    output: Output,
    label: Label,
    *,
    since: Base | None = None,
    signers: Sequence[Signer] = (),
    portable: bool = False,
    progress: Progress | None = None,
) -> Packed:
    """Write the bundle of ``tree``, or with ``since`` of what is new in it.

    Raises `InputError` where there is no tree, `CheckFailed` with every file that is not what the manifest says, or
    with ``portable`` every name that some system would not take, and OSError. What was written by then is no bundle.
    """
    manifest, content = _manifest(tree)
    breakages = unportable(manifest.files)
    if portable and breakages:
        rows = "\n".join(f"  {one.path} {one.reason}" for one in breakages)
        raise CheckFailed(f"{tree} would break where it is unpacked on Windows, FAT or exFAT:\n{rows}")
    paths = ordered(manifest.files if since is None else _new(tree, manifest, since))
    statement = Statement(
        stream=label.stream,
        serial=label.serial,
        created=label.created,
        expires=label.expires,
        manifest=entry_of(content),
        base=None if since is None else since.sha256,
        files=len(paths),
        size=sum(manifest.files[path].size for path in paths),
    )
    head = [(STATEMENT, statement.dump())]
    if signers:
        head.append((SIGNATURES, "".join(signer.sign(statement.dump()) for signer in signers).encode("ascii")))
    head.append((MANIFEST, content))
    total = sum(room(path, len(said)) for path, said in head)
    total += sum(room(path, manifest.files[path].size) for path in paths) + len(END)
    output.reserve(total)
    for path, said in head:
        output.write(header(path, len(said)) + said + padding(len(said)))
    _write_files(tree, {path: manifest.files[path] for path in paths}, output, progress or NoProgress())
    output.write(END)
    whole = (len(manifest.files), sum(entry.size for entry in manifest.files.values()))
    return Packed(statement=statement, size=total, whole=whole, breakages=tuple(breakages))


def _manifest(tree: Path) -> tuple[Manifest, bytes]:
    manifest = read_manifest(tree)
    if manifest is None:
        raise InputError(f"{tree}: is no vendored tree: it has no {MANIFEST}; `wheelhouse vendor {tree}` makes one")
    content = (tree / MANIFEST).read_bytes()
    if content != manifest.dump():
        raise CheckFailed(f"{tree / MANIFEST}: is not as it was written; {_mends(tree)}")
    check_places(manifest)
    return manifest, content


def _mends(tree: Path) -> str:
    return f"`wheelhouse verify {tree}` says more, `wheelhouse repair {tree}` mends it"


def _new(tree: Path, manifest: Manifest, since: Base) -> list[str]:
    path = tree / "lock.json"
    try:
        lock = loads(read_regular(path), str(path))
    except OSError as error:
        raise LockError(f"{path}: cannot be read: {error.strerror}; {_mends(tree)}") from error
    return new_since(manifest.files, lock, manifest.environments or tuple(lock.environments), since.lock)


def _write_files(tree: Path, entries: dict[str, Entry], output: Output, progress: Progress) -> None:
    """Write all; where one is not what it should be, read on to name the others, and raise `CheckFailed`."""
    progress.grow(sum(entry.size for entry in entries.values()))
    faults: list[str] = []
    for path, entry in entries.items():
        if not faults:
            output.write(header(path, entry.size))
        found, size = hashlib.sha256(), 0
        for chunk in _chunks(tree / path, entry.size):
            found.update(chunk)
            size += len(chunk)
            progress.advance(len(chunk))
            if not faults:
                output.write(chunk)
        if size != entry.size or found.hexdigest() != entry.sha256:
            faults.append(f"  {path}")
        if not faults:
            output.write(padding(size))
    if faults:
        rows = "\n".join(faults)
        raise CheckFailed(
            f"{tree}: files that are not what {MANIFEST} says, so nothing was packed:\n{rows}\n{_mends(tree)}"
        )


def _chunks(path: Path, size: int) -> Iterator[bytes]:
    """The bytes of a regular file of ``size`` bytes; none where there is no such file."""
    try:
        stream = open_regular(path, follow=False)
    except OSError:
        return
    with stream:
        if os.fstat(stream.fileno()).st_size != size:
            return
        while chunk := stream.read(CHUNK):
            yield chunk
