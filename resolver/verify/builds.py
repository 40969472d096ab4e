"""The builds of one environment, replayed: each sdist becomes the wheel of its release, or it is told why not."""

from __future__ import annotations

import time
from pathlib import Path

from packaging.version import Version

from resolver.builder.builds import Builder
from resolver.concurrency import each
from resolver.errors import BuildFailed, IntegrityError, InvalidMetadata
from resolver.lock.model import Artifact, Lock
from resolver.lock.recipes import recipe_of
from resolver.metadata.core import parse_core
from resolver.metadata.model import CoreMetadata
from resolver.metadata.wheels import wheel_metadata
from resolver.records import record
from resolver.sandbox.model import Interpreter

NOTHING = ""


@record
class ReplayedBuild:
    """One sdist: the name of its wheel, built in ``seconds``, or why there is none.

    ``missing``: programs that this machine does not have.
    """

    sdist: str
    wheel: str = NOTHING
    failure: str = NOTHING
    missing: tuple[str, ...] = ()
    log: str = NOTHING
    seconds: float = 0


def replay_builds(lock: Lock, name: str, builder: Builder, interpreter: Interpreter) -> tuple[ReplayedBuild, ...]:
    """Each sdist that the environment ``name`` installs or builds with, in order of file name.

    As many at a time as ``builder`` has sandboxes, the largest first; what a build needs is built before it.
    """

    def replayed(filename: str) -> ReplayedBuild:
        begun = time.monotonic()
        try:
            built = builder.wheel(recipe_of(lock, filename, name), interpreter)
            _check_wheel(built, lock.artifacts[filename])
        except BuildFailed as error:
            return ReplayedBuild(sdist=filename, failure=error.reason, missing=error.missing, log=error.log)
        except IntegrityError as error:
            return ReplayedBuild(sdist=filename, failure=str(error))
        return ReplayedBuild(sdist=filename, wheel=built.name, seconds=round(time.monotonic() - begun, 1))

    sdists = [filename for filename in lock.files_for(name) if lock.artifacts[filename].kind == "sdist"]
    sdists.sort(key=lambda filename: (-(lock.artifacts[filename].size or 0), filename))
    found = each(replayed, sdists, at_once=builder.abreast)
    return tuple(sorted(found, key=lambda one: one.sdist))


def _check_wheel(path: Path, artifact: Artifact) -> None:
    """What was built must be the release that the lock says it is."""
    metadata = metadata_of(path)
    if metadata.name != artifact.project or metadata.version != Version(artifact.version):
        raise BuildFailed(f"the wheel that was built is of {metadata.name} {metadata.version}")


def metadata_of(wheel: Path) -> CoreMetadata:
    """Raises `BuildFailed` where it cannot be read."""
    try:
        with wheel.open("rb") as stream:
            return parse_core(wheel_metadata(stream, wheel.name))
    except InvalidMetadata as error:
        raise BuildFailed(f"the metadata of {wheel.name} cannot be read: {error}") from error
