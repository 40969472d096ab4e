"""Bundles in memory, of the tiny tree of `tests.support.artifacts`, and tar files that no `wheelhouse pack` writes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any

from resolver.bundle.keys import Signer, load_key, make_key
from resolver.bundle.members import Members, header, padding
from resolver.bundle.trusted import TrustedKey, parse_trusted, trusted_line
from resolver.lock.codec import dumps
from resolver.lock.model import Lock
from resolver.transfer.acceptance import Terms
from resolver.transfer.pack import Base, Label, pack
from resolver.transfer.unpack import Unpacked, unpack
from tests.support.archives import wheel
from tests.support.artifacts import FILES, FORGE, HARBOR, artifact, lock_of, vendored

NOW = datetime(2030, 5, 1, 12, tzinfo=timezone.utc)
NEWER = "harbor-2.2.0-py3-none-any.whl"
UPDATED: Mapping[str, bytes] = {
    **{name: content for name, content in FILES.items() if name != HARBOR},
    NEWER: wheel("harbor", "2.2.0", "keel>=1", padding=3000),
}
"""The same files, but for one release of harbor that is newer."""


class Memory(io.BytesIO):
    """An `Output` that keeps what comes."""

    def reserve(self, total: int) -> None:
        self.total = total


def tree_of(folder: Path, files: Mapping[str, bytes] = FILES) -> Path:
    """A vendored tree."""
    vendored(folder, files)
    return folder


def packed(
    tree: Path, *, since: Mapping[str, bytes] | None = None, signers: Sequence[Signer] = (), **label: Any
) -> bytes:
    """The bundle of a tree; ``since``: only what is new since the tree of these files."""
    output = Memory()
    base = None if since is None else base_of(lock_of(since))
    done = pack(tree, output, Label(**label), since=base, signers=signers)
    assert output.total == done.size == len(output.getvalue())
    return output.getvalue()


def base_of(lock: Lock) -> Base:
    return Base(lock=lock, sha256=sha256(dumps(lock).encode()).hexdigest())


def unpacked(bundle: bytes, tree: Path, now: datetime = NOW, *, check: bool = False, **terms: Any) -> Unpacked:
    """Unpack into ``tree``, at noon of the first of May 2030."""
    return unpack(io.BytesIO(bundle), tree, Terms(**terms), lambda: now, check=check)


def key(folder: Path, name: str = "key", comment: str = "") -> Signer:
    """A new key in ``folder``."""
    make_key(folder / name, None, comment)
    return load_key(folder / name, lambda path: b"")


def trusting(*signers: Signer, streams: str = "*") -> tuple[TrustedKey, ...]:
    """A file of trusted keys, read."""
    return parse_trusted("\n".join(trusted_line(one.public, streams, one.comment) for one in signers), "trusted")


def members(bundle: bytes) -> dict[str, bytes]:
    """Every file of a bundle."""
    reader, found = Members(io.BytesIO(bundle)), {}
    while (member := reader.next()) is not None:
        found[member[0]] = b"".join(reader.chunks())
    return found


def spelt(files: Sequence[tuple[str, bytes]]) -> bytes:
    """A bundle of these files in this order, whatever they say."""
    return b"".join(header(path, len(content)) + content + padding(len(content)) for path, content in files) + bytes(
        1024
    )


def strange(bundle: bytes, change: Callable[[tarfile.TarInfo], None]) -> bytes:
    """The bundle with the first wheel's header changed, as other programs might write it."""
    place = bundle.index(f"files/{FORGE}".encode() + bytes(60))
    info = tarfile.TarInfo.frombuf(bundle[place : place + 512], "utf-8", "strict")
    change(info)
    return bundle[:place] + info.tobuf(tarfile.USTAR_FORMAT) + bundle[place + 512 :]


def dated(files: Mapping[str, bytes], times: Mapping[str, str]) -> Lock:
    """A lock whose index tells when files were uploaded."""
    lock = lock_of(files)
    rows = {name: replace(artifact(name, content), upload_time=times.get(name)) for name, content in files.items()}
    return replace(lock, artifacts=rows)
