"""Where one upload arrives: a folder of its own, which a rename publishes."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile

from resolver.server.files import flush_folder, hold, write_whole
from resolver.server.layout import RECORD
from resolver.server.limits import BLOCK
from resolver.server.uploaded import Uploaded


class Conflict(Exception):
    """A file of this name is there. ``same``: with the same bytes."""

    def __init__(self, *, same: bool) -> None:
        super(Conflict, self).__init__("File already exists")
        self.same = same


class Staging:
    """A folder in which one upload arrives. Its file is locked as long as somebody writes it: a sweep lets it be."""

    def __init__(self, incoming: str) -> None:
        self.folder = tempfile.mkdtemp(dir=incoming)
        self.path = os.path.join(self.folder, "file")
        self.size = 0
        self._digest = hashlib.sha256()
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self.stream = os.fdopen(os.open(self.path, flags, 0o644), "w+b")
        hold(self.stream.fileno(), wait=True)

    @property
    def sha256(self) -> str:
        """The digest of all that was written."""
        return self._digest.hexdigest()

    def write(self, content: bytes) -> None:
        """Append to the file."""
        self.stream.write(content)
        self._digest.update(content)
        self.size += len(content)

    def digest(self, algorithm: str) -> str:
        """Another digest of the file. Raises ValueError where this Python does not have it."""
        found = hashlib.blake2b(digest_size=32) if algorithm == "blake2_256" else hashlib.new(algorithm)
        self.stream.seek(0)
        for block in iter(lambda: self.stream.read(BLOCK), b""):
            found.update(block)
        return found.hexdigest()

    def finish(self, uploaded: Uploaded, metadata: bytes) -> None:
        """Make the folder what it is to be when it is published, and see that the disk has it."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        os.rename(self.path, os.path.join(self.folder, uploaded.filename))
        if uploaded.metadata is not None:
            write_whole(os.path.join(self.folder, uploaded.filename + ".metadata"), metadata)
        write_whole(os.path.join(self.folder, RECORD), uploaded.dump())
        os.chmod(self.folder, 0o755)  # noqa: S103  (readers are other users, such as nginx)
        os.chmod(os.path.join(self.folder, uploaded.filename), 0o644)
        flush_folder(self.folder)

    def publish_as(self, target: str) -> None:
        """Become what everybody sees. Raises OSError where something is there."""
        if sys.platform == "win32":  # where no folder moves that has an open file
            self.stream.close()
        os.rename(self.folder, target)
        self.folder = ""

    def close(self) -> None:
        """Remove what was not published."""
        self.stream.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
