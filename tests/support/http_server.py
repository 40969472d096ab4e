"""A loopback server whose answers a test writes out, and which remembers what it was asked."""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True, kw_only=True)
class Route:
    """What a path answers.

    ``first`` holds (status, headers) of the answers that come before the real one, and ``cut`` how many answers after
    those break off in the middle. ``ranges`` is what a Range gets: ``honoured``, ``ignored``, or a status.
    ``login`` is the ``user:password`` that is required, and ``refusing`` is called ahead of an answer to who lacks it.
    ``delay`` is in seconds.
    """

    body: bytes = b""
    content_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    redirect: str = ""
    first: list[tuple[int, Mapping[str, str]]] = field(default_factory=list)
    cut: int = 0
    ranges: str | int = "honoured"
    login: str = ""
    refusing: Callable[[], object] = lambda: None
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    path: str
    headers: Mapping[str, str]
    status: int
    sent: int


class Server:
    """``routes`` by path; ``asked`` in the order of the answers."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.other_url = f"http://localhost:{port}"
        self.routes: dict[str, Route] = {}
        self.asked: list[Asked] = []

    def take(self) -> list[tuple[str, int]]:
        """(path, status) of every answer since the last call."""
        found = [(asked.path, asked.status) for asked in self.asked]
        self.asked.clear()
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Server

    def do_GET(self) -> None:
        route = self.owner.routes.get(self.path.partition("?")[0])
        if route is None:
            return self._answer(404, {}, b"no such thing")
        time.sleep(route.delay)
        if route.login and self.headers.get("Authorization") != basic(route.login):
            route.refusing()
            return self._answer(401, {"WWW-Authenticate": "Basic"}, b"who are you?")
        if route.first:
            status, headers = route.first.pop(0)
            return self._answer(status, headers, b"not now")
        if route.redirect:
            return self._answer(302, {"Location": route.redirect}, b"")
        return self._serve(route)

    def do_HEAD(self) -> None:
        route = self.owner.routes.get(self.path.partition("?")[0])
        self.send_response(200 if route is not None else 404)
        self.send_header("Content-Length", str(len(route.body) if route is not None else 0))
        self.end_headers()

    def _serve(self, route: Route) -> None:
        headers = {"Content-Type": route.content_type, **({"ETag": route.etag} if route.etag else {}), **route.headers}
        if route.etag and self.headers.get("If-None-Match") == route.etag:
            return self._answer(304, headers, b"")
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if asked is None or route.ranges == "ignored":
            cut = route.cut > 0
            route.cut -= cut
            return self._answer(200, headers, route.body, cut=cut)
        if isinstance(route.ranges, int):
            return self._answer(route.ranges, {}, b"")
        size = len(route.body)
        start = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
        end = min(int(asked[2]) + 1, size) if asked[1] and asked[2] else size
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        return self._answer(206, headers, route.body[start:end])

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes, *, cut: bool = False) -> None:
        sent = body[: len(body) // 2] if cut else body
        self.owner.asked.append(
            Asked(path=self.path, headers=dict(self.headers), status=status, sent=len(sent)),
        )
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(sent)
        if cut:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is theirs)
        """Tests are quiet."""


def basic(login: str) -> str:
    """The Authorization header of ``user:password``."""
    return "Basic " + base64.b64encode(login.encode()).decode()


@contextmanager
def serving() -> Iterator[Server]:
    """A server on a free port of the loopback interface."""

    class Handler(_Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        http.block_on_close = False
        Handler.owner = Server(http.server_address[1])
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield Handler.owner
        finally:
            http.shutdown()
            thread.join()
