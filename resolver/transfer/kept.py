"""The statements that bundles left in a tree, with their signatures, and whether they are as they were put there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from resolver.bundle.checking import holds
from resolver.bundle.sshsig import PublicKey, parse_signatures
from resolver.bundle.statement import Statement, parse
from resolver.errors import BundleRefused, InputError
from resolver.vendor.layout import RECEIVED

STATEMENT = "bundle.json"
SIGNATURES = "bundle.json.sig"


@dataclass(frozen=True, slots=True, kw_only=True)
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
        path, beside = folder / STATEMENT, folder / SIGNATURES
        if path.is_file() or beside.is_file():
            found.append(
                Kept(
                    place=folder.relative_to(tree).as_posix(),
                    statement=path.read_bytes() if path.is_file() else b"",
                    signatures=beside.read_bytes() if beside.is_file() else None,
                )
            )
    return found


def statement_folder(statement: bytes) -> str:
    """Where a statement is kept, relative to the tree: a place of its own, so that two can be there while one goes."""
    return f"{RECEIVED}/{hashlib.sha256(statement).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """``statement``: None where it is damaged. ``signers``: whose signatures hold. ``fault``: path and reason."""

    statement: Statement | None
    signers: tuple[PublicKey, ...] = ()
    fault: tuple[str, str] | None = None


def examined(kept: Kept) -> Examined:
    """Whether a statement and its signatures are as they were put there; whose they are is not judged."""
    try:
        statement = parse(kept.statement)
    except BundleRefused as error:
        return Examined(statement=None, fault=(kept.path(STATEMENT), str(error)))
    if kept.place not in {".", statement_folder(kept.statement)}:
        return Examined(statement=None, fault=(kept.path(STATEMENT), "is not the statement that was put there"))
    if kept.signatures is None:
        return Examined(statement=statement)
    try:
        made = parse_signatures(kept.signatures)
        if all(holds(signature, kept.statement) for signature in made):
            return Examined(statement=statement, signers=tuple(signature.key for signature in made))
        reason = f"is no signature of {STATEMENT}"
    except ValueError as error:
        reason = f"is no signature: {error}"
    except InputError as error:  # nothing here can tell
        reason = str(error)
    return Examined(statement=statement, fault=(kept.path(SIGNATURES), reason))
