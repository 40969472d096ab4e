"""The statements that bundles left in a tree: whether they are as they were signed, and the tree is what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from resolver.bundle.checking import holds
from resolver.bundle.sshsig import PublicKey, parse_signatures
from resolver.bundle.statement import Statement, parse
from resolver.bundle.trusted import TrustedKey, parse_trusted
from resolver.errors import BundleRefused, InputError
from resolver.transfer.record import RECORD, SIGNATURES, STATEMENT, Kept, Record, kept_statements, read_record
from resolver.transfer.record import statement_folder as folder_of
from resolver.vendor.layout import MANIFEST, entry_of
from resolver.verify.faults import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """The statement about what is there, and who signed it; ``trusted``: those of them whose signature counts."""

    statement: Statement
    signers: tuple[PublicKey, ...]
    trusted: tuple[TrustedKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    place: str
    statement: Statement
    signers: tuple[PublicKey, ...]


def check_statements(
    tree: Path, manifest: bytes, trusted: Sequence[TrustedKey] | None, now: datetime
) -> tuple[Vouched | None, list[Fault]]:
    """The statement that is about ``manifest``, and what is wrong with those that lie in the tree.

    ``trusted``: whose signatures count; None: those that the tree remembers, which may be none.
    """
    faults: list[Fault] = []
    record = _record(tree, faults)
    remembered = parse_trusted("\n".join(record.keys), RECORD) if record and record.keys else ()
    keys = tuple(trusted if trusted is not None else remembered)
    read = [one for kept in kept_statements(tree) if (one := _one(kept, faults))]
    current = [one for one in read if one.statement.manifest == entry_of(manifest)]
    if not current:
        faults += _unclaimed(read, faults, keys)
        return None, faults
    best = max(current, key=lambda one: (one.statement.serial or 0, one.place))
    counting = {key.key: key for key in keys if key.counts(best.statement.stream, now)}
    found = Vouched(
        statement=best.statement,
        signers=best.signers,
        trusted=tuple(counting[key] for key in best.signers if key in counting),
    )
    threshold = record.threshold if record and trusted is None else 1
    if keys and len({key.key for key in found.trusted}) < threshold:
        faults.append(Fault(path=_inside(best.place, STATEMENT), reason="is not signed by whom this tree trusts"))
    return found, faults


def _record(tree: Path, faults: list[Fault]) -> Record | None:
    try:
        return read_record(tree)
    except InputError as error:
        faults.append(Fault(path=RECORD, reason=str(error).partition(": ")[2]))
        return None


def _one(kept: Kept, faults: list[Fault]) -> _Read | None:
    path, beside = _inside(kept.place, STATEMENT), _inside(kept.place, SIGNATURES)
    try:
        statement = parse(kept.statement)
    except BundleRefused as error:
        faults.append(Fault(path=path, reason=str(error)))
        return None
    if kept.place not in {".", folder_of(kept.statement)}:
        faults.append(Fault(path=path, reason="is not the statement that was put there"))
        return None
    one = _Read(place=kept.place, statement=statement, signers=())
    if kept.signatures is None:
        return one
    try:
        made = parse_signatures(kept.signatures)
        if all(holds(signature, kept.statement) for signature in made):
            return replace(one, signers=tuple(signature.key for signature in made))
        faults.append(Fault(path=beside, reason=f"is no signature of {STATEMENT}"))
    except ValueError as error:
        faults.append(Fault(path=beside, reason=f"is no signature: {error}"))
    except InputError as error:
        faults.append(Fault(path=beside, reason=str(error)))
    return one


def _unclaimed(read: Sequence[_Read], faults: Sequence[Fault], keys: Sequence[TrustedKey]) -> Iterator[Fault]:
    """A manifest that no statement is about; where a statement is damaged, that is told already."""
    if read and not any(fault.path.endswith(STATEMENT) for fault in faults):
        reason = "is not the one that the bundle was about; where that is meant, remove .received"
        yield Fault(path=MANIFEST, reason=reason)
    elif keys and not read and not faults:
        yield Fault(path=MANIFEST, reason="nobody has signed it, and signatures are asked for")


def _inside(place: str, name: str) -> str:
    return name if place == "." else f"{place}/{name}"
