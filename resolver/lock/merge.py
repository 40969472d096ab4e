"""Resolutions and build plans -> Lock: the last stage that knows how a lock came to be."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import urljoin, urlsplit

from packaging.utils import NormalizedName

from resolver.build.model import BuildPlan, Planned, PlannedBuild, PlannedRequirement
from resolver.cutoffs import cutoffs
from resolver.environments.evaluate import holds
from resolver.environments.model import Environment
from resolver.errors import IntegrityError
from resolver.index import Site
from resolver.lock.inputs import inputs_digest
from resolver.lock.model import (
    AnsweredBy,
    Artifact,
    Attestations,
    Build,
    BuildEnvironment,
    BuildRequirement,
    EnvironmentEntry,
    IndexEntry,
    Inputs,
    Lock,
    Pin,
    Pins,
)
from resolver.metadata.model import Host
from resolver.resolution.candidates import Candidate
from resolver.resolution.search import Resolution, Resolved
from resolver.spec.model import Declared, Spec


def merge(spec: Spec, resolutions: Mapping[str, Resolution], plan: BuildPlan, sites: Mapping[str, Site]) -> Lock:
    """The lock of ``spec``, whose ages are frozen. ``sites``: where every index lies, by name."""
    candidates = _candidates(resolutions.values(), plan)
    bases = _bases(candidates, sites)
    closures: dict[str, Pins] = {}
    return Lock(
        inputs=Inputs(sha256=inputs_digest(spec.inputs), files=dict(sorted(spec.inputs.items())), spec=spec.own_file),
        exclude_newer=dict(sorted(cutoffs(spec).items())),
        attestations=_attestations(spec, {candidate.name for candidate in candidates}),
        indexes={name: IndexEntry(url=sites[name].url, files=base) for name, base in sorted(bases.items())},
        environments={name: _environment(r.environment) for name, r in sorted(resolutions.items())},
        roots={name: _roots(spec, r.environment) for name, r in sorted(resolutions.items())},
        artifacts={c.file.filename: _artifact(c, bases, sites) for c in candidates},
        resolutions={name: _pins(r.pins) for name, r in sorted(resolutions.items())},
        builds={name: _build(build, closures) for name, build in plan.builds.items()},
        closures=dict(sorted(closures.items())),
    )


def _candidates(resolutions: Iterable[Resolution], plan: BuildPlan) -> list[Candidate]:
    """Every candidate that the lock names, once for each file, by file name."""
    pins = [resolution.pins for resolution in resolutions]
    pins += [planned.closure for build in plan.builds.values() for planned in build.environments.values()]
    found: dict[str, Candidate] = {}
    for candidate in (pin.candidate for chosen in pins for pin in chosen.values()):
        other = found.setdefault(candidate.file.filename, candidate)
        if other.file.hashes["sha256"] != candidate.file.hashes["sha256"]:
            raise IntegrityError(
                f"two files are called {candidate.file.filename} and differ: {other.file.url}, {candidate.file.url}"
            )
    return [found[filename] for filename in sorted(found)]


def _bases(candidates: Sequence[Candidate], sites: Mapping[str, Site]) -> dict[str, str]:
    """For each index the base of most of its files: one line to change for a mirror."""
    origins: dict[str, Counter[str]] = {}
    for candidate in candidates:
        if candidate.index is not None:
            origins.setdefault(candidate.index, Counter())[_base(candidate, sites)] += 1
    return {name: min(counts, key=lambda base: (-counts[base], base)) for name, counts in origins.items()}


def _base(candidate: Candidate, sites: Mapping[str, Site]) -> str:
    """Scheme and host of a file; for a directory that is an index, the directory as the spec names it."""
    parts = urlsplit(candidate.file.url)
    if parts.scheme in ("http", "https"):
        return f"{parts.scheme}://{parts.netloc}/"
    assert candidate.index is not None
    return sites[candidate.index].url


def _artifact(candidate: Candidate, bases: Mapping[str, str], sites: Mapping[str, Site]) -> Artifact:
    file = candidate.file
    path = _path(candidate, bases, sites)
    inside = path is not None
    return Artifact(
        filename=file.filename,
        project=candidate.name,
        version=str(candidate.version),
        kind=candidate.kind,
        sha256=file.hashes["sha256"],
        index=candidate.index if inside else None,
        path=path,
        url=None if inside else file.url,
        size=file.size,
        upload_time=file.upload_time,
        requires_python=file.requires_python,
        yanked=file.yanked,
        provenance=_provenance(candidate, sites),
    )


def _provenance(candidate: Candidate, sites: Mapping[str, Site]) -> str | None:
    """Where a file's provenance object lies, as seen from its index, so that a mirror of it is one line to change."""
    url = candidate.file.provenance
    if url is None or candidate.index is None:
        return None
    site = sites[candidate.index]
    if site.root:
        below = url.removeprefix(site.root)
        return below if below != url else None  # elsewhere on this machine, which no lock may name
    here, there = urlsplit(site.url), urlsplit(url)
    relative = posixpath.relpath(there.path, here.path) + (f"?{there.query}" if there.query else "")
    return relative if urljoin(site.url, relative) == url else url


def _attestations(spec: Spec, projects: Collection[NormalizedName]) -> dict[str, Attestations]:
    """What the spec asks of the attestations of ``projects``, ``""`` standing for those without an entry."""
    rest = Attestations(check=spec.policy.attestations)
    found = {"": rest} if rest.check != "ignore" else {}
    for name in sorted(projects):
        policy = spec.policy_for(name)
        own = Attestations(check=policy.attestations, publisher=policy.publisher)
        if own != rest:
            found[name] = own
    return found


def _path(candidate: Candidate, bases: Mapping[str, str], sites: Mapping[str, Site]) -> str | None:
    """What follows the index's base in a file's URL; None where it lies elsewhere."""
    if candidate.index is None:
        return None
    base = sites[candidate.index].root or bases[candidate.index]
    path = candidate.file.url.removeprefix(base)
    return path if path != candidate.file.url and path and not path.startswith("/") else None


def _environment(environment: Environment) -> EnvironmentEntry:
    declared = environment.declared
    return EnvironmentEntry(
        markers=dict(sorted(environment.markers.items())),
        tags=tuple(str(tag) for tag in environment.tags),
        python=declared.get("python"),
        os=declared.get("os"),
        arch=declared.get("arch"),
        libc=declared.get("libc"),
    )


def _roots(spec: Spec, environment: Environment) -> dict[str, tuple[str, ...]]:
    groups: dict[str, Sequence[Declared]] = {"": spec.requirements, **dict(sorted(spec.groups.items()))}
    return {
        group: tuple(sorted({str(d.requirement) for d in declared if holds(d.requirement.marker, environment).value}))
        for group, declared in groups.items()
    }


def _pins(pins: Mapping[NormalizedName, Resolved]) -> dict[str, Pin]:
    return {
        name: Pin(
            version=str(pin.candidate.version),
            artifact=pin.candidate.file.filename,
            extras=pin.extras,
            dependencies=pin.dependencies,
        )
        for name, pin in sorted(pins.items())
    }


def _build(build: PlannedBuild, closures: dict[str, Pins]) -> Build:
    return Build(
        backend=build.backend,
        backend_path=build.backend_path,
        environments={
            name: BuildEnvironment(
                requires=tuple(_requirement(asked) for asked in planned.requires),
                closure=_closure(planned, closures) if planned.closure or planned.unbuildable is None else None,
                metadata=planned.metadata or None,
                system=planned.system,
                answered=_answered_by(planned.answered),
                unknown=planned.unknown,
                unbuildable=planned.unbuildable,
            )
            for name, planned in sorted(build.environments.items())
        },
    )


def _requirement(asked: PlannedRequirement) -> BuildRequirement:
    return BuildRequirement(requirement=str(asked.requirement), origin=asked.origin, evidence=asked.evidence)


def _answered_by(host: Host | None) -> AnsweredBy | None:
    if host is None:
        return None
    return AnsweredBy(python=host.python, os=host.os, arch=host.arch, libc=host.libc, differs=host.differs)


def _closure(planned: Planned, closures: dict[str, Pins]) -> str:
    """The id of a closure: a digest of its pins, so that equal closures are one and a new one renames no other."""
    pins = _pins(planned.closure)
    rows = {name: [pin.version, pin.artifact, pin.extras, pin.dependencies] for name, pin in pins.items()}
    digest = hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
    identity = f"c-{digest[:12]}"
    closures[identity] = pins
    return identity
