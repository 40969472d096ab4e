"""The server: one thread waits for all connections, and a bounded number of workers does what there is to do.

Nobody waits for a client but that one thread: slow readers, slow writers and half-open connections hold no worker.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import selectors
import socket
import threading
import time
from typing import Callable, Optional, Set, cast

from resolver.server.access_log import Done
from resolver.server.connections import Connection, Wait
from resolver.server.conversations import Conversations
from resolver.server.descriptors import connection_limit
from resolver.server.limits import STOP_SECONDS
from resolver.server.messages import log
from resolver.server.site import Site
from resolver.server.tls import Certificates


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
        self._work: queue.SimpleQueue[Optional[Connection]] = queue.SimpleQueue()
        self._uploads: queue.SimpleQueue[Optional[Connection]] = queue.SimpleQueue()
        self._returned: queue.SimpleQueue[Connection] = queue.SimpleQueue()
        self._stopping = 0  # no Event: its lock would bind a signal handler that another one interrupts
        self._busy = 0  # connections that workers have; only the waiting thread counts
        self._parked: Set[Connection] = set()
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
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except UnicodeError:  # a label that is empty or too long
        raise OSError(errno.EINVAL, "there is no such host") from None
    family, kind, protocol, _, address = found[0]
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
