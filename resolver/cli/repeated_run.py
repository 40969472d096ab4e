"""``wheelhouse resolve`` that would end as an earlier run did, answered before the library is imported.

The lock is written and the report printed as that run had them (see `known_runs` for when a run counts as the same).
"""

from __future__ import annotations

import sys

from resolver.cli.known_runs import are_kept, recall, run_key
from resolver.cli.notes import cache_root, hex_digest
from resolver.cli.plain_words import Resolve, understood
from resolver.cli.replacing import replace_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.cli.known_runs import Run


def repeat(arguments: Sequence[str]) -> bool:
    """Whether the command was carried out, as it was once before."""
    command = understood(arguments)
    root = cache_root()
    if command is None or command.check or root is None or not are_kept(root):
        return False
    try:
        with open(command.spec, "rb") as stream:  # noqa: PTH123  (pathlib takes longer to import than all of this)
            spec = stream.read()
        old = _content(command.lock)
        run = recall(root, key_of(command, hex_digest(spec), old), command.folder)
        if run is None:
            return False
        if run.lock != old:
            replace_file(command.lock, run.lock)
    except OSError:
        return False  # the long way says what is wrong
    _say(run, command)
    return True


def key_of(command: Resolve, spec: str, old: bytes | None) -> str:
    """What the run of a command is known by, given the sha256 of the spec and the bytes of the lock before it."""
    update = ["*"] if command.update is None else command.update
    return run_key([command.spec, command.lock, "quiet" if command.quiet else "", *update], spec, old)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            return stream.read()
    except FileNotFoundError:
        return None


def _say(run: Run, command: Resolve) -> None:
    """Either stream is None where the caller has closed it, for which `print` would take the other."""
    if not command.quiet and sys.stderr is not None:
        pages = f"{len(run.pages)} pages" if len(run.pages) != 1 else "the one page"
        print(f"nothing has changed since it was last resolved: neither the spec nor {pages}", file=sys.stderr)
    if sys.stdout is None:
        return
    if sys.stdout.isatty() or (sys.stdout.encoding or "").lower() != "utf-8":
        from resolver.cli.tables import Table
        from resolver.cli.terminal import Terminal

        lines = [one if isinstance(one, str) else Table.of_parts(one) for one in run.lines]
        terminal = Terminal(quiet=command.quiet)
        terminal.result(lines, {})
        terminal.finish()
    else:
        sys.stdout.write(run.plain)
        sys.stdout.flush()
