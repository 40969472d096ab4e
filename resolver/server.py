#!/usr/bin/env python3
"""Serve a vendored tree to pip, uv and browsers, and take private packages from twine and `uv publish`.

The Simple API (PEP 503, 691, 700, 714), files, an index page, and the upload API. This file stands alone: standard
library only, Python 3.7 and newer. `wheelhouse vendor` copies it into every tree, and `python3 server.py` there serves
the tree that it lies in: what manifest.json names, what was uploaded to it, and nothing else. `server.py --help` and
docs/server.md say how to run it.

One thread waits for all connections, and a bounded number of workers does what there is to do. Nobody waits for a
client but that one thread: slow readers, slow writers and half-open connections hold no worker.

The parts, from the ground up: the tree; requests (pure); names and versions (pure); forms (pure); archives; tokens;
uploads; pages (pure); the site, which turns requests into answers; the page for people; records of what was done;
connections; the WSGI entry; the program.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import collections
import contextlib
import csv
import email.parser
import email.utils
import errno
import fnmatch
import gzip
import hashlib
import hmac
import html
import http.client
import io
import itertools
import json
import os
import queue
import re
import secrets
import selectors
import shutil
import signal
import socket
import ssl
import stat
import struct
import sys
import tarfile
import tempfile
import threading
import time
import zipfile
import zlib
from typing import (
    Any,
    BinaryIO,
    Callable,
    Dict,
    Generator,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Set,
    Tuple,
    Union,
    cast,
)
from urllib.parse import quote, unquote, unquote_to_bytes

if sys.platform == "win32":
    import msvcrt
else:  # on Windows selectors bound the number of connections instead of descriptors
    import fcntl
    import resource

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"
PLAIN_HTML = "text/html"
LATEST = {
    "application/vnd.pypi.simple.latest+json": JSON_TYPE,
    "application/vnd.pypi.simple.latest+html": HTML_TYPE,
}

MAX_HEAD = 16 * 1024  # bytes of a request line and its headers
HEAD_SECONDS = 10.0  # for a whole head to arrive, however slowly
IDLE_SECONDS = 60.0  # for a kept connection to ask again
SEND_SECONDS = 60.0  # for a client to take some bytes
BODY_SECONDS = 30.0  # for a client to send some bytes of a body
SLOWEST = 1024  # bytes a second: whoever is slower for longer than those seconds is cut off
STOP_SECONDS = 30.0  # for answers under way when the server is told to stop
LINGER_SECONDS = 1.0  # for a refused client to read why, before its connection is cut
MAX_DISCARDED = 1 << 30  # bytes of a refused body: many clients read no answer before they have sent all
TURN_BYTES = 4 << 20  # after so many bytes of a transfer a worker turns to the next connection
BLOCK = 256 * 1024  # bytes that are read or received at once
MAX_CONNECTIONS = 4096 if hasattr(selectors, "EpollSelector") or hasattr(selectors, "KqueueSelector") else 400
MIN_CONNECTIONS = 8  # however few descriptors the process may have
SPARE_DESCRIPTORS = 32  # for standard streams, the listener, the selector and what Python opens
SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # of the process or the machine: no fault of the tree
VERIFIED_SIZE = 1 << 20  # bytes: pages and small files are hashed before they are sent; clients hash the larger ones

MAX_UPLOAD = 1 << 30  # bytes of an uploaded file, unless told otherwise
MAX_UPLOADS = 256  # that arrive at once
MAX_FORM = 16 << 20  # bytes of a form beside its file: the description of a project is the longest of it
MAX_FIELD = 4096  # bytes of a field that is kept
MAX_PART_HEAD = 8192  # bytes of the headers of a field
MAX_FIELDS = 20_000
MAX_MEMBERS = 100_000  # of an archive
MAX_PATH = 1024  # bytes of a member's path
MAX_DIRECTORY = 8 << 20  # bytes of a zip's directory, all of which is in memory
MAX_METADATA = 16 << 20  # bytes of a METADATA, of a RECORD, of an extended header of a tar
MAX_UNPACKED = 8 << 30  # bytes of all that is in an archive
MAX_FILENAME = 240  # a file's name with .metadata behind it must be one of any file system


# The tree: what may be served, and nothing else.


class TreeError(Exception):
    """A directory that is not a vendored tree."""


class Entry(NamedTuple):
    """A file as the manifest names it."""

    path: str
    sha256: str
    size: int


class Tree:
    """A vendored tree. The manifest is read again when it changes, so that a new one is seen without a restart."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._lock = threading.Lock()
        self._stamp = None  # type: Optional[Tuple[int, int, int]]
        self._entries = {}  # type: Dict[str, Entry]
        self._locked = None  # type: Optional[Set[str]]
        self.manifest = b""
        self.refresh()

    def refresh(self) -> Dict[str, Entry]:
        """The entries by path, as the manifest of this moment has them. Raises TreeError."""
        path = os.path.join(self.root, "manifest.json")
        try:
            found = os.stat(path)
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            with self._lock:
                if stamp != self._stamp:
                    with open(path, "rb") as stream:
                        content = stream.read()
                    self._entries = _entries(json.loads(content.decode("utf-8")))
                    self._stamp, self.manifest, self._locked = stamp, content, None
                return self._entries
        except FileNotFoundError:
            raise TreeError("{}: is not a vendored tree: it has no manifest.json".format(self.root)) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise TreeError("{}: cannot be read: {}".format(path, error)) from None

    def find(self, path: str) -> Optional[Entry]:
        """The entry at a path below the tree; only a path exactly as the manifest spells it is found."""
        return self.refresh().get(path)

    def lock(self) -> Dict[str, Any]:
        """What lock.json says; nothing in a tree without one. Raises TreeError."""
        entry = self.find("lock.json")
        if entry is None:
            return {}
        content = self.read(entry)
        try:
            if content is None:
                raise ValueError("it is not what the manifest names")
            return cast("Dict[str, Any]", json.loads(content.decode("utf-8")))
        except (ValueError, RecursionError) as error:
            raise TreeError("{}: lock.json cannot be read: {}".format(self.root, error)) from None

    def locked(self) -> Set[str]:
        """Normalised names of all projects of the lock, and of all that have a page here. Raises TreeError."""
        entries, known = self.refresh(), self._locked
        if known is None:
            known = {path.split("/")[1] for path in entries if re.match(r"simple/[^/]+/", path)}
            known.update(normalized(row["project"]) for row in self.lock().get("artifacts", {}).values())
            with self._lock:
                if entries is self._entries:
                    self._locked = known
        return known

    def open(self, entry: Entry) -> Optional[io.FileIO]:
        """The bytes of an entry; None where the disk holds no regular file of its size there, without any link.

        Raises OSError where the process is short of descriptors or memory: that says nothing of the file.
        """
        try:
            descriptor = _open_below(self.root, entry.path.split("/"))
        except OSError as error:
            if error.errno in SHORTAGES:
                raise
            return None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size != entry.size:
            os.close(descriptor)
            return None
        return io.FileIO(descriptor, "rb")

    def read(self, entry: Entry) -> Optional[bytes]:
        """All bytes of an entry, verified; None where the disk holds others."""
        stream = self.open(entry)
        if stream is None:
            return None
        with stream:
            content = stream.readall()
        return content if hashlib.sha256(content).hexdigest() == entry.sha256 else None


FILE_FLAGS = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_BINARY", "O_NONBLOCK"):  # a pipe must not stop a worker
    FILE_FLAGS |= getattr(os, _flag, 0)
FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_DIRECTORY", 0)


def _open_below(root: str, parts: List[str]) -> int:
    """A descriptor of a file below ``root``, reached through real folders only. Raises OSError.

    Each folder is opened from the one above it, so that none can be exchanged for a link between look and use. Where
    the system has no such call (Windows), folders are looked at first.
    """
    if os.open not in os.supports_dir_fd:
        folder_path = root
        for part in parts[:-1]:
            folder_path = os.path.join(folder_path, part)
            if not stat.S_ISDIR(os.lstat(folder_path).st_mode):
                raise NotADirectoryError(errno.ENOTDIR, "not a folder", folder_path)
        path = os.path.join(folder_path, parts[-1])
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        return os.open(path, FILE_FLAGS)
    folder = os.open(root, os.O_RDONLY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, FOLDER_FLAGS, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], FILE_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)


def _entries(manifest: Dict[str, Any]) -> Dict[str, Entry]:
    version = manifest["manifest_version"]
    if version != 1:
        raise ValueError("its manifest_version is {!r}, and this server reads 1".format(version))
    entries = {}
    for path, row in manifest["files"].items():
        entry = Entry(path, str(row["sha256"]), int(row["size"]))
        if not re.match(r"[0-9a-f]{64}\Z", entry.sha256) or entry.size < 0:
            raise ValueError("it names no sha256 or no size of {!r}".format(path))
        if is_plain(path):
            entries[path] = entry
    return entries


def is_plain(path: str) -> bool:
    """Whether a manifest's path is a relative one, without dot files and without tricks."""
    return bool(path) and all(part and part[0] != "." for part in path.split("/")) and not re.search(r"[\\:\0]", path)


# What a request asks for: pure functions.


def split_target(target: str) -> Tuple[str, str]:
    """Path and query of a request target, both still encoded; a path without ``/`` in front for what names none."""
    found = re.match(r"https?://[^/?#]+(?=/)", target, re.IGNORECASE)  # absolute form, which proxies send
    path, _, query = (target[found.end() :] if found else target).partition("#")[0].partition("?")
    return path, query


def decode_path(target: str) -> Optional[str]:
    """The path of a request target, decoded once; None where it is no plain path.

    An encoded slash is refused: a proxy in front and this server would see different folders.
    """
    encoded = split_target(target)[0]
    if re.search(r"%(2f|5c|00)", encoded, re.IGNORECASE):
        return None
    try:
        path = unquote_to_bytes(encoded).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if not path.startswith("/") or "//" in path or re.search(r"[\\\0]|%2e|%2f|%5c", path, re.IGNORECASE):
        return None
    return path


def normalized(name: str) -> str:
    """A project's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def negotiate(accept: Optional[str], offered: Iterable[str]) -> Optional[str]:
    """The best of ``offered`` (the server's favourite first) for an Accept header (RFC 9110, 12.5.1), or None."""
    choices = list(offered)
    if not accept or not accept.strip():
        return choices[0]
    weights = {}  # type: Dict[str, float]
    for clause in accept.split(","):
        parts = [part.strip() for part in clause.split(";")]
        weight = 1.0
        for parameter in parts[1:]:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                try:
                    weight = min(1.0, max(0.0, float(value.strip())))
                except ValueError:
                    weight = 0.0
        kind = parts[0].lower()
        kind = LATEST.get(kind, kind)
        weights[kind] = max(weight, weights.get(kind, 0.0))

    def weight_of(offer: str) -> float:
        for pattern in (offer, offer.partition("/")[0] + "/*", "*/*"):
            if pattern in weights:
                return weights[pattern]
        return 0.0

    best = max(choices, key=weight_of)
    return best if weight_of(best) > 0 else None


def byte_range(header: str, size: int) -> Optional[Tuple[int, int]]:
    """``(first, last + 1)`` of a Range header with one range; None to ignore it. Raises ValueError for a 416."""
    found = re.match(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z", header.strip())
    if found is None or not (found.group(1) or found.group(2)):
        return None
    if not found.group(1):
        length = int(found.group(2))
        if length == 0 or size == 0:
            raise ValueError("unsatisfiable")
        return max(0, size - length), size
    first = int(found.group(1))
    last = int(found.group(2)) if found.group(2) else size - 1
    if found.group(2) and last < first:
        return None
    if first >= size:
        raise ValueError("unsatisfiable")
    return first, min(last + 1, size)


class Request(NamedTuple):
    """The head of a request. Names of headers are lower case; of several with one name the values are joined.

    ``length``: bytes of the body; None where they come in chunks.
    """

    method: str
    target: str
    version: str
    headers: Dict[str, str]
    length: Optional[int] = 0
    scheme: str = "http"

    @property
    def keeps(self) -> bool:
        """Whether the client wants to go on with this connection."""
        wishes = [wish.strip().lower() for wish in self.headers.get("connection", "").split(",")]
        return "close" not in wishes if self.version == "HTTP/1.1" else "keep-alive" in wishes


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, headers: Optional[Dict[str, str]] = None) -> None:
        super(Refused, self).__init__(message)
        self.status = status
        self.headers = headers or {}


TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([!-~]+) (HTTP/1\.[01])")
HEADER = re.compile(rb"(" + TOKEN + rb"):[ \t]*([\t -~\x80-\xff]*)")


def parse_head(head: bytes) -> Request:
    """A head without its last empty line (RFC 9112). Raises Refused (400, 405, 411).

    Strict where clients and proxies have read heads in different ways: no bare CR or LF, no folded lines, no blank
    before a colon, one way to tell the length of a body, and a body for POST only.
    """
    first, *rest = head.split(b"\r\n")
    found = REQUEST_LINE.fullmatch(first)
    if found is None:
        raise Refused(400, "this is not a request of HTTP/1.1")
    method, target, version = (part.decode("ascii") for part in found.groups())
    headers = _headers(rest[:-1] if rest and not rest[-1] else rest)
    if method not in ("GET", "HEAD", "POST"):
        raise Refused(405, "only GET and HEAD are answered here", {"Allow": "GET, HEAD"})
    if version == "HTTP/1.1" and not HOST.fullmatch(headers.get("host", "?")):
        raise Refused(400, "a request names one host")
    return Request(method, target, version, headers, body_length(method, version, headers))


def body_length(method: str, version: str, headers: Dict[str, str]) -> Optional[int]:
    """Bytes of the body that follows, or None where it comes in chunks. Raises Refused (400, 411)."""
    coding, length = headers.get("transfer-encoding"), headers.get("content-length")
    if method != "POST":
        if coding is not None or length not in (None, "0"):
            raise Refused(400, "a request like this has no body")
        return 0
    if coding is not None:
        if coding.lower() != "chunked" or length is not None or version != "HTTP/1.1":
            raise Refused(400, "the length of the body cannot be told for sure")
        return None
    if length is None:
        raise Refused(411, "an upload tells its length")
    if not re.fullmatch(r"[0-9]{1,15}", length):
        raise Refused(400, "the length of the body cannot be read")
    return int(length)


HOST = re.compile(r"[A-Za-z0-9._:\[\]%-]*")


def _headers(lines: List[bytes]) -> Dict[str, str]:
    headers = {}  # type: Dict[str, str]
    for line in lines:
        found = HEADER.fullmatch(line)
        if found is None:
            raise Refused(400, "the headers cannot be read")
        name, value = found.group(1).decode("ascii").lower(), found.group(2).decode("latin-1").strip(" \t")
        headers[name] = headers[name] + ", " + value if name in headers else value
    return headers


# Names and versions: what a file name and METADATA say. Pure functions.

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
VERSION = re.compile(
    r"v?(?:(?P<epoch>[0-9]+)!)?(?P<release>[0-9]+(?:\.[0-9]+)*)"
    r"(?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>[0-9]*))?"
    r"(?:-(?P<implicit>[0-9]+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>[0-9]*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>[0-9]*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.IGNORECASE | re.ASCII,
)
PHASES = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
SDIST_ENDINGS = (".tar.gz", ".zip")
WHEEL_NAME = re.compile(
    r"(?P<name>[A-Za-z0-9._]+)-(?P<version>[A-Za-z0-9._+!]+)(?:-(?P<build>[0-9][A-Za-z0-9._]*))?"
    r"-(?P<python>[A-Za-z0-9._]+)-(?P<abi>[A-Za-z0-9._]+)-(?P<platform>[A-Za-z0-9._]+)\.whl"
)


class Version:
    """A version (PEP 440): ``text`` is its normal form, ``key`` sorts, and equal versions have one ``canonical``."""

    def __init__(self, text: str) -> None:
        found = VERSION.fullmatch(text.strip()) if len(text) <= 100 else None
        if found is None:
            raise ValueError("{!r} is not a version (PEP 440)".format(text[:100]))
        epoch = int(found.group("epoch") or 0)
        release = tuple(int(part) for part in found.group("release").split("."))
        significant = release
        while len(significant) > 1 and not significant[-1]:
            significant = significant[:-1]
        phase = (found.group("pre") or "").lower()
        pre = (PHASES.get(phase, phase), int(found.group("pre_number") or 0)) if phase else None
        post, dev = _numbered(found, "post"), _numbered(found, "dev")
        if found.group("implicit"):
            post = int(found.group("implicit"))
        local = re.split(r"[-_.]", found.group("local").lower()) if found.group("local") else []
        local = [str(int(part)) if part.isdigit() else part for part in local]
        tail = "{}{}{}{}".format(
            "{}{}".format(*pre) if pre else "",
            ".post{}".format(post) if post is not None else "",
            ".dev{}".format(dev) if dev is not None else "",
            "+" + ".".join(local) if local else "",
        )
        front = "{}!".format(epoch) if epoch else ""
        self.text = front + ".".join(map(str, release)) + tail
        self.canonical = front + ".".join(map(str, significant)) + tail
        first = ("", 0) if pre is None and post is None and dev is not None else (pre or ("z", 0))
        self.key = (
            epoch,
            significant,
            first,
            -1 if post is None else post,
            (1, 0) if dev is None else (0, dev),
            tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in local),
        )


def _numbered(found: re.Match[str], name: str) -> Optional[int]:
    return int(found.group(name + "_number") or 0) if found.group(name) else None


class Filename(NamedTuple):
    """What the name of a distribution says (PEP 427, PEP 625).

    ``key`` is one for all spellings that mean one file: it names the folder of an upload. ``python``: a wheel's tags
    for Python, ``source`` for an sdist.
    """

    text: str
    kind: str
    project: str
    version: Version
    python: str
    key: str


def read_filename(text: str) -> Filename:
    """Read the name of a wheel or an sdist. Raises ValueError in words."""
    if len(text) > MAX_FILENAME:
        raise ValueError("the file name is longer than {} characters".format(MAX_FILENAME))
    if text.endswith(".whl"):
        return _wheel_name(text)
    ending = next((one for one in SDIST_ENDINGS if text.endswith(one)), None)
    if ending is None:
        raise ValueError("{!r} is neither a wheel nor a source distribution (.tar.gz, .zip)".format(text))
    name, _, version_text = text[: -len(ending)].rpartition("-")
    if not NAME.fullmatch(name):
        raise ValueError("{!r} does not begin with a project's name and a version".format(text))
    version, project = Version(version_text), normalized(name)
    key = "{}-{}{}".format(project.replace("-", "_"), version.canonical, ending)
    return Filename(text, "sdist", project, version, "source", key)


def _wheel_name(text: str) -> Filename:
    found = WHEEL_NAME.fullmatch(text)
    if found is None or not NAME.fullmatch(found.group("name").strip("_")):
        raise ValueError("{!r} is not the name of a wheel (PEP 427)".format(text))
    project, version = normalized(found.group("name")), Version(found.group("version"))
    tags = [".".join(sorted(set(found.group(part).lower().split(".")))) for part in ("python", "abi", "platform")]
    build = [found.group("build").lower()] if found.group("build") else []
    key = "-".join([project.replace("-", "_"), version.canonical, *build, *tags]) + ".whl"
    return Filename(text, "wheel", project, version, found.group("python"), key)


SPECIFIER = re.compile(r"(?:~=|===?|!=|<=?|>=?)\s*[A-Za-z0-9.*+!_-]+")


class Metadata(NamedTuple):
    """What is needed of core metadata; ``content`` is the whole of it."""

    content: bytes
    name: str
    version: Version
    requires_python: str


def read_metadata(content: bytes, where: str) -> Metadata:
    """METADATA or PKG-INFO. Raises ValueError, which begins with ``where``, in words."""
    fields = email.parser.BytesHeaderParser().parsebytes(content)

    def single(name: str, default: Optional[str] = None) -> str:
        found = [str(value).strip() for value in fields.get_all(name, [])]
        if len(found) > 1 or (not found and default is None):
            raise ValueError("{} has {} {}".format(where, len(found) or "no", name))
        return found[0] if found else cast("str", default)

    if not re.match(r"[12]\.[0-9]+\Z", single("Metadata-Version")):
        raise ValueError("{} has a Metadata-Version that is not known here".format(where))
    name, requires_python = single("Name"), single("Requires-Python", "")
    if not NAME.fullmatch(name):
        raise ValueError("{} has a Name that is none: {!r}".format(where, name[:100]))
    clauses = [clause.strip() for clause in requires_python.split(",")]
    if requires_python and not all(SPECIFIER.fullmatch(clause) for clause in clauses if clause):
        raise ValueError("{} has a Requires-Python that cannot be read: {!r}".format(where, requires_python[:100]))
    try:
        version = Version(single("Version"))
    except ValueError as error:
        raise ValueError("{}: {}".format(where, error)) from None
    return Metadata(content, name, version, requires_python)


# Bodies and forms, as they arrive: nothing here waits, and nothing keeps more than its limits.


class Body:
    """The body of a request, by Content-Length or in chunks (RFC 9112, 6 and 7). ``rest`` is what came behind it."""

    def __init__(self, length: Optional[int], limit: int) -> None:
        self.done = length == 0
        self.rest = b""
        self._left = length or 0  # of the body or of the chunk
        self._chunked = length is None
        self._buffer = bytearray()
        self._state = "size"
        self._limit = self._allowed = limit

    def check(self) -> None:
        """Raise Refused (413) for a body that says that it is too large."""
        if self._left > self._limit:
            raise Refused(413, "the body is larger than {}".format(readable(self._limit)))

    def feed(self, data: bytes) -> bytes:
        """The bytes of the body among ``data``. Raises Refused (400, 413)."""
        if not self._chunked:
            taken = data[: self._left]
            self._left -= len(taken)
            if self._left == 0:
                self.done, self.rest = True, data[len(taken) :]
            return taken
        self._buffer += data
        found = bytearray()
        while not self.done and self._step(found):
            pass
        return bytes(found)

    def _step(self, found: bytearray) -> bool:
        """Go on by one line or one piece; False where more has to come first."""
        if self._state == "data":
            taken = self._buffer[: self._left]
            del self._buffer[: len(taken)]
            found += taken
            self._left -= len(taken)
            if self._left == 0:
                self._state = "end"
            return bool(taken)
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > MAX_PART_HEAD:
                raise Refused(400, "a line between chunks is too long")
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        if self._state == "end" and line:
            raise Refused(400, "a chunk is longer than it says")
        if self._state == "end":
            self._state = "size"
        elif self._state == "size":
            self._size(line)
        elif not line:  # after the trailers
            self.done, self.rest = True, bytes(self._buffer)
        return True

    def _size(self, line: bytes) -> None:
        size = re.match(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[\t -~\x80-\xff]*)?\Z", line)
        if size is None:
            raise Refused(400, "the size of a chunk cannot be read")
        self._left = int(size.group(1), 16)
        self._allowed -= self._left
        if self._allowed < 0:
            raise Refused(413, "the body is larger than is taken here")
        self._state = "data" if self._left else "trailers"


class Part(NamedTuple):
    """A field of a form; ``filename`` where it is a file."""

    name: str
    filename: Optional[str]


class Fields:
    """Who is told of the fields of a form; refuses by raising Refused."""

    def begin(self, part: Part) -> None:
        """A field begins."""
        raise NotImplementedError

    def data(self, content: bytes) -> None:
        """More of the field."""
        raise NotImplementedError

    def end(self) -> None:
        """The field is whole."""
        raise NotImplementedError


class Multipart:
    """Reads multipart/form-data (RFC 7578), in whatever pieces it comes."""

    def __init__(self, boundary: bytes, fields: Fields) -> None:
        self.done = False
        self._delimiter = b"\r\n--" + boundary
        self._fields = fields
        self._buffer = bytearray(b"\r\n")  # so that the first delimiter is like the others
        self._state = self._preamble
        self._count = 0

    def feed(self, data: bytes) -> None:
        """Take more. Raises Refused (400) for what is no form."""
        self._buffer += data
        while self._state():
            pass

    # Each state goes on by one step, and returns False where more has to come first.

    def _preamble(self) -> bool:
        end = self._buffer.find(self._delimiter)
        if end < 0:
            if len(self._buffer) > MAX_PART_HEAD:
                raise Refused(400, "the form does not begin with its boundary")
            return False
        del self._buffer[: end + len(self._delimiter)]
        self._state = self._after_delimiter
        return True

    def _after_delimiter(self) -> bool:
        if len(self._buffer) < 2:
            return False
        mark = bytes(self._buffer[:2])
        del self._buffer[:2]
        if mark == b"--":
            self.done, self._state = True, self._epilogue
        elif mark == b"\r\n":
            self._state = self._head
        else:
            raise Refused(400, "a boundary of the form is damaged")
        return True

    def _head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end > MAX_PART_HEAD or (end < 0 and len(self._buffer) > MAX_PART_HEAD):
            raise Refused(400, "the head of a field of the form is too long")
        if end < 0:
            return False
        self._count += 1
        if self._count > MAX_FIELDS:
            raise Refused(400, "the form has more than {} fields".format(MAX_FIELDS))
        part = read_part(bytes(self._buffer[:end]))
        del self._buffer[: end + 4]
        self._fields.begin(part)
        self._state = self._content
        return True

    def _content(self) -> bool:
        end = self._buffer.find(self._delimiter)
        kept = len(self._buffer) - len(self._delimiter) + 1  # the last bytes may be the begin of a delimiter
        stop = end if end >= 0 else max(0, kept)
        if stop:
            self._fields.data(bytes(self._buffer[:stop]))
        if end < 0:
            del self._buffer[:stop]
            return False
        del self._buffer[: stop + len(self._delimiter)]
        self._fields.end()
        self._state = self._after_delimiter
        return True

    def _epilogue(self) -> bool:
        self._buffer.clear()
        return False


BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
PARAMETER = re.compile(r';[ \t]*([!#$&+.^_`|~0-9A-Za-z*-]+)=("(?:[^"\\]|\\.)*"|[^;"\s]*)[ \t]*')


def parameters(header: str) -> Tuple[str, Dict[str, str]]:
    """``form-data; name="x"`` as its value, lower case, and its parameters. Raises Refused (400)."""
    value, _, rest = header.partition(";")
    rest, found, position = ";" + rest if rest else "", {}, 0
    while position < len(rest):
        match = PARAMETER.match(rest, position)
        if match is None or match.group(1).lower() in found:
            raise Refused(400, "the parameters of a header cannot be read")
        text = match.group(2)
        found[match.group(1).lower()] = re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
        position = match.end()
    return value.strip().lower(), found


def boundary_of(content_type: str) -> bytes:
    """The boundary of a form's Content-Type. Raises Refused (400)."""
    kind, given = parameters(content_type)
    boundary = given.get("boundary", "")
    if kind != "multipart/form-data" or not BOUNDARY.fullmatch(boundary):
        raise Refused(400, "an upload is a form: multipart/form-data with a boundary")
    return boundary.encode("ascii")


def read_part(head: bytes) -> Part:
    """The head of a field. Raises Refused (400)."""
    headers = _headers(head.split(b"\r\n"))
    if headers.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        raise Refused(400, "a field of the form is encoded, which RFC 7578 does not allow")
    kind, given = parameters(headers.get("content-disposition", ""))
    if kind != "form-data" or "name" not in given:
        raise Refused(400, "a field of the form has no name")
    filename = given.get("filename")
    extended = re.match(r"utf-8'[^']*'(.*)\Z", given.get("filename*", ""), re.IGNORECASE)  # RFC 8187
    if extended is not None:
        filename = unquote(extended.group(1), errors="replace")
    elif filename is not None:
        filename = filename.encode("latin-1", "replace").decode("utf-8", "replace")
    return Part(given["name"], filename)


# Archives: nothing is unpacked, everything is read once, and no more of a hostile one than the limits.


class BadArchive(Exception):
    """An archive that is broken, unsafe, or not what it should be; ``str()`` is the reason in words."""


BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    LookupError,
    RuntimeError,  # encrypted members; NotImplementedError and RecursionError are kinds of it
    MemoryError,
    csv.Error,
)


def check_archive(stream: BinaryIO, filename: Filename) -> Metadata:
    """Read all of a wheel or an sdist, and return what it says of itself. Raises BadArchive."""
    try:
        stream.seek(0)
        if filename.kind == "wheel":
            return _check_wheel(stream, filename)
        content = _tar_pkg_info(stream) if filename.text.endswith(".tar.gz") else _zip_pkg_info(stream)
        return read_metadata(content, "PKG-INFO")
    except BROKEN as error:
        raise BadArchive("the archive is broken: {}".format(str(error) or type(error).__name__)) from error
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # gzip raises it bare
            raise
        raise BadArchive("the archive is broken: {}".format(error)) from error


class Members:
    """The members of an archive as they come: safe paths, each once, not too many, not too large together."""

    def __init__(self) -> None:
        self.paths = {}  # type: Dict[str, bool]
        self._size = 0

    def add(self, name: str, size: int, *, folder: bool) -> str:
        """The path of a member, without ``.`` segments; empty for the root itself. Raises BadArchive."""
        path = safe_path(name)
        self._size += size
        if size < 0 or self._size > MAX_UNPACKED:
            raise BadArchive("it unpacks to more than {}".format(readable(MAX_UNPACKED)))
        if len(self.paths) >= MAX_MEMBERS:
            raise BadArchive("it has more than {} members".format(MAX_MEMBERS))
        if path in self.paths and not (folder and self.paths[path]):
            raise BadArchive("it has {!r} twice".format(path))
        if path:
            self.paths[path] = folder
        return path

    def check_nesting(self) -> None:
        """No file may be where another member needs a folder. Raises BadArchive."""
        for path in self.paths:
            above = path.rpartition("/")[0]
            while above:
                if not self.paths.get(above, True):
                    raise BadArchive("its member {!r} is a file and a folder".format(above))
                above = above.rpartition("/")[0]

    def only_folder(self) -> str:
        """The one folder that holds all. Raises BadArchive."""
        tops = {path.partition("/")[0] for path in self.paths}
        if len(tops) != 1 or not all("/" in path or folder for path, folder in self.paths.items()):
            raise BadArchive("a source distribution has one folder at its top, NAME-VERSION (PEP 625)")
        return tops.pop()


def safe_path(name: str) -> str:
    """A member's path without empty segments. Raises BadArchive for one that leads out, on any system."""
    parts = name.split("/")
    if (
        len(name) > MAX_PATH
        or name.startswith("/")
        or ".." in parts
        or re.match(r"[A-Za-z]:", name)
        or re.search(r"[\\\x00-\x1f\x7f]", name)
        or any("\ud800" <= character <= "\udfff" for character in name)
    ):
        raise BadArchive("its member {!r} is no safe path".format(name[:200]))
    return "/".join(part for part in parts if part not in ("", "."))


def _open_zip(stream: BinaryIO) -> zipfile.ZipFile:
    """Open a zip, after a look at how large its directory is: `zipfile` reads all of it. Nothing may lie behind it."""
    end = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, end - 98))
    tail = b"\0" * 98 + stream.read(98)
    record, locator, last = tail[-98:-42], tail[-42:-22], tail[-22:]
    if not last.startswith(b"PK\x05\x06") or last[-2:] != b"\0\0":
        raise BadArchive("the archive is broken: it does not end with the end of its directory")
    size = struct.unpack("<L", last[12:16])[0]
    if locator.startswith(b"PK\x06\x07"):
        if not record.startswith(b"PK\x06\x06") or struct.unpack("<Q", locator[8:16])[0] != end - 98:
            raise BadArchive("the archive is broken: its directory is not where it should be")
        size = struct.unpack("<Q", record[40:48])[0]
    if size > MAX_DIRECTORY:
        raise BadArchive("its directory is larger than {}".format(readable(MAX_DIRECTORY)))
    return zipfile.ZipFile(stream)


def _check_wheel(stream: BinaryIO, filename: Filename) -> Metadata:
    with _open_zip(stream) as archive:
        infos = _zip_members(stream, archive)
        info = _dist_info(infos, filename)
        texts = {}
        for name in ("METADATA", "WHEEL", "RECORD"):
            if info + "/" + name not in infos:
                raise BadArchive("the wheel has no {}/{}".format(info, name))
            texts[name] = _zip_text(archive, infos[info + "/" + name])
        generation = email.parser.BytesHeaderParser().parsebytes(texts["WHEEL"]).get("Wheel-Version", "")
        if not re.match(r"1\.[0-9]+\Z", str(generation).strip()):
            raise BadArchive("its WHEEL names no Wheel-Version 1")
        _check_contents(archive, infos, _record(texts["RECORD"], infos, info))
    return read_metadata(texts["METADATA"], "METADATA")


def _dist_info(infos: Dict[str, zipfile.ZipInfo], filename: Filename) -> str:
    """The wheel's only ``NAME-VERSION.dist-info``, which must be that of its file name."""
    found = {path.partition("/")[0] for path in infos if path.partition("/")[0].endswith(".dist-info")}
    if len(found) != 1:
        raise BadArchive("a wheel has one .dist-info folder, and this one has {}".format(len(found) or "none"))
    [folder] = found
    name, _, version = folder[: -len(".dist-info")].rpartition("-")
    if normalized(name) != filename.project or Version(version).key != filename.version.key:
        raise BadArchive("its folder {!r} is that of another release than its file name".format(folder))
    return folder


def _zip_members(stream: BinaryIO, archive: zipfile.ZipFile) -> Dict[str, zipfile.ZipInfo]:
    """Path -> member, for files. The directory at the end and the heads of the members must tell the same."""
    members, infos = Members(), {}
    for info in archive.infolist():
        name = info.orig_filename
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise BadArchive("its member {!r} is a link or a device".format(name[:200]))
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadArchive("its member {!r} is encrypted, or compressed in an uncommon way".format(name[:200]))
        folder = name.endswith("/")
        path = members.add(name, info.file_size, folder=folder)
        if not folder:
            infos[path] = info
    members.check_nesting()
    _check_layout(stream, archive)
    return infos


def _check_layout(stream: BinaryIO, archive: zipfile.ZipFile) -> None:
    """Members follow each other from the first byte, and nothing lies before, between or behind them.

    Otherwise two programs can see two archives in one file: one by the directory at its end, one by the heads.
    """
    position = 0
    for info in sorted(archive.infolist(), key=lambda one: one.header_offset):
        stream.seek(info.header_offset)
        head = stream.read(30)
        if not (position == info.header_offset and len(head) == 30 and head.startswith(b"PK\x03\x04")):
            raise BadArchive("something lies between its members, or they overlap")
        flags, (name_length, extra_length) = struct.unpack("<H", head[6:8])[0], struct.unpack("<HH", head[26:30])
        name = stream.read(name_length).decode("utf-8" if flags & 0x800 else "cp437")
        if name != info.orig_filename:
            raise BadArchive("its member {!r} is called otherwise in its directory".format(name[:200]))
        position += 30 + name_length + extra_length + info.compress_size
        if flags & 0x8:
            position += _descriptor_length(stream, position, info)
    if archive.start_dir != position:
        raise BadArchive("something lies between its members and its directory")


def _descriptor_length(stream: BinaryIO, position: int, info: zipfile.ZipInfo) -> int:
    """Bytes of a member's data descriptor: with or without a signature, with sizes of four or of eight bytes."""
    stream.seek(position)
    found = stream.read(24)
    for form in ("<4sLLL", "<4sLQQ", "<LLL", "<LQQ"):
        length = struct.calcsize(form)
        if len(found) >= length:
            values = struct.unpack(form, found[:length])
            if values[-3:] == (info.CRC, info.compress_size, info.file_size):
                return length
    raise BadArchive("the sizes behind its member {!r} are not those of its directory".format(info.orig_filename[:200]))


def _zip_text(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.file_size > MAX_METADATA:
        raise BadArchive("{} is larger than {}".format(info.filename, readable(MAX_METADATA)))
    with archive.open(info) as source:
        return source.read(MAX_METADATA + 1)


Stated = Tuple[str, str]


def _record(content: bytes, infos: Dict[str, zipfile.ZipInfo], info: str) -> Dict[str, Stated]:
    """Path -> hash and size that RECORD states. What it states must be there, and it must state everything or nothing.

    Nothing: by hand one may write an empty one, and installers make their own.
    """
    rows = {}
    for row in csv.reader(io.StringIO(content.decode("utf-8"))):
        if row:
            rows[safe_path(row[0])] = (row[1] if len(row) > 1 else "", row[2] if len(row) > 2 else "")
    missing = sorted(rows.keys() - infos.keys())
    if missing:
        raise BadArchive("its RECORD names {!r}, which is not in it".format(missing[0]))
    signatures = {info + "/RECORD", info + "/RECORD.jws", info + "/RECORD.p7s"}
    unnamed = sorted(infos.keys() - rows.keys() - signatures)
    if rows and unnamed:
        raise BadArchive("its RECORD does not name {!r}".format(unnamed[0]))
    return rows


def _check_contents(archive: zipfile.ZipFile, infos: Dict[str, zipfile.ZipInfo], rows: Dict[str, Stated]) -> None:
    """Every byte of every member: checksums, sizes, and what RECORD states."""
    for path, info in infos.items():
        stated, size = rows.get(path, ("", ""))
        algorithm, _, expected = stated.partition("=")
        if algorithm and algorithm not in ("sha256", "sha384", "sha512"):
            raise BadArchive("its RECORD has a hash of {!r} that is not known here".format(path))
        found = _digest_of(archive, info, algorithm or "sha256")
        if expected and expected.rstrip("=") != base64.urlsafe_b64encode(found).rstrip(b"=").decode():
            raise BadArchive("{!r} is not what its RECORD says".format(path))
        if size and size != str(info.file_size):
            raise BadArchive("{!r} has not the size that its RECORD says".format(path))


def _digest_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo, algorithm: str) -> bytes:
    found, length = hashlib.new(algorithm), 0
    with archive.open(info) as source:
        for block in iter(lambda: source.read(BLOCK), b""):
            found.update(block)
            length += len(block)
    if length != info.file_size:
        raise BadArchive("{!r} has not the size that its directory says".format(info.filename))
    return found.digest()


def _zip_pkg_info(stream: BinaryIO) -> bytes:
    with _open_zip(stream) as archive:
        infos = _zip_members(stream, archive)
        members = Members()
        for path, info in infos.items():
            members.add(path, info.file_size, folder=False)
        path = members.only_folder() + "/PKG-INFO"
        if path not in infos:
            raise BadArchive("it has no {}".format(path))
        _check_contents(archive, infos, {})
        return _zip_text(archive, infos[path])


class _Header(tarfile.TarInfo):
    """A head of a tar, checked where `tarfile` would end the archive in silence or read a length into memory.

    ``allowed``: bytes that all the extended heads of an archive may still have; `tarfile` keeps what they say.
    """

    allowed = [0]  # noqa: RUF012  (each archive has a class of its own)

    @classmethod
    def frombuf(cls, buf: Union[bytes, bytearray], encoding: str, errors: str) -> _Header:
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if not buf.strip(b"\0"):
                raise  # the blank block that ends an archive, or nothing at all
            raise tarfile.ReadError(str(error)) from None
        extended = header.type in (tarfile.XHDTYPE, tarfile.XGLTYPE, b"X", b"L", b"K")
        if not 0 <= header.size <= (cls.allowed[0] if extended else MAX_UNPACKED):
            raise tarfile.ReadError("a member claims {} bytes".format(header.size))
        cls.allowed[0] -= header.size if extended else 0
        return header


def _tar_pkg_info(stream: BinaryIO) -> bytes:
    """PKG-INFO of an sdist, all of which is read. Links may point only to what lies in the archive's own folder."""
    members, links, found = Members(), [], {}  # type: Members, List[str], Dict[str, bytes]
    # The decompressor is ours: tarfile's own neither checks the checksum nor reads past the first of several parts.
    plain = gzip.GzipFile(fileobj=stream, mode="rb")
    header = type("_Header", (_Header,), {"allowed": [MAX_METADATA]})
    options = {"bufsize": BLOCK, "tarinfo": header, "encoding": "utf-8", "errors": "surrogateescape"}  # type: Any
    with tarfile.open(fileobj=plain, mode="r|", **options) as archive:
        for member in iter(archive.next, None):
            archive.members.clear()  # type: ignore[attr-defined]  # which would be kept to the end
            path = members.add(member.name, 512 + (member.size if member.isreg() else 0), folder=member.isdir())
            if member.issym() or member.islnk():
                above = path.rpartition("/")[0] + "/" if member.issym() else ""
                links.append(_target(path, above, member.linkname))
            elif not (member.isreg() or member.isdir()):
                raise BadArchive("its member {!r} is a device or a pipe".format(path))
            elif path.count("/") == 1 and path.endswith("/PKG-INFO"):
                source = archive.extractfile(member)
                if source is None or member.size > MAX_METADATA:
                    raise BadArchive("{} cannot be read".format(path))
                found[path] = source.read()
        _check_the_rest(cast("BinaryIO", archive.fileobj))
    members.check_nesting()
    top = members.only_folder()
    outside = [target for target in links if target.partition("/")[0] != top]
    if outside:
        raise BadArchive("it has a link to {!r}, outside of its folder".format(outside[0][:200]))
    if top + "/PKG-INFO" not in found:
        raise BadArchive("it has no {}/PKG-INFO".format(top))
    return found[top + "/PKG-INFO"]


def _target(path: str, above: str, linkname: str) -> str:
    """Where a link leads, as a path in the archive. Raises BadArchive where it leads out at any point of the way."""
    parts = []  # type: List[str]
    for part in (above + linkname).split("/"):
        if part == ".." and not parts:
            raise BadArchive("its member {!r} is a link that leads out".format(path))
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if linkname.startswith("/") or re.search(r"[\\\x00]|^[A-Za-z]:", linkname):
        raise BadArchive("its member {!r} is a link that leads out".format(path))
    return "/".join(parts)


def _check_the_rest(plain: BinaryIO) -> None:
    """Behind the end of a tar only blanks may follow: some programs would read on."""
    blank = b"\0" * BLOCK
    rest = 0
    for block in iter(lambda: plain.read(BLOCK), b""):
        rest += len(block)
        if rest > MAX_METADATA or block != blank[: len(block)]:
            raise BadArchive("something lies behind the end of the archive")


# Tokens: who may upload what, and who may read.

TOKEN_USER = "__token__"  # noqa: S105  (a name)
TOKEN_PREFIX = "whl-"  # noqa: S105  (by which scanners for secrets can know one)
TOKENS_HELP = """\
# Tokens of a wheelhouse server. `server.py token` adds lines; a token whose line is removed holds no longer.
# NAME  sha256:DIGEST  then scopes: read, upload:GLOB (of normalised project names), until:YYYY-MM-DD (UTC)
"""


class TokensError(Exception):
    """A file of tokens that cannot be used."""


class Token(NamedTuple):
    """A line of the file: the token itself is known to its holder only. ``until`` is its last day, by UTC."""

    name: str
    digest: str
    read: bool
    uploads: Tuple[str, ...]
    until: str

    def may_upload(self, project: str) -> bool:
        """Whether a scope covers a normalised project name."""
        return any(fnmatch.fnmatchcase(project, pattern) for pattern in self.uploads)


def read_token(line: str) -> Token:
    """A line of the file. Raises ValueError in words."""
    name, digest, *scopes = line.split()
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        raise ValueError("a token's name has letters, digits and . _ - only")
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise ValueError("behind the name stands sha256: and 64 hexadecimal digits")
    read, uploads, until = False, [], ""
    for scope in scopes:
        kind, _, value = scope.partition(":")
        if scope == "read":
            read = True
        elif kind == "upload" and value:
            uploads.append(re.sub(r"[-_.]+", "-", value).lower())
        elif kind == "until":
            time.strptime(value, "%Y-%m-%d")
            until = value
        else:
            raise ValueError("{!r} is no scope; there are read, upload:GLOB and until:YYYY-MM-DD".format(scope))
    return Token(name, digest[len("sha256:") :], read, tuple(uploads), until)


class Tokens:
    """The file of tokens, read again when it changes. Raises TokensError where it cannot be trusted."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._stamp = None  # type: Optional[Tuple[int, int, int, int]]
        self._tokens = []  # type: List[Token]
        self.refresh()

    def refresh(self) -> List[Token]:
        """The tokens of this moment. Raises TokensError."""
        try:
            found = os.stat(self.path)
            with self._lock:
                stamp = (found.st_mtime_ns, found.st_ino, found.st_size, found.st_mode)
                if stamp != self._stamp:
                    self._tokens = _read_tokens(self.path)
                    self._stamp = stamp
                return self._tokens
        except (OSError, UnicodeDecodeError) as error:
            raise TokensError("{}: cannot be read: {}".format(self.path, error)) from None

    def find(self, secret: str) -> Optional[Token]:
        """Whose token this is. Every line is compared, each in the same time. Raises TokensError."""
        digest = hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
        today, found = time.strftime("%Y-%m-%d", time.gmtime()), None
        for token in self.refresh():
            if hmac.compare_digest(token.digest, digest) and (not token.until or today <= token.until):
                found = token
        return found


def _read_tokens(path: str) -> List[Token]:
    with open(path, encoding="utf-8") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise TokensError("{}: is no regular file".format(path))
        if os.name == "posix" and found.st_mode & 0o037:
            raise TokensError("{0}: others may read or change it; chmod 600 {0}".format(path))
        if os.name == "posix" and found.st_uid not in (0, os.geteuid()):
            raise TokensError("{}: belongs neither to root nor to the user of this server".format(path))
        lines = stream.read().splitlines()
    tokens = []  # type: List[Token]
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            token = read_token(line)
        except ValueError as error:
            raise TokensError("{}:{}: cannot be read: {}".format(path, number, error)) from None
        if any(token.name == other.name for other in tokens):
            raise TokensError("{}:{}: there are two tokens with the name {}".format(path, number, token.name))
        tokens.append(token)
    return tokens


def credentials(header: str) -> Optional[Tuple[str, str]]:
    """User and secret of an Authorization header (RFC 7617, RFC 6750), or None where it has none."""
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return TOKEN_USER, value.strip()
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, secret = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (user, secret) if colon else None


def new_token(path: str, name: str, scopes: List[str]) -> str:
    """Add a token to a file, which is made where it is not there, and return it. Raises TokensError and OSError."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    line = " ".join([name, "sha256:" + hashlib.sha256(secret.encode()).hexdigest(), *scopes])
    try:
        read_token(line)
    except ValueError as error:
        raise TokensError(str(error)) from None
    content = TOKENS_HELP
    if os.path.lexists(path):
        if any(token.name == name for token in _read_tokens(path)):
            raise TokensError("{}: has a token with the name {} already; remove its line first".format(path, name))
        with open(path, encoding="utf-8") as stream:
            content = stream.read()
    separator = "" if not content or content.endswith("\n") else "\n"
    _replace(path, (content + separator + line + "\n").encode(), mode=0o600, keep=True)
    return secret


def _replace(path: str, content: bytes, *, mode: int = 0o644, keep: bool = False, folder: Optional[str] = None) -> None:
    """Write a file as a whole or not at all. ``keep``: with the owner and the mode of the one that it replaces."""
    descriptor, name = tempfile.mkstemp(dir=folder or os.path.dirname(os.path.abspath(path)), prefix=".unfinished-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, mode)
        if keep and os.path.lexists(path) and os.name == "posix":
            before = os.stat(path)
            os.chown(name, before.st_uid, before.st_gid)
            os.chmod(name, stat.S_IMODE(before.st_mode))
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


# Uploads: private files, in a folder of the tree that no lock knows of.
#
#   uploads/files/PROJECT/KEY/FILENAME            the file; KEY is the name that all its spellings share
#                            /FILENAME.metadata   METADATA of a wheel
#                            /upload.json         what is known of it, and who brought it
#                            /yanked              where it is yanked: the reason
#   uploads/simple/...                            pages for static web servers, made from the above
#   uploads/.incoming/...                         what has not arrived, or is not published
#   uploads/.lock                                 held by who changes anything here, for moments
#
# A file is published by renaming its whole folder, which only one can do and which is done or not done. A project of
# the lock has no place here: it cannot be uploaded to, and where one is found all the same, it is not read.

UPLOADS = "uploads"
INCOMING = ".incoming"
RECORD = "upload.json"
YANKED = "yanked"
FSYNC_FOLDERS = os.name == "posix"


class Conflict(Exception):
    """A file of this name is there. ``same``: with the same bytes."""

    def __init__(self, *, same: bool) -> None:
        super(Conflict, self).__init__("File already exists")
        self.same = same


class Uploaded(NamedTuple):
    """What upload.json says. Times are of UTC, as PEP 700 wants them; ``metadata``: sha256 and size of a wheel's."""

    filename: str
    project: str
    version: str
    key: str
    sha256: str
    size: int
    upload_time: str
    requires_python: str
    metadata: Optional[Tuple[str, int]]
    by: str
    yanked: Optional[str] = None

    @property
    def folder(self) -> str:
        """Where it lies below ``uploads``, and in URLs."""
        return "files/{}/{}".format(self.project, self.key)

    def dump(self) -> bytes:
        """The bytes of upload.json."""
        row = self._asdict()
        del row["yanked"], row["key"]
        return (json.dumps(row, indent=1, sort_keys=True) + "\n").encode()


def read_uploaded(content: bytes, project: str, key: str) -> Uploaded:
    """An upload.json that lies in ``files/project/key``. Raises ValueError, LookupError, TypeError, AttributeError."""
    row = json.loads(content.decode("utf-8"))
    name = read_filename(row["filename"])
    if (name.project, name.key) != (project, key):
        raise ValueError("it is of another file than its folder")
    named = [(row["sha256"], row["size"])] + ([tuple(row["metadata"])] if row["metadata"] else [])
    for sha256, size in named:
        if not re.match(r"[0-9a-f]{64}\Z", sha256) or type(size) is not int:
            raise ValueError("it names no sha256 or no size")
    return Uploaded(
        filename=name.text,
        project=project,
        version=name.version.text,
        key=key,
        sha256=row["sha256"],
        size=row["size"],
        upload_time=str(row["upload_time"]),
        requires_python=str(row["requires_python"]),
        metadata=named[1] if len(named) > 1 else None,
        by=str(row["by"]),
    )


class FolderLock:
    """A lock among threads and processes, which dies with its holder."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> FolderLock:
        flags = getattr(os, "O_NOFOLLOW", 0)
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | flags, 0o644)
        except PermissionError:  # it belongs to the user of the server, and whoever vendors is another
            self._descriptor = os.open(self._path, os.O_RDONLY | flags)
        try:
            hold(self._descriptor, wait=True)
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def hold(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file for as long as it is open; False where another has it and nobody wants to ``wait``."""
    while True:
        try:
            if sys.platform == "win32":
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            return True
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise
            if not wait:
                return False
            time.sleep(0.02)


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
            _replace(os.path.join(self.folder, uploaded.filename + ".metadata"), metadata)
        _replace(os.path.join(self.folder, RECORD), uploaded.dump())
        os.chmod(self.folder, 0o755)  # noqa: S103  (readers are other users, such as nginx)
        os.chmod(os.path.join(self.folder, uploaded.filename), 0o644)
        _flush_folder(self.folder)

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


def _flush_folder(path: str) -> None:
    if FSYNC_FOLDERS:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _listed(folder: str) -> List[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []


def uploaded_projects(root: str) -> List[str]:
    """Normalised names of the projects that have files in the ``uploads`` of a tree, sorted, whatever its lock says."""
    folder = os.path.join(root, UPLOADS, "files")
    return sorted(name for name in _listed(folder) if name == normalized(name) and _listed(os.path.join(folder, name)))


def lock_of_uploads(root: str) -> FolderLock:
    """Keeps everybody else from changing the uploads of a tree, or the lock beside them. There must be uploads."""
    return FolderLock(os.path.join(root, UPLOADS, ".lock"))


class Uploads:
    """The private files of a tree. Reading needs no `prepare`; everything is looked up when it is asked for."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._folder = os.path.join(tree.root, UPLOADS)
        self._known = {}  # type: Dict[Tuple[str, str, int, int], Uploaded]

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
        return _listed(os.path.join(self._folder, *parts))

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
        with io.FileIO(_open_below(self.tree.root, [UPLOADS, "files", project, key, name]), "rb") as stream:
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
            with contextlib.suppress(FileExistsError):
                os.mkdir(folder)
            if not stat.S_ISDIR(os.lstat(folder).st_mode):
                raise OSError(errno.ENOTDIR, "is a link or no folder", folder)

    def stage(self) -> Staging:
        """Somewhere for an upload to arrive. Raises OSError."""
        with lock_of_uploads(self.tree.root):
            return Staging(self._path(INCOMING))

    def publish(self, staging: Staging, uploaded: Uploaded) -> None:
        """Show a finished upload to everybody. Raises Conflict, Refused for a project of the lock, and OSError."""
        with lock_of_uploads(self.tree.root):
            if uploaded.project in self.tree.locked():
                raise Refused(403, _locked_already(uploaded.project))
            parent = self._path("files", uploaded.project)
            os.makedirs(parent, exist_ok=True)
            target = os.path.join(parent, uploaded.key)
            try:
                staging.publish_as(target)
            except OSError:
                if not os.path.lexists(target):
                    raise
                there = self._read(uploaded.project, uploaded.key)
                raise Conflict(same=there is not None and there.sha256 == uploaded.sha256) from None
            _flush_folder(parent)
            _flush_folder(self._path("files"))
            try:
                self._write_pages([uploaded.project])
            except OSError as error:  # it is published; the next start makes the pages again
                log("error: the pages of {} for static web servers: {}".format(uploaded.project, error))

    def yank(self, filename: str, reason: Optional[str]) -> None:
        """Mark a file as yanked, or with None as no longer yanked. Raises ValueError in words, and OSError."""
        name = read_filename(filename)
        if not self._listed("files", name.project, name.key):
            raise ValueError("there is no upload {}".format(filename))
        self._make_folders()
        with lock_of_uploads(self.tree.root):
            path = self._path("files", name.project, name.key, YANKED)
            if reason is None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            else:
                _replace(path, (" ".join(reason.split()) + "\n").encode(), folder=self._path(INCOMING))
            self._write_pages([name.project])

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
                os.makedirs(folder, exist_ok=True)
                self._write_page(os.path.join(folder, "index.html"), html_page(project, files))
                self._write_page(os.path.join(folder, "index.json"), json_page(project, files))
            else:
                shutil.rmtree(folder, ignore_errors=True)
        names = self.projects()
        self._write_page(self._path("simple", "index.html"), html_list(names))
        self._write_page(self._path("simple", "index.json"), json_list(names))

    def _write_page(self, path: str, content: bytes) -> None:
        with contextlib.suppress(OSError), open(path, "rb") as stream:
            if stream.read() == content:
                return
        _replace(path, content, folder=self._path(INCOMING))


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


def _locked_already(project: str) -> str:
    return "{} is a project of this tree's lock, so nobody can upload to it".format(project)


WANTED = {
    ":action",
    "protocol_version",
    "name",
    "version",
    "filetype",
    "pyversion",
    "requires_python",
    "md5_digest",
    "sha256_digest",
    "blake2_256_digest",
}


class Upload(Fields):
    """One upload as it arrives: a form by the legacy upload API. `close` must be called in the end."""

    def __init__(self, uploads: Uploads, token: Token, boundary: bytes, limit: int) -> None:
        self._uploads, self._token, self._limit = uploads, token, limit
        self._form = Multipart(boundary, self)
        self._fields = {}  # type: Dict[str, bytearray]
        self._taking = ""  # the field that arrives, if it is wanted
        self._filename = None  # type: Optional[Filename]
        self._staging = None  # type: Optional[Staging]

    @property
    def by(self) -> str:
        """Whose token it is."""
        return self._token.name

    def feed(self, data: bytes) -> None:
        """Take more of the body. Raises Refused, and OSError."""
        self._form.feed(data)

    def close(self) -> None:
        """Leave nothing behind that was not published."""
        if self._staging is not None:
            self._staging.close()
            self._staging = None

    # What the form tells.

    def begin(self, part: Part) -> None:
        """See `Fields`."""
        self._taking = ""
        if part.name == "content":
            self._begin_file(part)
            self._taking = part.name
        elif part.name in WANTED:
            if part.name in self._fields:
                raise Refused(400, "the form has two fields {}".format(part.name))
            self._fields[part.name] = bytearray()
            self._taking = part.name

    def _begin_file(self, part: Part) -> None:
        """Refuse what can be refused before the bytes come."""
        if part.filename is None or self._staging is not None:
            raise Refused(400, "the form has one file, its field content")
        try:
            self._filename = read_filename(part.filename)
        except ValueError as error:
            raise Refused(400, str(error)) from None
        project = self._filename.project
        if not self._token.may_upload(project):
            raise Refused(403, "the token {} may not upload to {}".format(self._token.name, project))
        if project in self._uploads.tree.locked():
            raise Refused(403, _locked_already(project))
        self._staging = self._uploads.stage()

    def data(self, content: bytes) -> None:
        """See `Fields`."""
        if self._taking == "content":
            staging = cast("Staging", self._staging)
            if staging.size + len(content) > self._limit:
                raise Refused(413, "the file is larger than {}".format(readable(self._limit)))
            staging.write(content)
        elif self._taking:
            self._fields[self._taking] += content
            if len(self._fields[self._taking]) > MAX_FIELD:
                raise Refused(400, "the field {} is too long".format(self._taking))

    def end(self) -> None:
        """See `Fields`."""

    # The end of it.

    def finish(self) -> str:
        """Check and publish. Returns what to tell the client; raises Refused, and OSError."""
        if not self._form.done:
            raise Refused(400, "the form has no end")
        form = {name: value.decode("utf-8", "replace").strip() for name, value in self._fields.items()}
        if form.get(":action") != "file_upload" or form.get("protocol_version", "1") != "1":
            raise Refused(400, "only :action file_upload of protocol_version 1 is done here")
        if self._staging is None or self._filename is None:
            raise Refused(400, "the form has no file content")
        try:
            _check_form(form, self._filename)
            _check_digests(form, self._staging)
            metadata = check_archive(cast("BinaryIO", self._staging.stream), self._filename)
            _check_metadata(metadata, form, self._filename)
        except (ValueError, BadArchive) as error:
            raise Refused(400, "{}: {}".format(self._filename.text, error)) from None
        return self._publish(self._filename, self._staging, metadata)

    def _publish(self, name: Filename, staging: Staging, metadata: Metadata) -> str:
        sidecar = (hashlib.sha256(metadata.content).hexdigest(), len(metadata.content))
        uploaded = Uploaded(
            filename=name.text,
            project=name.project,
            version=name.version.text,
            key=name.key,
            sha256=staging.sha256,
            size=staging.size,
            upload_time=utc(time.time()),
            requires_python=metadata.requires_python,
            metadata=sidecar if name.kind == "wheel" else None,
            by=self._token.name,
        )
        staging.finish(uploaded, metadata.content)
        try:
            self._uploads.publish(staging, uploaded)
        except Conflict as conflict:
            # uv takes 409 for "there already", whatever the bytes are; twine takes both where it is told to skip.
            told = "with these bytes" if conflict.same else "with other bytes, and no file is replaced"
            raise Refused(409 if conflict.same else 400, "File already exists: {} {}".format(name.text, told)) from None
        return "{} is published".format(name.text)


def utc(seconds: float) -> str:
    """A time as PEP 700 wants it."""
    return "{}.{:06}Z".format(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)), int(seconds % 1 * 1e6))


def _check_form(form: Dict[str, str], filename: Filename) -> None:
    """What the form says of the file against the file's name. Raises ValueError."""
    for name in ("name", "version"):
        if not form.get(name):
            raise ValueError("the form has no {}".format(name))
    if normalized(form["name"]) != filename.project:
        raise ValueError("the form calls the project {!r}".format(form["name"][:100]))
    if Version(form["version"]).key != filename.version.key:
        raise ValueError("the form calls the version {!r}".format(form["version"]))
    kind = {"wheel": "bdist_wheel", "sdist": "sdist"}[filename.kind]
    if form.get("filetype", kind) != kind:
        raise ValueError("the form calls it a {!r}".format(form["filetype"][:100]))
    tags = form.get("pyversion") or filename.python
    if set(tags.split(".")) != set(filename.python.split(".")):
        raise ValueError("the form says that it is for {!r}".format(tags[:100]))


def _check_digests(form: Dict[str, str], staging: Staging) -> None:
    """Every digest of the form against the bytes. Raises ValueError."""
    for algorithm in ("sha256", "blake2_256", "md5"):
        expected = form.get(algorithm + "_digest", "").lower()
        if not expected:
            continue
        try:
            found = staging.sha256 if algorithm == "sha256" else staging.digest(algorithm)
        except ValueError:  # of a Python for whom MD5 is forbidden; the others are there
            continue
        if not hmac.compare_digest(found.encode(), expected.encode()):
            raise ValueError(
                "{} of the bytes that came is {}, the form says {}".format(algorithm, found, expected[:64])
            )


def _check_metadata(metadata: Metadata, form: Dict[str, str], filename: Filename) -> None:
    """What the file says of itself against its name and the form. Raises ValueError."""
    if normalized(metadata.name) != filename.project:
        raise ValueError("its metadata calls the project {!r}".format(metadata.name))
    if metadata.version.key != filename.version.key:
        raise ValueError("its metadata calls the version {}".format(metadata.version.text))

    def clauses(text: str) -> List[str]:
        return sorted(re.sub(r"\s", "", text).split(","))

    if "requires_python" in form and clauses(form["requires_python"]) != clauses(metadata.requires_python):
        raise ValueError("the form and its metadata have not the same Requires-Python")


# Pages of the Simple API (PEP 503, 592, 691, 700, 714) for what was uploaded, in the form of those that the lock gave.
# Links lead to ../../files/, wherever a page is read: from here, from a static web server, or as a file.

API_VERSION = "1.1"
DOCUMENT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="pypi:repository-version" content="{version}">
<meta name="viewport" content="width=device-width"><title>{title}</title></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def _document(title: str, lines: Iterable[str]) -> bytes:
    body = "<ul>\n{}\n</ul>".format("\n".join(lines))
    text = DOCUMENT.format(version=API_VERSION, title=html.escape(title), body=body)
    return text.encode("ascii", "xmlcharrefreplace")


def _url(uploaded: Uploaded) -> str:
    return "../../" + quote("{}/{}".format(uploaded.folder, uploaded.filename))


def html_page(project: str, files: List[Uploaded]) -> bytes:
    """A project's page by PEP 503."""
    return _document("Files of {}".format(project), ["<li>{}</li>".format(_anchor(one)) for one in files])


def _anchor(one: Uploaded) -> str:
    attributes = {"href": "{}#sha256={}".format(_url(one), one.sha256)}
    if one.requires_python:
        attributes["data-requires-python"] = one.requires_python
    if one.metadata is not None:
        attributes["data-core-metadata"] = attributes["data-dist-info-metadata"] = "sha256=" + one.metadata[0]
    if one.yanked is not None:
        attributes["data-yanked"] = one.yanked
    written = " ".join('{}="{}"'.format(name, html.escape(value)) for name, value in attributes.items())
    return "<a {}>{}</a>".format(written, html.escape(one.filename))


def json_page(project: str, files: List[Uploaded]) -> bytes:
    """A project's page by PEP 691 and 700."""
    versions = dict.fromkeys(one.version for one in files)
    document = {
        "meta": {"api-version": API_VERSION},
        "name": project,
        "versions": list(versions),
        "files": [_row_of(one) for one in files],
    }
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def _row_of(one: Uploaded) -> Dict[str, Any]:
    row = {
        "filename": one.filename,
        "url": _url(one),
        "hashes": {"sha256": one.sha256},
        "size": one.size,
        "upload-time": one.upload_time,
        "yanked": False if one.yanked is None else one.yanked or True,
    }  # type: Dict[str, Any]
    if one.requires_python:
        row["requires-python"] = one.requires_python
    if one.metadata is not None:
        row["core-metadata"] = row["dist-info-metadata"] = {"sha256": one.metadata[0]}
    return row


def html_list(names: Iterable[str]) -> bytes:
    """The list of projects by PEP 503."""
    lines = ['<li><a href="{0}/">{1}</a></li>'.format(quote(normalized(name)), html.escape(name)) for name in names]
    return _document("Projects", lines)


def json_list(names: Iterable[str]) -> bytes:
    """The list of projects by PEP 691."""
    document = {"meta": {"api-version": API_VERSION}, "projects": [{"name": name} for name in names]}
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


# The site: requests become answers.


class Answer(NamedTuple):
    """A status, headers, and a body: bytes, or a file with the part of it that is sent.

    ``reason``: what clients show that show no body; ``user``: whose token it was.
    """

    status: int
    headers: Dict[str, str]
    body: bytes = b""
    file: Optional[io.FileIO] = None
    start: int = 0
    length: int = 0
    reason: str = ""
    user: str = ""

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return self.length if self.file is not None else len(self.body)


REASONS = http.client.responses
UPLOAD_PATHS = ("/legacy/", "/legacy")
PAGE_CACHE = "max-age=60"
ASK_AGAIN = "no-cache"  # pages of uploads: what was published is seen at once
FILE_CACHE = "max-age=31536000, immutable"
CONTENT_TYPES = {".json": "application/json", ".metadata": "text/plain; charset=utf-8", ".html": PLAIN_HTML}


class Gone(Exception):
    """The client has left, or must be left: there is nobody to answer."""


class Site:
    """Requests -> answers, for one tree. Knows nothing of sockets.

    ``tokens``: without any, nothing is taken. ``private``: whoever reads needs a token too. ``max_upload``: bytes.
    """

    def __init__(
        self,
        tree: Tree,
        tokens: Optional[Tokens] = None,
        *,
        private: bool = False,
        read_only: bool = False,
        max_upload: int = MAX_UPLOAD,
    ) -> None:
        self.tree = tree
        self.uploads = Uploads(tree)
        self.max_upload = max_upload
        self.metrics = Metrics()
        self.metrics.gauges["wheelhouse_tree_files"] = lambda: len(tree.refresh())
        self.metrics.gauges["wheelhouse_private_projects"] = lambda: len(self.uploads.projects())
        self.metrics.gauges["wheelhouse_uploads_in_progress"] = lambda: self._arriving
        self._tokens, self._private, self._read_only = tokens, private, read_only
        self._known_overview = None  # type: Optional[Overview]
        self._arriving = 0
        self._counting = threading.Lock()

    @property
    def uses_tokens(self) -> bool:
        """Whether anybody is asked for a token."""
        return self.writable or self._private

    @property
    def writable(self) -> bool:
        """Whether anybody may upload."""
        return self._tokens is not None and not self._read_only

    def answer(self, request: Request) -> Answer:
        """The answer to a request without a body; errors are answers too."""
        try:
            path = decode_path(request.target)
            if path is None:
                raise Refused(404, "nothing is here")
            if path in UPLOAD_PATHS:
                raise Refused(405, "uploads are sent here by POST", {"Allow": "POST"})
            reader = self._reader(path, request)
            return self._route(path, request)._replace(user=reader)
        except Exception as error:  # noqa: BLE001  (whatever the tree holds, a client gets an answer)
            return self.failed(error, request)

    def failed(self, error: Exception, request: Optional[Request]) -> Answer:
        """An error as an answer to a request, or to what was none."""
        user = ""
        if request is not None:
            with contextlib.suppress(TokensError):
                token = self._token(request)
                user = token.name if token else ""
        if not isinstance(error, Refused):
            told = error if isinstance(error, (TreeError, TokensError, OSError)) else repr(error)
            log("error: {}: {}".format(request.target if request else "-", told))
        return _failure(error)._replace(user=user)

    # Who asks.

    def _reader(self, path: str, request: Request) -> str:
        """The name of the reader's token. Raises Refused (401, 403) where one is needed."""
        if self._tokens is None or (not self._private and "authorization" not in request.headers):
            return ""
        if not self._private or path == "/-/health":  # a client may send what it has for another place
            token = self._token(request)
            return token.name if token else ""
        caller = self._caller(request)
        if not caller.read:
            raise Refused(403, "the token {} may not read".format(caller.name))
        return caller.name

    def _token(self, request: Request) -> Optional[Token]:
        given = credentials(request.headers.get("authorization", ""))
        if given is None or self._tokens is None:
            return None
        user, secret = given
        token = self._tokens.find(secret)
        return token if token is not None and user in (TOKEN_USER, token.name) else None

    def _caller(self, request: Request) -> Token:
        token = self._token(request)
        if token is None:
            told = "a token is needed: {} is the user, the token the password".format(TOKEN_USER)
            if "authorization" in request.headers:
                told = "this token is not known, or holds no longer"
            raise Refused(401, told, {"WWW-Authenticate": 'Basic realm="wheelhouse", charset="UTF-8"'})
        return token

    # Taking.

    @contextlib.contextmanager
    def upload(self, request: Request) -> Iterator[Upload]:
        """Where the body of a POST goes; what is not published in this block leaves nothing behind.

        Raises Refused, TreeError, TokensError and OSError.
        """
        token, boundary = self._uploader(request)
        with self._counting:
            if self._arriving >= MAX_UPLOADS:
                raise Refused(503, "{} uploads arrive already".format(MAX_UPLOADS), {"Retry-After": "5"})
            self._arriving += 1
        upload, result = Upload(self.uploads, token, boundary, self.max_upload), "broken off"
        try:
            yield upload
            result = "published"
        except Exception as error:
            if not isinstance(error, Gone):
                result = "refused" if isinstance(error, Refused) else "failed"
            raise
        finally:
            with self._counting:
                self._arriving -= 1
            upload.close()
            self.metrics.count_upload(result)

    def _uploader(self, request: Request) -> Tuple[Token, bytes]:
        """Who uploads, and the boundary of the form. Raises Refused and TokensError."""
        if decode_path(request.target) not in UPLOAD_PATHS:
            raise Refused(405, "only GET and HEAD are answered here; uploads go to /legacy/", {"Allow": "GET, HEAD"})
        if self._read_only or self._tokens is None:
            raise Refused(
                403, "this server only reads" + ("" if self._read_only else "; --tokens lets it take uploads")
            )
        token = self._caller(request)
        if not token.uploads:
            raise Refused(403, "the token {} may not upload".format(token.name))
        return token, boundary_of(request.headers.get("content-type", ""))

    # Giving.

    def _route(self, path: str, request: Request) -> Answer:
        if path == "/":
            return self._front(request)
        if path == "/-/health":
            return self._health()
        if path == "/-/metrics":
            kind = "text/plain; version=0.0.4; charset=utf-8"
            return Answer(200, {"Content-Type": kind, "Cache-Control": "no-store"}, self.metrics.render().encode())
        if path == "/manifest.json":
            return self._manifest(request)
        entry = self.tree.find(path[1:])
        if entry is None and path.startswith("/files/") and path.count("/") == 4:
            entry = self.uploads.entry(path[1:])
        if entry is not None:
            return self._file(entry, request, content_type(entry.path), immutable=path.startswith("/files/"))
        if path in ("/simple", "/simple/"):
            return self._list(path, request)
        found = re.match(r"/simple/([^/]+)/?\Z", path)
        if found is None:
            raise Refused(404, "nothing is here")
        return self._project(normalized(found.group(1)), path, request)

    def _health(self) -> Answer:
        document = {"status": "ok", "files": len(self.tree.refresh())}  # type: Dict[str, Any]
        shadowed = [] if self._private else self.uploads.shadowed()  # anybody may ask
        if shadowed:
            document["shadowed"] = shadowed
        body = json.dumps(document) + "\n"
        return Answer(200, {"Content-Type": "application/json", "Cache-Control": "no-store"}, body.encode())

    def _list(self, path: str, request: Request) -> Answer:
        """The list of projects: the lock's page, or with uploads one of both."""
        private = self.uploads.projects()
        if not private:
            return self._page("simple", "/simple/", path, request)
        kind = self._kind("/simple/", path, request)
        if isinstance(kind, Answer):
            return kind
        entry = self.tree.find("simple/index.json")
        content = self.tree.read(entry) if entry is not None else b'{"projects": []}'
        if content is None:
            raise Refused(500, "the file on disk is not what the manifest names")
        locked = [str(row["name"]) for row in json.loads(content.decode("utf-8"))["projects"]]
        names = sorted(locked + private)
        return self._made(kind, json_list(names) if kind == JSON_TYPE else html_list(names), request)

    def _project(self, name: str, path: str, request: Request) -> Answer:
        """A project's page. Those of the lock come first: what is uploaded stands in for none of them."""
        canonical = "/simple/{}/".format(name)
        if self.tree.find("simple/{}/index.html".format(name)) is not None:
            return self._page("simple/" + name, canonical, path, request)
        files = self.uploads.files(name)
        if not files:
            raise Refused(404, "there is no such project here")
        kind = self._kind(canonical, path, request)
        if isinstance(kind, Answer):
            return kind
        return self._made(kind, json_page(name, files) if kind == JSON_TYPE else html_page(name, files), request)

    def _kind(self, canonical: str, path: str, request: Request) -> Union[str, Answer]:
        """The representation that the client likes best (PEP 691), or the way to where the page is."""
        query = split_target(request.target)[1]
        if path != canonical:
            return plain(301, "moved", {"Location": quote(canonical) + ("?" + query if query else "")})
        wanted = re.search(r"(?:^|&)format=([^&]*)", query)
        accept = request.headers.get("accept")
        if wanted is not None:
            accept = unquote_to_bytes(wanted.group(1).replace("+", "%2B")).decode("ascii", "replace")
        kind = negotiate(accept, (PLAIN_HTML, JSON_TYPE, HTML_TYPE))
        if kind is None:
            raise Refused(406, "offered: {}, {}, {}".format(JSON_TYPE, HTML_TYPE, PLAIN_HTML), {"Vary": "Accept"})
        return kind

    def _page(self, folder: str, canonical: str, path: str, request: Request) -> Answer:
        """A page that lies in the tree."""
        if self.tree.find(folder + "/index.html") is None:
            raise Refused(404, "there is no such project here")
        kind = self._kind(canonical, path, request)
        if isinstance(kind, Answer):
            return kind
        entry = self.tree.find(folder + ("/index.json" if kind == JSON_TYPE else "/index.html"))
        if entry is None:
            raise Refused(404, "there is no such project here")
        answer = self._file(entry, request, with_charset(kind), immutable=False)
        answer.headers["Vary"] = "Accept"
        return answer

    def _made(self, kind: str, body: bytes, request: Request) -> Answer:
        """A page that was made just now."""
        return page(body, {"Content-Type": with_charset(kind), "Cache-Control": ASK_AGAIN, "Vary": "Accept"}, request)

    def _file(self, entry: Entry, request: Request, kind: str, *, immutable: bool) -> Answer:
        tag = '"{}"'.format(entry.sha256)
        headers = {
            "Content-Type": kind,
            "ETag": tag,
            "Accept-Ranges": "bytes",
            "Cache-Control": FILE_CACHE if immutable else PAGE_CACHE,
        }
        if matches(request.headers.get("if-none-match"), tag):
            return Answer(304, headers)
        first, end, status = 0, entry.size, 200
        asked = request.headers.get("range")
        condition = request.headers.get("if-range")
        if asked is not None and request.method == "GET" and condition in (None, tag):
            try:
                part = byte_range(asked, entry.size)
            except ValueError:
                raise Refused(416, "the file is shorter", {"Content-Range": "bytes */{}".format(entry.size)}) from None
            if part is not None:
                (first, end), status = part, 206
                headers["Content-Range"] = "bytes {}-{}/{}".format(first, end - 1, entry.size)
        if entry.size <= VERIFIED_SIZE:
            content = self.tree.read(entry)
            if content is not None:
                return Answer(status, headers, content[first:end])
        else:
            stream = self.tree.open(entry)
            if stream is not None:
                return Answer(status, headers, file=stream, start=first, length=end - first)
        log("error: {} on disk is not what is known of it; `wheelhouse verify` says more".format(entry.path))
        raise Refused(500, "the file on disk is not what the manifest names")

    def _manifest(self, request: Request) -> Answer:
        self.tree.refresh()
        return page(self.tree.manifest, {"Content-Type": "application/json", "Cache-Control": PAGE_CACHE}, request)

    def _front(self, request: Request) -> Answer:
        host = request.headers.get("host") or "127.0.0.1"
        private = {name: self.uploads.files(name) for name in self.uploads.projects()}
        body = front_page(self._overview(), private, scheme_of(request), host, takes=self.writable).encode()
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-cache",
            "Content-Security-Policy": (
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ).format(script_hash()),
        }
        return page(body, headers, request)

    def _overview(self) -> Overview:
        """What the lock gives to the page for people, read once for each manifest: a lock may have megabytes."""
        known, entries = self._known_overview, self.tree.refresh()
        if known is None or known.entries is not entries:
            known = self._known_overview = overview(entries, self.tree.lock())
        return known


def page(body: bytes, headers: Dict[str, str], request: Request) -> Answer:
    """A text that this server made or keeps, or 304 where the client has it."""
    tag = '"{}"'.format(hashlib.sha256(body).hexdigest())
    headers["ETag"] = tag
    return Answer(304, headers) if matches(request.headers.get("if-none-match"), tag) else Answer(200, headers, body)


def plain(status: int, message: str, headers: Optional[Dict[str, str]] = None) -> Answer:
    """A short answer in words."""
    given = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": ASK_AGAIN}
    given.update(headers or {})
    reason = re.sub(r"[^ -~]", "?", message)[:200] if status in (400, 401, 403, 409, 413) else ""
    return Answer(status, given, (message + "\n").encode("utf-8", "replace"), reason=reason)


def _failure(error: Exception) -> Answer:
    if isinstance(error, Refused):
        return plain(error.status, str(error), error.headers)
    if isinstance(error, TreeError):
        return plain(503, "this tree cannot be read")
    if isinstance(error, TokensError):
        return plain(503, "the tokens of this server cannot be read")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return plain(507, "the disk of the server is full")
    if isinstance(error, OSError):  # too many open files, say
        return plain(503, "the server is short of resources", {"Retry-After": "1"})
    return plain(500, "the tree is damaged; run `wheelhouse vendor` again")


def with_charset(kind: str) -> str:
    """The Content-Type of a page."""
    return kind if kind == JSON_TYPE else kind + "; charset=utf-8"


def scheme_of(request: Request) -> str:
    """How the client came here, by its proxy's word: it decides what an example on a page looks like, nothing else."""
    return "https" if request.headers.get("x-forwarded-proto", "").lower() == "https" else request.scheme


def matches(header: Optional[str], tag: str) -> bool:
    """Whether an If-None-Match header names ``tag`` (weak comparison, RFC 9110, 13.1.2)."""
    if header is None:
        return False
    return any(one.strip() in ("*", tag, "W/" + tag) for one in header.split(","))


def content_type(path: str) -> str:
    """The type of a file by its ending."""
    return CONTENT_TYPES.get(os.path.splitext(path)[1], "application/octet-stream")


# The page for people.

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #666; --accent: #0b63c5; --soft: #8881; }
@media (prefers-color-scheme: dark) { :root { --quiet: #a0a0a8; --accent: #7db8ff; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.6rem; margin: 0; } .sub { color: var(--quiet); margin: .1rem 0 1rem; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 0 1rem; }
li { border: 1px solid var(--line); border-radius: .5rem; padding: .2rem .7rem; } li span { color: var(--quiet); }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; margin: 0;
  overflow-x: auto; font: .875rem/1.6 ui-monospace, monospace; }
input { font: inherit; width: 100%; box-sizing: border-box; margin: 1.2rem 0 .4rem; padding: .5rem .8rem;
  border: 1px solid var(--line); border-radius: .5rem; background: var(--soft); color: inherit; }
input:focus-visible { outline: 2px solid var(--accent); }
table { border-collapse: collapse; width: 100%; } tbody tr:hover { background: var(--soft); }
th { text-align: left; font-size: .85rem; color: var(--quiet); font-weight: 500; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .9rem .35rem 0; }
th.n, td.n { text-align: right; padding-right: .3rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.e { color: var(--quiet); font-size: .875rem; } footer { margin: 1rem 0; }
@media (max-width: 40rem) { .e, .f { display: none; } }
"""

SCRIPT = (
    "var box = document.getElementById('q'), none = document.getElementById('none');"
    "function show() { var wanted = box.value.trim().toLowerCase(), found = 0;"
    "document.querySelectorAll('tbody tr').forEach(function (row) {"
    "row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0; found += !row.hidden; });"
    "none.hidden = found > 0; }"
    "box.addEventListener('input', show); show();"
    "document.addEventListener('keydown', function (event) {"
    "if (event.key === '/' && event.target !== box) { event.preventDefault(); box.focus(); } });"
)

FRONT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>wheelhouse</title>
<meta name="viewport" content="width=device-width"><style>{style}</style></head><body>
<h1>wheelhouse</h1>
<p class="sub">{projects} projects, {files} files, {size}</p>
<ul>{environments}</ul>
<pre>pip install --index-url {url}/simple/ {trusted}NAME
uv pip install --default-index {url}/simple/ NAME{publish}</pre>
<input id="q" type="search" placeholder="Search ( / )" aria-label="Search projects">
<table><thead><tr><th>Project</th><th>Version</th><th class="e">For</th><th class="n f">Files</th>
<th class="n">Size</th></tr></thead>
<tbody>{rows}</tbody></table>
<p id="none" class="sub" hidden>No project here is like that.</p>
<footer class="sub"><a href="simple/">Simple index</a> &middot; <a href="lock.json">lock</a> &middot;
<a href="manifest.json">manifest</a></footer>
<script>{script}</script></body></html>
"""
LOOPBACK = re.compile(r"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]*)?\Z")


def script_hash() -> str:
    """The hash under which the page's policy admits its one script."""
    return base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()


PUBLISH = """
twine upload --repository-url {url}/legacy/ dist/*
uv publish --publish-url {url}/legacy/"""


class Overview(NamedTuple):
    """What a lock gives to the page: rows by project, environments that are here whole; ``entries``: of which tree."""

    entries: Dict[str, Entry]
    rows: Dict[str, str]
    environments: str
    files: int
    size: int


def overview(entries: Dict[str, Entry], lock: Dict[str, Any]) -> Overview:
    """The part of the page that is the same until the next manifest."""
    users, projects = _users(entries, lock), _projects(entries, lock)
    sizes = [entries["files/" + filename].size for rows in projects.values() for filename in rows]
    return Overview(
        entries,
        {name: _row(name, rows, entries, users) for name, rows in projects.items()},
        "".join(_environment(name, row) for name, row in lock.get("environments", {}).items() if name in users),
        len(sizes),
        sum(sizes),
    )


def front_page(locked: Overview, private: Dict[str, List[Uploaded]], scheme: str, host: str, *, takes: bool) -> str:
    """Projects, environments, how to install from here, and where uploads are taken how to publish."""
    rows = dict(locked.rows)
    rows.update((name, _private_row(name, files)) for name, files in private.items())
    sizes = [one.size for files in private.values() for one in files]
    url = html.escape("{}://{}".format(scheme, host))
    plain_http = scheme == "http" and not LOOPBACK.match(host)  # for which pip wants to be told
    return FRONT.format(
        style=STYLE,
        script=SCRIPT,
        projects=len(rows),
        files=locked.files + len(sizes),
        size=readable(locked.size + sum(sizes)),
        environments=locked.environments,
        url=url,
        trusted="--trusted-host {} ".format(html.escape(host)) if plain_http else "",
        publish=PUBLISH.format(url=url) if takes else "",
        rows="\n".join(rows[name] for name in sorted(rows)),
    )


def _environment(name: str, row: Dict[str, Any]) -> str:
    told = [row.get("python") and "Python {}".format(row["python"]), row.get("os"), row.get("arch"), row.get("libc")]
    return "<li>{} <span>{}</span></li>".format(
        html.escape(name), html.escape(", ".join(str(one) for one in told if one))
    )


def _row(name: str, artifacts: Dict[str, Dict[str, Any]], entries: Dict[str, Entry], users: Dict[str, Set[str]]) -> str:
    versions = sorted({str(row["version"]) for row in artifacts.values()})
    for_whom = [user for user, filenames in users.items() if filenames & artifacts.keys()]
    told = "all" if len(for_whom) == len(users) else ", ".join(for_whom) or "builds"
    size = sum(entries["files/" + filename].size for filename in artifacts)
    return _cells(name, versions, told, len(artifacts), size)


def _private_row(name: str, files: List[Uploaded]) -> str:
    versions = list(dict.fromkeys(one.version for one in files if one.yanked is None))
    return _cells(name, versions, "private", len(files), sum(one.size for one in files))


def _cells(name: str, versions: List[str], told: str, count: int, size: int) -> str:
    return (
        '<tr><td><a href="simple/{}/">{}</a></td><td>{}</td><td class="e">{}</td>'
        '<td class="n f">{}</td><td class="n">{}</td></tr>'
    ).format(
        quote(name),
        html.escape(name),
        html.escape(", ".join(versions)),
        html.escape(told),
        count,
        readable(size),
    )


def _projects(entries: Dict[str, Entry], lock: Dict[str, Any]) -> Dict[str, Dict[str, Dict[str, Any]]]:
    """Project -> file name -> row of the lock, for the artifacts that lie in the tree."""
    found = {}  # type: Dict[str, Dict[str, Dict[str, Any]]]
    for filename, row in lock.get("artifacts", {}).items():
        if "files/" + filename in entries:
            found.setdefault(normalized(row["project"]), {})[filename] = row
    return found


def _users(entries: Dict[str, Entry], lock: Dict[str, Any]) -> Dict[str, Set[str]]:
    """Environment -> the files that it installs, for those that are here whole: a tree may hold some only."""
    found = {}
    for name in lock.get("environments", {}):
        filenames = {pin["artifact"] for pin in lock.get("resolutions", {}).get(name, {}).values()}
        if all("files/" + filename in entries for filename in filenames):
            found[name] = filenames
    return found


def readable(size: int) -> str:
    """Bytes for a person."""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return "{:.0f} {}".format(amount, unit) if unit == "B" else "{:.1f} {}".format(amount, unit)
        amount /= 1000
    return "{:.1f} GB".format(amount)


# Records of what was done: metrics for Prometheus, and the access log.

SECONDS = (0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0)
HELP = {
    "wheelhouse_requests_total": ("counter", "Requests that were answered."),
    "wheelhouse_sent_bytes_total": ("counter", "Bytes of bodies that were sent."),
    "wheelhouse_received_bytes_total": ("counter", "Bytes of bodies that were received."),
    "wheelhouse_uploads_total": ("counter", "Uploads, by how they ended."),
    "wheelhouse_request_seconds": ("histogram", "From the whole head of a request to the end of its answer."),
    "wheelhouse_connections": ("gauge", "Open connections."),
    "wheelhouse_workers_busy": ("gauge", "Connections that workers are busy with, or that wait for one."),
    "wheelhouse_uploads_in_progress": ("gauge", "Uploads that arrive at this moment."),
    "wheelhouse_tree_files": ("gauge", "Files that the manifest names."),
    "wheelhouse_private_projects": ("gauge", "Projects that were uploaded."),
    "wheelhouse_start_time_seconds": ("gauge", "When this process began to serve, in seconds since 1970."),
}
METHODS = ("GET", "HEAD", "POST")


class Done(NamedTuple):
    """A request that was dealt with: what was asked, and what became of it."""

    peer: str
    user: str
    method: str
    target: str
    version: str
    agent: str
    status: int
    received: int
    sent: int
    seconds: float


class Metrics:
    """Counts what is done, in the text format of Prometheus. ``gauges`` are asked when somebody looks."""

    def __init__(self) -> None:
        began = time.time()
        self.gauges = {"wheelhouse_start_time_seconds": lambda: began}  # type: Dict[str, Callable[[], float]]
        self._lock = threading.Lock()
        self._counts = collections.Counter()  # type: collections.Counter[str]
        self._buckets = [0] * (len(SECONDS) + 1)
        self._seconds = 0.0

    def count(self, done: Done) -> None:
        """Take note of a request."""
        method = done.method if done.method in METHODS else "other"
        key = 'wheelhouse_requests_total{{method="{}",status="{}"}}'.format(method, done.status)
        place = next((number for number, bound in enumerate(SECONDS) if done.seconds <= bound), len(SECONDS))
        with self._lock:
            self._counts[key] += 1
            self._counts["wheelhouse_sent_bytes_total"] += done.sent
            self._counts["wheelhouse_received_bytes_total"] += done.received
            self._buckets[place] += 1
            self._seconds += done.seconds

    def count_upload(self, result: str) -> None:
        """Take note of an upload that was published, refused or broken off."""
        with self._lock:
            self._counts['wheelhouse_uploads_total{{result="{}"}}'.format(result)] += 1

    def render(self) -> str:
        """All of it."""
        with self._lock:
            counts, buckets, seconds = dict(self._counts), list(self._buckets), self._seconds
        lines = dict(counts)  # type: Dict[str, float]
        for bound, total in zip([*map(str, SECONDS), "+Inf"], itertools.accumulate(buckets)):  # noqa: B905  (3.7)
            lines['wheelhouse_request_seconds_bucket{{le="{}"}}'.format(bound)] = total
        lines["wheelhouse_request_seconds_sum"] = round(seconds, 6)
        lines["wheelhouse_request_seconds_count"] = sum(buckets)
        for name, gauge in self.gauges.items():
            with contextlib.suppress(TreeError, OSError):  # what cannot be told now is not told
                lines[name] = gauge()
        text = []
        for name, (kind, told) in HELP.items():
            found = [
                (key, value) for key, value in lines.items() if re.match(name + r"(_bucket|_sum|_count)?(\{|\Z)", key)
            ]
            if found:
                text += ["# HELP {} {}".format(name, told), "# TYPE {} {}".format(name, kind)]
                text += ["{} {}".format(key, value) for key, value in found]
        return "\n".join(text) + "\n"


def common_line(done: Done, when: float) -> str:
    """A line of the common log format, with the time in UTC."""
    asked = "{} {} {}".format(done.method, done.target, done.version).replace("\\", "\\\\").replace('"', '\\"')
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(when))
    return '{} - {} [{}] "{}" {} {}'.format(done.peer, done.user or "-", stamp, asked, done.status, done.sent)


def json_line(done: Done, when: float) -> str:
    """A line of JSON for programs that read logs."""
    row = done._asdict()
    row["seconds"] = round(done.seconds, 6)
    row["time"] = utc(when)
    return json.dumps(row, sort_keys=True)


LOGS = {"common": common_line, "json": json_line}  # type: Dict[str, Callable[[Done, float], str]]


def log(message: str) -> None:
    """A message on standard error."""
    write_line("{} {}".format(time.strftime("%Y-%m-%dT%H:%M:%S"), message))


def write_line(line: str) -> None:
    """A line on standard error; control characters of a client never reach a terminal."""
    clean = line if line.isprintable() else "".join(c if c.isprintable() else "?" for c in line)
    with contextlib.suppress(OSError, ValueError):  # a log that nobody reads any more must not stop the answers
        sys.stderr.write(clean + "\n")


# Connections. What one says is written down as a generator, which yields what it waits for: the conversation reads from
# top to bottom, and nobody waits in it.


class Wait(NamedTuple):
    """What a conversation waits for: ``events`` of its socket, until ``deadline`` (monotonic); 0: its next turn.

    ``light``: what follows is so little that the thread that waits for all does it itself.
    """

    events: int
    deadline: float
    light: bool = False


Talk = Generator[Wait, None, None]
TURN = Wait(0, float("inf"))
WOULD_BLOCK = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Pace:
    """How long to wait for a client to move some bytes: ``patience`` seconds, and less for who is slow all along."""

    def __init__(self, patience: float) -> None:
        self.moved = 0
        self._patience = patience
        self._began = time.monotonic()

    def wait(self, events: int) -> Wait:
        """For the next bytes."""
        now = time.monotonic()
        return Wait(events, min(now + self._patience, self._began + self._patience + self.moved / SLOWEST))


class Connection:
    """A client's socket, what it has sent and nobody has read, and its conversation."""

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self.sock = sock
        self.peer = peer
        self.received = bytearray()
        self.answering = False  # between a whole head and the end of its answer
        self.uploading = False  # what there is to do is work for those who take uploads
        self.waits = None  # type: Optional[Wait]
        self.talk = None  # type: Optional[Talk]

    @property
    def secure(self) -> bool:
        """Whether it speaks TLS."""
        return isinstance(self.sock, ssl.SSLSocket)

    def secured(self, context: ssl.SSLContext) -> Talk:
        """Shake hands, once the client says something: who connects and is silent costs a socket and no more."""
        yield Wait(selectors.EVENT_READ, time.monotonic() + IDLE_SECONDS)
        self.sock = sock = context.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
        deadline = time.monotonic() + HEAD_SECONDS
        while True:
            try:
                sock.do_handshake()
                return
            except ssl.SSLWantReadError:
                yield Wait(selectors.EVENT_READ, deadline)
            except ssl.SSLWantWriteError:
                yield Wait(selectors.EVENT_WRITE, deadline)

    def head(self) -> Talk:
        """Wait for a whole head, and for a worker: `take_head` has it then. Raises Gone."""
        deadline = time.monotonic() + (HEAD_SECONDS if self.received else IDLE_SECONDS)
        while b"\r\n\r\n" not in self.received and len(self.received) <= MAX_HEAD:
            data = self._receive(MAX_HEAD)
            if data is None:
                yield Wait(selectors.EVENT_READ, deadline, light=True)
                continue
            if not data:
                raise Gone
            if not self.received:
                deadline = time.monotonic() + HEAD_SECONDS
            self.received += data
        yield TURN

    def take_head(self) -> bytes:
        """The next head without its last empty line. Raises Refused where it is too long."""
        end = self.received.find(b"\r\n\r\n")
        if not 0 <= end <= MAX_HEAD:
            raise Refused(431, "the head of the request is too long")
        head = bytes(self.received[: end + 2])
        del self.received[: end + 4]
        return head

    def _receive(self, size: int) -> Optional[bytes]:
        """What is there; None for nothing, empty for the end."""
        try:
            return self.sock.recv(size)
        except WOULD_BLOCK:
            return None

    def body(self, body: Body, pace: Pace, take: Callable[[bytes], None]) -> Talk:
        """Receive a body. Raises Gone, and what ``take`` raises."""
        data, turn = bytes(self.received), TURN_BYTES  # type: Optional[bytes], int
        self.received.clear()
        while True:
            if data:
                take(body.feed(data))
                pace.moved += len(data)
                turn -= len(data)
            if body.done:
                self.received += body.rest
                return
            if turn < 0:
                turn = TURN_BYTES
                yield TURN
            data = self._receive(BLOCK)
            if data is None:
                yield pace.wait(selectors.EVENT_READ)
            elif not data:
                raise Gone

    def send(self, data: bytes, pace: Pace) -> Talk:
        """Send all of ``data``."""
        view = memoryview(data)
        while view:
            try:
                sent = self.sock.send(view)
            except WOULD_BLOCK:
                yield pace.wait(selectors.EVENT_WRITE)
                continue
            view = view[sent:]
            pace.moved += sent

    def send_file(self, file: io.FileIO, start: int, length: int, pace: Pace) -> Talk:
        """Send a part of a file. Raises Gone where the file ends before."""
        offset, end, turn = start, start + length, start + TURN_BYTES
        by_kernel = hasattr(os, "sendfile") and not self.secure
        while offset < end:
            if offset >= turn:
                turn += TURN_BYTES
                yield TURN
            try:
                if by_kernel:
                    sent = os.sendfile(self.sock.fileno(), file.fileno(), offset, min(end - offset, TURN_BYTES))
                else:
                    file.seek(offset)
                    content = file.read(min(end - offset, BLOCK)) or b""
                    sent = len(content)
                    yield from self.send(content, pace)
            except WOULD_BLOCK:
                yield pace.wait(selectors.EVENT_WRITE)
                continue
            except OSError as error:
                if not by_kernel or error.errno not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                    raise
                by_kernel = False  # a file system that cannot do it
                continue
            if not sent:
                raise Gone  # the file was cut while it was sent
            offset += sent
            pace.moved += sent

    def discard(self, body: Optional[Body], pace: Pace, limit: int) -> Talk:
        """Take what still comes, up to the end of the body: closing before would cut the answer off at the client."""
        data, turn = bytes(self.received), TURN_BYTES  # type: Optional[bytes], int
        self.received.clear()
        while True:
            if data:
                limit -= len(data)
                turn -= len(data)
                pace.moved += len(data)
                try:
                    if body is not None:
                        body.feed(data)
                except Refused:  # nobody can tell where it ends
                    body = None
            if limit < 0 or (body is not None and body.done):
                return
            if turn < 0:
                turn = TURN_BYTES
                yield TURN
            data = self._receive(BLOCK)
            if data is None:
                yield pace.wait(selectors.EVENT_READ)
            elif not data:
                return

    def close(self) -> None:
        """End the conversation, whatever state it is in, and close the socket."""
        self.waits = None
        with contextlib.suppress(OSError):
            if self.talk is not None:
                self.talk.close()
        with contextlib.suppress(OSError):
            self.sock.close()


class Conversations:
    """What is said on connections: heads, bodies, answers. Knows nothing of threads."""

    def __init__(self, site: Site, write: Optional[Callable[[Done], None]], tls: Optional[Certificates]) -> None:
        self.ending = False  # no connection is kept any longer
        self._site, self._write, self._tls = site, write, tls

    def begin(self, connection: Connection) -> Talk:
        """All that is said on a connection."""
        try:
            if self._tls is not None:
                yield from connection.secured(self._tls.context())
            keep = True
            while keep and not self.ending:
                yield from connection.head()
                connection.answering = True
                keep = yield from self._exchange(connection)
                connection.answering = False
        except (Gone, OSError):  # TLS that fails is an OSError too
            return

    def _exchange(self, connection: Connection) -> Generator[Wait, None, bool]:
        """One request and its answer. Returns whether the connection is kept."""
        began, received, sent = time.monotonic(), Pace(BODY_SECONDS), Pace(SEND_SECONDS)
        head, request, body = b"", None, None  # type: bytes, Optional[Request], Optional[Body]
        try:
            head = connection.take_head()
            request = parse_head(head)._replace(scheme="https" if connection.secure else "http")
            if request.method == "POST":
                body = Body(request.length, MAX_FORM + self._site.max_upload)
                answer = yield from self._upload(connection, request, body, received)  # type: Answer
            else:
                answer = self._site.answer(request)
        except Gone:
            raise
        except Exception as error:  # noqa: BLE001  (one bad request must not end a worker)
            answer = self._site.failed(error, request)
        whole = request is not None and (body is None or body.done)
        keep = whole and cast("Request", request).keeps and not self.ending
        try:
            yield from self._send(connection, answer, sent, body=not head.startswith(b"HEAD "), keep=keep)
        finally:
            if answer.file is not None:
                answer.file.close()
            self._note(connection, head, answer, (received.moved, max(0, sent.moved)), began)
        if not whole:
            if body is None:
                connection.sock.shutdown(socket.SHUT_WR)
            pace = received if body is not None else Pace(LINGER_SECONDS)
            connection.uploading = True
            yield from connection.discard(body, pace, MAX_DISCARDED)
        return keep

    def _note(self, connection: Connection, head: bytes, answer: Answer, moved: Tuple[int, int], began: float) -> None:
        """Count an exchange and log it; ``moved``: bytes of bodies that were received and sent."""
        first = head.partition(b"\r\n")[0][:2000].decode("latin-1").split(" ")
        method, target, version = first if len(first) == 3 else (first[0] or "-", "-", "-")
        agent = re.search(rb"\r\nuser-agent:[ \t]*([^\r]*)", head, re.IGNORECASE)
        told = agent.group(1).decode("latin-1") if agent else ""
        asked = connection.peer, answer.user, method, target, version, told
        done = Done(*asked, answer.status, *moved, time.monotonic() - began)
        self._site.metrics.count(done)
        if self._write is not None:
            self._write(done)

    def _upload(
        self, connection: Connection, request: Request, body: Body, pace: Pace
    ) -> Generator[Wait, None, Answer]:
        """Take an upload. Returns the answer; raises what refuses it."""
        connection.uploading = True
        try:
            with self._site.upload(request) as upload:
                yield TURN
                body.check()
                if request.headers.get("expect", "").lower() == "100-continue" and not connection.received:
                    yield from connection.send(b"HTTP/1.1 100 Continue\r\n\r\n", pace)
                yield from connection.body(body, pace, upload.feed)
                return plain(200, upload.finish())._replace(user=upload.by)
        finally:
            connection.uploading = False

    def _send(self, connection: Connection, answer: Answer, pace: Pace, *, body: bool, keep: bool) -> Talk:
        lines = ["HTTP/1.1 {} {}".format(answer.status, answer.reason or REASONS.get(answer.status, ""))]
        lines += ["{}: {}".format(name, value) for name, value in answer.headers.items()]
        if answer.status != 304:
            lines.append("Content-Length: {}".format(answer.size))
        lines += [
            "Date: {}".format(email.utils.formatdate(usegmt=True)),
            "Connection: {}".format("keep-alive" if keep else "close"),
            "X-Content-Type-Options: nosniff",
        ]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        body = body and answer.status != 304
        yield from connection.send(head + (answer.body if body else b""), pace)
        pace.moved -= len(head)
        if answer.file is not None and body:
            yield from connection.send_file(answer.file, answer.start, answer.length, pace)


class Certificates:
    """A certificate and its key, read again when their files change: a renewed one needs no restart."""

    def __init__(self, certificate: str, key: Optional[str]) -> None:
        self._paths = (certificate, key or certificate)
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._stamp = self._stamps()
        self._context = self._load()

    def context(self) -> ssl.SSLContext:
        """For a new connection."""
        with self._lock:
            if time.monotonic() - self._looked > 1.0:
                self._looked = time.monotonic()
                self._refresh()
            return self._context

    def _refresh(self) -> None:
        try:
            stamp = self._stamps()
            if stamp != self._stamp:
                self._context, self._stamp = self._load(), stamp
        except (OSError, ValueError) as error:  # half of a pair is new, say
            log("error: the new certificate is not used: {}: {}".format(self._paths[0], error))

    def _stamps(self) -> List[Tuple[int, int]]:
        return [(found.st_mtime_ns, found.st_ino) for found in map(os.stat, self._paths)]

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(*self._paths, password=_no_passphrase)
        context.set_alpn_protocols(["http/1.1"])
        return context


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase, and nobody is there to type it")


def connection_limit(threads: int) -> int:
    """How many connections may be open at once, so that descriptors are left for the files that are served."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(MIN_CONNECTIONS, min(MAX_CONNECTIONS, soft - 2 * threads - SPARE_DESCRIPTORS))


def raise_descriptor_limit() -> None:
    """Take as many descriptors as the system lets this process have, up to what is of use."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 3 * MAX_CONNECTIONS  # a connection, the file that it gets or sends, and room
        best = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < best:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (best, hard))


class TreeServer:
    """Serves a site on one address until it is told to stop.

    One thread waits, ``threads`` workers answer. Uploads, which wait for disks and for each other, have workers of
    their own, a quarter as many: readers do not wait for them.
    """

    def __init__(
        self,
        site: Site,
        host: str = "127.0.0.1",
        port: int = 8080,
        *,
        threads: int = 32,
        write: Optional[Callable[[Done], None]] = None,
        tls: Optional[Certificates] = None,
    ) -> None:
        self.site = site
        self._conversations = Conversations(site, write, tls)
        self._scheme = "https" if tls else "http"
        self._work = queue.SimpleQueue()  # type: queue.SimpleQueue[Optional[Connection]]
        self._uploads = queue.SimpleQueue()  # type: queue.SimpleQueue[Optional[Connection]]
        self._returned = queue.SimpleQueue()  # type: queue.SimpleQueue[Connection]
        self._stopping = 0  # no Event: its lock would bind a signal handler that another one interrupts
        self._busy = 0  # connections that workers have; only the waiting thread counts
        self._parked = set()  # type: Set[Connection]
        self._limit = connection_limit(threads)
        self._listener = _listen(host, port)
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._selector = selectors.DefaultSelector()
        works = [self._work] * threads + [self._uploads] * max(1, threads // 4)
        self._workers = [threading.Thread(target=self._work_on, args=(work,), daemon=True) for work in works]
        site.metrics.gauges["wheelhouse_connections"] = lambda: len(self._parked) + self._busy
        site.metrics.gauges["wheelhouse_workers_busy"] = lambda: self._busy

    @property
    def url(self) -> str:
        """Where the server is to be found."""
        host, port = self._listener.getsockname()[:2]
        return "{}://{}:{}/".format(self._scheme, "[{}]".format(host) if ":" in host else host, port)

    def shutdown(self) -> None:
        """Stop accepting; `serve_forever` returns once answers under way are sent. Safe in a signal handler.

        Called again, it returns at once.
        """
        self._stopping += 1
        self._wake()

    def serve_forever(self) -> None:
        """Accept and answer until `shutdown`; answers under way are finished, for `STOP_SECONDS`."""
        for worker in self._workers:
            worker.start()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        try:
            look = 0.0
            while not self._stopping:
                self._turn()
                if time.monotonic() >= look:
                    look = time.monotonic() + 0.5
                    self._drop_late()
            self._finish()
        finally:
            self._close()

    def _finish(self) -> None:
        """Let answers end that have begun."""
        self._conversations.ending = True
        self._selector.unregister(self._listener)
        self._listener.close()
        for connection in [one for one in self._parked if not one.answering]:
            self._drop(connection)
        until = time.monotonic() + STOP_SECONDS
        while (self._parked or self._busy) and time.monotonic() < until and self._stopping < 2:
            self._turn()
            self._drop_late()

    def _close(self) -> None:
        self._listener.close()
        for connection in list(self._parked):
            self._drop(connection)
        for _ in self._workers:
            self._work.put(None)
            self._uploads.put(None)
        self._selector.close()
        self._wake_read.close()
        self._wake_write.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_write.send(b"\0")

    # In the thread that waits.

    def _turn(self) -> None:
        for key, _ in self._selector.select(timeout=0.5):
            if key.fileobj is self._listener:
                self._accept()
            elif key.fileobj is self._wake_read:
                self._take_back()
            elif key.data in self._parked:  # it may have made room for a newer one just now
                self._go_on(key.data)

    def _accept(self) -> None:
        for _ in range(64):
            try:
                sock, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return  # nobody more, or the client is gone already
            except OSError:  # the process has no descriptor left, and would be called again at once
                if not self._make_room():
                    time.sleep(0.05)
                return
            if len(self._parked) + self._busy >= self._limit and not self._make_room():
                sock.close()  # every connection that there may be is being answered
                continue
            try:
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:  # the client is gone already
                sock.close()
                continue
            connection = Connection(sock, str(address[0]))
            connection.talk = self._conversations.begin(connection)
            self._step(connection)
            self._place(connection)

    def _make_room(self) -> bool:
        """Close the waiting connection that is the least loss: a silent one first, else the slowest."""
        if not self._parked:
            return False
        self._drop(min(self._parked, key=lambda one: (one.answering, one.waits.deadline if one.waits else 0.0)))
        return True

    def _go_on(self, connection: Connection) -> None:
        """The socket is ready for what the conversation waits for."""
        waits = cast("Wait", connection.waits)
        if waits.light:
            self._step(connection)
            if connection.waits is not None and connection.waits[::2] == waits[::2]:
                return  # it stays where it is
        self._unpark(connection)
        if waits.light:
            self._place(connection)
        else:
            self._hand_over(connection)

    def _place(self, connection: Connection) -> None:
        """Put a connection where it waits for the right thing, or forget it."""
        waits = connection.waits
        if waits is None:
            connection.close()
        elif not waits.events:
            self._hand_over(connection)
        else:
            try:
                self._selector.register(connection.sock, waits.events, connection)
                self._parked.add(connection)
            except (OSError, ValueError, KeyError):  # the system can wait for no more, say
                connection.close()

    def _hand_over(self, connection: Connection) -> None:
        self._busy += 1
        (self._uploads if connection.uploading else self._work).put(connection)

    def _unpark(self, connection: Connection) -> None:
        self._parked.discard(connection)
        with contextlib.suppress(KeyError, ValueError, OSError):
            self._selector.unregister(connection.sock)

    def _drop(self, connection: Connection) -> None:
        self._unpark(connection)
        connection.close()

    def _take_back(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_read.recv(4096)
        while True:
            try:
                connection = self._returned.get_nowait()
            except queue.Empty:
                return
            self._busy -= 1
            if self._stopping and not connection.answering:
                connection.close()
            else:
                self._place(connection)

    def _drop_late(self) -> None:
        now = time.monotonic()
        for connection in [one for one in self._parked if one.waits is None or one.waits.deadline < now]:
            self._drop(connection)

    # In the workers.

    def _work_on(self, work: queue.SimpleQueue[Optional[Connection]]) -> None:
        while True:
            connection = work.get()
            if connection is None:
                return
            self._step(connection)
            self._returned.put(connection)
            self._wake()

    def _step(self, connection: Connection) -> None:
        """Go on with a conversation until it waits again, or ends: then it waits for nothing."""
        try:
            connection.waits = next(connection.talk, None) if connection.talk is not None else None
        except Exception as error:  # noqa: BLE001  (one bad conversation must not end a worker)
            connection.waits = None
            log("error: {}: {!r}".format(connection.peer, error))


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise OSError(errno.EINVAL, "there is no such port")
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


# The WSGI entry, for those who run the site in gunicorn, uWSGI or mod_wsgi: `gunicorn server:application`.


class Application:
    """WSGI (PEP 3333). Configured by the environment when it is asked first:

    WHEELHOUSE_TREE (default: where this file lies), WHEELHOUSE_TOKENS, WHEELHOUSE_PRIVATE, WHEELHOUSE_READ_ONLY,
    WHEELHOUSE_MAX_UPLOAD (MiB). Raises TreeError, TokensError and OSError there.
    """

    def __init__(self) -> None:
        self._site = None  # type: Optional[Site]
        self._lock = threading.Lock()

    def __call__(self, environ: Dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        began = time.monotonic()
        with self._lock:
            site = self._site = self._site or site_of_environment(os.environ)
        request, received = None, Pace(BODY_SECONDS)  # type: Optional[Request], Pace
        try:
            request = request_of(environ)
            if request.method == "POST":
                answer = self._upload(site, request, environ["wsgi.input"], received)
            else:
                answer = site.answer(request)
        except Exception as error:  # noqa: BLE001  (whatever came, the client gets an answer)
            answer = site.failed(error, request)
        body = environ["REQUEST_METHOD"] != "HEAD" and answer.status != 304
        headers = [*answer.headers.items(), ("X-Content-Type-Options", "nosniff")]
        if answer.status != 304:
            headers.append(("Content-Length", str(answer.size)))
        target = request.target if request else "-"
        done = Done(
            str(environ.get("REMOTE_ADDR", "-")), answer.user, environ["REQUEST_METHOD"], target, "-", "",
            answer.status, received.moved, answer.size if body else 0, time.monotonic() - began,
        )  # fmt: skip
        site.metrics.count(done)
        reason = answer.reason or REASONS.get(answer.status, "-")
        start_response("{} {}".format(answer.status, reason), headers)
        if answer.file is None:
            return [answer.body if body else b""]
        return _pieces(answer.file, answer.start, answer.length if body else 0)

    def _upload(self, site: Site, request: Request, stream: BinaryIO, pace: Pace) -> Answer:
        limit = MAX_FORM + site.max_upload
        with site.upload(request) as upload:
            Body(request.length, limit).check()
            while request.length is None or pace.moved < request.length:
                left = BLOCK if request.length is None else request.length - pace.moved
                data = stream.read(min(left, BLOCK))
                if not data:
                    break
                pace.moved += len(data)
                if pace.moved > limit:
                    raise Refused(413, "the body is larger than is taken here")
                upload.feed(data)
            return plain(200, upload.finish())._replace(user=upload.by)


def _pieces(file: io.FileIO, start: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while length > 0:
            content = file.read(min(length, BLOCK))
            if not content:
                raise OSError("the file was cut while it was sent")
            length -= len(content)
            yield content


def request_of(environ: Dict[str, Any]) -> Request:
    """The request of a WSGI environment, which whoever called has parsed. Raises Refused (405, 411)."""
    method = environ["REQUEST_METHOD"]
    headers = {key[5:].replace("_", "-").lower(): str(value) for key, value in environ.items() if key[:5] == "HTTP_"}
    headers["content-type"] = str(environ.get("CONTENT_TYPE") or "")
    length = str(environ.get("CONTENT_LENGTH") or "")
    if method not in ("GET", "HEAD", "POST"):
        raise Refused(405, "only GET and HEAD are answered here", {"Allow": "GET, HEAD"})
    chunked = "chunked" in headers.get("transfer-encoding", "") or environ.get("wsgi.input_terminated")
    if method == "POST" and not length.isdigit() and not chunked:
        raise Refused(411, "an upload tells its length")
    path = quote(environ.get("PATH_INFO", "/").encode("latin-1", "replace"))
    target = path + ("?" + environ["QUERY_STRING"] if environ.get("QUERY_STRING") else "")
    size = int(length) if length.isdigit() else None
    scheme = str(environ.get("wsgi.url_scheme", "http"))
    return Request(method, target, "HTTP/1.1", headers, size if method == "POST" else 0, scheme)


def site_of_environment(given: Mapping[str, str]) -> Site:
    """The site that environment variables describe. Raises TreeError, TokensError, OSError and ValueError."""
    tokens, limit = given.get("WHEELHOUSE_TOKENS"), given.get("WHEELHOUSE_MAX_UPLOAD")
    return open_site(
        given.get("WHEELHOUSE_TREE") or os.path.dirname(os.path.abspath(__file__)),
        tokens=tokens or None,
        private=given.get("WHEELHOUSE_PRIVATE", "") not in ("", "0"),
        read_only=given.get("WHEELHOUSE_READ_ONLY", "") not in ("", "0"),
        max_upload=int(limit) << 20 if limit else MAX_UPLOAD,
    )


application = Application()


# The program.


def open_site(
    directory: str,
    *,
    tokens: Optional[str] = None,
    private: bool = False,
    read_only: bool = False,
    max_upload: int = MAX_UPLOAD,
) -> Site:
    """A site for a tree, ready to take uploads where there are ``tokens``. Raises TreeError, TokensError, OSError."""
    tree = Tree(directory)
    if private and tokens is None:
        raise TokensError("who may read is said in a file of tokens; name it by --tokens")
    if tokens is not None and (os.path.realpath(tokens) + os.sep).startswith(tree.root + os.sep):
        raise TokensError("{}: lies in the tree, which is carried and served; keep it elsewhere".format(tokens))
    known = Tokens(tokens) if tokens is not None else None
    site = Site(tree, known, private=private, read_only=read_only, max_upload=max_upload)
    if site.writable:
        site.uploads.prepare()
    for project in site.uploads.shadowed():
        log("error: {}/files/{} is not served: {}".format(UPLOADS, project, _locked_already(project)))
    return site


def make_server(site: Site, args: argparse.Namespace) -> TreeServer:
    """The server that arguments ask for. Raises OSError where the address or the certificate cannot be had."""
    write = None if args.quiet else _writer(LOGS[args.log])
    tls = Certificates(args.tls_cert, args.tls_key) if args.tls_cert else None
    return TreeServer(site, args.host, args.port, threads=args.threads, write=write, tls=tls)


def _writer(form: Callable[[Done, float], str]) -> Callable[[Done], None]:
    return lambda done: write_line(form(done, time.time()))


def _within(least: int, most: int) -> Callable[[str], int]:
    """A reader of a whole number for argparse."""

    def read(text: str) -> int:
        if not re.match(r"[0-9]{1,9}\Z", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError("{!r} is no number from {} to {}".format(text, least, most))
        return int(text)

    return read


HERE = os.path.dirname(os.path.abspath(__file__))
EPILOG = """\
commands (each with its own --help):
  server.py token FILE NAME ...    make a token: who may upload what, who may read
  server.py yank FILENAME ...      mark an upload as not to be chosen any more; unyank takes that back
  server.py print systemd|nginx    a unit, or a configuration, for this tree
"""


def add_serving_options(parser: argparse.ArgumentParser) -> None:
    """The options of serving, which `server.py print systemd` knows too."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_within(0, 65535), default=8080, help="port; 0 takes a free one (default: %(default)s)"
    )
    parser.add_argument("--threads", type=_within(1, 1024), default=32, help="answers at once (default: %(default)s)")
    parser.add_argument("--tokens", metavar="FILE", help="take uploads from who has a token of this file")
    parser.add_argument("--private", action="store_true", help="reading needs a token too, with the scope read")
    parser.add_argument("--read-only", action="store_true", help="take no uploads, and write nothing")
    parser.add_argument(
        "--max-upload",
        metavar="MIB",
        type=_within(1, 100_000),
        default=MAX_UPLOAD >> 20,
        help="size of the largest file that is taken (default: %(default)s)",
    )
    parser.add_argument("--tls-cert", metavar="FILE", help="serve HTTPS with this certificate (PEM, with its chain)")
    parser.add_argument("--tls-key", metavar="FILE", help="its key, where that is not in the same file")
    parser.add_argument(
        "--log", choices=sorted(LOGS), default="common", help="form of the access log (default: %(default)s)"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no access log")


def _serving(argv: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Serve a vendored tree to pip, uv and browsers, and take private packages.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("directory", nargs="?", default=HERE, help="the tree (default: where this file lies)")
    add_serving_options(parser)
    args = parser.parse_args(argv)
    if args.tls_key and not args.tls_cert:
        parser.error("--tls-key needs --tls-cert")
    return args


def serve(argv: List[str]) -> int:
    """Serve until SIGINT or SIGTERM. Returns 0, 2 for bad input, 4 where address or disk cannot be had."""
    args = _serving(argv)
    raise_descriptor_limit()
    try:
        site = open_site(
            args.directory,
            tokens=args.tokens,
            private=args.private,
            read_only=args.read_only,
            max_upload=args.max_upload << 20,
        )
    except TreeError as error:
        return _failed("{}; `wheelhouse vendor` makes one".format(error), 2)
    except TokensError as error:
        return _failed(str(error), 2)
    except OSError as error:
        return _failed("uploads cannot be kept: {}; --read-only serves without them".format(error), 4)
    try:
        server = make_server(site, args)
    except (ssl.SSLError, ValueError) as error:
        return _failed("{}: cannot be used as certificate and key: {}".format(args.tls_cert, error), 2)
    except OSError as error:
        if error.filename or (args.tls_cert and not os.path.isfile(args.tls_cert)):
            return _failed("{}: cannot be read: {}".format(error.filename or args.tls_cert, error.strerror), 2)
        return _failed("cannot listen on {}:{}: {}; --port takes another".format(args.host, args.port, error), 4)
    warn_of_clear_tokens(site, server.url)
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: server.shutdown())
    sys.stdout.write("serving {} on {}\n".format(server.site.tree.root, server.url))
    sys.stdout.flush()
    server.serve_forever()
    return 0


def warn_of_clear_tokens(site: Site, url: str) -> None:
    """Tokens that travel through a network in the clear are anybody's."""
    if site.uses_tokens and url.startswith("http://") and not re.match(r"http://(127\.|\[::1\])", url):
        log("warning: tokens travel in the clear: give --tls-cert, or let only a proxy with TLS come here")


def _failed(message: str, code: int) -> int:
    sys.stderr.write("error: {}\n".format(message))
    return code


def make_token(argv: List[str]) -> int:
    """`server.py token`: print a new token, and keep its digest."""
    parser = argparse.ArgumentParser(
        prog="server.py token",
        description="Make a token. It is printed once; the file keeps a digest of it, and running servers see it at"
        " once. To end a token, remove its line.",
    )
    parser.add_argument(
        "file", metavar="FILE", help="the file of tokens, outside of the tree; made where it is not there"
    )
    parser.add_argument("name", metavar="NAME", help="who or what will use it: it is written into logs")
    parser.add_argument(
        "--upload", metavar="GLOB", action="append", default=[], help="may upload to these projects (may be repeated)"
    )
    parser.add_argument("--read", action="store_true", help="may read, where --private asks for it")
    parser.add_argument("--until", metavar="YYYY-MM-DD", help="its last day, by UTC")
    args = parser.parse_args(argv)
    scopes = ["read"] if args.read else []
    scopes += ["upload:{}".format(pattern) for pattern in args.upload]
    if not scopes:
        parser.error("a token that may do nothing is of no use: give --upload, --read or both")
    scopes += ["until:{}".format(args.until)] if args.until else []
    try:
        secret = new_token(args.file, args.name, scopes)
    except TokensError as error:
        return _failed(str(error), 2)
    except OSError as error:
        return _failed("{}: {}".format(args.file, error), 4)
    sys.stdout.write(secret + "\n")
    sys.stderr.write("keep it: it is not stored; the user is {}\n".format(TOKEN_USER))
    return 0


def yank(argv: List[str], *, back: bool = False) -> int:
    """`server.py yank` and `server.py unyank`."""
    parser = argparse.ArgumentParser(
        prog="server.py unyank" if back else "server.py yank",
        description="Take back that uploads are yanked."
        if back
        else "Mark uploads as yanked (PEP 592): installers take them only where their exact version is asked for.",
    )
    parser.add_argument("filename", metavar="FILENAME", nargs="+", help="an uploaded file, such as acme-1.0.tar.gz")
    parser.add_argument("--tree", metavar="DIR", default=HERE, help="the tree (default: where this file lies)")
    if not back:
        parser.add_argument("--reason", metavar="TEXT", default="", help="why, for those who read the page")
    args = parser.parse_args(argv)
    try:
        uploads = Uploads(Tree(args.tree))
        for filename in args.filename:
            uploads.yank(os.path.basename(filename), None if back else args.reason)
    except (TreeError, ValueError) as error:
        return _failed(str(error), 2)
    except OSError as error:
        return _failed(str(error), 4)
    return 0


SYSTEMD = """\
# Put this into /etc/systemd/system/wheelhouse.service, and make the user first:
#   useradd --system --no-create-home wheelhouse
#   install -d -o wheelhouse {uploads}
# then: systemctl enable --now wheelhouse
[Unit]
Description=Python packages from {tree}
After=network-online.target
Wants=network-online.target

[Service]
User=wheelhouse
ExecStart={command}
Restart=on-failure
TimeoutStopSec={stop}
LimitNOFILE={descriptors}
MemoryMax=1G
UMask=0022
ReadWritePaths=-{uploads}
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=true
PrivateDevices=true
ProtectClock=true
ProtectControlGroups=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
ProtectProc=invisible
ProcSubset=pid
NoNewPrivileges=true
CapabilityBoundingSet={capabilities}
AmbientCapabilities={capabilities}
LockPersonality=true
MemoryDenyWriteExecute=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""

NGINX = """\
# Serves {tree} as files: nginx answers all readers, and needs no Python.
# Put this into /etc/nginx/conf.d/wheelhouse.conf. Uploads go to a server.py behind it: uncomment below.
map $http_accept $wheelhouse_page {{
    default index.html;
    "~application/vnd\\.pypi\\.simple\\.(v1|latest)\\+json(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))" index.json;
}}

server {{
    listen {listen};
    root "{tree}";
    server_tokens off;
    charset off;
    disable_symlinks on;

    location = / {{ return 302 /simple/; }}
    location ~ ^/simple(/[^/]+)?$ {{ return 301 $uri/; }}
    location ~ ^/simple/(?<wheelhouse_project>([^/]+/)?)$ {{
        # Projects of the lock come first: an upload stands in for none of them.
        try_files /simple/$wheelhouse_project$wheelhouse_page /uploads/simple/$wheelhouse_project$wheelhouse_page =404;
        types {{ text/html html; application/vnd.pypi.simple.v1+json json; }}
        add_header Vary Accept always;
        add_header Cache-Control no-cache always;
        add_header X-Content-Type-Options nosniff always;
    }}
    location ~ ^/files/[^/.][^/]*$ {{
        types {{ text/plain metadata; }}
        default_type application/octet-stream;
        add_header Cache-Control "max-age=31536000, immutable";
    }}
    location ~ ^/files/([^/.][^/]*)/([^/.][^/]*)/[^/.][^/]*\\.(whl|gz|zip|metadata)$ {{
        # No file of a project that the lock has by now.
        if (-d "{tree}/simple/$1") {{ return 404; }}
        rewrite ^/files/(.*)$ /uploads/files/$1 break;
        types {{ text/plain metadata; }}
        default_type application/octet-stream;
        add_header Cache-Control "max-age=31536000, immutable";
    }}
    location ~ ^/(lock|manifest)\\.json$ {{ types {{ application/json json; }} }}
    location / {{ return 404; }}

    # Uploads:
    # client_max_body_size {max_upload}m;
    # location ~ ^/legacy/?$ {{
    #     proxy_pass http://{host}:{port};
    #     proxy_http_version 1.1;
    #     proxy_request_buffering off;
    #     proxy_set_header Host $http_host;
    #     proxy_set_header X-Forwarded-Proto $scheme;
    #     proxy_read_timeout 300s;
    # }}
}}
"""


def print_configuration(argv: List[str]) -> int:
    """`server.py print`: what other programs need to serve this tree."""
    parser = argparse.ArgumentParser(
        prog="server.py print", description="Print a hardened systemd unit, or an nginx configuration, for this tree."
    )
    parser.add_argument("what", choices=("systemd", "nginx"))
    parser.add_argument("directory", nargs="?", default=HERE, help="the tree (default: where this file lies)")
    parser.add_argument("--listen", default="80", help="nginx: address or port (default: %(default)s)")
    add_serving_options(parser)
    args = parser.parse_args(argv)
    tree = os.path.abspath(args.directory)
    if re.search(r"[\s\"'$\\%]", tree):
        return _failed("{!r}: a path with such characters is not safe in a configuration".format(tree), 2)
    if args.what == "nginx":
        text = NGINX.format(
            tree=tree, listen=args.listen, host=args.host, port=args.port, max_upload=args.max_upload + (MAX_FORM >> 20)
        )
    else:
        text = SYSTEMD.format(
            tree=tree,
            uploads=os.path.join(tree, UPLOADS),
            command=" ".join([sys.executable, os.path.join(tree, "server.py"), tree, *_options_of(args, parser)]),
            stop=int(STOP_SECONDS) + 10,
            descriptors=3 * MAX_CONNECTIONS,
            home="read-only"
            if any(re.match(r"/(home|root|run/user)/", one) for one in (tree, sys.executable))
            else "true",
            capabilities="CAP_NET_BIND_SERVICE" if 0 < args.port < 1024 else "",
        )
    sys.stdout.write(text)
    return 0


def _options_of(args: argparse.Namespace, parser: argparse.ArgumentParser) -> Iterator[str]:
    """The options that were given, as they would be given to the server; paths become absolute."""
    for name, value in sorted(vars(args).items()):
        if name in ("what", "directory", "listen") or value == parser.get_default(name):
            continue
        yield "--" + name.replace("_", "-")
        if value is not True:
            yield os.path.abspath(value) if name in ("tokens", "tls_cert", "tls_key") else str(value)


COMMANDS = {
    "token": make_token,
    "yank": yank,
    "unyank": lambda argv: yank(argv, back=True),
    "print": print_configuration,
}  # type: Dict[str, Callable[[List[str]], int]]


def main(argv: Optional[List[str]] = None) -> int:
    """The program: a command, or serving. Returns its exit code.

    Raises SystemExit(2) for arguments that it cannot read, as argparse does.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    if given and given[0] in COMMANDS:
        return COMMANDS[given[0]](given[1:])
    return serve(given)


if __name__ == "__main__":
    sys.exit(main())
