"""One exact resolution for one environment: used for run time and for every build context alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from packaging.utils import NormalizedName, canonicalize_name
from resolvelib import BaseReporter, ResolutionImpossible, ResolutionTooDeep
from resolvelib.resolvers import Criterion, RequirementInformation
from resolvelib.resolvers import Resolution as Resolvelib

from resolver.environments.evaluate import holds
from resolver.environments.model import Environment
from resolver.errors import NoSolution, ResolutionLimit
from resolver.metadata.model import Host
from resolver.notices import Notice
from resolver.records import record
from resolver.resolution.candidates import Candidate
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.order import Order
from resolver.resolution.outlook import Outlook
from resolver.resolution.provider import Provider
from resolver.resolution.remarks import remarks
from resolver.resolution.straight import DeadEnd, NoWay, reached, straight
from resolver.resolution.wanted import Key, Node, Rules, Wanted
from resolver.spec.model import Declared

MAX_ROUNDS = 200_000
"""Rounds after which a search is given up; real sets of requirements take hundreds to some thousands."""

_LESSONS = 50
"""Dead ends that are to teach a better order."""

_ROUNDS_TO_EXPLAIN = 500
"""Rounds in which resolvelib is to find out why there is no solution, where it is known that there is none."""

_Cause = RequirementInformation[Wanted, Node]

_Outcome = dict[Key, Node] | DeadEnd | NoWay | None

_Fresh = Callable[..., tuple[Provider, Sequence[Wanted]]]


@record
class Resolved:
    """A project of a resolution. ``dependencies``: the projects that it asks for here, its extras' included, sorted.

    ``evidence``, ``answered`` and ``uncertain`` are those of its `Claims`.
    """

    candidate: Candidate
    extras: tuple[NormalizedName, ...]
    dependencies: tuple[NormalizedName, ...]
    evidence: str = ""
    answered: Host | None = None
    uncertain: str | None = None


@record
class Resolution:
    """The pins of one environment, by project in order of name, and what the user should be told of them."""

    environment: Environment
    pins: Mapping[NormalizedName, Resolved]
    notices: tuple[Notice, ...]


class Search(Resolvelib[Wanted, Node, Key]):
    """resolvelib's search; but what a pin asks for is never forgotten while the pin stands.

    There, a pin that fits no longer stays until its project's turn comes. If it fits again by then, for what ruled it
    out was dropped in turn, it would be kept, and nothing of what it asks for would be asked.
    """

    def _remove_information_from_criteria(
        self, criteria: dict[Key, Criterion[Wanted, Node]], parents: Collection[Key]
    ) -> None:
        super()._remove_information_from_criteria(criteria, parents)
        for parent in parents:
            del self.state.mapping[parent]


def resolve(
    requirements: Sequence[Declared],
    environment: Environment,
    catalogue: Catalogue,
    rules: Rules,
    *,
    order: Order | None = None,
) -> Resolution:
    """Find one candidate for every project that ``requirements`` lead to.

    ``order`` is what resolving the same requirements for other environments has taught; this one adds to it.
    Raises `NoSolution` with an explanation, `ResolutionLimit` where the search was given up, and `TransferError`.
    """
    rules = rules.beginning_with(requirements)

    def fresh(order: Order | None = None) -> tuple[Provider, Sequence[Wanted]]:
        """A provider that has seen nothing (what it has seen steers its preferences), and what the spec asks for."""
        provider = Provider(catalogue, environment, rules, order)
        provider.roots = _roots(requirements, provider)
        provider.groups = {declared.place: declared.group for declared in requirements if declared.group}
        return provider, provider.roots

    provider, roots = fresh()
    catalogue.prefetch(wanted.key[0] for wanted in roots)
    found: _Outcome = straight(provider, roots)
    if not isinstance(found, dict):
        provider, found = _with_lessons(fresh, order or Order())
    if isinstance(found, dict):
        mapping: Mapping[Key, Node] = found
    elif isinstance(found, NoWay):
        provider, mapping = _explained(fresh, found, provider)
    else:
        provider, mapping = _going_back(fresh, MAX_ROUNDS)
    pins = _pins(mapping, provider)
    chosen = {name: pin.candidate for name, pin in pins.items()}
    notices = remarks(chosen, mapping.values(), roots, provider)
    return Resolution(environment=environment, pins=pins, notices=tuple(sorted(notices)))


def _with_lessons(fresh: _Fresh, order: Order) -> tuple[Provider, _Outcome]:
    """Search again, with what dead ends teach, and then with what each conflict does.

    An extra is lost only where there is no other way.
    """
    provider, found = _in_another_order(fresh, order)
    if not isinstance(found, dict):
        provider, found = _learning(fresh, keeps_extras=True)
    if isinstance(found, NoWay) and provider.missed_extras:
        provider, found = _learning(fresh, keeps_extras=False)
    return provider, found


def _learning(fresh: _Fresh, *, keeps_extras: bool) -> tuple[Provider, _Outcome]:
    from resolver.resolution.learning import learning  # noqa: PLC0415  (most sets of requirements do without)

    provider, roots = fresh()
    provider.keeps_extras = keeps_extras
    return provider, learning(provider, roots)


def _in_another_order(fresh: _Fresh, order: Order) -> tuple[Provider, _Outcome]:
    """Go straight once more, with foresight, and again from the beginning as long as a dead end teaches something.

    For hundreds of projects that is faster by far than going back step by step, and it is told by the order who gives
    way: not what the spec asks for, for a patch level of something else.
    """
    for _ in range(_LESSONS):
        provider, roots = fresh(order)
        provider.foresee(roots)
        found = straight(provider, roots, keeps_extras=True)
        if not isinstance(found, DeadEnd) or not found.culprits:
            break
        askers = [node.key for node in provider.askers(found.key)]
        if not order.learn(found.key, askers, found.culprits):
            break
    return provider, found


def _explained(fresh: _Fresh, no_way: NoWay, learned: Provider) -> tuple[Provider, Mapping[Key, Node]]:
    """Raise `NoSolution`: as resolvelib shows it, who meets all that fails, or else in the words of ``no_way``.

    Where releases are on offer for what others ask alone, as pre-releases are, resolvelib may find a solution yet.
    """
    try:
        return _going_back(fresh, _ROUNDS_TO_EXPLAIN)
    except ResolutionLimit as error:
        from resolver.resolution.explanation import explain_clashes  # noqa: PLC0415  (as in `_no_solution`)

        raise NoSolution(learned.environment.name, explain_clashes(no_way.asked, learned)) from error


def _going_back(fresh: _Fresh, rounds: int) -> tuple[Provider, Mapping[Key, Node]]:
    """What resolvelib finds, going back where it has to, and who answered it. Raises as `resolve`."""
    provider, roots = fresh()
    provider.foresee(roots)
    try:
        return provider, _found(provider, roots, rounds)
    except ResolutionImpossible as error:
        if not (provider.outlook and provider.outlook.ruled_out):
            raise _no_solution(provider, error) from error
    order = Order()
    for key in provider.outlook.ruled_out:
        order.learn(key)  # or the search would read hundreds of releases that stand in its way
    _shown_by_few(fresh, order, rounds)
    provider, roots = fresh(order)
    try:
        return provider, _found(provider, roots, rounds)
    except ResolutionImpossible as error:
        raise _no_solution(provider, error) from error


def _no_solution(provider: Provider, error: ResolutionImpossible[Wanted, Node]) -> NoSolution:
    from resolver.resolution.explanation import explain  # noqa: PLC0415  (only where there is something to explain)

    return NoSolution(provider.environment.name, explain([*error.causes, *_likewise(error.causes, provider)], provider))


def _likewise(causes: Collection[_Cause], provider: Provider) -> Iterator[_Cause]:
    """Where the spec asks for what nobody has, what else it asks for that nobody has: all of it is told at once."""
    if any(cause.parent is not None for cause in causes):
        return
    told = {cause.requirement.key[0] for cause in causes}
    asked: dict[Key, list[Wanted]] = {}
    for root in provider.roots:
        if root.key[0] not in told and not root.key[1]:
            asked.setdefault(root.key, []).append(root)
    for key, wanted in asked.items():
        if next(iter(provider.matcher.matches(key, wanted)), None) is None:
            yield from (RequirementInformation(root, None) for root in wanted)


def _shown_by_few(fresh: _Fresh, order: Order, rounds: int) -> None:
    """Raise `NoSolution` where a few requirements of the spec show it: by a search for them alone.

    It goes without foresight, since the explanation is to show why each release fails.
    """
    from resolver.resolution.culprits import culprits  # noqa: PLC0415  (as in `_no_solution`)

    provider, roots = fresh(order)
    few = culprits(roots, lambda some: Outlook(some, provider.demands.of, provider.matcher))
    try:
        _found(provider, few, rounds)
    except ResolutionImpossible as error:
        raise _no_solution(provider, error) from error


def _found(provider: Provider, roots: Sequence[Wanted], rounds: int = MAX_ROUNDS) -> Mapping[Key, Node]:
    """Raises `ResolutionImpossible` and `ResolutionLimit`."""
    environment = provider.environment
    provider.roots = roots
    try:
        state = Search(provider, BaseReporter[Wanted, Node, Key]()).resolve(roots, max_rounds=rounds)
    except ResolutionTooDeep as error:
        raise ResolutionLimit(
            f"gave up on {environment.name} after {rounds} rounds; narrow the requirements or add constraints"
        ) from error
    return reached({key: list(criterion.information) for key, criterion in state.criteria.items()}, state.mapping)


def _roots(requirements: Sequence[Declared], provider: Provider) -> list[Wanted]:
    return [
        wanted
        for declared in requirements
        if holds(declared.requirement.marker, provider.environment).value
        for wanted in provider.demands.expand(declared.requirement, declared.place)
    ]


def _pins(mapping: Mapping[Key, Node], provider: Provider) -> dict[NormalizedName, Resolved]:
    nodes: dict[NormalizedName, list[Node]] = {}
    for node in mapping.values():
        nodes.setdefault(node.candidate.name, []).append(node)
    pins: dict[NormalizedName, Resolved] = {}
    for name in sorted(nodes):
        candidate = nodes[name][0].candidate
        wanted = {w.key[0] for node in nodes[name] for w in provider.get_dependencies(node)}
        extras = tuple(sorted(canonicalize_name(node.extra) for node in nodes[name] if node.extra))
        claims = provider.catalogue.claims(candidate, provider.environment, extras=bool(extras))
        pins[name] = Resolved(
            candidate=candidate,
            extras=extras,
            dependencies=tuple(sorted(wanted - {name})),
            evidence=claims.evidence,
            answered=claims.answered,
            uncertain=claims.uncertain or (claims.uncertain_extras if extras else None),
        )
    return pins
