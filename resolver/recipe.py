"""How one sdist is built from locked files alone: a tree of digests, whether it comes from a plan or from a lock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from resolver.records import record
from resolver.simple.model import File


@record
class Recipe:
    """An sdist, its backend (PEP 517), and what its build environment holds: wheels, and sdists that are built first.

    ``system``: programs that no index has and that its build may use.
    """

    file: File
    backend: str
    backend_path: tuple[str, ...] = ()
    parts: tuple[File | Recipe, ...] = ()
    system: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """sha256 over everything that the recipe says; file names are not part of it."""
        said = [self.file.hashes["sha256"], self.backend, *self.backend_path, "", *self.system]
        rows = [*said, "", *digests_of(self.parts)]
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of the sdist and of all that it is built with, as far as indexes state them."""
        return (self.file.size or 0) + sum(
            (part.size or 0) if isinstance(part, File) else part.size for part in self.parts
        )

    @property
    def is_portable(self) -> bool:
        """Whether neither it nor a part of it uses programs of the machine."""
        return not self.system and all(isinstance(part, File) or part.is_portable for part in self.parts)


def digests_of(parts: Iterable[File | Recipe]) -> list[str]:
    """What tells one build environment from another: a digest for each of its parts, sorted."""
    return sorted(part.digest if isinstance(part, Recipe) else part.hashes["sha256"] for part in parts)
