"""The vendored tree on disk: what lies where, and the manifest that names it."""

from __future__ import annotations

import errno
import hashlib
import json
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from resolver.errors import InputError, StorageError
from resolver.records import field, record
from resolver.server.layout import UPLOADS
from resolver.vendor.regular import read_regular

FILES = "files"
SIMPLE = "simple"
PARTIAL = ".partial"
MANIFEST = "manifest.json"
METADATA = ".metadata"
PROVENANCE = ".provenance"
VIEWS = "views"
RECEIVED = ".received"
"""What bundles left: what was signed, and how far the tree has come."""
_OURS = {FILES, SIMPLE, "lock.json", "server.py", MANIFEST, PARTIAL, VIEWS, UPLOADS, RECEIVED}
CHUNK = 1 << 18
"""Bytes of a file that are held at once."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@record
class Entry:
    """A file of the tree: sha256 as hex, size in bytes."""

    sha256: str
    size: int


@record
class Manifest:
    """Names every file of a tree but itself, by its posix path; ``lock`` is the sha256 of lock.json.

    ``environments``: those of the lock that the tree carries.
    """

    lock: str = ""
    environments: tuple[str, ...] = ()
    files: Mapping[str, Entry] = field(default_factory=dict)

    def dump(self) -> bytes:
        """The bytes of manifest.json: sorted, one file a line.

        ``check`` is the sha256 of the text without its line: damage to the manifest shows in itself.
        """
        rows = ",\n".join(
            f'    {json.dumps(path)}: {{"sha256": "{entry.sha256}", "size": {entry.size}}}'
            for path, entry in sorted(self.files.items())
        )
        head = f'  "lock": "{self.lock}",\n  "environments": {json.dumps(self.environments)},\n'
        version, rest = '{\n  "manifest_version": 1,\n', f'{head}  "files": {{\n{rows}\n  }}\n}}\n'
        return f'{version}  "check": "{entry_of((version + rest).encode()).sha256}",\n{rest}'.encode()


def read_manifest(tree: Path) -> Manifest | None:
    """The manifest of a tree, or None where there is none. Raises `InputError` where it cannot be read."""
    path = tree / MANIFEST
    try:
        return parse_manifest(read_regular(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        hint = "remove the file: a run of `wheelhouse vendor` makes a new one from what is there"
        raise InputError(f"{path}: is not a manifest ({error}); {hint}") from error


def parse_manifest(content: bytes) -> Manifest:
    """The manifest of these bytes. Raises ValueError."""
    try:
        data = json.loads(content.decode("utf-8"))
        files = {name: parse_entry(name, row) for name, row in data["files"].items()}
        names = data.get("environments", [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError("its environments are no list of names")
        if not isinstance(data["lock"], str):
            raise ValueError("it names no lock")
        return Manifest(lock=data["lock"], environments=tuple(names), files=files)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def parse_entry(path: str, row: Mapping[str, object]) -> Entry:
    """What a manifest, or whoever else names files of a tree, says of ``path``: a path inside of it, and a digest.

    Digests are parts of paths in views, so that only one that is a digest may pass. Raises ValueError and KeyError.
    """
    sha256, size = row["sha256"], row["size"]
    if not is_inside(path):
        raise ValueError(f"{path!r} leads out of the tree")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256) or type(size) is not int or size < 0:
        raise ValueError(f"what it says of {path!r} is no digest and no size")
    return Entry(sha256=sha256, size=size)


def is_artifact(path: str) -> bool:
    """Whether a path of a manifest is an artifact, and not a page or what lies beside an artifact."""
    return path.startswith(f"{FILES}/") and not path.endswith((METADATA, PROVENANCE))


def is_inside(path: str) -> bool:
    """Whether a path of a manifest stays in its tree."""
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and not set(path) & set("\\:\0") and bool(pure.parts)


def open_tree(tree: Path) -> None:
    """Make the folders of a tree, or see that ``tree`` is one. Raises `InputError` for anything else's folder."""
    check_folder(tree)
    try:
        tree.mkdir(parents=True, exist_ok=True)
        make_folder(tree / FILES)
    except OSError as error:
        raise storage_error(tree, error) from error


def make_folder(folder: Path) -> None:
    """Make a folder inside a tree, and those above it that are missing, for all to read whatever the umask says.

    As its files are: whoever serves a tree is another user, who would see some projects of it and not others. The
    tree's own folder, which is there already, is as its owner made it. What a group may do, and that new folders are of
    that group, stays as the umask and the folder above it have it. Raises OSError.
    """
    try:
        folder.mkdir()
    except FileNotFoundError:
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return
    folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o755)


def check_folder(tree: Path) -> None:
    """See that ``tree`` is a tree, or can become one. Raises `InputError` for anything else's folder."""
    if tree.exists() and not tree.is_dir():
        raise InputError(f"{tree}: is a file; name a directory for the vendored tree")
    if tree.is_symlink() and not tree.exists():
        raise InputError(f"{tree}: is a link to {tree.readlink()}, which is not there; make it, or name another")
    try:
        strangers = sorted(entry.name for entry in tree.iterdir() if entry.name not in _OURS) if tree.exists() else []
        if strangers and not (tree / MANIFEST).exists():
            shown = ", ".join(strangers[:3])
            raise InputError(f"{tree}: is neither empty nor a vendored tree (it holds {shown}); name another directory")
        check_links(tree)
    except OSError as error:
        raise storage_error(tree, error) from error


def check_links(tree: Path) -> None:
    """See that the folders of a tree are in it. Raises `InputError` where one is a link, and `StorageError`."""
    try:
        simple = tree / SIMPLE
        for folder in (
            tree / FILES,
            tree / PARTIAL,
            tree / UPLOADS,
            tree / RECEIVED,
            tree / VIEWS,
            *(path for pattern in ("*", "*/*", "*/*/sha256") for path in (tree / VIEWS).glob(pattern)),
            simple,
            *(simple.iterdir() if simple.is_dir() else ()),
        ):
            if folder.is_symlink():
                raise InputError(f"{folder}: is a link; a vendored tree holds its files itself")
    except OSError as error:
        raise storage_error(tree, error) from error


def folders_above(tree: Path, path: str) -> Iterator[Path]:
    """The folders in which ``path`` lies: the tree, and so on downward."""
    place = tree
    for part in path.split("/")[:-1]:
        yield place
        place /= part
    yield place


def check_above(tree: Path, path: str) -> None:
    """Raises `InputError` where a folder of the tree in which ``path`` lies is a link."""
    for place in folders_above(tree, path):
        if place != tree and place.is_symlink():
            raise InputError(f"{place}: is a link; a vendored tree holds its files itself")


_UNREADABLE = {errno.EIO, errno.EBADMSG, getattr(errno, "EUCLEAN", errno.EIO)}
"""What the system says of bytes that a medium does not give back: they are damaged, as others that changed."""


def storage_error(path: Path, error: OSError) -> StorageError:
    """What the disk refused, as an error of ours: about the name that a staged file could not be given, not its own."""
    where = error.filename2 or error.filename or path
    return StorageError(f"{where}: {error.strerror or error}")


def digest(path: Path) -> Entry | None:
    """sha256 and size of a regular file, or None where there is none (a link is none), or none that can be read back.

    Raises OSError where it may not be read.
    """
    try:
        status = path.lstat()
        return _digest(path, status.st_size) if stat.S_ISREG(status.st_mode) else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno in _UNREADABLE:
            return None
        raise


def _digest(path: Path, size: int) -> Entry:
    """It is read into one buffer: memory that is had and given back for each piece takes longer than the reading."""
    found, read = hashlib.sha256(), 0
    room = memoryview(bytearray(min(CHUNK, size + 1)))
    with path.open("rb", buffering=0) as stream:
        while count := stream.readinto(room):
            found.update(room[:count])
            read += count
    return Entry(sha256=found.hexdigest(), size=read)


def entry_of(content: bytes) -> Entry:
    """sha256 and size of bytes."""
    return Entry(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def is_of_others(path: str) -> bool:
    """Whether a path below a tree is neither the lock's nor a stranger.

    Views repeat files, by digests that their readers check; uploads have a server; what bundles left, its signatures.
    """
    return path.startswith((f"{VIEWS}/", f"{UPLOADS}/", f"{RECEIVED}/"))
