"""The server over real sockets on the loopback interface."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urljoin

import pytest

from resolver.server import connections, conversations
from resolver.server import tree as tree_module
from resolver.server.command import main
from resolver.server.limits import VERIFIED_SIZE
from resolver.server.negotiation import HTML_TYPE, JSON_TYPE
from resolver.server.site import Site
from resolver.server.tree import Tree
from resolver.server.tree_server import TreeServer
from resolver.vendor.contents import SERVER_HEADER, server_bytes
from tests.support.machine import interpreters

ROOT = Path(__file__).parents[2]
SMALL = b"a small wheel"
LARGE = bytes(range(256)) * (VERIFIED_SIZE // 256 + 4)
FILES = {
    "simple/index.html": b"<a href='proj/'>proj</a>",
    "simple/index.json": b'{"projects": []}',
    "simple/proj/index.html": b"<a href='../../files/small.whl'>small.whl</a>",
    "simple/proj/index.json": b'{"files": []}',
    "files/small.whl": SMALL,
    "files/small.whl.metadata": b"Name: proj\n",
    "files/large.whl": LARGE,
    "files/empty.tar.gz": b"",
    "lock.json": json.dumps(
        {
            "artifacts": {"small.whl": {"project": "proj", "version": "1<2"}},
            "environments": {"linux": {"python": "3.11", "arch": "x86_64"}, "windows": {}},
            "resolutions": {"linux": {}, "windows": {"proj": {"artifact": "other.whl"}}},
        }
    ).encode(),
}


def write_manifest(root: Path, files: dict[str, bytes]) -> None:
    rows = {path: {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)} for path, body in files.items()}
    (root / "new").write_text(json.dumps({"manifest_version": 1, "lock": "", "files": rows}))
    (root / "new").replace(root / "manifest.json")


@pytest.fixture
def server_file(tmp_path: Path) -> Path:
    """The one file that trees carry, beside the tree."""
    path = tmp_path / "server.py"
    path.write_bytes(server_bytes())
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small tree, with files that its manifest does not name in it and beside it."""
    root = tmp_path / "tree"
    for path, body in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(body)
    write_manifest(root, FILES)
    for path in ["secret", ".netrc", "files/secret.whl", "files/.hidden", "../secret"]:
        (root / path).write_text("SECRET")
    (root / "files/link.whl").symlink_to(tmp_path / "secret")
    return root


@pytest.fixture
def server(root: Path) -> Iterator[TreeServer]:
    server = TreeServer(Site(Tree(str(root))), port=0, threads=4)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    assert not thread.is_alive()


def address(server: TreeServer) -> tuple[str, int]:
    found = re.fullmatch(r"http://([\d.]+):(\d+)/", server.url)
    assert found
    return found[1], int(found[2])


def ask(server: TreeServer, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    with closing(HTTPConnection(*address(server), timeout=10)) as connection:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response, response.read()


def dial(server: TreeServer) -> socket.socket:
    return socket.create_connection(address(server), timeout=10)


def say(server: TreeServer, request: bytes) -> bytes:
    """All that comes back for these bytes, until the server closes."""
    with dial(server) as sock:
        sock.sendall(request)
        return b"".join(iter(lambda: sock.recv(65536), b""))


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(FILES))
def test_what_the_manifest_names_is_served(server: TreeServer, path: str) -> None:
    response, body = ask(server, f"/{path}")
    assert (response.status, body) == (200, FILES[path])
    assert response.headers["ETag"] == f'"{hashlib.sha256(body).hexdigest()}"'
    assert response.headers["Date"]
    head, nothing = ask(server, f"/{path}", "HEAD")
    assert (head.status, nothing, head.headers["Content-Length"]) == (200, b"", str(len(body)))
    again, nothing = ask(server, f"/{path}", If_None_Match=response.headers["ETag"])
    assert (again.status, nothing) == (304, b"")


@pytest.mark.parametrize(("path", "content"), [("/files/small.whl", SMALL), ("/files/large.whl", LARGE)])
def test_ranges(server: TreeServer, path: str, content: bytes) -> None:
    size = len(content)
    for asked, first, end in [("3-6", 3, 7), ("3-", 3, size), ("-4", size - 4, size), ("0-99999999", 0, size)]:
        response, body = ask(server, path, Range=f"bytes={asked}")
        assert (response.status, body) == (206, content[first:end])
        assert response.headers["Content-Range"] == f"bytes {first}-{end - 1}/{size}"
    response, _ = ask(server, path, Range=f"bytes={size}-")
    assert (response.status, response.headers["Content-Range"]) == (416, f"bytes */{size}")
    head = ask(server, path, "HEAD", Range="bytes=0-1")[0]
    assert head.status == 200
    etag = head.headers["ETag"]
    assert ask(server, path, Range="bytes=0-1", If_Range=etag)[1] == content[:2]
    assert ask(server, path, Range="bytes=0-1", If_Range='"another"')[1] == content
    assert ask(server, path, Range="bytes=0-1", If_Range=f"W/{etag}")[0].status == 200


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "status", "kind"),
    [
        ("", 200, "text/html; charset=utf-8"),
        ("*/*", 200, "text/html; charset=utf-8"),
        (JSON_TYPE, 200, JSON_TYPE),
        (HTML_TYPE, 200, f"{HTML_TYPE}; charset=utf-8"),
        ("image/png", 406, "text/plain; charset=utf-8"),
    ],
)
def test_negotiation(server: TreeServer, accept: str, status: int, kind: str) -> None:
    for path in ("/simple/", "/simple/proj/"):
        response, body = ask(server, path, Accept=accept)
        assert (response.status, response.headers["Content-Type"]) == (status, kind)
        assert response.headers["Vary"] == "Accept"
        if status == 200:
            assert body == FILES[f"{path[1:]}index.{'json' if 'json' in kind else 'html'}"]


def test_the_query_chooses_a_format(server: TreeServer) -> None:
    path = f"/simple/proj/?format={JSON_TYPE}"
    for asked in (path, path.replace("+", "%2B").replace("/v", "%2Fv")):
        response, _ = ask(server, asked, Accept="text/html")
        assert response.headers["Content-Type"] == JSON_TYPE
    assert ask(server, "/simple/proj/?format=x/y", Accept="*/*")[0].status == 406


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/simple", "/simple/"),
        ("/simple/proj", "/simple/proj/"),
        ("/simple/PROJ/", "/simple/proj/"),
        ("/simple/Proj?format=x", "/simple/proj/?format=x"),
    ],
)
def test_names_that_are_not_normalised_are_redirected(server: TreeServer, path: str, to: str) -> None:
    response, _ = ask(server, path)
    assert response.status == 301
    for prefix in ("", "/pypi"):  # of a proxy, which takes it away before it asks
        assert urljoin(f"http://x{prefix}{path}", response.headers["Location"]) == f"http://x{prefix}{to}"


def test_the_front_page(server: TreeServer) -> None:
    response, body = ask(server, "/", Host="wheels.example:99")
    assert response.status == 200
    assert b"1&lt;2" in body
    assert b"pip install --index-url http://wheels.example:99/simple/ --trusted-host wheels.example:99 NAME" in body
    assert b"--trusted-host" not in ask(server, "/")[1]
    assert b"<li>linux <span>Python 3.11, x86_64</span></li>" in body
    assert b"windows" not in body  # whose files are not all here
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert ask(server, "/", Host="wheels.example:99", If_None_Match=response.headers["ETag"])[0].status == 304
    assert json.loads(ask(server, "/-/health")[1]) == {"status": "ok", "files": len(FILES)}
    assert json.loads(ask(server, "/manifest.json")[1])["files"].keys() == FILES.keys()


def test_methods(server: TreeServer) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        response, body = ask(server, "/simple/", method)
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD"), method
        assert body


# --- what must not be served ----------------------------------------------------------------------------------------

PROBES = """
/secret /.netrc /files/secret.whl /files/.hidden /files/link.whl /../secret /files/../secret /files/../../secret
/%2e%2e/secret /files/%2e%2e/secret /files/..%2fsecret /files/..%2Fsecret /files%2fsecret.whl /files/%2e%2e%2fsecret
/files/%252e%252e/secret /files/..%252fsecret /..%5csecret /files\\..\\secret /files/..\\..\\secret /files/%5c../secret
//secret /files//secret.whl /./secret /files/./secret.whl /%2fsecret //127.0.0.1/secret ///secret /files/secret.whl%00
/secret%00.whl /files/small.whl/../secret.whl /files/small.whl/ /files /files/ /simple/.. /simple/../secret
/simple/%2e%2e/ /simple/..%2f..%2fsecret/ /simple/proj/../../secret /simple/proj/..%2f..%2f..%2fsecret
/%c0%ae%c0%ae/secret /..;/secret /..%00/secret /%u002e%u002e/secret /SECRET /secret. /secret::$DATA /files/secret.whl?x
http://x/secret http://x/../secret file:///secret /manifest.json/../secret /-/../secret * secret ../secret
"""


def test_nothing_else_is_served(server: TreeServer) -> None:
    assert len(PROBES.split()) >= 40
    for probe in PROBES.split():
        said = say(server, f"GET {probe} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert re.match(rb"HTTP/1.1 (404|301) ", said), (probe, said)
        assert b"SECRET" not in said, probe


def test_a_named_file_behind_a_link_is_not_followed(server: TreeServer, root: Path) -> None:
    (root / "files").rename(root.parent / "elsewhere")
    (root / "files").symlink_to(root.parent / "elsewhere")
    assert ask(server, "/files/small.whl")[0].status == 500
    (root / "files").unlink()
    (root / "files").mkdir()
    (root / "files/small.whl").symlink_to(root.parent / "elsewhere/small.whl")
    os.mkfifo(root / "files/large.whl")
    for path in ("/files/small.whl", "/files/large.whl", "/files/empty.tar.gz"):
        assert ask(server, path)[0].status == 500


@pytest.mark.parametrize("damage", [b"another wheel", b"", SMALL + b"!"])
def test_damage_is_not_served(
    server: TreeServer, root: Path, damage: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "files/small.whl").write_bytes(damage)
    response, body = ask(server, "/files/small.whl")
    assert response.status == 500
    assert damage == b"" or damage not in body
    assert "error: files/small.whl on disk" in capsys.readouterr().err


def test_a_new_manifest_is_seen(server: TreeServer, root: Path) -> None:
    assert ask(server, "/files/secret.whl")[0].status == 404
    write_manifest(root, {**FILES, "files/secret.whl": b"SECRET"})
    assert ask(server, "/files/secret.whl")[1] == b"SECRET"
    (root / "manifest.json").write_text("{")
    assert ask(server, "/files/small.whl")[0].status == 503
    (root / "manifest.json").unlink()
    assert ask(server, "/")[0].status == 503
    write_manifest(root, FILES)
    assert ask(server, "/files/small.whl")[1] == SMALL


# --- connections ----------------------------------------------------------------------------------------------------


def test_a_connection_is_kept(server: TreeServer) -> None:
    with closing(HTTPConnection(*address(server), timeout=10)) as connection:
        connection.connect()
        sock = connection.sock
        for path in ["/files/small.whl", "/files/large.whl", "/nothing", "/files/empty.tar.gz", "/simple/"] * 2:
            for method in ("GET", "HEAD"):
                connection.request(method, path)
                response = connection.getresponse()
                body = response.read()
                assert len(body) == (int(response.headers["Content-Length"]) if method == "GET" else 0)
                assert response.status == (404 if path == "/nothing" else 200)
                assert connection.sock is sock


def test_pipelined_requests_are_answered_in_their_order(server: TreeServer) -> None:
    paths = ["files/small.whl", "lock.json", "files/empty.tar.gz", "files/small.whl.metadata"]
    requests = [f"GET /{path} HTTP/1.1\r\nHost: x\r\n" for path in paths]
    said = say(server, ("\r\n".join(requests) + "Connection: close\r\n\r\n").encode())
    bodies = [part.partition(b"\r\n\r\n")[2] for part in said.split(b"HTTP/1.1 200 ")[1:]]
    assert bodies == [FILES[path] for path in paths]


def test_a_bad_head_ends_the_connection(server: TreeServer) -> None:
    said = say(
        server, b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /lock.json HTTP/1.1"
    )
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1
    assert say(server, b"GET /" + b"x" * 20000).startswith(b"HTTP/1.1 431 ")
    assert say(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300000).startswith(
        b"HTTP/1.1 405 "
    )


def test_half_open_connections_cost_nobody_an_answer(server: TreeServer) -> None:
    waiting = [dial(server) for _ in range(200)]
    try:
        for number, sock in enumerate(waiting):
            sock.sendall(b"GET /files/small.whl HTTP/1.1\r\n" if number % 2 else b"")
        started = time.monotonic()
        for _ in range(20):
            assert ask(server, "/files/small.whl")[1] == SMALL
        assert time.monotonic() - started < 5
        waiting[1].sendall(b"Host: x\r\nConnection: close\r\n\r\n")
        assert waiting[1].recv(65536).startswith(b"HTTP/1.1 200 ")
    finally:
        for sock in waiting:
            sock.close()


def test_connections_leave_descriptors_for_files(root: Path, server_file: Path) -> None:
    """With the descriptors of a usual shell, more half-open connections than those hide no file and damage none."""
    serve = [sys.executable, str(server_file), str(root), "--port", "0", "--threads", "4"]
    command = ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", *serve]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r":(\d+)/", process.stdout.readline())
        assert found
        place = ("127.0.0.1", int(found[1]))
        waiting = [socket.create_connection(place, timeout=10) for _ in range(200)]
        try:
            for path, content in [("/files/small.whl", SMALL), ("/files/large.whl", LARGE)] * 5:
                with closing(HTTPConnection(*place, timeout=10)) as connection:
                    connection.request("GET", path)
                    response = connection.getresponse()
                    assert (response.status, response.read()) == (200, content)
        finally:
            for sock in waiting:
                sock.close()
            process.terminate()
            logged = process.communicate(timeout=10)[1]
    assert process.returncode == 0
    assert "error" not in logged


def test_shortage_is_not_damage(server: TreeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*_: object) -> int:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(tree_module, "open_below", short)
    response, body = ask(server, "/files/small.whl")
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert b"manifest" not in body


def test_connections_are_counted_back(server: TreeServer) -> None:
    server._limit = 5
    for _ in range(20):
        assert ask(server, "/files/small.whl")[1] == SMALL
        assert say(server, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        until = time.monotonic() + 5
        while server._busy and time.monotonic() < until:  # it lingers over what it has answered
            time.sleep(0.01)
        assert server._busy == 0


def test_who_is_slow_is_dropped(server: TreeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    with dial(server) as sock:
        started = time.monotonic()
        with pytest.raises(OSError):  # noqa: PT011  (reset or broken pipe, as it comes)
            _trickle(sock, until=started + 8)
        assert time.monotonic() - started < 6


def _trickle(sock: socket.socket, until: float) -> None:
    while time.monotonic() < until:
        sock.sendall(b"G")
        time.sleep(0.1)


def test_who_takes_nothing_is_dropped(server: TreeServer, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "SEND_SECONDS", 0.3)
    huge = b"x" * (24 << 20)
    (root / "files/huge.whl").write_bytes(huge)
    write_manifest(root, {**FILES, "files/huge.whl": huge})
    idle = [dial(server) for _ in range(4)]  # as many as there are threads
    try:
        for sock in idle:
            sock.sendall(b"GET /files/huge.whl HTTP/1.1\r\nHost: x\r\n\r\n")
        assert ask(server, "/files/small.whl")[1] == SMALL
    finally:
        for sock in idle:
            sock.close()


def test_the_oldest_makes_room(server: TreeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_limit", 5)
    waiting = [dial(server) for _ in range(12)]
    try:
        assert ask(server, "/files/small.whl")[1] == SMALL
        assert waiting[0].recv(1) == b""
    finally:
        for sock in waiting:
            sock.close()


# --- the program ----------------------------------------------------------------------------------------------------


PYTHONS = interpreters()
OURS = [python for python in PYTHONS if int(python.name.rpartition(".")[2]) >= 10]


def name_of(python: Path) -> str:
    return python.name


@pytest.mark.parametrize("python", PYTHONS, ids=name_of)
def test_the_file_alone_serves_its_own_folder(root: Path, python: Path) -> None:
    (root / "server.py").write_bytes(server_bytes())
    helped = subprocess.run(
        [str(python), "-I", "server.py", "--help"], cwd=root, capture_output=True, text=True, check=False
    )
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "--threads" in helped.stdout
    command = [str(python), "-I", "-W", "error", str(root / "server.py"), "--port", "0"]
    with subprocess.Popen(command, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            announced = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            assert announced
            with closing(HTTPConnection("127.0.0.1", int(announced[1]), timeout=10)) as connection:
                for path, expected in [("/simple/proj/", b"small.whl"), ("/files/large.whl", LARGE), ("/", b"proj")]:
                    connection.request("GET", path, headers={"Accept": "*/*"})
                    assert expected in connection.getresponse().read()
            process.send_signal(signal.SIGTERM)
            _, logged = process.communicate(timeout=10)
        finally:
            process.kill()
    assert process.returncode == 0, logged
    assert re.search(r'^127\.0\.0\.1 - - \[[^]]+ \+0000\] "GET /simple/proj/ HTTP/1\.1" 200 45$', logged, re.MULTILINE)
    assert "Traceback" not in logged
    assert not (root / "__pycache__").exists()


@pytest.mark.parametrize("python", OURS, ids=name_of)
def test_the_file_is_the_same_on_every_python(python: Path) -> None:
    program = (
        "import hashlib, pathlib, sys; sys.path.insert(0, sys.argv[1])\n"
        "from resolver.joining.meaning import check\n"
        "from resolver.joining.text import joined\n"
        "folder = pathlib.Path(sys.argv[1], 'resolver/server')\n"
        "texts = {path.stem: path.read_text('utf-8') for path in folder.glob('*.py')}\n"
        "check('resolver.server', texts)\n"
        "print(hashlib.sha256(joined('resolver.server', texts, sys.argv[2]).encode()).hexdigest())"
    )
    command = [str(python), "-I", "-B", "-c", program, str(ROOT), SERVER_HEADER]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == hashlib.sha256(server_bytes()).hexdigest()


def test_the_file_is_the_same_from_a_zip(tmp_path: Path) -> None:
    """As where the resolver is one file itself."""
    with zipfile.ZipFile(tmp_path / "tool.zip", "w") as archive:
        for path in sorted((ROOT / "resolver").rglob("*.py")):
            archive.write(path, path.relative_to(ROOT))
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from resolver.vendor import contents\n"
        "assert contents.__file__.startswith(sys.argv[1])\n"
        "sys.stdout.buffer.write(contents.server_bytes())"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "tool.zip")], capture_output=True, check=True)
    assert done.stdout == server_bytes()


def test_answers_under_way_are_finished(root: Path) -> None:
    server = TreeServer(Site(Tree(str(root))), port=0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    huge = b"x" * (24 << 20)
    (root / "files/huge.whl").write_bytes(huge)
    write_manifest(root, {**FILES, "files/huge.whl": huge})
    with dial(server) as sock:
        sock.sendall(b"GET /files/huge.whl HTTP/1.1\r\nHost: x\r\n\r\n")
        begin = sock.recv(100)
        server.shutdown()
        said = begin + b"".join(iter(lambda: sock.recv(1 << 20), b""))
    thread.join(10)
    assert not thread.is_alive()
    assert said.endswith(huge)


def test_what_cannot_be_served_is_said(root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "has no manifest.json" in capfd.readouterr().err
    for option in (("--port", "70000"), ("--port", "-1"), ("--threads", "0"), ("--threads", "many")):
        with pytest.raises(SystemExit, match="2"):
            main([str(root), *option])
        assert f"argument {option[0]}: {option[1]!r} is no number from" in capfd.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main([str(root), "--port", str(taken.getsockname()[1])]) == 4
    assert "Address already in use; --port and --host take others" in capfd.readouterr().err
    (root / "manifest.json").write_text("[]")
    assert main([str(root)]) == 2
    assert "Traceback" not in capfd.readouterr().err


def test_the_server_imports_nothing_but_the_standard_library(server_file: Path) -> None:
    probe = (
        "import sys, runpy; sys.argv = ['server.py', '/nowhere']\n"
        f"try: runpy.run_path({str(server_file)!r}, run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__main__"]
