"""``wheelhouse export``: what other tools read, made from the lock."""

from __future__ import annotations

import argparse
import os
import posixpath
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.cli.files import (
    check_other,
    check_writable,
    lock_path,
    make_folder,
    named_from,
    read_lock,
    write_text,
)
from resolver.cli.names import known, known_environments
from resolver.cli.terminal import Terminal
from resolver.errors import InputError

if TYPE_CHECKING:
    from resolver.emit.places import Places
    from resolver.emit.selection import Selection
    from resolver.lock.model import Lock


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Write the files of a format, or print the only one."""
    path = lock_path(args.lock)
    chosen = _selection(args, read_lock(path), terminal)

    def made(folder: Path) -> dict[str, str]:
        return _files(args, chosen, path, folder)

    if args.output in (None, "-"):
        return _print(args.format, made(Path()), terminal)
    targets = _targets(args, made)
    for target in targets:
        check_other(target, [path])
    return _write(targets, args.format, terminal)


def _targets(args: argparse.Namespace, made: Callable[[Path], dict[str, str]]) -> dict[Path, str]:
    """Path -> text: one file under the name that is given, or all below it."""
    output = Path(args.output)
    if not output.is_dir() and not args.output.endswith(("/", os.sep)):
        files = made(output.parent)
        if len(files) == 1:
            [text] = files.values()
            return {output: text}
        if output.exists():
            raise InputError(f"{output}: is a file, and {args.format} makes {_named(files)}; name a directory")
    return {output / name: text for name, text in made(output).items()}


def _selection(args: argparse.Namespace, lock: Lock, terminal: Terminal) -> Selection:
    from resolver.emit.selection import groups_of, selection

    environments = known_environments(args.environment, lock.environments)
    if environments is None and args.format == "dockerfile":
        environments = _containers(lock, terminal)
    groups = None
    if args.no_groups:
        groups = []
    elif args.group is not None:
        groups = [known(name, groups_of(lock), "the lock has no group") for name in args.group]
    return selection(lock, environments, groups)


def _containers(lock: Lock, terminal: Terminal) -> list[str]:
    """The environments that can be those of a container, where none is named."""
    from resolver.emit.dockerfile import is_linux

    found = [name for name, entry in lock.environments.items() if is_linux(entry)]
    others = sorted(lock.environments.keys() - found)
    if others:
        terminal.note(f"left out, since containers are Linux's: {', '.join(others)}")
    return found


def _files(args: argparse.Namespace, chosen: Selection, lock: Path, folder: Path) -> dict[str, str]:
    """File name -> text, for files that will lie in ``folder``.

    The imports are the format's alone: some need libraries that others can do without.
    """
    places = _places(args.tree, lock, folder)
    if args.format == "pylock":
        from resolver.emit.pylock import pylocks

        return pylocks(chosen, places, baked=args.group is not None)
    if args.format == "cyclonedx":
        return _boms(args, chosen)
    if args.format in ("dot", "html"):
        from resolver.emit.graph import dot, page

        return dot(chosen) if args.format == "dot" else page(chosen, lock.name)
    if args.format == "dockerfile":
        from resolver.emit.dockerfile import dockerfiles

        return dockerfiles(chosen, places, base=args.base)
    from resolver.emit.requirements import requirements_files
    from resolver.http_index.default_index import default_index_url

    return requirements_files(chosen, places, default_index_url())


def _boms(args: argparse.Namespace, chosen: Selection) -> dict[str, str]:
    """Bills of materials; licences are known where there is a vendored tree to read them from."""
    from importlib.metadata import version

    from resolver.emit.bom import boms
    from resolver.http_index.default_index import default_index_url

    licenses = {}
    if args.tree is not None and "://" not in args.tree:
        from resolver.vendor.licenses import read_licenses

        names = {filename for name in chosen.environments for filename in chosen.files(name)}
        licenses = read_licenses(Path(args.tree), (chosen.lock.artifacts[name] for name in sorted(names)))
    return boms(chosen, licenses, version=version("rules-wheelhouse"), default_index=default_index_url())


def _places(tree: str | None, lock: Path, folder: Path) -> Places:
    """Places as seen from the folder that is written to. Raises `InputError` where ``tree`` is no vendored tree."""
    from resolver.emit.places import Places

    if tree is not None and "://" not in tree:
        if not Path(tree, "files").is_dir():
            raise InputError(f"--tree {tree}: is no vendored tree; `wheelhouse vendor {tree}` makes one")
        tree = _seen_from(folder, Path(tree))
    return Places(lock=posixpath.dirname(_seen_from(folder, lock)) or ".", tree=tree)


def _seen_from(folder: Path, path: Path) -> str:
    return named_from(folder, path) or path.resolve().as_posix()


def _check_names(paths: Iterable[Path], terminal: Terminal) -> None:
    """Warn of names by which no installer knows a file."""
    from packaging.pylock import is_valid_pylock_path

    for path in paths:
        if not is_valid_pylock_path(path):
            terminal.warn(f"{path}: pip and uv read it only under the name pylock.toml or pylock.NAME.toml")


def _print(kind: str, files: Mapping[str, str], terminal: Terminal) -> int:
    if len(files) > 1 and not terminal.as_json:
        or_one = "" if kind == "dockerfile" else ", or one environment with -e"  # which makes several files, too
        raise InputError(f"{kind} makes {_named(files)}; name a directory with -o{or_one}")
    lines = [line for text in files.values() for line in text.removesuffix("\n").split("\n")]
    terminal.result(lines, {"files": dict(files)})
    return 0


def _write(targets: Mapping[Path, str], kind: str, terminal: Terminal) -> int:
    for folder in {path.parent for path in targets}:
        make_folder(folder)
    if kind == "pylock":
        _check_names(targets, terminal)
    for path in targets:
        check_writable(path)
    for path, text in targets.items():
        write_text(path, text)
    terminal.result([f"wrote {path}" for path in targets], {"written": [str(path) for path in targets]})
    return 0


def _named(files: Mapping[str, str]) -> str:
    return f"{len(files)} files ({', '.join(files)})"
