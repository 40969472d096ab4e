"""Connections: what one says is written down as a generator, which yields what it waits for.

So the conversation reads from top to bottom, and nobody waits in it.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import selectors
import socket
import ssl
import time
from typing import Callable, Generator, NamedTuple, Optional

from resolver.server.answers import Gone
from resolver.server.bodies import Body
from resolver.server.limits import BLOCK, HEAD_SECONDS, IDLE_SECONDS, MAX_HEAD, SLOWEST, TURN_BYTES
from resolver.server.requests import Refused


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
        self.waits: Optional[Wait] = None
        self.talk: Optional[Talk] = None

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
        data: Optional[bytes] = bytes(self.received)
        turn = TURN_BYTES
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
                    pace.moved += sent
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

    def discard(self, body: Optional[Body], pace: Pace, limit: int) -> Talk:
        """Take what still comes, up to the end of the body: closing before would cut the answer off at the client."""
        data: Optional[bytes] = bytes(self.received)
        turn = TURN_BYTES
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
