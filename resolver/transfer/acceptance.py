"""Whether a bundle may be unpacked into a tree: its statement and signatures against what the tree and the user say.

The rules are those of The Update Framework, for one signed role: rollback, freeze, mix-and-match and tampering are
refused, each with words of its own. The clock is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from resolver.bundle.checking import holds
from resolver.bundle.sshsig import PublicKey, Signature, parse_signatures
from resolver.bundle.statement import Statement, shown_time
from resolver.bundle.trusted import TrustedKey, parse_trusted, trusted_line
from resolver.errors import BundleRefused
from resolver.records import record
from resolver.transfer.head import Head
from resolver.transfer.record import Record
from resolver.transfer.telling import describe_key

_AHEAD = timedelta(days=1)
"""How far the clocks of two machines may be apart."""


@record
class Terms:
    """What the user asks for; None: what the tree remembers.

    ``trusted``: the keys that count. ``fingerprints``: keys that count as well, if they signed. ``threshold``: how many
    of them have to sign. ``stream``: the one that the tree is to follow.
    """

    trusted: tuple[TrustedKey, ...] | None = None
    fingerprints: tuple[str, ...] = ()
    threshold: int | None = None
    stream: str | None = None
    allow_older: bool = False
    allow_expired: bool = False


@record
class Accepted:
    """``signers``: the keys whose signatures counted. ``record``: what the tree has to remember from now on.

    ``ordered``: serials have told that the bundle is not older; where they could not, locks have to.
    """

    signers: tuple[TrustedKey, ...]
    record: Record
    ordered: bool


def accept(head: Head, terms: Terms, record: Record | None, now: datetime) -> Accepted:
    """Judge a bundle by its front, for a tree that has this ``record``. Raises `BundleRefused`."""
    statement = head.statement
    _check_stream(statement, terms, record)
    made = _parsed(head.signatures)
    trusted = _trusted(made, statement, terms, record)
    threshold = terms.threshold or (record.threshold if record else 1)
    _check_signed(made, trusted, threshold, terms)
    signers = _signers(head, made, trusted, threshold, now) if made else ()
    _check_times(statement, terms, now)
    before = record if record is not None and record.stream == statement.stream else None
    ordered = _check_serial(statement, terms, before)
    highest = max(statement.serial or 0, before.serial or 0 if before else 0) or None
    is_newest = before is None or statement.serial == highest
    return Accepted(
        signers=signers,
        ordered=ordered,
        record=Record(
            stream=statement.stream,
            serial=highest,
            manifest=statement.manifest.sha256 if is_newest or before is None else before.manifest,
            keys=tuple(key.line for key in trusted),
            threshold=threshold,
        ),
    )


def _check_stream(statement: Statement, terms: Terms, record: Record | None) -> None:
    followed = terms.stream or (record.stream if record else None)
    if followed not in {None, statement.stream}:
        hint = (
            f"unpack it into another directory, or say --stream {statement.stream} if the tree is to follow that now"
            if terms.stream is None
            else "take another bundle, or say another --stream"
        )
        raise BundleRefused("stream", f"the bundle is of the stream {statement.stream!r}, not of {followed!r}; {hint}")


def _parsed(signatures: bytes | None) -> list[Signature]:
    try:
        return parse_signatures(signatures) if signatures is not None else []
    except ValueError as error:
        raise BundleRefused("signature", f"the bundle's signature cannot be read: {error}") from error


def _trusted(
    made: Sequence[Signature], statement: Statement, terms: Terms, record: Record | None
) -> tuple[TrustedKey, ...]:
    """The keys that count: those given, else those remembered, and those of the signers whom the user names."""
    remembered = parse_trusted("\n".join(record.keys), "the tree's record") if record and record.keys else ()
    trusted = terms.trusted if terms.trusted is not None else remembered
    known = {key.key for key in trusted}
    named = {one.key for one in made if one.key.fingerprint in terms.fingerprints} - known
    lines = "\n".join(trusted_line(key, statement.stream) for key in sorted(named, key=str))
    return (*trusted, *(parse_trusted(lines, "--trust") if lines else ()))


def _check_signed(made: Sequence[Signature], trusted: Sequence[TrustedKey], threshold: int, terms: Terms) -> None:
    """Who names a key by its fingerprint has not said which key it is: that comes with the signature, if one comes."""
    if not made and (trusted or terms.fingerprints or terms.threshold or threshold > 1):
        hint = "it was made without --sign, or somebody took the signature away"
        raise BundleRefused("unsigned", f"the bundle is not signed, and signed ones alone are taken here; {hint}")
    if made and terms.fingerprints and not trusted:
        signers, named = (", ".join(these) for these in ((one.key.fingerprint for one in made), terms.fingerprints))
        raise BundleRefused(
            "untrusted", f"the bundle is signed by {signers}, and by no key that --trust names: {named}"
        )


def _signers(
    head: Head, made: Sequence[Signature], trusted: Sequence[TrustedKey], threshold: int, now: datetime
) -> tuple[TrustedKey, ...]:
    """The keys that count and have signed, of which there have to be ``threshold``."""
    statement = head.statement
    counting = {key.key: key for key in trusted if key.counts(statement.stream, now)}
    found: dict[PublicKey, TrustedKey] = {}
    for signature in made:
        if signature.key in counting:
            if not holds(signature, head.content):
                who = describe_key(counting[signature.key])
                raise BundleRefused("signature", f"the signature by {who} is not of this statement: one was changed")
            found[signature.key] = counting[signature.key]
    if len(found) < threshold or not found:
        raise BundleRefused("untrusted", _untrusted(statement, made, trusted, len(found), threshold))
    return tuple(found.values())


def _untrusted(
    statement: Statement, made: Sequence[Signature], trusted: Sequence[TrustedKey], found: int, threshold: int
) -> str:
    names = {key.key: describe_key(key) for key in trusted}
    signers = ", ".join(names.get(one.key, one.key.fingerprint) for one in made)
    if not trusted:
        first = made[0].key.fingerprint
        return (
            f"the bundle is signed by {signers}, and nothing here says whom to trust; give --trusted-keys FILE, or "
            f"compare with what `wheelhouse key show` says on the other side, and give --trust {first}"
        )
    if found:
        return f"the bundle has {found} of the {threshold} signatures that are asked for; it is signed by {signers}"
    allowed = ", ".join(describe_key(key) for key in trusted)
    return (
        f"the bundle is signed by {signers}, whose signature does not count for the stream {statement.stream!r} today; "
        f"trusted here: {allowed}; where the key was changed, give the new list with --trusted-keys FILE"
    )


def _check_times(statement: Statement, terms: Terms, now: datetime) -> None:
    if statement.created is not None and statement.created > now + _AHEAD:
        raise BundleRefused(
            "clock",
            f"the bundle was made {shown_time(statement.created)}, and here it is {shown_time(now)}: set the clock, "
            "or expired bundles cannot be told from others",
        )
    if statement.expires is not None and statement.expires <= now and not terms.allow_expired:
        raise BundleRefused(
            "expired",
            f"the bundle held until {shown_time(statement.expires)}, and here it is {shown_time(now)}; a newer one "
            "should be here by now: ask for it, or say --allow-expired",
        )


def _check_serial(statement: Statement, terms: Terms, record: Record | None) -> bool:
    """Whether serials tell that the bundle is not older. ``record``: of its stream; those of others count otherwise."""
    if record is None or record.serial is None:
        return False
    if statement.serial is None or statement.serial < record.serial:
        if terms.allow_older:
            return True
        made = f" (made {shown_time(statement.created)})" if statement.created else ""
        serial = "it has no serial" if statement.serial is None else f"its serial is {statement.serial}{made}"
        message = f"the bundle is older: {serial}, and the tree has taken serial {record.serial} of its stream"
        raise BundleRefused("older", f"{message}; --allow-older takes it all the same")
    if statement.serial == record.serial and statement.manifest.sha256 != record.manifest:
        raise BundleRefused(
            "serial",
            f"the bundle has the serial {statement.serial}, and the tree has taken another one with that; "
            "whoever packs has to give each its own (--serial)",
        )
    return True
