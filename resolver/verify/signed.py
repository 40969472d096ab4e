"""The statements that bundles left in a tree: whether they are as they were signed, and the tree is what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from resolver.bundle.sshsig import PublicKey
from resolver.bundle.statement import Statement
from resolver.bundle.trusted import TrustedKey, parse_trusted
from resolver.errors import InputError
from resolver.records import record
from resolver.transfer.kept import STATEMENT, Examined, Kept, examined, kept_statements
from resolver.transfer.record import RECORD, Record, read_record
from resolver.vendor.layout import MANIFEST, entry_of
from resolver.verify.faults import Fault


@record
class SignedStatement:
    """The statement about what is there, and who signed it; ``trusted``: those of them whose signature counts."""

    statement: Statement
    signers: tuple[PublicKey, ...]
    trusted: tuple[TrustedKey, ...]


def check_statements(
    tree: Path, manifest: bytes, trusted: Sequence[TrustedKey] | None, now: datetime
) -> tuple[SignedStatement | None, list[Fault]]:
    """The statement that is about ``manifest``, and what is wrong with those that lie in the tree.

    ``trusted``: whose signatures count; None: those that the tree remembers, which may be none.
    """
    faults: list[Fault] = []
    record = _record(tree, faults)
    remembered = parse_trusted("\n".join(record.keys), RECORD) if record and record.keys else ()
    keys = tuple(trusted if trusted is not None else remembered)
    read = [(kept, examined(kept)) for kept in kept_statements(tree)]
    faults += [Fault(path=path, reason=reason) for _, one in read for path, reason in one.faults.items()]
    current = [
        (one.statement, kept, one)
        for kept, one in read
        if one.statement is not None and one.statement.manifest == entry_of(manifest)
    ]
    if not current:
        faults += _unclaimed(read, keys)
        return None, faults
    statement, kept, one = max(current, key=lambda entry: (entry[0].serial or 0, entry[1].place))
    signers = one.signers
    counting = {key.key: key for key in keys if key.counts(statement.stream, now)}
    found = SignedStatement(
        statement=statement,
        signers=signers,
        trusted=tuple(counting[key] for key in signers if key in counting),
    )
    threshold = record.threshold if record and trusted is None else 1
    if keys and not one.faults and len({key.key for key in found.trusted}) < threshold:
        faults.append(Fault(path=kept.path(STATEMENT), reason="is not signed by whom this tree trusts", unsigned=True))
    return found, faults


def _record(tree: Path, faults: list[Fault]) -> Record | None:
    try:
        return read_record(tree)
    except InputError as error:
        faults.append(Fault(path=RECORD, reason=str(error).partition(": ")[2]))
        return None


def _unclaimed(read: Sequence[tuple[Kept, Examined]], keys: Sequence[TrustedKey]) -> Iterator[Fault]:
    """A manifest that no statement is about; where a statement is damaged, that is told already."""
    if read and all(one.statement is not None for _, one in read):
        reason = "is not the manifest that the bundle stated; if it was changed on purpose, remove .received"
        yield Fault(path=MANIFEST, reason=reason)
    elif keys and not read:
        yield Fault(path=MANIFEST, reason="nobody has signed it, and signatures are asked for", unsigned=True)
