"""Which of two locks is the older one, where no serial tells. Pure.

Indexes tell when each file was uploaded. Of the files that only one of two locks has, the newest was uploaded when the
other was already made, or was taken out of it on purpose: its lock is the newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from packaging.version import Version

from resolver.lock.model import Artifact, Lock
from resolver.simple.times import upload_moment


def is_older(lock: Lock, than: Lock) -> bool:
    """Whether ``lock`` was made before ``than``, as far as their files can tell."""
    come = _only_in(lock.artifacts, than.artifacts)
    gone = _only_in(than.artifacts, lock.artifacts)
    if not gone:
        return False
    if not come:
        return True
    times, others = _times(come), _times(gone)
    if times and others and max(times) != max(others):
        return max(times) < max(others)
    return _goes_back(come, gone)


def _only_in(artifacts: Mapping[str, Artifact], others: Mapping[str, Artifact]) -> list[Artifact]:
    return [one for name, one in artifacts.items() if name not in others or others[name].sha256 != one.sha256]


def _times(artifacts: Iterable[Artifact]) -> list[float]:
    times = []
    for one in artifacts:
        with suppress(ValueError):  # a lock that was written by hand may state anything
            times.append(upload_moment(one.upload_time or "").timestamp())
    return times


def _goes_back(come: Iterable[Artifact], gone: Iterable[Artifact]) -> bool:
    """Whether projects fall to lower versions and none rises."""
    new, old = _versions(come), _versions(gone)
    both = new.keys() & old.keys()
    return any(new[name] < old[name] for name in both) and not any(new[name] > old[name] for name in both)


def _versions(artifacts: Iterable[Artifact]) -> dict[str, Version]:
    """The highest version of each project."""
    found: dict[str, Version] = {}
    for one in artifacts:
        version = Version(one.version)
        found[one.project] = max(version, found.get(one.project, version))
    return found
