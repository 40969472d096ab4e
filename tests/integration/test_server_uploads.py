"""Private packages on a running server: real clients, many at once, and a server that is killed."""

from __future__ import annotations

import asyncio
import json
import random
import re
import shutil
import signal
import socket
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from resolver.errors import InputError
from resolver.server.limits import VERIFIED_SIZE
from resolver.server.negotiation import JSON_TYPE
from resolver.server.uploads_folder import lock_of_uploads
from resolver.verify.tree import check_tree
from tests.support.archives import sdist, wheel
from tests.support.artifacts import HARBOR, vendored
from tests.support.client_tools import pip_download, tool, twine, uv_install, uv_publish
from tests.support.events import wait_for
from tests.support.load import load
from tests.support.machine import every_python
from tests.support.uploads import FORM_TYPE, Running, basic, new_token, running, upload_form

SETUP = b"from setuptools import setup\nsetup(name='acme-lib', version='2.0', py_modules=[])\n"


def listed(server: Running, project: str) -> dict[str, dict[str, object]]:
    status, body = server.get(f"/simple/{project}/", Accept=JSON_TYPE)
    return {row["filename"]: row for row in json.loads(body)["files"]} if status == 200 else {}


# --- real clients ---------------------------------------------------------------------------------------------------


def test_twine_and_uv_upload_and_pip_and_uv_install(tree: Path, tokens: Path, token: str, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "acme_lib-2.0.tar.gz").write_bytes(sdist("acme_lib", "2.0", {"setup.py": SETUP}))
    (dist / "acme_lib-2.0-py3-none-any.whl").write_bytes(wheel("acme_lib", "2.0"))
    (dist / "acme_app-1.0+local.1-py3-none-any.whl").write_bytes(wheel("acme_app", "1.0+local.1", "acme.lib>=2"))
    (dist / "harbor-9.0-py3-none-any.whl").write_bytes(wheel("harbor", "9.0"))
    by_twine, by_uv = sorted(dist.glob("acme_lib*")), sorted(dist.glob("acme_app*"))
    with running(tree, "--tokens", str(tokens)) as server:
        twine(server.url, token, *by_twine)
        uv_publish(server.url, token, *by_uv)
        said = twine(server.url, token, by_twine[0], expected=1)
        assert "409 Conflict" in said
        assert "File already exists: acme_lib-2.0-py3-none-any.whl with these bytes" in said
        check = ("--check-url", f"{server.url}/simple/")
        assert "already exists, skipping" in uv_publish(server.url, token, *by_uv, options=check)
        by_uv[0].write_bytes(wheel("acme_app", "1.0+local.1"))
        said = uv_publish(server.url, token, *by_uv, expected=2)
        assert "400" in said
        assert "with other bytes, and no file is replaced" in said
        assert "token is not known" in uv_publish(server.url, "wrong", *by_uv, expected=2)
        assert "401 Unauthorized" in twine(server.url, "wrong", *by_twine, expected=1)
        said = twine(server.url, token, dist / "harbor-9.0-py3-none-any.whl", expected=1)
        assert "403 Forbidden" in said
        assert "may not upload to harbor" in said
        for name, install in (
            (
                "by-pip",
                ("pip", "--isolated", "--no-input", "--python", "{}", "install", "--no-cache-dir", "--index-url"),
            ),
            ("by-uv", ("uv", "pip", "install", "--no-cache", "--python", "{}", "--default-index")),
        ):
            python = str(tmp_path / name / "bin/python")
            tool("uv", "venv", "-q", "--python", sys.executable, str(tmp_path / name))
            tool(*(part.format(python) for part in install), f"{server.url}/simple/", "Acme.App")
            assert sorted(path.name for path in (tmp_path / name).rglob("acme_*.dist-info")) == [
                "acme_app-1.0+local.1.dist-info",
                "acme_lib-2.0.dist-info",
            ]
        assert '.metadata HTTP/1.1" 200' in server.log.read_text()
    report = check_tree(tree)
    assert (report.private, report.faults, report.strangers) == (3, (), ())


@every_python
def test_every_python_takes_uploads(tree: Path, tokens: Path, token: str, python: Path) -> None:
    files = {
        "acme-1.0-py3-none-any.whl": wheel("acme", "1.0", padding=VERIFIED_SIZE),
        "acme-1.0.tar.gz": sdist("acme", "1.0", {"src/x.py": b"x"}),
    }
    with running(tree, "--tokens", str(tokens), python=str(python)) as server:
        for filename, content in files.items():
            assert server.post(upload_form(filename, content), token)[0] == 200, server.log.read_text()
            assert server.post(upload_form(filename, b"no archive"), token)[0] == 400
        for filename, row in listed(server, "acme").items():
            assert server.get(str(row["url"]).replace("../..", ""))[1] == files[filename]
        assert b"acme" in server.get("/")[1]
    assert "error" not in server.log.read_text()
    assert "Warning" not in server.log.read_text()


def test_a_private_server_for_pip_and_uv(tree: Path, tokens: Path, token: str, tmp_path: Path) -> None:
    reader = new_token(tree, tokens, "reader", "--read")
    with running(tree, "--tokens", str(tokens), "--private", "--log", "json") as server:
        index = f"http://__token__:{reader}@127.0.0.1:{server.port}/simple/"
        pip_download(index, tmp_path, "harbor")
        assert (tmp_path / HARBOR).is_file()
        uv_install(index, tmp_path / "uv", "harbor")
        assert (tmp_path / "uv/harbor").is_dir()
        pip_download(f"{server.url}/simple/", tmp_path, "forge", expected=1)
        uv_install(f"{server.url}/simple/", tmp_path / "uv", "forge", expected=1)
    rows = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    assert {(row["user"], row["status"]) for row in rows} >= {("reader", 200), ("", 401)}
    assert reader not in server.log.read_text()


# --- many at once ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("same", [True, False], ids=["of the same bytes", "of other bytes"])
def test_of_a_hundred_uploads_of_one_name_one_wins(tree: Path, tokens: Path, token: str, same: bool) -> None:
    bodies = [
        upload_form("acme-1.0-py3-none-any.whl", wheel("acme", "1.0", padding=20_000, members=0 if same else number))
        for number in range(100)
    ]
    with running(tree, "--tokens", str(tokens), "-q") as server, ThreadPoolExecutor(100) as clients:
        together = threading.Barrier(100)

        def upload(body: bytes) -> tuple[int, str, str]:
            together.wait(30)
            return server.post(body, token)

        answers = list(clients.map(upload, bodies))
        assert Counter(status for status, _, _ in answers) == {200: 1, 409 if same else 400: 99}
        assert all("already exists" in text for status, _, text in answers if status != 200)
        [row] = listed(server, "acme").values()
        winner = next(number for number, answer in enumerate(answers) if answer[0] == 200)
        _, body = server.get(str(row["url"]).replace("../..", ""))
        assert body in bodies[winner]
    assert check_tree(tree).faults == ()
    assert not list((tree / "uploads/.incoming").iterdir())


def test_half_open_connections_and_many_clients(tree: Path) -> None:
    """The size of it is that of docs/server.md; how long answers take is measured there."""
    with running(tree, "-q") as server:
        seen = asyncio.run(load(server.port, "/simple/harbor/", half_open=2000, clients=200, requests=5, keep=False))
        memory = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert (len(seen.seconds), seen.errors, seen.half_open) == (1000, [], 2000)
    assert memory
    assert int(memory[1]) < 100 * 1024


def test_who_reads_slowly_holds_no_worker(tree: Path, tokens: Path, token: str) -> None:
    with running(tree, "--tokens", str(tokens), "--threads", "1") as server:
        size = VERIFIED_SIZE + (30 << 20)
        assert (
            server.post(upload_form("acme-1.0-py3-none-any.whl", wheel("acme", "1.0", padding=size)), token)[0] == 200
        )
        target = str(listed(server, "acme")["acme-1.0-py3-none-any.whl"]["url"]).replace("../..", "")
        slow = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(8)]
        for sock in slow:
            sock.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert sock.recv(16) == b"HTTP/1.1 200 OK\r"
        for _ in range(5):
            assert server.get("/simple/harbor/")[0] == 200
        body = b""
        while len(body) < size:
            body += slow[0].recv(1 << 20)
        for sock in slow:
            sock.close()


def test_who_writes_slowly_holds_no_worker(tree: Path, tokens: Path, token: str) -> None:
    body = upload_form("acme-1.0-py3-none-any.whl", wheel("acme", "1.0", padding=9000))
    head = "POST /legacy/ HTTP/1.1\r\nHost: x\r\n" + "".join(
        f"{name}: {value}\r\n"
        for name, value in {**basic(token), "Content-Type": FORM_TYPE, "Content-Length": str(len(body))}.items()
    )
    with running(tree, "--tokens", str(tokens), "--threads", "1") as server:
        slow = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(5)]
        for sock in slow:
            sock.sendall(f"{head}\r\n".encode() + body[:5000])
        assert server.get("/simple/harbor/")[0] == 200
        assert server.get("/simple/acme/")[0] == 404
        slow[0].sendall(body[5000:])
        assert slow[0].recv(65536).startswith(b"HTTP/1.1 200 OK")
        for sock in slow:
            sock.close()
        counted, until = 'wheelhouse_uploads_total{result="broken off"} 4', time.monotonic() + 10
        while counted not in (said := server.get("/-/metrics")[1].decode()) and time.monotonic() < until:
            time.sleep(0.05)
        assert counted in said
        assert not list((tree / "uploads/.incoming").iterdir())


def test_uploads_that_wait_for_each_other_hold_up_no_reader(tree: Path, tokens: Path, token: str) -> None:
    bodies = [upload_form(f"acme-{n}-py3-none-any.whl", wheel("acme", str(n))) for n in range(20)]
    with running(tree, "--tokens", str(tokens), "--threads", "4") as server, ThreadPoolExecutor(20) as clients:
        with lock_of_uploads(str(tree)):
            answers = [clients.submit(server.post, body, token) for body in bodies]
            time.sleep(0.5)
            for _ in range(5):
                assert server.get("/simple/harbor/")[0] == 200
            assert not any(answer.done() for answer in answers)
        assert [answer.result()[0] for answer in answers] == [200] * 20
        assert len(listed(server, "acme")) == 20


def test_whoever_is_refused_hears_why_however_much_was_sent(tree: Path, tokens: Path, token: str) -> None:
    large = upload_form("acme-1.0-py3-none-any.whl", wheel("acme", "1.0", padding=24 << 20))
    with running(tree, "--tokens", str(tokens), "--max-upload", "1") as server:
        assert server.post(large, "wrong")[:2] == (401, "this token is not known, or holds no longer")
        assert server.post(large, token)[0] == 413
        assert server.post(large, token, "/simple/")[0] == 405
        assert server.get("/simple/harbor/")[0] == 200


def test_a_body_in_chunks(tree: Path, tokens: Path, token: str) -> None:
    body = upload_form("acme-1.0-py3-none-any.whl", wheel("acme", "1.0", padding=9000))
    head = "POST /legacy/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in {**basic(token), "Content-Type": FORM_TYPE}.items())
    with (
        running(tree, "--tokens", str(tokens)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock,
    ):
        sock.sendall(f"{head}\r\n".encode())
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        for start in range(0, len(body), 1000):
            piece = body[start : start + 1000]
            sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        sock.sendall(b"0\r\n\r\nGET /-/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = b"".join(iter(lambda: sock.recv(65536), b""))
        assert [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", said)] == [200, 200]
        assert listed(server, "acme")


# --- killed, stopped ------------------------------------------------------------------------------------------------


def test_a_server_that_is_killed_leaves_nothing_half_published(tree: Path, tokens: Path, token: str) -> None:
    """Three clients upload; the server is killed within moments of the first success, again and again."""
    chance = random.Random(5)
    bodies = {f"acme-{number}-py3-none-any.whl": wheel("acme", str(number), padding=60_000) for number in range(1, 301)}
    waiting = iter(bodies.items())
    published: set[str] = set()

    def upload(server: Running, first: threading.Event) -> None:
        while server.process.poll() is None:
            filename, content = next(waiting)
            try:
                assert server.post(upload_form(filename, content), token)[0] == 200
            except (OSError, HTTPException):
                return
            published.add(filename)
            first.set()

    for _ in range(10):
        with running(tree, "--tokens", str(tokens), "-q") as server, ThreadPoolExecutor(3) as clients:
            assert not list((tree / "uploads/.incoming").iterdir())
            whole(server, published)
            first = threading.Event()
            uploads = [clients.submit(upload, server, first) for _ in range(3)]
            assert first.wait(30)
            time.sleep(chance.random() * 0.1)
            server.process.kill()
            for future in uploads:
                future.result()
    with running(tree, "--tokens", str(tokens), "-q") as server:
        found = whole(server, published)
    assert len(found - published) <= 30  # published, and killed before it could say so
    report = check_tree(tree)
    assert report.faults == ()
    assert report.private == len(found) >= 10


def whole(server: Running, published: set[str]) -> set[str]:
    """The files that a page lists: all that were published, each with its METADATA."""
    rows = listed(server, "acme")
    assert published <= rows.keys()
    for row in rows.values():
        assert server.get(str(row["url"]).replace("../..", "") + ".metadata")[0] == 200
    return set(rows)


def test_a_stop_lets_uploads_and_downloads_end_and_nothing_else(tree: Path, tokens: Path, token: str) -> None:
    body = upload_form("acme-1.0-py3-none-any.whl", wheel("acme", "1.0", padding=30 << 20))
    with running(tree, "--tokens", str(tokens)) as server:
        assert server.post(body, token)[0] == 200
        target = str(listed(server, "acme")["acme-1.0-py3-none-any.whl"]["url"]).replace("../..", "")
        other = upload_form("acme-2.0-py3-none-any.whl", wheel("acme", "2.0", padding=9000))
        headers = {**basic(token), "Content-Type": FORM_TYPE, "Content-Length": str(len(other)), "Host": "x"}
        idle, half, reading, writing = (
            socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(4)
        )
        half.sendall(b"GET / HTTP/1.1\r\n")
        reading.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        begun = reading.recv(1000)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writing.sendall(f"POST /legacy/ HTTP/1.1\r\n{head}\r\n".encode() + other[:5000])
        wait_for(lambda: list((tree / "uploads/.incoming").iterdir()))
        server.process.send_signal(signal.SIGTERM)
        assert idle.recv(1) == b""
        assert half.recv(1) == b""
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", server.port), timeout=20)
        said = begun + b"".join(iter(lambda: reading.recv(1 << 20), b""))
        assert len(said) > 30 << 20
        writing.sendall(other[5000:])
        assert b"".join(iter(lambda: writing.recv(65536), b"")).startswith(b"HTTP/1.1 200 OK")
        assert server.process.wait(10) == 0
        for sock in (idle, half, reading, writing):
            sock.close()
    assert (tree / "uploads/files/acme/acme-2-py3-none-any.whl").is_dir()


def test_a_second_signal_does_not_wait(tree: Path, tokens: Path, token: str) -> None:
    with running(tree, "--tokens", str(tokens)) as server:
        body = upload_form("acme-1.0-py3-none-any.whl", wheel("acme", "1.0", padding=9000))
        headers = {**basic(token), "Content-Type": FORM_TYPE, "Content-Length": str(len(body)), "Host": "x"}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
            sock.sendall(f"POST /legacy/ HTTP/1.1\r\n{head}\r\n".encode() + body[:5000])
            wait_for(lambda: list((tree / "uploads/.incoming").iterdir()))
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            assert server.process.poll() is None
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(10) == 0


# --- beside vendoring -----------------------------------------------------------------------------------------------


def test_vendoring_lets_uploads_be_and_takes_no_name_of_theirs(tree: Path, tokens: Path, token: str) -> None:
    with running(tree, "--tokens", str(tokens)) as server:
        assert server.post(upload_form("acme-1.0-py3-none-any.whl", wheel("acme", "1.0")), token)[0] == 200
        before = {path: path.read_bytes() for path in (tree / "uploads").rglob("*") if path.is_file()}
        report = vendored(tree)
        assert (report.changed, report.strangers, report.removed) == (False, (), ())
        vendored(tree, {HARBOR: wheel("harbor", "2.1.0")})
        assert {path: path.read_bytes() for path in (tree / "uploads").rglob("*") if path.is_file()} == before
        assert listed(server, "acme")
        with pytest.raises(InputError, match=r"names what was uploaded to .*: acme; .*\n.*uploads/files/acme"):
            vendored(tree, {"Acme-2.0-py3-none-any.whl": wheel("Acme", "2.0")})
        assert listed(server, "harbor")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("acme-1-py3-none-any.whl/acme-1.0-py3-none-any.whl", "is not what was uploaded"),
        ("acme-1-py3-none-any.whl/acme-1.0-py3-none-any.whl.metadata", "is not what was uploaded"),
        ("acme-1-py3-none-any.whl/upload.json", "can be read"),
        ("acme-1-py3-none-any.whl/stranger", "is no part of an upload"),
        ("../../simple/acme/index.html", "does not say what was uploaded"),
    ],
)
def test_verify_finds_damage_in_uploads(tree: Path, tokens: Path, token: str, path: str, told: str) -> None:
    with running(tree, "--tokens", str(tokens)) as server:
        server.post(upload_form("acme-1.0-py3-none-any.whl", wheel("acme", "1.0")), token)
    damaged = tree / "uploads/files/acme" / path
    damaged.write_bytes(damaged.read_bytes()[:-9] + b"x" * 9 if damaged.exists() else b"x")
    [fault] = check_tree(tree).faults
    assert told in fault.reason


def test_verify_finds_pages_of_what_was_removed_by_hand(tree: Path, tokens: Path, token: str) -> None:
    with running(tree, "--tokens", str(tokens)) as server:
        server.post(upload_form("acme-1.0-py3-none-any.whl", wheel("acme", "1.0")), token)
    shutil.rmtree(tree / "uploads/files/acme")
    assert {fault.path: fault.stray for fault in check_tree(tree).faults} == dict.fromkeys(
        ["uploads/simple/acme", "uploads/simple/index.html", "uploads/simple/index.json"], True
    )
    with running(tree, "--tokens", str(tokens)):
        assert check_tree(tree).faults == ()
