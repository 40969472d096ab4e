"""Private files that a tree's server took: vendoring leaves them alone, and brings no project that has some.

One name means one project in a tree. The server takes no upload for a project of the lock; here no lock is taken that
names a project with uploads. Both look under one lock, so that neither can come between.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from packaging.utils import canonicalize_name

from resolver.errors import InputError
from resolver.lock.model import Lock
from resolver.server.layout import UPLOADS
from resolver.server.uploads_folder import lock_of_uploads, uploaded_projects


def check_apart(lock: Lock, tree: Path) -> None:
    """Raise `InputError` where ``lock`` names projects that have private files in ``tree``."""
    locked = {canonicalize_name(artifact.project) for artifact in lock.artifacts.values()}
    both = [name for name in uploaded_projects(str(tree)) if name in locked]
    if both:
        folders = " ".join(str(tree / UPLOADS / "files" / name) for name in both)
        raise InputError(
            f"the lock names what was uploaded to {tree}: {', '.join(both)}; nobody could tell which one is meant\n"
            f"    take it out of the spec, or remove the private files: {folders}"
        )


@contextmanager
def kept_apart(lock: Lock, tree: Path) -> Iterator[None]:
    """`check_apart`, and nobody uploads until the end of the block. Raises `InputError` and OSError."""
    with lock_of_uploads(str(tree)) if (tree / UPLOADS).is_dir() else nullcontext():
        check_apart(lock, tree)
        yield
