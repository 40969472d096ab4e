"""What a tree has that is new since an older lock, told from the two locks alone. Pure.

What the older tree held is never guessed: where the lock cannot say that a file was there with these bytes, the file is
carried; and whoever unpacks checks all that is not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from resolver.emit.pages import by_project, files_of
from resolver.lock.model import Artifact, Lock
from resolver.vendor.layout import FILES, SIMPLE, Entry


def new_since(files: Mapping[str, Entry], lock: Lock, environments: Collection[str], old: Lock) -> list[str]:
    """Paths of ``files``, those of a tree of ``lock``, that a tree of ``old`` does not have."""
    now, then = _by_name(lock, environments), _by_name(old, [name for name in environments if name in old.environments])
    same = {name for name, artifact in now.items() if name in then and then[name].sha256 == artifact.sha256}
    listed = {*_same_pages(now, then), *(f"{FILES}/{name}" for name in same)}
    listed |= {f"{FILES}/{name}.metadata" for name in same if now[name].kind == "wheel"}
    return [path for path in files if path not in listed]


def _by_name(lock: Lock, environments: Collection[str]) -> dict[str, Artifact]:
    return {artifact.filename: artifact for artifact in files_of(lock, environments)}


def _same_pages(now: Mapping[str, Artifact], then: Mapping[str, Artifact]) -> set[str]:
    """Pages that say the same: those of projects with the same files, and the list of projects."""
    new, old = by_project(now.values()), by_project(then.values())
    same = {f"{SIMPLE}/{project}" for project, files in new.items() if files == old.get(project)}
    if new.keys() == old.keys():
        same.add(SIMPLE)
    return {f"{folder}/{name}" for folder in same for name in ("index.html", "index.json")}
