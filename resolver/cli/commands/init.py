"""``wheelhouse init``: a commented starter spec."""

from __future__ import annotations

import argparse
from pathlib import Path

from resolver.cli.files import reader, write_text
from resolver.cli.terminal import Terminal
from resolver.errors import InputError


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the starter spec; an existing file is never overwritten."""
    from resolver.spec.starter import starter

    path = Path(args.spec)
    if path.exists():
        raise InputError(f"{path}: exists already; name another file with --spec, or remove it")
    read = reader(path)
    files = {}
    for include in args.include:
        try:
            files[include] = read(include)
        except FileNotFoundError as error:
            raise InputError(f"{path.parent / include}: there is no such file") from error
    write_text(path, starter(files))
    terminal.result([f"wrote {path}; look through it, then: wheelhouse resolve --spec {path}"], {"spec": str(path)})
    return 0
