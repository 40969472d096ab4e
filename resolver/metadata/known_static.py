"""What the files of an sdist said, in few bytes, and back.

As in `resolver.metadata.known`, whoever keeps the bytes vouches for them, and that the same program reads them.
"""

from __future__ import annotations

import marshal
from typing import Any

from resolver.metadata.known import KnownRequirement, dump_core, load_core, parts_of
from resolver.metadata.model import BuildSystem, StaticBuild, StaticMetadata, Unknown


def dump_build(build: StaticBuild) -> bytes:
    """The inverse of `load_build`."""
    system, hook = build.system, build.hook
    return marshal.dumps(
        (
            (system.backend, [parts_of(one) for one in system.requires], system.origin, system.backend_path),
            hook.reason if isinstance(hook, Unknown) else [parts_of(one) for one in hook],
            build.evidence,
            build.runs_code,
            {before: [parts_of(one) for one in asked] for before, asked in build.extra_before.items()},
        )
    )


def load_build(stored: bytes) -> StaticBuild:
    """What `dump_build` was given."""
    (backend, requires, origin, backend_path), hook, evidence, runs_code, extra_before = marshal.loads(stored)  # noqa: S302
    return StaticBuild(
        system=BuildSystem(backend=backend, requires=_requirements(requires), origin=origin, backend_path=backend_path),
        hook=Unknown(reason=hook) if isinstance(hook, str) else _requirements(hook),
        evidence=evidence,
        runs_code=runs_code,
        extra_before={before: _requirements(asked) for before, asked in extra_before.items()},
    )


def dump_metadata(found: StaticMetadata | Unknown) -> bytes:
    """The inverse of `load_metadata`."""
    if isinstance(found, Unknown):
        return marshal.dumps(found.reason)
    uncertain, extras = found.uncertain, found.uncertain_extras
    reasons = (uncertain.reason if uncertain else None, extras.reason if extras else None)
    return marshal.dumps((dump_core(found.metadata), found.evidence, *reasons))


def load_metadata(stored: bytes) -> StaticMetadata | Unknown:
    """What `dump_metadata` was given."""
    kept = marshal.loads(stored)  # noqa: S302
    if isinstance(kept, str):
        return Unknown(reason=kept)
    core, evidence, uncertain, extras = kept
    return StaticMetadata(
        metadata=load_core(core),
        evidence=evidence,
        uncertain=None if uncertain is None else Unknown(reason=uncertain),
        uncertain_extras=None if extras is None else Unknown(reason=extras),
    )


def _requirements(listed: list[tuple[Any, ...]]) -> tuple[KnownRequirement, ...]:
    return tuple(KnownRequirement(*parts) for parts in listed)
