"""The statements that bundles left in a tree, with their signatures, and whether they are as they were put there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from resolver.bundle.checking import holds
from resolver.bundle.sshsig import PublicKey, parse_signatures
from resolver.bundle.statement import Statement, parse
from resolver.errors import BundleRefused, InputError
from resolver.records import record
from resolver.vendor.layout import RECEIVED
from resolver.vendor.regular import regular_bytes

STATEMENT = "bundle.json"
SIGNATURES = "bundle.json.sig"


@record
class Kept:
    """A statement that lies in a tree, as bytes; ``place``: the folder, relative to the tree."""

    place: str
    statement: bytes
    signatures: bytes | None

    def path(self, name: str) -> str:
        """Path of one of its files, relative to the tree."""
        return name if self.place == "." else f"{self.place}/{name}"


def kept_statements(tree: Path) -> list[Kept]:
    """The statements that lie in a tree: those of bundles it took, and that of one that `tar` alone unpacked."""
    received = tree / RECEIVED
    folders = sorted(path for path in received.iterdir() if path.is_dir()) if received.is_dir() else []
    found = []
    for folder in (*folders, tree):
        statement, signatures = regular_bytes(folder / STATEMENT), regular_bytes(folder / SIGNATURES)
        if statement is not None or signatures is not None:
            place = folder.relative_to(tree).as_posix()
            found.append(Kept(place=place, statement=statement or b"", signatures=signatures))
    return found


def statement_folder(statement: bytes, signatures: bytes | None) -> str:
    """Where a statement is kept, relative to the tree: a place of its own, so that two can be there while one goes.

    Its name tells the digests of both files, so that damage to either shows without the other.
    """
    return f"{RECEIVED}/{_short(statement)}" + (f"-{_short(signatures)}" if signatures is not None else "")


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@record
class Examined:
    """``statement``: None where it is damaged. ``signers``: whose signatures hold. ``faults``: path -> reason."""

    statement: Statement | None
    signers: tuple[PublicKey, ...]
    faults: Mapping[str, str]


def examined(kept: Kept) -> Examined:
    """Whether a statement and its signatures are as they were put there; whose they are is not judged."""
    faults = dict(_misplaced(kept))
    statement = None
    if kept.path(STATEMENT) not in faults:
        try:
            statement = parse(kept.statement)
        except BundleRefused as error:
            faults[kept.path(STATEMENT)] = str(error)
    signers: tuple[PublicKey, ...] = ()
    if statement is not None and kept.signatures is not None and kept.path(SIGNATURES) not in faults:
        try:
            signers = _signers(kept.statement, kept.signatures)
        except (ValueError, InputError) as error:  # the latter where nothing here can tell
            faults[kept.path(SIGNATURES)] = str(error)
    return Examined(statement=statement, signers=signers, faults=faults)


def _misplaced(kept: Kept) -> Iterator[tuple[str, str]]:
    """Files that are not those that the folder was named for."""
    if kept.place == ".":
        return
    stated, _, signed = kept.place.rpartition("/")[2].partition("-")
    if _short(kept.statement) != stated:
        yield kept.path(STATEMENT), "is not the statement that was put there"
    if (_short(kept.signatures) if kept.signatures is not None else "") != signed:
        yield kept.path(SIGNATURES), "is missing, or not what was put there"


def _signers(statement: bytes, signatures: bytes) -> tuple[PublicKey, ...]:
    made = parse_signatures(signatures)
    if not all(holds(signature, statement) for signature in made):
        raise ValueError(f"is no signature of {STATEMENT}")
    return tuple(signature.key for signature in made)
