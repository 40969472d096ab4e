"""Lock -> how an sdist is built, as a tree of digests. Pure."""

from __future__ import annotations

from resolver.errors import BuildFailed
from resolver.lock.model import Artifact, Lock
from resolver.recipe import Recipe
from resolver.simple.model import File


def recipe_of(lock: Lock, sdist: str, environment: str, above: tuple[str, ...] = ()) -> Recipe:
    """The build of the file ``sdist`` for an environment that builds it.

    Raises `BuildFailed` where the lock says that it cannot be built, or not all that it takes.
    """
    built = lock.built(sdist, environment)
    if built is None:
        raise BuildFailed(f"the lock does not say how {sdist} is built for {environment}")
    if sdist in above:
        raise BuildFailed(f"its build needs itself: {' needs '.join((*above, sdist))}")
    if built.gap is not None:
        raise BuildFailed(built.gap, missing=built.system)
    build = lock.builds[sdist]
    return Recipe(
        file=file_of(lock.artifacts[sdist]),
        backend=build.backend,
        backend_path=build.backend_path,
        parts=tuple(
            file_of(artifact)
            if artifact.kind == "wheel"
            else recipe_of(lock, artifact.filename, environment, (*above, sdist))
            for artifact in (lock.artifacts[pin.artifact] for pin in lock.closure(built).values())
        ),
        system=built.system,
    )


def file_of(artifact: Artifact) -> File:
    """An artifact by its name and its digest; whoever wants its bytes knows where they lie."""
    return File(filename=artifact.filename, url="", hashes={"sha256": artifact.sha256}, size=artifact.size)
