"""Environments that get an older release of a project than others, because no file of the newer one fits them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.environments.evaluate import claim_of_python
from resolver.environments.model import Environment
from resolver.notices import Notice
from resolver.resolution.catalogue import Catalogue
from resolver.resolution.search import Resolution
from resolver.simple.times import upload_moment
from resolver.spec.model import Spec


def behind(resolutions: Mapping[str, Resolution], catalogue: Catalogue, spec: Spec) -> Iterator[Notice]:
    """A notice for each such environment and project, in no order; ``resolutions`` are by environment."""
    for name in {name for resolution in resolutions.values() for name in resolution.pins}:
        pins = [(r.environment, r.pins[name].candidate) for r in resolutions.values() if name in r.pins]
        newest = max((candidate for _, candidate in pins), key=lambda c: c.version)
        if newest.index is None:
            continue
        for environment, candidate in pins:
            if candidate.version < newest.version and _lacks_a_file(name, newest.version, environment, catalogue, spec):
                message = (
                    f"{environment.name} gets {candidate}{_gap(candidate.file.upload_time, newest.file.upload_time)}: "
                    f"no file of {newest.version}, which others get, fits it"
                )
                yield Notice(kind="behind", project=name, message=message, environment=environment.name)


def _lacks_a_file(
    name: NormalizedName, version: Version, environment: Environment, catalogue: Catalogue, spec: Spec
) -> bool:
    """Whether a release supports the environment's Python, and yet has no file that fits it."""
    selection = catalogue.selection(name, environment, spec.policy_for(name))
    number = selection.releases.number(version)
    if number is None:
        return False
    untagged = {rejection.filename for rejection in selection.rejections(number) if rejection.untagged}
    listed = catalogue.project(name).files
    files = [listed[position] for position in selection.releases.files[number]]
    claims = {file.requires_python for file in files if file.filename in untagged} - {None}
    answers = [claim_of_python(str(claim), environment) for claim in claims]
    admitted = None in answers or all(answer is None or answer.value for answer in answers)
    return bool(untagged) and admitted and selection.of_version(version) is None


def _gap(older: str | None, newer: str | None) -> str:
    if older is None or newer is None:
        return ""
    days = (upload_moment(newer) - upload_moment(older)).days
    return f", {days / 365:.1f} years older" if days >= 365 else f", {days} days older" if days > 0 else ""
