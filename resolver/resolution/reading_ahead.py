"""Fetches ahead the metadata of the next releases, where a search goes through a project release by release."""

from __future__ import annotations

from itertools import islice

from packaging.utils import NormalizedName

from resolver.environments.model import Environment
from resolver.resolution.candidates import Candidate
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.wanted import Rules

_FIRST = 2
"""Releases of a project that a search may look at before it counts as going through them."""

_MOST = 64
"""Releases that are asked for ahead at once."""


class ReadingAhead:
    """Counts what one search reads of each project, and hints at twice as much before that runs out.

    Where another search has been before, for another environment, there is nothing to hint at.
    """

    def __init__(self, catalogue: Catalogue, environment: Environment, rules: Rules) -> None:
        self._catalogue = catalogue
        self._environment = environment
        self._rules = rules
        self._read: dict[NormalizedName, set[Candidate]] = {}
        self._due: dict[NormalizedName, int] = {}
        self._hinted: dict[NormalizedName, int] = {}

    def read(self, candidate: Candidate) -> None:
        """The metadata of ``candidate``, which an index lists, is being read."""
        name = candidate.name
        read = self._read.setdefault(name, set())
        if candidate in read:  # another extra of it
            return
        read.add(candidate)
        count = len(read)
        is_due = count >= self._due.get(name, _FIRST) and candidate.index is not None
        if is_due and not self._catalogue.has_read(candidate):
            many = min(2 * count, _MOST)
            self._due[name] = count + many // 4  # a long way to the index is a line that should not run dry
            self._hint(candidate, many)

    def _hint(self, candidate: Candidate, many: int) -> None:
        """Hint at ``many`` releases after ``candidate``: those that were hinted at before are among them."""
        name = candidate.name
        selection = self._catalogue.selection(name, self._environment, self._rules.policy(name))
        number = candidate.number
        assert number is not None, "an index lists it"
        step, end = (-1, -1) if self._rules.takes_lowest(name) else (1, len(selection.releases))
        last = self._hinted.get(name, number)
        known = max((last - number) * step, 0)
        following = range(number + step * (known + 1), end, step)
        found = (selection.candidate(one) for one in following)
        for one in islice((one for one in found if one is not None and one.kind == "wheel"), max(many - known, 0)):
            self._catalogue.prefetch_claims(one)
            assert one.number is not None, "as above"
            self._hinted[name] = one.number
