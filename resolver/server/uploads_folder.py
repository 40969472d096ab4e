"""The folder of uploads, for all who must leave it alone: the projects that have files there, and a lock on them."""

from __future__ import annotations

import os
from typing import List

from resolver.server.files import FolderLock, listed
from resolver.server.layout import UPLOADS
from resolver.server.names import normalized


def uploaded_projects(root: str) -> List[str]:
    """Normalised names of the projects that have files in the ``uploads`` of a tree, sorted, whatever its lock says."""
    folder = os.path.join(root, UPLOADS, "files")
    return sorted(name for name in listed(folder) if name == normalized(name) and listed(os.path.join(folder, name)))


def lock_of_uploads(root: str) -> FolderLock:
    """Keeps everybody else from changing the uploads of a tree, or the lock beside them. There must be uploads."""
    return FolderLock(os.path.join(root, UPLOADS, ".lock"))
