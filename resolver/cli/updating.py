"""``--update``: the projects that may move, the versions that are asked for, and whether these were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from resolver.cli.names import known
from resolver.errors import InputError, ResolutionError
from resolver.lock.model import Lock
from resolver.locking import Locked
from resolver.preferences.model import Preferred
from resolver.spec.model import Spec

_SOURCE = "--update"


def asked_for(words: Sequence[str], spec: Spec, old: Lock | None) -> tuple[frozenset[NormalizedName], list[Preferred]]:
    """The projects that may move, and the versions that are asked for.

    Raises `InputError` for what is neither NAME nor NAME==VERSION, for names that nothing knows, and for two versions
    of one project.
    """
    have = {str(canonicalize_name(declared.requirement.name)) for declared in spec.declared()}
    if old is not None:
        have |= {artifact.project for artifact in old.artifacts.values()}
    complaint = f"{_SOURCE}: neither the lock nor the spec has a project"
    names: set[NormalizedName] = set()
    versions: dict[NormalizedName, Version] = {}
    for text, version in map(_read, words):
        name = canonicalize_name(known(canonicalize_name(text), have, complaint))
        names.add(name)
        if version is not None and versions.setdefault(name, version) != version:
            raise InputError(f"{_SOURCE}: {name} cannot be {versions[name]} and {version} at once")
    asked = [Preferred(project=name, version=version, source=_SOURCE) for name, version in versions.items()]
    return frozenset(names), asked


def seen_to(asked: Sequence[Preferred], locked: Locked, spec: Spec) -> Locked:
    """See that the versions that were asked for were taken; the notice that they were is left out then.

    By every environment that has the project, or where it need not agree, by one. Raises `ResolutionError`.
    """
    for wish in asked:
        project = wish.project
        found = {name: pins[project].version for name, pins in locked.lock.resolutions.items() if project in pins}
        if not found:
            hint = "versions for builds go under `build: constraints`"
            raise ResolutionError(f"{_SOURCE}: no environment installs {project}; {hint}")
        others = [name for name, version in found.items() if Version(version) != wish.version]
        agrees = spec.policy_for(project).align
        if others and (agrees or len(others) == len(found)):
            raise ResolutionError("\n".join(_refusal(wish, locked, others, len(found))))
    return replace(locked, notices=tuple(n for n in locked.notices if not n.message.startswith(f"{_SOURCE}: ")))


def _refusal(wish: Preferred, locked: Locked, others: Sequence[str], count: int) -> list[str]:
    """Why ``others``, of ``count`` environments, did not take a version."""
    told = [
        f"  {notice.message.partition(', and ')[2]} ({notice.environment})"  # what was asked for is said above
        for notice in locked.notices
        if notice.kind == "preference" and notice.project == wish.project and notice.environment in others
    ]
    if len(others) < count:
        told.append(f"  `projects: {{{wish.project}: {{align: false}}}}` in the spec lets environments differ")
    return [f"{_SOURCE}: {wish.project} {wish.version} cannot be taken", *told]


def _read(word: str) -> tuple[str, Version | None]:
    """The name, and the version where there is one. Raises `InputError`."""
    name, sign, version = (part.strip() for part in word.partition("=="))
    try:
        if name and set(name).isdisjoint("<>=!~;@[] "):
            return name, Version(version) if sign else None
    except InvalidVersion:
        pass
    raise InputError(
        f"{_SOURCE}: {word!r} is neither a project nor one version of it, such as six==1.16.0;"
        " bounds go under `constraints` of the spec"
    )
