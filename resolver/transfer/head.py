"""The front of a bundle: its statement, its signatures, its manifest and its lock, in this order."""

from __future__ import annotations

from resolver.bundle.members import Members
from resolver.bundle.statement import Statement, parse
from resolver.errors import BundleRefused, LockError
from resolver.lock.codec import loads
from resolver.lock.model import Lock
from resolver.records import record
from resolver.transfer.kept import SIGNATURES, STATEMENT
from resolver.transfer.places import check_places
from resolver.vendor.layout import MANIFEST, Manifest, entry_of, parse_manifest

_MOST_STATEMENT = 64 << 10
_MOST_MANIFEST = 256 << 20
_LOCK = "lock.json"


@record
class Head:
    """``statement`` and ``manifest`` with the bytes that they were read from; ``signatures`` may be None."""

    statement: Statement
    content: bytes
    signatures: bytes | None
    manifest: Manifest
    manifest_bytes: bytes


def read_head(members: Members) -> Head:
    """Everything before the lock. Raises `BundleRefused`; who signed, and what that is worth, is not asked here."""
    member = members.next()
    if member is None or member[0] != STATEMENT:
        raise BundleRefused("malformed", f"it does not begin with {STATEMENT}: `wheelhouse pack` did not make it")
    content = members.content(_MOST_STATEMENT, STATEMENT)
    statement = parse(content)
    member = members.next()
    signatures = None
    if member is not None and member[0] == SIGNATURES:
        signatures = members.content(_MOST_STATEMENT, SIGNATURES)
        member = members.next()
    if member is None or member[0] != MANIFEST:
        raise BundleRefused("malformed", f"{MANIFEST} is not where it has to be")
    manifest_bytes = members.content(_MOST_MANIFEST, MANIFEST)
    if entry_of(manifest_bytes) != statement.manifest:
        raise BundleRefused("tampered", f"{MANIFEST}: is not the one that the statement is about")
    return Head(
        statement=statement,
        content=content,
        signatures=signatures,
        manifest=_manifest(manifest_bytes),
        manifest_bytes=manifest_bytes,
    )


def read_lock(members: Members, head: Head) -> tuple[Lock, bytes]:
    """The lock, which comes next, and its bytes. Raises `BundleRefused`."""
    member, entry = members.next(), head.manifest.files[_LOCK]
    if member is None or member[0] != _LOCK:
        raise BundleRefused("malformed", f"{_LOCK} is not where it has to be")
    content = members.content(_MOST_MANIFEST, _LOCK)
    if entry_of(content) != entry:
        raise BundleRefused("tampered", f"{_LOCK}: its bytes are not those that {MANIFEST} names")
    try:
        return loads(content, f"{_LOCK} of the bundle"), content
    except LockError as error:
        raise BundleRefused("malformed", str(error)) from error


def _manifest(content: bytes) -> Manifest:
    try:
        manifest = parse_manifest(content)
    except ValueError as error:
        raise BundleRefused("malformed", f"{MANIFEST}: is not a manifest ({error})") from error
    if manifest.dump() != content:
        raise BundleRefused("malformed", f"{MANIFEST}: is not spelt as it is written")
    check_places(manifest)
    return manifest
