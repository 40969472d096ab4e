"""Wishes for versions that a resolution did not grant, each with the reason that is nearest to the user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from resolver.environments.evaluate import holds
from resolver.errors import ProjectNotFound
from resolver.notices import Notice
from resolver.preferences.model import Preferred
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.demands import Demands
from resolver.resolution.matching import may_stay
from resolver.resolution.search import Resolution
from resolver.resolution.wanted import Node, Rules
from resolver.spec.model import Declared

Wished = Mapping[str, Mapping[NormalizedName, Preferred]]
"""By environment, the version that was wished for of each project."""

_SHOWN = 8


def unmet(
    wished: Wished,
    resolutions: Mapping[str, Resolution],
    requirements: Sequence[Declared],
    catalogue: Catalogue,
    rules: Rules,
) -> Iterator[Notice]:
    """For each file how many of its versions were taken, and for each version that was not why."""
    taken: dict[str, set[NormalizedName]] = {}
    refused: dict[str, set[NormalizedName]] = {}
    needed: set[NormalizedName] = set()
    for name, resolution in resolutions.items():
        reasons = _Reasons(resolution, requirements, catalogue, rules)
        for project, wish in wished[name].items():
            pin = resolution.pins.get(project)
            if pin is None:
                continue
            needed.add(project)
            if pin.candidate.version == wish.version:
                taken.setdefault(wish.source, set()).add(project)
                continue
            refused.setdefault(wish.source, set()).add(project)
            message = f"{wish.source} has {project} {wish.version}, and {pin.candidate.version} was taken: "
            message += reasons.why_not(project, wish.version)
            yield Notice(kind="preference", project=project, message=message, environment=name)
    for source in dict.fromkeys(wish.source for wishes in wished.values() for wish in wishes.values()):
        all_of_it = {p for wishes in wished.values() for p, wish in wishes.items() if wish.source == source}
        granted = taken.get(source, set()) - refused.get(source, set())
        message = f"{source}: {len(granted)} of the {len(all_of_it)} versions were taken"
        spare = sorted(all_of_it - needed)
        if spare:
            rest = f" and {len(spare) - _SHOWN} more" if len(spare) > _SHOWN else ""
            message += f"; nothing asks for {', '.join(spare[:_SHOWN])}{rest}"
        yield Notice(kind="preference", project="", message=message)


class _Reasons:
    """Why releases were not taken in one environment."""

    def __init__(
        self, resolution: Resolution, requirements: Sequence[Declared], catalogue: Catalogue, rules: Rules
    ) -> None:
        self._resolution = resolution
        self._requirements = requirements
        self._catalogue = catalogue
        self._rules = rules
        self._demands = Demands(catalogue, resolution.environment, rules)

    def why_not(self, project: NormalizedName, version: Version) -> str:
        """What rules a release out: its files, the policy, or what is asked of the project."""
        if self._resolution.pins[project].candidate.index is None:
            return "a direct URL is asked for"
        return (
            self._unusable(project, version) or self._against(project, version) or "others of the choices rule it out"
        )

    def _unusable(self, project: NormalizedName, version: Version) -> str:
        environment, policy = self._resolution.environment, self._rules.policy(project)
        try:
            selection = self._catalogue.selection(project, environment, policy)
        except ProjectNotFound:
            return "the index has no such project"
        number = selection.releases.number(version)
        if number is None:
            local = [text for text in selection.releases.versions if text.partition("+")[0] == str(version)]
            return f"the index has no such release{f', but {local[0]}' if local else ''}"
        candidate = selection.candidate(number)
        if candidate is None:
            told = dict.fromkeys(r.reason for r in selection.rejections(number) if not r.untagged)
            return f"its file {' or '.join(told)}" if told else f"no file of it fits {environment.name}"
        return "" if may_stay(candidate, policy) else "the policy rules out pre-releases or yanked releases"

    def _against(self, project: NormalizedName, version: Version) -> str:
        found = [
            f"{asker} asks for {project}{bound}" for asker, bound in self._bounds(project) if not _in(version, bound)
        ]
        return "; ".join(dict.fromkeys(found))

    def _bounds(self, project: NormalizedName) -> Iterator[tuple[str, SpecifierSet]]:
        """Everything that is asked of a project here, and who asks."""
        environment = self._resolution.environment
        overridden = project in self._rules.overrides
        declared = [*self._rules.overrides.get(project, ()), *self._rules.constraints.get(project, ())]
        for one in [*([] if overridden else self._requirements), *declared]:
            same = canonicalize_name(one.requirement.name) == project
            if same and holds(one.requirement.marker, environment).value:
                yield str(one.origin), one.requirement.specifier
        for pin in self._resolution.pins.values():
            if project in pin.dependencies and not overridden:
                for extra in ("", *pin.extras):
                    node = Node(pin.candidate, extra)
                    yield from ((str(node), w.bounds.specifiers) for w in self._demands.of(node) if w.key[0] == project)


def _in(version: Version, bound: SpecifierSet) -> bool:
    return bound.contains(version, prereleases=True)
