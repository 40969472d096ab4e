"""What a host has that no backend may find: files, listeners, processes, queues; each would tell if it were found."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def planted(uid: int | None = None) -> Iterator[dict[str, Any]]:
    """The witnesses by the names that probes use. ``uid`` is the caller to be, where it is not this process's."""
    with contextlib.ExitStack() as stack:
        mark = secrets.token_hex(8)
        folder = Path(tempfile.mkdtemp(prefix="witness-", dir="/tmp"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        os.environ["WITNESS"] = mark
        stack.callback(os.environ.pop, "WITNESS", None)
        caller = os.getuid() if uid is None else uid
        yield {
            "mark": mark,
            "argument": mark[::-1],
            "uid": caller,
            "user": caller != 0,
            "pid": os.getpid(),
            "sleeper": _sleeper(stack, mark, uid),
            "hostname": socket.gethostname(),
            "repository": str(Path(__file__).resolve()),
            "tmp": [folder.name],
            **_files(folder, mark),
            **_shared(stack, mark),
            **_listeners(stack, folder, mark),
        }


def _files(folder: Path, mark: str) -> dict[str, str]:
    """All readable for everybody, so that no permission but the sandbox's protects them."""
    ssh = folder / "home" / ".ssh"
    ssh.mkdir(parents=True)
    for path in (folder / "home" / ".netrc", ssh / "id_ed25519", folder / "planted"):
        path.write_text(mark)
        path.chmod(0o666)
    return {"home": str(folder / "home"), "planted": str(folder / "planted")}


def _sleeper(stack: contextlib.ExitStack, mark: str, uid: int | None) -> int:
    python = sys.executable if uid is None else "/usr/bin/python3"
    program = [python, "-c", "import sys; sys.stdin.read()", mark[::-1]]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, user=uid, cwd="/")

    def end() -> None:
        process.kill()
        process.communicate()

    stack.callback(end)
    return process.pid


def _shared(stack: contextlib.ExitStack, mark: str) -> dict[str, Any]:
    libc, key = ctypes.CDLL(None, use_errno=True), secrets.randbelow(1 << 30) + 1
    memory, queue = libc.shmget(key, 4096, 0o1666), libc.msgget(key, 0o1666)
    assert memory >= 0
    assert queue >= 0
    stack.callback(libc.shmctl, memory, 0, None)
    stack.callback(libc.msgctl, queue, 0, None)
    posix = ctypes.CDLL("librt.so.1", use_errno=True)
    assert posix.mq_open(f"/{mark}".encode(), os.O_RDWR | os.O_CREAT, 0o666, None) >= 0
    stack.callback(posix.mq_unlink, f"/{mark}".encode())
    shared = Path("/dev/shm") / mark
    shared.write_text(mark)
    stack.callback(shared.unlink)
    return {"key": key, "queue": mark, "shm": mark}


def _listeners(stack: contextlib.ExitStack, folder: Path, mark: str) -> dict[str, Any]:
    tcp = _greets(stack, socket.AF_INET, ("0.0.0.0", 0))
    tcp6 = _greets(stack, socket.AF_INET6, ("::", 0))
    _greets(stack, socket.AF_UNIX, f"\0{mark}")
    _greets(stack, socket.AF_UNIX, str(folder / "socket"))
    (folder / "socket").chmod(0o777)
    udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.bind(("127.0.0.1", 0))
    _in_background(lambda: udp.sendto(b"hello", udp.recvfrom(100)[1]))
    found = {"tcp": tcp.getsockname()[1], "tcp6": tcp6.getsockname()[1], "udp": udp.getsockname()[1]}
    return {**found, "abstract": mark, "unix": str(folder / "socket"), "ip": _address()}


def _greets(stack: contextlib.ExitStack, family: int, address: Any) -> socket.socket:
    listener = stack.enter_context(socket.socket(family))
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(address)
    listener.listen()

    def greet() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.recv(100)
            peer.sendall(b"hello")

    _in_background(greet)
    return listener


def _in_background(step: Any) -> None:
    def steps() -> None:
        with contextlib.suppress(OSError):
            while True:
                step()

    threading.Thread(target=steps, daemon=True).start()


def _address() -> str:
    """An address of this machine that is not the loopback's, where it has one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return "127.0.0.1"
