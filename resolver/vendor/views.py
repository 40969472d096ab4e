"""The same files under the names by which other tools look for them: hard links, no second copy.

``views/bazel`` is a repository cache of Bazel (``--repository_cache``): ``content_addressable/sha256/<hex>/file``. The
folder ``files`` itself serves as a ``--distdir``. ``views/nix`` is a mirror by digest (Nix: ``hashed-mirrors``):
``sha256/<hex>``, and a script that adds the files to a store. The tools may keep files of their own in a view, and they
stay.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from resolver.vendor.layout import FILES, VIEWS, Entry, is_artifact, make_folder
from resolver.vendor.nix_store import add_fixed
from resolver.vendor.writes import write_if_changed

BAZEL = "bazel"
NIX = "nix"
NAMES = (BAZEL, NIX)


def make_views(tree: Path, wanted: Collection[str], before: Mapping[str, Entry], now: Mapping[str, Entry]) -> None:
    """Make the views ``wanted``, and keep those up to date that an earlier run made.

    Every artifact of the manifest ``now`` is linked into them, and what only the one ``before`` named is removed.
    """
    for name in NAMES:
        root = tree / VIEWS / name
        if name in wanted or root.is_dir():
            _link_all(tree, root, _PLACES[name], before, now)
            if name == NIX:
                script = add_fixed(path.removeprefix(f"{FILES}/") for path in now if is_artifact(path))
                write_if_changed(root / "add-fixed.sh", script.encode())


def _bazel_place(root: Path, sha256: str) -> Path:
    return root / "content_addressable" / "sha256" / sha256 / "file"


def _nix_place(root: Path, sha256: str) -> Path:
    return root / "sha256" / sha256


_PLACES: Mapping[str, Callable[[Path, str], Path]] = {BAZEL: _bazel_place, NIX: _nix_place}


def _link_all(
    tree: Path,
    root: Path,
    place: Callable[[Path, str], Path],
    before: Mapping[str, Entry],
    now: Mapping[str, Entry],
) -> None:
    held = {entry.sha256: tree / path for path, entry in now.items() if is_artifact(path)}
    for sha256, path in held.items():
        _link(path, place(root, sha256))
    for sha256 in {entry.sha256 for path, entry in before.items() if is_artifact(path)} - held.keys():
        link = place(root, sha256)
        _stay_inside(link)
        link.unlink(missing_ok=True)
        if link.parent.name == sha256 and link.parent.is_dir():
            shutil.rmtree(link.parent, ignore_errors=True)


def _link(path: Path, link: Path) -> None:
    _stay_inside(link)
    if link.exists() and link.samefile(path):
        return
    make_folder(link.parent)
    link.unlink(missing_ok=True)
    try:
        os.link(path, link)
    except OSError:  # a file system that has no hard links
        shutil.copyfile(path, link)


def _stay_inside(link: Path) -> None:
    """See that the folder that a link is to be in is none itself: it would lead out of the tree."""
    if link.parent.is_symlink():
        link.parent.unlink()
