"""The uploads of a tree: what was published, and publishing."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shutil
import stat
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from resolver.server.files import SHORTAGES, flush_folder, hold, listed, open_below, write_whole
from resolver.server.layout import INCOMING, RECORD, UPLOADS, YANKED
from resolver.server.limits import MAX_MEMBERS, MAX_METADATA
from resolver.server.messages import log
from resolver.server.names import Filename, Version, normalized, read_filename
from resolver.server.pages import html_list, html_page, json_list, json_page
from resolver.server.requests import Refused
from resolver.server.staging import Conflict, Staging
from resolver.server.tree import Entry, Tree
from resolver.server.uploaded import Uploaded, read_uploaded
from resolver.server.uploads_folder import lock_of_uploads, uploaded_projects


class Uploads:
    """The private files of a tree. Reading needs no `prepare`; everything is looked up when it is asked for."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._folder = os.path.join(tree.root, UPLOADS)
        self._known: Dict[Tuple[str, str, int, int], Uploaded] = {}

    # Reading.

    def projects(self) -> List[str]:
        """Normalised names of the projects that have files here, sorted. Those of the lock are not among them."""
        found = uploaded_projects(self.tree.root)
        locked = self.tree.locked() if found else set()
        return [name for name in found if name not in locked]

    def shadowed(self) -> List[str]:
        """Projects of the lock that lie here all the same; they are not read."""
        return sorted(set(uploaded_projects(self.tree.root)) & self.tree.locked())

    def files(self, project: str) -> List[Uploaded]:
        """The files of a project, by version and name; none for a project of the lock."""
        if project != normalized(project) or not self._listed("files", project) or project in self.tree.locked():
            return []
        found = (self._read(project, key) for key in self._listed("files", project))
        return sorted((one for one in found if one), key=lambda one: (Version(one.version).key, one.filename))

    def find(self, project: str, key: str) -> Optional[Uploaded]:
        """A file by its folder, or None."""
        if project != normalized(project) or key[:1] in ("", ".") or project in self.tree.locked():
            return None
        return self._read(project, key)

    def entry(self, path: str) -> Optional[Entry]:
        """What may be served at ``files/PROJECT/KEY/NAME``, or None."""
        _, project, key, name = path.split("/")
        uploaded = self.find(project, key)
        if uploaded is None:
            return None
        if name == uploaded.filename:
            return Entry("{}/{}".format(UPLOADS, path), uploaded.sha256, uploaded.size)
        if uploaded.metadata is not None and name == uploaded.filename + ".metadata":
            return Entry("{}/{}".format(UPLOADS, path), *uploaded.metadata)
        return None

    def _listed(self, *parts: str) -> List[str]:
        return listed(os.path.join(self._folder, *parts))

    def _read(self, project: str, key: str) -> Optional[Uploaded]:
        """What upload.json says, kept for as long as its folder is the same one; None where it says nothing."""
        try:
            stamp = os.lstat(os.path.join(self._folder, "files", project, key))
            place = (project, key, stamp.st_ino, stamp.st_mtime_ns)
            known = self._known.get(place)
            if known is None:
                known = read_uploaded(self._content(project, key, RECORD), project, key)
                if len(self._known) > MAX_MEMBERS:
                    self._known.clear()
                self._known[place] = known
            return known._replace(yanked=self._yanked(project, key))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            if isinstance(error, OSError) and error.errno in SHORTAGES:
                raise
            log("error: {}/files/{}/{}/{} cannot be read: {}".format(UPLOADS, project, key, RECORD, error))
            return None

    def _content(self, project: str, key: str, name: str) -> bytes:
        with io.FileIO(open_below(self.tree.root, [UPLOADS, "files", project, key, name]), "rb") as stream:
            return stream.read(MAX_METADATA) or b""

    def _yanked(self, project: str, key: str) -> Optional[str]:
        try:
            return " ".join(self._content(project, key, YANKED).decode("utf-8", "replace").split())
        except FileNotFoundError:
            return None

    # Changing.

    def prepare(self) -> None:
        """Make the folders, remove what killed servers left, and see that the pages are right. Raises OSError."""
        self._make_folders()
        with lock_of_uploads(self.tree.root):
            self._sweep()
            for project in self._listed("files"):
                with contextlib.suppress(OSError):
                    os.rmdir(self._path("files", project))  # only an empty one goes
            self._write_pages({*self._listed("files"), *self._listed("simple")} - {"index.html", "index.json"})

    def _make_folders(self) -> None:
        for folder in (self._folder, self._path("files"), self._path("simple"), self._path(INCOMING)):
            _make_folder(folder)

    def stage(self) -> Staging:
        """Somewhere for an upload to arrive. Raises OSError."""
        with lock_of_uploads(self.tree.root):
            return Staging(self._path(INCOMING))

    def publish(self, staging: Staging, uploaded: Uploaded) -> None:
        """Show a finished upload to everybody. Raises Conflict, Refused for a project of the lock, and OSError."""
        with lock_of_uploads(self.tree.root):
            if uploaded.project in self.tree.locked():
                raise Refused(403, locked_already(uploaded.project))
            parent = self._path("files", uploaded.project)
            _make_folder(parent)
            target = os.path.join(parent, uploaded.key)
            try:
                staging.publish_as(target)
            except OSError:
                if not os.path.lexists(target):
                    raise
                there = self._read(uploaded.project, uploaded.key)
                raise Conflict(same=there is not None and there.sha256 == uploaded.sha256) from None
            flush_folder(parent)
            flush_folder(self._path("files"))
            try:
                self._write_pages([uploaded.project])
            except OSError as error:  # it is published; the next start makes the pages again
                log("error: the pages of {} for static web servers: {}".format(uploaded.project, error))

    def yank(self, filename: str, reason: Optional[str]) -> None:
        """Mark a file as yanked, or with None as no longer yanked. Raises ValueError in words, and OSError."""
        with self._upload(filename) as (name, folder):
            if not listed(folder):
                raise _absent(filename)
            _make_folder(folder)
            path = os.path.join(folder, YANKED)
            if reason is None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            else:
                write_whole(path, (" ".join(reason.split()) + "\n").encode(), folder=self._path(INCOMING))
            self._write_pages([name.project])

    def remove(self, filename: str) -> None:
        """Take a file away, and its project with its last one. Raises ValueError in words, and OSError.

        It goes by one rename to where the next start of a server cleans up; the pages follow. What cannot be read, or
        is of a project that the lock has too, can be removed as well.
        """
        gone = self._path(INCOMING, "gone-" + secrets.token_hex(8))
        with self._upload(filename) as (name, folder):
            parent = os.path.dirname(folder)
            os.rename(folder, gone)
            flush_folder(parent)
            with contextlib.suppress(OSError):
                os.rmdir(parent)  # only an empty one goes
            self._write_pages([name.project])
            shutil.rmtree(gone, ignore_errors=True)

    @contextlib.contextmanager
    def _upload(self, filename: str) -> Iterator[Tuple[Filename, str]]:
        """A file's name and folder, while nobody else changes the uploads. Raises ValueError where it is no upload."""
        name = read_filename(filename)
        folder = self._path("files", name.project, name.key)
        if not os.path.lexists(folder):  # nothing is made for that, not even what the lock needs
            raise _absent(filename)
        self._make_folders()
        with lock_of_uploads(self.tree.root):
            if not os.path.lexists(folder):
                raise _absent(filename)
            _make_folder(os.path.dirname(folder))
            yield name, folder

    def _path(self, *parts: str) -> str:
        return os.path.join(self._folder, *parts)

    def _sweep(self) -> None:
        for name in os.listdir(self._path(INCOMING)):
            path = self._path(INCOMING, name)
            if not os.path.isdir(path) or os.path.islink(path):
                os.unlink(path)
            elif not _in_use(path):
                shutil.rmtree(path, ignore_errors=True)

    def _write_pages(self, projects: Iterable[str]) -> None:
        """Pages of projects and the list of all, for those who serve the tree without this program."""
        for project in projects:
            files, folder = self.files(project), self._path("simple", project)
            if files:
                _make_folder(folder)
                self._write_page(os.path.join(folder, "index.html"), html_page(project, files))
                self._write_page(os.path.join(folder, "index.json"), json_page(project, files))
            elif os.path.isdir(folder):  # `rmtree` waits for a pipe
                shutil.rmtree(folder, ignore_errors=True)
        names = self.projects()
        self._write_page(self._path("simple", "index.html"), html_list(names))
        self._write_page(self._path("simple", "index.json"), json_list(names))

    def _write_page(self, path: str, content: bytes) -> None:
        with contextlib.suppress(OSError):
            if stat.S_ISREG(os.lstat(path).st_mode):
                with open(path, "rb") as stream:
                    if stream.read(len(content) + 1) == content:
                        return
        write_whole(path, content, folder=self._path(INCOMING))


def _absent(filename: str) -> ValueError:
    return ValueError("there is no upload {}".format(filename))


def _make_folder(folder: str) -> None:
    """See that a folder is there. In a tree that was carried here it may be a link, which leads out. Raises OSError."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder)
        # Readers are other users, such as nginx.
        os.chmod(folder, stat.S_IMODE(os.lstat(folder).st_mode) | 0o755)  # noqa: S103
    if not stat.S_ISDIR(os.lstat(folder).st_mode):
        raise OSError(errno.ENOTDIR, "is a link or no folder", folder)


def _in_use(folder: str) -> bool:
    """Whether somebody writes to the file of a staging folder."""
    for name in os.listdir(folder):
        if name.endswith((".metadata", RECORD)) or name.startswith("."):
            continue
        descriptor = os.open(os.path.join(folder, name), os.O_RDWR)
        try:
            if not hold(descriptor, wait=False):
                return True
        finally:
            os.close(descriptor)
    return False


def locked_already(project: str) -> str:
    """Why nobody can upload to a project."""
    return "{} is a project of this tree's lock, so nobody can upload to it".format(project)
