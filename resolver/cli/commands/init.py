"""``wheelhouse init``: a commented starter spec."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import resolver
from resolver.cli.files import check_writable, named_from, reader, write_text
from resolver.cli.terminal import Terminal
from resolver.errors import InputError, SpecError

_SCHEMA = Path(resolver.__file__).with_name("spec.schema.json")
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml")


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the starter spec; an existing file is never overwritten."""
    from resolver.spec.starter import starter

    if args.schema:
        terminal.result([str(_SCHEMA)], {"schema": str(_SCHEMA)})
        return 0
    path = Path(args.spec)
    if path.exists():
        raise InputError(f"{path}: exists already; name another file with --spec, or remove it")
    check_writable(path)
    files = dict(_included(include, path) for include in args.include)
    write_text(path, starter(files))
    options = [] if args.spec == "spec.yaml" else ["--spec", args.spec]
    preferred = [lock for include in args.include for lock in _locks_beside(Path(include))]
    options += [word for lock in preferred for word in ("--prefer", lock)]
    command = shlex.join(["wheelhouse", "resolve", *options])
    problems = _problems(path)
    said = [f"wrote {path}; before it can be locked, correct:", *problems, ""] if problems else []
    said.append(f"{'then' if problems else f'wrote {path}; look through it, then'}: {command}")
    terminal.result(said, {"spec": str(path), "prefer": preferred, "problems": problems})
    return 0


def _problems(spec: Path) -> list[str]:
    """What `resolve` will refuse of the spec, which most often is in a file that it includes."""
    from resolver.spec.load import load

    try:
        load(spec.as_posix(), reader(spec))
    except SpecError as error:
        return [str(problem) for problem in error.problems]
    return []


def _locks_beside(include: Path) -> list[str]:
    """The lock that another tool has made of a pyproject.toml: its versions are what a first resolution begins with."""
    if include.name != "pyproject.toml":
        return []
    return [str(include.with_name(name)) for name in _LOCKS if include.with_name(name).is_file()]


def _included(include: str, spec: Path) -> tuple[str, bytes]:
    """A file as the spec will name it, relative to itself, and its bytes. Raises `InputError`."""
    from resolver.spec.foreign import help_for

    hint = help_for(Path(include).as_posix())
    if hint is not None:
        raise InputError(f"{include}: is neither a pyproject.toml, a setup.cfg nor a requirements file; {hint}")
    relative = named_from(spec.parent, Path(include))
    if relative is None:
        raise InputError(f"{include}: is on another drive than the spec, which names it by a relative path")
    try:
        return relative, reader(spec)(relative)
    except FileNotFoundError as error:
        raise InputError(f"{include}: there is no such file") from error
