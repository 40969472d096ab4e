"""``wheelhouse init``: a commented starter spec."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from resolver.cli.files import check_writable, reader, write_text
from resolver.cli.terminal import Terminal
from resolver.errors import InputError


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the starter spec; an existing file is never overwritten."""
    from resolver.spec.starter import starter

    path = Path(args.spec)
    if path.exists():
        raise InputError(f"{path}: exists already; name another file with --spec, or remove it")
    check_writable(path)
    files = dict(_included(include, path) for include in args.include)
    write_text(path, starter(files))
    option = "" if args.spec == "spec.yaml" else f" --spec {args.spec}"
    terminal.result([f"wrote {path}; look through it, then: wheelhouse resolve{option}"], {"spec": str(path)})
    return 0


def _included(include: str, spec: Path) -> tuple[str, bytes]:
    """A file as the spec will name it, relative to itself, and its bytes."""
    relative = Path(os.path.relpath(include, spec.parent)).as_posix()
    try:
        return relative, reader(spec)(relative)
    except FileNotFoundError as error:
        raise InputError(f"{include}: there is no such file") from error
