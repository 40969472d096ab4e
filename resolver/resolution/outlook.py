"""Finds candidates that no solution can have, ahead of a search, from what the spec itself asks for.

``boto3 1.42.1`` asks for a botocore of 1.42, every one of which asks for a urllib3 that the spec rules out: all of them
are hopeless, whatever else is chosen. A search learns that only by going back from each of them, one by one, and there
may be thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from resolver.resolution.candidates import Candidate
from resolver.resolution.matching import Matcher
from resolver.resolution.wanted import Key, Node, Wanted


class Outlook:
    """Judges nodes of one search. What it calls hopeless is hopeless; it does not find all of them.

    ``roots`` are what the spec asks for, ``demands`` gives what a node asks for, and ``matcher`` the candidates that
    meet a set of requirements on one key. ``consulted``: the projects of which the spec's own bounds were looked at.
    """

    def __init__(
        self,
        roots: Iterable[Wanted],
        demands: Callable[[Node], Sequence[Wanted]],
        matcher: Matcher,
    ) -> None:
        self._demands = demands
        self._matcher = matcher
        self._fixed: dict[str, list[Wanted]] = {}
        for root in roots:
            self._fixed.setdefault(root.key[0], []).append(root)
        self._known: dict[tuple[Candidate, str], bool] = {}
        self._under_way: set[tuple[Candidate, str]] = set()
        self._verdicts: dict[Wanted, bool] = {}
        self._passed: dict[Key, set[int]] = {}
        self.consulted: set[str] = set()

    @property
    def ruled_out(self) -> set[Key]:
        """The projects, and extras of them, that had a hopeless release so far."""
        return {(candidate.name, extra) for (candidate, extra), hopeless in self._known.items() if hopeless}

    def is_hopeless(self, node: Node) -> bool:
        """Whether no solution can have ``node``."""
        key = (node.candidate, node.extra)
        known = self._known.get(key)
        if known is None:
            self._known[key] = False  # where requirements go round in a circle, nothing is held against them
            self._under_way.add(key)
            known = self._known[key] = any(self.leaves_nothing(wanted) for wanted in self._demands(node))
            self._under_way.remove(key)
            if known and (number := self._matcher.number(node.candidate)) is not None:
                self._passed.setdefault(node.key, set()).add(number)
        return known

    def leaves_nothing(self, wanted: Wanted) -> bool:
        """Whether every candidate that ``wanted`` and the spec admit is hopeless, or there is none."""
        if wanted.dead is not None:
            return True
        known = self._verdicts.get(wanted)  # releases of a project ask for the same again and again
        if known is None:
            saved = self._saved(wanted)
            known = saved is None
            if saved not in self._under_way:  # else there may be another verdict on it in the end
                self._verdicts[wanted] = known
        return known

    def _saved(self, wanted: Wanted) -> tuple[Candidate, str] | None:
        """The first candidate that the requirement and the spec admit and that is not hopeless, if there is one."""
        project, extra = wanted.key
        self.consulted.add(project)
        # Releases of a project ask for ranges of another that overlap: of each its hopeless releases are known by then.
        passed = self._passed.setdefault(wanted.key, set())
        found = self._matcher.matches(wanted.key, [wanted, *self._fixed.get(project, ())], passed)
        return next(((one, extra) for one in found if not self.is_hopeless(Node(one, extra))), None)
