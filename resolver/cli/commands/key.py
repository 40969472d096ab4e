"""``wheelhouse key``: keys that sign bundles."""

from __future__ import annotations

import argparse
from pathlib import Path

from resolver.cli.terminal import Terminal


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Make a key, or show its public half."""
    return _new(args, terminal) if args.action == "new" else _show(args, terminal)


def _new(args: argparse.Namespace, terminal: Terminal) -> int:
    from resolver.bundle.keys import make_key, public_path
    from resolver.cli.passphrases import chosen, from_file

    path = Path(args.file)
    passphrase = None
    if args.passphrase_file is not None:
        passphrase = from_file(args.passphrase_file)
    elif args.passphrase:
        passphrase = chosen(path)
    public = make_key(path, passphrase, args.comment)
    terminal.result(
        [
            f"wrote {path}, which signs and stays here, and {public_path(path)}, which the others get",
            f"fingerprint: {public.fingerprint}",
            f"`wheelhouse key show {path}` prints the line for their file of trusted keys",
        ],
        {"key": str(path), "public": str(public), "fingerprint": public.fingerprint, "comment": args.comment},
    )
    return 0


def _show(args: argparse.Namespace, terminal: Terminal) -> int:
    from resolver.bundle.keys import load_public
    from resolver.bundle.trusted import trusted_line

    public, comment = load_public(Path(args.file))
    line = trusted_line(public, args.stream, comment)
    terminal.result(
        [line],
        {"public": str(public), "fingerprint": public.fingerprint, "comment": comment, "trusted": line},
    )
    terminal.note(f"fingerprint: {public.fingerprint}")
    return 0
