"""Where an exported file says that artifacts lie: at their indexes, or in a vendored tree."""

from __future__ import annotations

import posixpath
from urllib.parse import quote, unquote

from resolver.lock.model import Artifact, Lock
from resolver.records import record


@record
class Places:
    """Paths are seen from the folder of the file that is written, with forward slashes.

    ``lock``: the folder of the lock, below which its indexes that are directories lie.
    ``tree``: a vendored tree, as a path or as the URL of its top; None where artifacts lie where the lock says.
    """

    lock: str = "."
    tree: str | None = None

    @property
    def is_served(self) -> bool:
        """Whether the tree is a URL."""
        return self.tree is not None and "://" in self.tree

    def file(self, lock: Lock, artifact: Artifact) -> str:
        """The URL of an artifact, percent-encoded, or its path, as it is."""
        if self.is_served:
            return self._in_tree(f"files/{quote(artifact.filename)}")
        if self.tree is not None:
            return self._in_tree(f"files/{artifact.filename}")
        return self._located(lock.location(artifact))

    def index(self, lock: Lock, artifact: Artifact) -> str | None:
        """The Simple API that lists an artifact, as a URL or a path; None for a file of no index."""
        if artifact.index is None:
            return None
        if self.tree is not None:
            return self._in_tree("simple/")
        return self._located(lock.indexes[artifact.index].url)

    def _in_tree(self, path: str) -> str:
        assert self.tree is not None
        if self.is_served:
            return f"{self.tree.rstrip('/')}/{path}"
        return _joined(self.tree, path)

    def _located(self, location: str) -> str:
        return location if is_url(location) else _joined(self.lock, unquote(location))


def is_url(place: str) -> bool:
    """Whether a place is a URL rather than a path."""
    return "://" in place


def _joined(folder: str, path: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, path))
    return f"{joined}/" if path.endswith("/") else joined
