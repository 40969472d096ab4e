"""What is said on a connection: heads, bodies, answers. Knows nothing of threads."""

from __future__ import annotations

import email.utils
import re
import socket
import time
from typing import Callable, Generator, Optional, Tuple, cast

from resolver.server.access_log import Done
from resolver.server.answers import REASONS, Answer, Gone, plain
from resolver.server.bodies import Body
from resolver.server.connections import TURN, Connection, Pace, Talk, Wait
from resolver.server.limits import BODY_SECONDS, LINGER_SECONDS, MAX_DISCARDED, MAX_FORM, SEND_SECONDS
from resolver.server.requests import Request, parse_head
from resolver.server.site import Site
from resolver.server.tls import Certificates


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
        head = b""
        request: Optional[Request] = None
        body: Optional[Body] = None
        try:
            head = connection.take_head()
            request = parse_head(head)._replace(scheme="https" if connection.secure else "http")
            if request.method == "POST":
                body = Body(request.length, MAX_FORM + self._site.max_upload)
                answer = yield from self._upload(connection, request, body, received)
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
