"""``wheelhouse unpack``: a bundle that was carried -> the vendored tree."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.cli.terminal import Terminal
from resolver.errors import BundleRefused, Refusal
from resolver.vendor.layout import MANIFEST

if TYPE_CHECKING:
    from resolver.bundle.members import Reads
    from resolver.transfer.acceptance import Terms
    from resolver.transfer.unpack import Unpacked

_OF_THE_BYTES: frozenset[Refusal] = frozenset({"incomplete", "malformed", "tampered"})
"""Refusals for which a volume may be to blame."""
_SHOWN = 30


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Judge, verify, unpack."""
    terms = _terms(args)
    if args.bundle == ["-"]:
        return _unpack(args, sys.stdin.buffer, terms, terminal)
    from resolver.bundle.volumes import Volumes, find_volumes

    with Volumes(find_volumes([Path(name) for name in args.bundle])) as volumes:
        try:
            return _unpack(args, volumes, terms, terminal)
        except BundleRefused as refusal:
            if refusal.why not in _OF_THE_BYTES:
                raise
            raise BundleRefused(refusal.why, f"{refusal}{volumes.blame()}") from refusal


def _terms(args: argparse.Namespace) -> Terms:
    from resolver.cli.trusting import fingerprints, trusted_keys
    from resolver.transfer.acceptance import Terms

    return Terms(
        trusted=trusted_keys(args.trusted_keys),
        fingerprints=fingerprints(args.trust or ()),
        threshold=args.threshold,
        stream=args.stream,
        allow_older=args.allow_older,
        allow_expired=args.allow_expired,
    )


def _unpack(args: argparse.Namespace, bundle: Reads, terms: Terms, terminal: Terminal) -> int:
    from resolver.cli.clock import now
    from resolver.transfer.unpack import unpack

    with terminal.progress(f"unpacking into {args.directory}", unit="bytes") as bar:
        done = unpack(bundle, Path(args.directory), terms, now, check=args.check, progress=bar)
    _report(args.directory, done, terminal, check=args.check)
    return 0


def _report(directory: str, done: Unpacked, terminal: Terminal, *, check: bool) -> None:
    from resolver.lock.describe import counted, human_size
    from resolver.lock.diff import diff
    from resolver.transfer.telling import describe_key, describe_statement

    statement, signers = done.statement, done.accepted.signers
    told = _told(done)
    verdict = f"{directory}: {counted(done.files, 'file')}, {human_size(done.size)} ({told})"
    lines = [
        *_changes(done),
        describe_statement(statement),
        *(f"signed by {describe_key(key)}" for key in signers),
        *([] if signers else ["not signed: the bytes are whole, and nobody vouches for them"]),
        f"nothing was changed; it would be {verdict}" if check else verdict,
    ]
    document = {
        "directory": directory,
        "files": done.files,
        "bytes": done.size,
        "written": list(done.written),
        "removed": list(done.removed),
        "changed": bool(done.written or done.removed) and not check,
        "stream": statement.stream,
        "serial": statement.serial,
        "signed_by": [key.key.fingerprint for key in signers],
        "diff": asdict(diff(done.old, done.new)) if done.old is not None else None,
    }
    terminal.result(lines[-1:] if terminal.quiet else lines, document)


def _told(done: Unpacked) -> str:
    """What becomes of the tree, in a few words; the manifest is none of the files that it names."""
    new = len(set(done.written) - {MANIFEST})
    counts = {"new": new, "removed": len(done.removed)}
    told = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    return told or ("all there already" if not done.written else "the manifest alone is new")


def _changes(done: Unpacked) -> list[str]:
    """What the user gets: versions that move, in the words of `wheelhouse diff`."""
    from resolver.lock.describe import describe_diff
    from resolver.lock.diff import diff

    if done.old is None:
        return []
    lines = describe_diff(diff(done.old, done.new))
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return ["changes:", *(f"  {line}" for line in lines[:_SHOWN]), *more, ""] if lines else []
