"""The same files under the names by which other tools look for them: hard links, no second copy.

``views/bazel`` is a repository cache of Bazel (``--repository_cache``): ``content_addressable/sha256/<hex>/file``. The
folder ``files`` itself serves as a ``--distdir``. Bazel may keep files of its own in a view, and they stay.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from resolver.vendor.layout import VIEWS, Entry, is_artifact

BAZEL = "bazel"
NAMES = (BAZEL,)


def make_bazel_view(tree: Path, before: Mapping[str, Entry], now: Mapping[str, Entry]) -> None:
    """Link every artifact of a tree into its view for Bazel, and remove what only an older manifest named."""
    cache = tree / VIEWS / BAZEL / "content_addressable" / "sha256"
    held = {entry.sha256: tree / path for path, entry in now.items() if is_artifact(path)}
    for sha256, path in held.items():
        _link(path, cache / sha256 / "file")
    for sha256 in {entry.sha256 for path, entry in before.items() if is_artifact(path)} - held.keys():
        shutil.rmtree(cache / sha256, ignore_errors=True)


def _link(path: Path, link: Path) -> None:
    if link.exists() and link.samefile(path):
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    try:
        os.link(path, link)
    except OSError:  # a file system that has no hard links
        shutil.copyfile(path, link)


def has_bazel_view(tree: Path) -> bool:
    """Whether an earlier run made it: it is then kept up to date unasked."""
    return (tree / VIEWS / BAZEL).is_dir()
