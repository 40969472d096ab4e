"""Private files of a tree against what its server noted when it took them. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from resolver.errors import InputError
from resolver.server.files import listed
from resolver.server.layout import RECORD, UPLOADS, YANKED
from resolver.server.pages import html_list, html_page, json_list, json_page
from resolver.server.tree import Tree, TreeError
from resolver.server.uploaded import Uploaded
from resolver.server.uploads import Uploads
from resolver.vendor.layout import Entry, digest, entry_of
from resolver.verify.faults import Fault

_AGAIN = "remove its folder and upload it again"
_MENDED = "a start of the server mends it, or remove it"


def check_uploads(tree: Path) -> tuple[int, list[Fault]]:
    """How many files were uploaded, and what is wrong with them. Raises `InputError` where the tree cannot be read."""
    if not (tree / UPLOADS).is_dir():
        return 0, []
    try:
        uploads = Uploads(Tree(str(tree)))
        faults = [
            Fault(path=f"{UPLOADS}/files/{name}", reason="is a project of the lock; it is not served", stray=True)
            for name in uploads.shadowed()
        ]
        projects = uploads.projects()
        count = 0
        for project in projects:
            files = {one.key: one for one in uploads.files(project)}
            count += len(files)
            folders = sorted((tree / UPLOADS / "files" / project).iterdir())
            for folder in folders:
                faults += _of_folder(tree, folder, files.get(folder.name))
            if len(folders) == len(files):
                there = list(files.values())
                faults += _of_pages(tree, f"{project}/", html_page(project, there), json_page(project, there))
        faults += _of_pages(tree, "", html_list(projects), json_list(projects))
        pages = set(listed(str(tree / UPLOADS / "simple"))) - {"index.html", "index.json", *projects}
        faults += [
            Fault(path=f"{UPLOADS}/simple/{name}", reason=f"shows what is not there; {_MENDED}", stray=True)
            for name in sorted(pages - set(uploads.shadowed()))
        ]
    except TreeError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise InputError(f"{error.filename or tree / UPLOADS}: cannot be read: {error.strerror or error}") from error
    return count, faults


def _of_folder(tree: Path, folder: Path, uploaded: Uploaded | None) -> Iterator[Fault]:
    place = folder.relative_to(tree).as_posix()
    if uploaded is None:
        yield Fault(path=place, reason=f"has no {RECORD} that can be read; {_AGAIN}", stray=True)
        return
    expected = {uploaded.filename: Entry(sha256=uploaded.sha256, size=uploaded.size)}
    if uploaded.metadata is not None:
        sha256, size = uploaded.metadata
        expected[f"{uploaded.filename}.metadata"] = Entry(sha256=sha256, size=size)
    for name, entry in expected.items():
        if digest(folder / name) != entry:
            yield Fault(path=f"{place}/{name}", reason=f"is not what was uploaded; {_AGAIN}", stray=True)
    for path in folder.iterdir():
        if path.name not in {*expected, RECORD, YANKED}:
            yield Fault(path=f"{place}/{path.name}", reason="is no part of an upload", stray=True)


def _of_pages(tree: Path, folder: str, html: bytes, json: bytes) -> Iterator[Fault]:
    """What a static web server would serve. It may be missing: the server writes it when it starts."""
    for name, content in (("index.html", html), ("index.json", json)):
        place = f"{UPLOADS}/simple/{folder}{name}"
        if (tree / place).exists() and digest(tree / place) != entry_of(content):
            yield Fault(path=place, reason=f"does not say what was uploaded; {_MENDED}", stray=True)
