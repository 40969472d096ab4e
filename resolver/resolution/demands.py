"""What a candidate asks for in one environment: its dependencies after markers, extras and the spec's overrides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from packaging.requirements import Requirement
from packaging.utils import NormalizedName

from resolver.environments.evaluate import Verdict, accepts_python, holds, taken_for
from resolver.environments.model import Environment
from resolver.errors import InvalidMetadata
from resolver.metadata.model import CoreMetadata
from resolver.notices import Kind, Notice
from resolver.resolution.candidates import Candidate
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.reading_ahead import ReadingAhead
from resolver.resolution.restated import how_to_replace, how_to_state_python
from resolver.resolution.wanted import Asked, Node, Rules, Wanted, impossible, leading_name, nodes_of, unstated

MOST_TOLD = 3
"""Requirements of a release that one notice names where they hang on the same open value."""


class Demands:
    """Reads demands once. ``notices`` and ``unusable`` (candidate -> why) fill while it is asked.

    Notices of None are about what the spec itself asks for.
    ``guessing``: no backend is asked, and what files say counts however uncertain it is.
    """

    def __init__(self, catalogue: Catalogue, environment: Environment, rules: Rules, *, guessing: bool = False) -> None:
        self._catalogue = catalogue
        self._environment = environment
        self._rules = rules
        self._guessing = guessing
        self._ahead = ReadingAhead(catalogue, environment, rules)
        self._replaces = bool(rules.overrides or rules.left_out)
        self._known: dict[tuple[Candidate, str], tuple[Wanted, ...]] = {}
        self.notices: dict[Candidate | None, list[Notice]] = {}
        self.unusable: dict[Candidate, str] = {}

    def of(self, node: Node) -> tuple[Wanted, ...]:
        """What ``node`` asks for. A node that cannot be used asks for what cannot be had."""
        key = (node.candidate, node.extra)
        known = self._known.get(key)
        if known is None:
            try:
                known = tuple(self._ask(node))
            except InvalidMetadata as error:
                known = (self._dead(node.candidate, str(error)),)
            self._known[key] = known
        return known

    def offers(self, candidate: Candidate, extra: str) -> bool:
        """Whether a release has an extra, as far as its files can be read."""
        try:
            return extra in self._catalogue.stated(candidate).metadata.provides_extra
        except InvalidMetadata:
            return False

    def _ask(self, node: Node) -> list[Wanted]:
        candidate = node.candidate
        self._ahead.read(candidate)
        if self._guessing:
            claims = self._catalogue.stated(candidate)
        else:
            claims = self._catalogue.claims(candidate, self._environment, extras=bool(node.extra))
        metadata = claims.metadata
        unfit = self._unfit(node, metadata)
        if unfit:
            return [self._dead(candidate, unfit)]
        found: list[Wanted] = []
        if node.extra:
            found.append(Wanted(key=(candidate.name, ""), exact=candidate))
            if node.extra not in metadata.provides_extra:
                self._note(candidate, "extra", f"{candidate} has no extra {node.extra!r}")
        else:
            if claims.overridden:
                self._note(candidate, "override", f"the spec replaces the dependencies of {candidate}")
            for text, _ in metadata.invalid_requires:
                found.extend(self.replaced(leading_name(text), (), candidate))
        hanging: dict[Verdict, list[Asked]] = {}
        for asked in self._catalogue.asked(claims):
            if self._applies(asked, node, hanging):
                found += self._meant(asked.nodes, candidate) if self._replaces else asked.nodes
        for verdict, several in hanging.items():
            self._note(candidate, "assumed", self._assumption(node, verdict, several))
        archives = (unstated(one.key[0], one.url, self._rules.stated) for one in found if one.url is not None)
        foreign = next(filter(None, archives), "")
        return [self._dead(candidate, foreign)] if foreign else found

    def _meant(self, nodes: Sequence[Wanted], candidate: Candidate) -> Iterable[Wanted]:
        """What a dependency is taken for: itself, what the spec has in its place, or nothing if it is there already."""
        name, wanted = nodes[0].key[0], nodes[0].bounds
        there = self._rules.left_out.get(name)
        if there is None:
            return self._overruled(nodes, candidate)
        if there.version is not None and not wanted.specifiers.contains(there.version, prereleases=True):
            reason = f"asks for {name}{wanted.text}, and that is {there.version} by {there.file}, which is included"
            return (self._dead(candidate, reason),)
        message = f"{name} is what {there.file} is for, so no release of it is locked; it is asked for by {candidate}"
        self._note(candidate, "included", message, subject=str(candidate))
        for extra in sorted({node.key[1] for node in nodes[1:]} - there.extras):
            self._note(candidate, "extra", f"{candidate} asks for {name}[{extra}]; {there.file} is included without it")
        return ()

    def _unfit(self, node: Node, metadata: CoreMetadata) -> str:
        """Why the metadata rules a candidate out here, or nothing."""
        if metadata.invalid_requires_python is not None:
            text = metadata.invalid_requires_python
            return f"its Requires-Python {text!r} is invalid ({how_to_state_python(text)})"
        if metadata.requires_python is not None:
            verdict = accepts_python(metadata.requires_python, self._environment)
            if not verdict.value:
                return f"requires Python {metadata.requires_python}"
            if verdict.assumed:
                python = self._environment.markers["python_version"]
                message = f"{node} requires Python {metadata.requires_python}: not every patch level of {python} is"
                self._note(node.candidate, "assumed", message)
        for text, reason in metadata.invalid_requires:
            if leading_name(text) not in self._rules.overrides:
                return f"its requirement {text!r} is invalid ({reason}); {how_to_replace(text)}"
        return ""

    def _applies(self, asked: Asked, node: Node, hanging: dict[Verdict, list[Asked]]) -> bool:
        """Whether a dependency holds here: for an extra's node, those that hold because of the extra alone.

        What hangs on an open value is added to ``hanging``.
        """
        marker = asked.marker
        if marker is None:
            return not node.extra
        plain = holds(marker, self._environment)
        verdict = holds(marker, self._environment, node.extra) if node.extra else plain
        if verdict.assumed and not (node.extra and verdict == plain):  # else the project's own node tells it
            hanging.setdefault(verdict, []).append(asked)
        return verdict.value and not (node.extra and plain.value)

    def _assumption(self, node: Node, verdict: Verdict, several: Sequence[Asked]) -> str:
        """What hangs on values that the spec leaves open, and what they were taken for: pyobjc has 130 of it."""
        values = ", ".join(f"{v} {taken_for(self._environment, v) or 'unknown'}" for v in sorted(verdict.assumed))
        wanted = ", ".join(f"{asked.name} only where {asked.marker}" for asked in several[:MOST_TOLD])
        more = f", and {len(several) - MOST_TOLD} more likewise" if len(several) > MOST_TOLD else ""
        they = "they are" if len(several) > 1 else "it is"
        outcome = f"{they} {'wanted' if verdict.value else 'left out'}"
        return f"{node} wants {wanted}{more}; assumed {values}, so {outcome}"

    def expand(self, requirement: Requirement, declared_at: str = "") -> Iterator[Wanted]:
        """A requirement that no project states as the nodes that it asks for, after the overrides of the spec."""
        yield from self._overruled(nodes_of(requirement, declared_at), None, declared_at)

    def _overruled(self, nodes: Sequence[Wanted], parent: Candidate | None, declared_at: str = "") -> Iterable[Wanted]:
        """A project and its extras, unless the spec replaces what asks for it."""
        project = nodes[0].key[0]
        if project not in self._rules.overrides:
            return nodes
        return self.replaced(project, [node.key[1] for node in nodes[1:]], parent, declared_at)

    def replaced(
        self, name: NormalizedName, extras: Sequence[str], parent: Candidate | None, declared_at: str = ""
    ) -> Iterator[Wanted]:
        """The spec's overrides of ``name`` that hold here; the extras that were asked for stay asked for."""
        overrides, asker = self._rules.overrides[name], parent or declared_at
        holding = [one for one in overrides if holds(one.requirement.marker, self._environment).value]
        for one in holding:
            self._note(parent, "override", f"{asker} gets {one.requirement}, as {one.origin} says", name)
            yield from nodes_of(one.requirement, f"override at {one.origin}", extras)
        if not holding:
            self._note(parent, "override", f"{asker} gets no {name}, as {overrides[0].origin} says", name)

    def _dead(self, candidate: Candidate, reason: str) -> Wanted:
        """An unsatisfiable requirement: resolvelib then tries the next candidate, and the cause keeps the reason."""
        self.unusable[candidate] = reason
        return impossible(f"{candidate.name}=={candidate.version}", reason)

    def _note(
        self,
        candidate: Candidate | None,
        kind: Kind,
        message: str,
        asked: NormalizedName | None = None,
        subject: str = "",
    ) -> None:
        """Without a candidate it is about ``asked``."""
        project = candidate.name if candidate is not None else asked
        assert project is not None, "a notice is about a project"
        notice = Notice(
            kind=kind, project=project, message=message, environment=self._environment.name, subject=subject
        )
        self.notices.setdefault(candidate, []).append(notice)
