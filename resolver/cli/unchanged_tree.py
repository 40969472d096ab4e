"""``wheelhouse vendor`` with nothing to do, answered before the library is imported.

Only the plainest command line is understood; whatever is in doubt takes the long way, which says the same.
"""

from __future__ import annotations

from resolver.cli import known_trees
from resolver.cli.known_runs import program
from resolver.cli.notes import cache_root, note_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.cli.known_trees import Look

_TAKE_A_VALUE = {"--lock": "lock", "-e": "environment", "--environment": "environment"}
_QUIET = ("-q", "--quiet")


class Vendor:
    """What a plain command line asks for; ``environments`` as it names them."""

    def __init__(self, tree: str, lock: str, environments: Sequence[str]) -> None:
        self.tree = tree
        self.lock = lock
        self.environments = environments

    def key(self, lock: bytes) -> str:
        """What a run is known by, given the bytes of its lock."""
        parts = [*program(), self.tree, *self.environments, note_digest(lock)]
        return note_digest("\0".join(parts).encode("utf-8", "surrogateescape"))


def understood(arguments: Sequence[str]) -> Vendor | None:
    """What a command line asks for, or None where there is more to it than this understands."""
    if not arguments or arguments[0] != "vendor":
        return None
    trees: list[str] = []
    locks: list[str] = []
    environments: list[str] = []
    rest = list(arguments[:0:-1])
    while rest:
        word = rest.pop()
        if word in _TAKE_A_VALUE and rest and rest[-1] and not rest[-1].startswith("-"):
            (locks if word == "--lock" else environments).append(rest.pop())
        elif word and not word.startswith("-"):
            trees.append(word)
        elif word not in _QUIET:
            return None
    if len(trees) != 1 or len(locks) > 1:
        return None
    return Vendor(trees[0], locks[0] if locks else "lock.json", environments)


def answer(arguments: Sequence[str]) -> str | None:
    """What the command would print, where it would change nothing; else None."""
    command = understood(arguments)
    root = cache_root()
    if command is None or root is None:
        return None
    try:
        with open(command.lock, "rb") as stream:  # noqa: PTH123  (pathlib takes longer to import than all of this)
            key = command.key(stream.read())
    except OSError:
        return None  # the long way says what is wrong
    return known_trees.recall(root, command.tree, key)


def forget(tree: str) -> None:
    """Something is wrong with a tree: the next run reads all of it."""
    root = cache_root()
    if root is not None:
        known_trees.forget(root, tree)


class Watch:
    """Sees whether a run of ``command`` finds nothing to do in a tree that nobody touches meanwhile."""

    def __init__(self, command: Vendor, lock: bytes) -> None:
        self._command = command
        self._key = command.key(lock)
        self._before: list[Look] | None = None
        try:
            self._before = known_trees.look(command.tree)
        except OSError:
            return

    def ends(self, said: str) -> None:
        """The run has changed nothing and would print ``said`` again: keep that for the next one to be short."""
        root = cache_root()
        if root is not None and self._before is not None:
            known_trees.remember(root, self._command.tree, self._key, self._before, said)
