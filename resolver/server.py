#!/usr/bin/env python3
"""Serve a vendored tree to pip, uv and browsers: the Simple API (PEP 503, PEP 691), files, and an index page.

This file stands alone: standard library only, Python 3.7 and newer. `wheelhouse vendor` copies it into every tree, and
`python3 server.py` there serves the tree that it lies in. It serves what manifest.json names, and nothing else.

One thread waits for connections and reads the heads of requests, so that slow clients cost no worker; a bounded number
of workers answers. Reading only: uploads are not part of it.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import email.utils
import errno
import hashlib
import html
import http.client
import io
import json
import os
import queue
import re
import selectors
import signal
import socket
import stat
import sys
import threading
import time
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple
from urllib.parse import quote, unquote_to_bytes

if sys.platform != "win32":  # where selectors bound the number of connections instead
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
SEND_SECONDS = 30.0  # for a client to take some bytes
STOP_SECONDS = 30.0  # for answers under way when the server is told to stop
LINGER_SECONDS = 1.0  # for a refused client to read why, before its connection is cut
MAX_CONNECTIONS = 4096 if hasattr(selectors, "EpollSelector") or hasattr(selectors, "KqueueSelector") else 400
MIN_CONNECTIONS = 8  # however few descriptors the process may have
SPARE_DESCRIPTORS = 32  # for standard streams, the listener, the selector and what Python opens
SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # of the process or the machine: no fault of the tree
VERIFIED_SIZE = 1 << 20  # bytes: pages and small files are hashed before they are sent; clients hash the larger ones


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
                    self._stamp, self.manifest = stamp, content
                return self._entries
        except FileNotFoundError:
            raise TreeError("{}: is not a vendored tree: it has no manifest.json".format(self.root)) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise TreeError("{}: cannot be read: {}".format(path, error)) from None

    def find(self, path: str) -> Optional[Entry]:
        """The entry at a path below the tree; only a path exactly as the manifest spells it is found."""
        return self.refresh().get(path)

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
    """The head of a request. Names of headers are lower case; of several with one name the values are joined."""

    method: str
    target: str
    version: str
    headers: Dict[str, str]

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
    """A head without its last empty line (RFC 9112). Raises Refused (400, 405).

    Strict where clients and proxies have read heads in different ways: no bare CR or LF, no folded lines, no blank
    before a colon, and no body.
    """
    first, *rest = head.split(b"\r\n")
    found = REQUEST_LINE.fullmatch(first)
    if found is None:
        raise Refused(400, "this is not a request of HTTP/1.1")
    method, target, version = (part.decode("ascii") for part in found.groups())
    headers = _headers(rest[:-1] if rest and not rest[-1] else rest)
    if method not in ("GET", "HEAD"):
        raise Refused(405, "only GET and HEAD are answered here", {"Allow": "GET, HEAD"})
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        raise Refused(400, "a request here has no body")
    if version == "HTTP/1.1" and not HOST.fullmatch(headers.get("host", "?")):
        raise Refused(400, "a request names one host")
    return Request(method, target, version, headers)


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


# Answers.


class Answer(NamedTuple):
    """A status, headers, and a body: bytes, or a file with the part of it that is sent."""

    status: int
    headers: Dict[str, str]
    body: bytes = b""
    file: Optional[io.FileIO] = None
    start: int = 0
    length: int = 0


REASONS = http.client.responses
PAGE_CACHE = "max-age=60"
FILE_CACHE = "max-age=31536000, immutable"
CONTENT_TYPES = {".json": "application/json", ".metadata": "text/plain; charset=utf-8", ".html": PLAIN_HTML}


class Site:
    """Requests -> answers, for one tree. Knows nothing of sockets."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def answer(self, request: Request) -> Answer:
        """The answer to a request; errors are answers too."""
        try:
            path = decode_path(request.target)
            if path is None:
                raise Refused(404, "nothing is here")
            return self._route(path, request)
        except Refused as refused:
            return plain(refused.status, str(refused), refused.headers)
        except TreeError as error:
            log("error: {}".format(error))
            return plain(503, "the manifest of this tree cannot be read")
        except OSError as error:  # too many open files, say
            log("error: {}: {}".format(request.target, error))
            return plain(503, "the server is short of resources", {"Retry-After": "1"})
        except Exception as error:  # noqa: BLE001  (whatever the tree holds, a client gets an answer)
            log("error: {}: {!r}".format(request.target, error))
            return plain(500, "the tree is damaged; run `wheelhouse vendor` again")

    def _route(self, path: str, request: Request) -> Answer:
        if path == "/":
            return self._front(request)
        if path == "/-/health":
            body = json.dumps({"status": "ok", "files": len(self.tree.refresh())}) + "\n"
            return Answer(200, {"Content-Type": "application/json", "Cache-Control": "no-store"}, body.encode())
        if path == "/manifest.json":
            return self._manifest(request)
        entry = self.tree.find(path[1:])
        if entry is not None:
            return self._file(entry, request, content_type(entry.path), immutable=path.startswith("/files/"))
        if path in ("/simple", "/simple/"):
            return self._page("simple", "/simple/", path, request)
        found = re.match(r"/simple/([^/]+)/?\Z", path)
        if found is None:
            raise Refused(404, "nothing is here")
        name = normalized(found.group(1))
        return self._page("simple/" + name, "/simple/{}/".format(name), path, request)

    def _page(self, folder: str, canonical: str, path: str, request: Request) -> Answer:
        """A page of the Simple API, in the representation that the client likes best (PEP 691)."""
        if self.tree.find(folder + "/index.html") is None:
            raise Refused(404, "there is no such project here")
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
        entry = self.tree.find(folder + ("/index.json" if kind == JSON_TYPE else "/index.html"))
        if entry is None:
            raise Refused(404, "there is no such project here")
        answer = self._file(entry, request, kind + ("" if kind == JSON_TYPE else "; charset=utf-8"), immutable=False)
        answer.headers["Vary"] = "Accept"
        return answer

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
        log("error: {} on disk is not what the manifest names; run `wheelhouse vendor` again".format(entry.path))
        raise Refused(500, "the file on disk is not what the manifest names")

    def _manifest(self, request: Request) -> Answer:
        self.tree.refresh()
        return page(self.tree.manifest, {"Content-Type": "application/json", "Cache-Control": PAGE_CACHE}, request)

    def _front(self, request: Request) -> Answer:
        body = front_page(self.tree, request.headers.get("host") or "127.0.0.1").encode()
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-cache",
            "Content-Security-Policy": (
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ).format(script_hash()),
        }
        return page(body, headers, request)


def page(body: bytes, headers: Dict[str, str], request: Request) -> Answer:
    """A text that this server made or keeps, or 304 where the client has it."""
    tag = '"{}"'.format(hashlib.sha256(body).hexdigest())
    headers["ETag"] = tag
    return Answer(304, headers) if matches(request.headers.get("if-none-match"), tag) else Answer(200, headers, body)


def plain(status: int, message: str, headers: Optional[Dict[str, str]] = None) -> Answer:
    """A short answer in words."""
    given = {"Content-Type": "text/plain; charset=utf-8"}
    given.update(headers or {})
    return Answer(status, given, (message + "\n").encode())


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
<pre>pip install --index-url {url} {trusted}NAME
uv pip install --default-index {url} NAME</pre>
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


def front_page(tree: Tree, host: str) -> str:
    """Projects, environments and how to install from here."""
    entries, lock = tree.refresh(), _lock_of(tree)
    users = _users(entries, lock)
    projects = _projects(entries, lock)
    sizes = [entries["files/" + filename].size for rows in projects.values() for filename in rows]
    trusted = "" if LOOPBACK.match(host) else "--trusted-host {} ".format(html.escape(host))  # pip wants it for http
    return FRONT.format(
        style=STYLE,
        script=SCRIPT,
        projects=len(projects),
        files=len(sizes),
        size=readable(sum(sizes)),
        environments="".join(
            _environment(name, row) for name, row in lock.get("environments", {}).items() if name in users
        ),
        url=html.escape("http://{}/simple/".format(host)),
        trusted=trusted,
        rows="\n".join(_row(name, projects[name], entries, users) for name in sorted(projects)),
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
    return (
        '<tr><td><a href="simple/{}/">{}</a></td><td>{}</td><td class="e">{}</td>'
        '<td class="n f">{}</td><td class="n">{}</td></tr>'
    ).format(
        quote(name),
        html.escape(name),
        html.escape(", ".join(versions)),
        html.escape(told),
        len(artifacts),
        readable(size),
    )


def _lock_of(tree: Tree) -> Dict[str, Any]:
    entry = tree.find("lock.json")
    content = tree.read(entry) if entry is not None else None
    return json.loads(content.decode("utf-8")) if content is not None else {}


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


# Connections and workers.


class Connection:
    """A client's socket and what it has sent so far."""

    def __init__(self, sock: socket.socket, peer: str) -> None:
        self.sock = sock
        self.peer = peer
        self.received = bytearray()
        self.deadline = 0.0
        self.closed = False
        self.park()

    def park(self) -> None:
        """Wait for the next request."""
        self.deadline = time.monotonic() + (HEAD_SECONDS if self.received else IDLE_SECONDS)

    def take_head(self) -> Optional[bytes]:
        """The next head, once it is whole. Raises Refused where it is too long."""
        end = self.received.find(b"\r\n\r\n")
        if end < 0 and len(self.received) <= MAX_HEAD:
            return None
        if end < 0 or end > MAX_HEAD:
            raise Refused(431, "the head of the request is too long")
        head = bytes(self.received[: end + 2])
        del self.received[: end + 4]
        return head

    def linger(self) -> None:
        """Take what still comes for a moment: closing before would cut the answer off at the client."""
        until = time.monotonic() + LINGER_SECONDS
        self.sock.shutdown(socket.SHUT_WR)
        while time.monotonic() < until:
            self.sock.settimeout(LINGER_SECONDS)
            if not self.sock.recv(MAX_HEAD):
                return

    def close(self) -> None:
        """Close the socket, whatever state it is in."""
        self.closed = True
        with contextlib.suppress(OSError):
            self.sock.close()


def connection_limit(threads: int) -> int:
    """How many connections may be open at once, so that descriptors are left for the files that are served."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(MIN_CONNECTIONS, min(MAX_CONNECTIONS, soft - 2 * threads - SPARE_DESCRIPTORS))


class TreeServer:
    """Serves a tree on one address until it is told to stop."""

    def __init__(
        self, root: str, host: str = "127.0.0.1", port: int = 8080, threads: int = 32, quiet: bool = False
    ) -> None:
        self.site = Site(Tree(root))
        self._quiet = quiet
        self._work = queue.Queue()  # type: queue.Queue[Optional[Tuple[Connection, bytes]]]
        self._returned = queue.Queue()  # type: queue.Queue[Connection]
        self._stopping = False  # no Event: its lock would bind a signal handler that another one interrupts
        self._busy = 0  # connections that workers have; only the waiting thread counts
        self._limit = connection_limit(max(1, threads))
        self._listener = _listen(host, port)
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._workers = [threading.Thread(target=self._serve, daemon=True) for _ in range(max(1, threads))]

    @property
    def url(self) -> str:
        """Where the server is to be found."""
        host, port = self._listener.getsockname()[:2]
        return "http://{}:{}/".format("[{}]".format(host) if ":" in host else host, port)

    def serve_forever(self) -> None:
        """Accept and answer until `shutdown`; answers under way are finished."""
        for worker in self._workers:
            worker.start()
        selector = selectors.DefaultSelector()
        selector.register(self._listener, selectors.EVENT_READ)
        selector.register(self._wake_read, selectors.EVENT_READ)
        parked = {}  # type: Dict[socket.socket, Connection]
        try:
            while not self._stopping:
                for key, _ in selector.select(timeout=1.0):
                    if key.fileobj is self._listener:
                        self._accept(selector, parked)
                    elif key.fileobj is self._wake_read:
                        self._take_back(selector, parked)
                    elif key.fileobj in parked:  # it may have made room for a newer one just now
                        self._receive(parked[key.fileobj], selector, parked)
                self._drop_late(selector, parked)
        finally:
            self._listener.close()
            for connection in parked.values():
                connection.close()
            selector.close()
            self._finish()

    def _finish(self) -> None:
        """Let the workers end what they have begun, for as long as that may take."""
        for _ in self._workers:
            self._work.put(None)
        until = time.monotonic() + STOP_SECONDS
        for worker in self._workers:
            worker.join(max(0.0, until - time.monotonic()))
        with contextlib.suppress(queue.Empty):
            while True:  # given back when nobody waited any more
                self._returned.get_nowait().close()
        self._wake_read.close()
        self._wake_write.close()

    def shutdown(self) -> None:
        """Stop accepting; `serve_forever` returns once running answers are sent. Safe in a signal handler."""
        self._stopping = True
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_write.send(b"\0")

    # In the thread that waits.

    def _accept(self, selector: selectors.BaseSelector, parked: Dict[socket.socket, Connection]) -> None:
        try:
            sock, address = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):
            return  # the client is gone already
        except OSError:  # the process has no descriptor left, and would be called again at once
            if not self._make_room(selector, parked):
                time.sleep(0.05)
            return
        if len(parked) + self._busy >= self._limit and not self._make_room(selector, parked):
            sock.close()  # every connection that there may be is being answered
            return
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # the client is gone already
            sock.close()
            return
        self._park(Connection(sock, str(address[0])), selector, parked)

    def _make_room(self, selector: selectors.BaseSelector, parked: Dict[socket.socket, Connection]) -> bool:
        """Close the waiting connection whose time is up first, if there is one."""
        if not parked:
            return False
        oldest = min(parked.values(), key=lambda connection: connection.deadline)
        self._forget(oldest, selector, parked)
        oldest.close()
        return True

    def _park(
        self, connection: Connection, selector: selectors.BaseSelector, parked: Dict[socket.socket, Connection]
    ) -> None:
        connection.park()
        parked[connection.sock] = connection
        selector.register(connection.sock, selectors.EVENT_READ)

    def _forget(
        self, connection: Connection, selector: selectors.BaseSelector, parked: Dict[socket.socket, Connection]
    ) -> None:
        del parked[connection.sock]
        selector.unregister(connection.sock)

    def _receive(
        self, connection: Connection, selector: selectors.BaseSelector, parked: Dict[socket.socket, Connection]
    ) -> None:
        try:
            data = connection.sock.recv(MAX_HEAD)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._forget(connection, selector, parked)
            connection.close()
            return
        if not connection.received:
            connection.deadline = time.monotonic() + HEAD_SECONDS
        connection.received += data
        self._dispatch(connection, selector, parked)

    def _dispatch(
        self, connection: Connection, selector: selectors.BaseSelector, parked: Dict[socket.socket, Connection]
    ) -> None:
        """Hand a connection to a worker once a whole head is here."""
        try:
            head = connection.take_head()
        except Refused:
            head = b""
        if head is not None:
            self._forget(connection, selector, parked)
            self._busy += 1
            self._work.put((connection, head))

    def _take_back(self, selector: selectors.BaseSelector, parked: Dict[socket.socket, Connection]) -> None:
        with contextlib.suppress(OSError):
            self._wake_read.recv(4096)
        while True:
            try:
                connection = self._returned.get_nowait()
            except queue.Empty:
                return
            self._busy -= 1
            if connection.closed:
                continue
            connection.sock.setblocking(False)
            self._park(connection, selector, parked)
            self._dispatch(connection, selector, parked)

    def _drop_late(self, selector: selectors.BaseSelector, parked: Dict[socket.socket, Connection]) -> None:
        now = time.monotonic()
        for connection in [one for one in parked.values() if one.deadline < now]:
            self._forget(connection, selector, parked)
            connection.close()

    # In the workers.

    def _serve(self) -> None:
        while True:
            item = self._work.get()
            if item is None:
                return
            connection, head = item
            kept = False
            try:
                connection.sock.settimeout(SEND_SECONDS)
                kept = self._answer(connection, head)
            except (OSError, ValueError):
                kept = False
            except Exception as error:  # noqa: BLE001  (one bad answer must not end a worker)
                log("error: {}: {!r}".format(connection.peer, error))
            if not kept or self._stopping:
                connection.close()
            self._returned.put(connection)
            self._wake()

    def _answer(self, connection: Connection, head: bytes) -> bool:
        try:
            if not head:
                raise Refused(431, "the head of the request is too long")
            request = parse_head(head)
        except Refused as refused:
            self._log(connection, head.partition(b"\r\n")[0][:200].decode("latin-1") or "-", refused.status)
            self._send(
                connection,
                plain(refused.status, str(refused), refused.headers),
                body=not head.startswith(b"HEAD "),
                keep=False,
            )
            connection.linger()
            return False
        answer = self.site.answer(request)
        keep = request.keeps and not self._stopping
        self._log(connection, "{} {}".format(request.method, request.target), answer.status)
        self._send(connection, answer, body=request.method != "HEAD", keep=keep)
        return keep

    def _send(self, connection: Connection, answer: Answer, *, body: bool, keep: bool) -> None:
        length = answer.length if answer.file is not None else len(answer.body)
        lines = ["HTTP/1.1 {} {}".format(answer.status, REASONS.get(answer.status, ""))]
        lines += ["{}: {}".format(name, value) for name, value in answer.headers.items()]
        if answer.status != 304:
            lines.append("Content-Length: {}".format(length))
        lines += [
            "Date: {}".format(email.utils.formatdate(usegmt=True)),
            "Connection: {}".format("keep-alive" if keep else "close"),
            "X-Content-Type-Options: nosniff",
        ]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        try:
            connection.sock.sendall(head + (answer.body if body and answer.status != 304 else b""))
            if answer.file is not None and body and answer.length:
                sent = connection.sock.sendfile(answer.file, answer.start, answer.length)
                if sent != answer.length:
                    raise OSError("the file was cut while it was sent")
        finally:
            if answer.file is not None:
                answer.file.close()

    def _log(self, connection: Connection, what: str, status: int) -> None:
        if not self._quiet:
            log('{} "{}" {}'.format(connection.peer, what, status))


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


def log(message: str) -> None:
    """A line on standard error; control characters of a client never reach a terminal."""
    clean = "".join(c if c.isprintable() else "?" for c in message)
    with contextlib.suppress(OSError, ValueError):  # a log that nobody reads any more must not stop the answers
        sys.stderr.write("{} {}\n".format(time.strftime("%Y-%m-%dT%H:%M:%S"), clean))


def _within(least: int, most: int) -> Callable[[str], int]:
    """A reader of a whole number for argparse."""

    def read(text: str) -> int:
        if not re.match(r"[0-9]{1,9}\Z", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError("{!r} is no number from {} to {}".format(text, least, most))
        return int(text)

    return read


def _arguments(argv: Optional[List[str]]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve a vendored tree to pip, uv and browsers.")
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("directory", nargs="?", default=here, help="the tree (default: where this file lies)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_within(0, 65535), default=8080, help="port; 0 takes a free one (default: %(default)s)"
    )
    parser.add_argument("--threads", type=_within(1, 1024), default=32, help="answers at once (default: %(default)s)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no access log")
    return parser.parse_args(argv)


def main(argv: Optional[List[str]] = None) -> int:
    """Serve until SIGINT or SIGTERM. Returns 0, 2 for a directory that is no tree, 4 where the address is taken.

    Raises SystemExit(2) for arguments that it cannot read, as argparse does.
    """
    args = _arguments(argv)
    try:
        server = TreeServer(args.directory, args.host, args.port, args.threads, args.quiet)
    except TreeError as error:
        sys.stderr.write("error: {}; `wheelhouse vendor` makes one\n".format(error))
        return 2
    except OSError as error:
        sys.stderr.write(
            "error: cannot listen on {}:{}: {}; --port takes another\n".format(args.host, args.port, error)
        )
        return 4

    def stop(*_: object) -> None:
        server.shutdown()

    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), stop)
    sys.stdout.write("serving {} on {}\n".format(server.site.tree.root, server.url))
    sys.stdout.flush()
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
