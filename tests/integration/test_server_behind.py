"""The server with TLS, in gunicorn, under systemd, and the same tree by nginx without it."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

from resolver.server.command import main
from resolver.server.negotiation import JSON_TYPE
from tests.support.archives import wheel
from tests.support.artifacts import FILES, HARBOR, vendored
from tests.support.certificates import Certificate, write_certificate
from tests.support.client_tools import BIN, pip_download, twine, uv_install, uv_publish
from tests.support.command_line import run
from tests.support.machine import skip
from tests.support.uploads import Running, running, upload_form

ACME = "acme-1.0-py3-none-any.whl"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A wheel to upload."""
    path = tmp_path / "dist" / ACME
    path.parent.mkdir()
    path.write_bytes(wheel("acme", "1.0", padding=2 << 20))
    return path


# --- TLS ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return write_certificate(tmp_path)


def by_tls(certificate: Certificate) -> tuple[str, ...]:
    return "--tls-cert", str(certificate.certificate), "--tls-key", str(certificate.key)


def common_name(port: int) -> str:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain) as sock,
    ):
        found = sock.getpeercert(binary_form=True)
        assert found
        return "renewed" if b"renewed" in found else "wheelhouse"


def test_clients_come_by_tls(
    tree: Path, tokens: Path, token: str, built: Path, certificate: Certificate, tmp_path: Path
) -> None:
    trusted = str(certificate.authority)
    with running(tree, "--tokens", str(tokens), *by_tls(certificate)) as server:
        assert server.url.startswith("https://127.0.0.1:")
        twine(server.url, token, built, options=("--cert", trusted))
        said = uv_publish(server.url, token, built, expected=2, SSL_CERT_FILE=trusted)
        assert "already exists" in said
        pip_download(f"{server.url}/simple/", tmp_path, "acme", options=("--cert", trusted))
        assert (tmp_path / ACME).read_bytes() == built.read_bytes()
        uv_install(f"{server.url}/simple/", tmp_path / "uv", "acme", SSL_CERT_FILE=trusted)
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            plain = b""
            with suppress(ConnectionError):
                plain = sock.recv(1000)
            assert b"HTTP" not in plain
    assert "error" not in server.log.read_text()


@pytest.mark.parametrize("tls", [False, True])
def test_the_log_tells_what_was_sent(tmp_path: Path, certificate: Certificate, *, tls: bool) -> None:
    """A large file goes out by the kernel, and over TLS by hand."""
    tree = tmp_path / "large"
    vendored(tree, {**FILES, HARBOR: wheel("harbor", "2.1.0", padding=3 << 20)})
    trusting = ssl.create_default_context(cafile=str(certificate.authority))
    with (
        running(tree, *(by_tls(certificate) if tls else ())) as server,
        urlopen(f"{server.url}/files/{HARBOR}", timeout=10, context=trusting if tls else None) as answer,
    ):
        size = len(answer.read())
    assert size > 3 << 20
    assert server.log.read_text().endswith(f'"GET /files/{HARBOR} HTTP/1.1" 200 {size}\n')


def test_half_of_a_handshake_holds_nobody_up(tree: Path, certificate: Certificate) -> None:
    with running(tree, "--threads", "2", *by_tls(certificate)) as server, ExitStack() as stack:
        for number in range(200):
            sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            stack.enter_context(closing(sock))
            sock.sendall(b"\x16\x03\x01\x02\x00\x01"[: number % 7])
        assert common_name(server.port) == "wheelhouse"


def test_a_renewed_certificate_is_taken_up(tree: Path, certificate: Certificate, tmp_path: Path) -> None:
    with running(tree, *by_tls(certificate)) as server:
        assert common_name(server.port) == "wheelhouse"
        certificate.key.write_text("half of a pair")
        time.sleep(1.1)
        assert common_name(server.port) == "wheelhouse"
        write_certificate(tmp_path, "renewed")
        until = time.monotonic() + 10
        while common_name(server.port) != "renewed":
            assert time.monotonic() < until
            time.sleep(0.2)
    assert "the new certificate is not used" in server.log.read_text()


def test_certificates_that_cannot_be_used(
    tree: Path, certificate: Certificate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve = [str(tree), "--port", "0"]
    assert main([*serve, "--tls-cert", str(tmp_path / "nowhere.pem")]) == 2
    assert "nowhere.pem" in capsys.readouterr().err
    assert main([*serve, "--tls-cert", str(certificate.certificate)]) == 2
    assert "cannot be used as certificate and key: it takes both in PEM" in capsys.readouterr().err
    (tmp_path / "other").mkdir()
    other = write_certificate(tmp_path / "other")
    assert main([*serve, "--tls-cert", str(certificate.certificate), "--tls-key", str(other.key)]) == 2
    assert "the key is that of another certificate" in capsys.readouterr().err
    assert main([*serve, "--tls-cert", str(certificate.certificate), "--tls-key", str(tmp_path)]) == 2
    assert "cannot be read: Is a directory" in capsys.readouterr().err
    code, said = run("serve", *serve, "--tls-cert", str(tmp_path))
    assert (code, "cannot be read: Is a directory" in said) == (2, True), said
    with pytest.raises(SystemExit, match="2"):
        main([*serve, "--tls-key", str(certificate.key)])


def test_a_host_that_cannot_be(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tree), "--port", "0", "--host", "a..b"]) == 4
    assert "cannot listen on a..b:0: there is no such host" in capsys.readouterr().err


# --- WSGI -----------------------------------------------------------------------------------------------------------


@contextmanager
def gunicorn(tree: Path, log: Path, **environment: str) -> Iterator[Running]:
    """The site in two processes of gunicorn."""
    command = [str(BIN / "gunicorn"), "--chdir", str(tree), "--workers", "2", "--threads", "4"]
    command += ["--bind", "127.0.0.1:0", "--no-control-socket", "server:application"]
    settings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment}
    with log.open("w") as stream, subprocess.Popen(command, env=settings, stderr=stream, text=True) as process:
        try:
            until = time.monotonic() + 20
            while (
                not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())) or "worker" not in log.read_text()
            ):
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)
            yield Running(process=process, url=found[0], log=log)
        finally:
            process.terminate()
            process.wait(40)


def test_gunicorn(tree: Path, tokens: Path, token: str, built: Path, tmp_path: Path) -> None:
    with gunicorn(tree, tmp_path / "log", WHEELHOUSE_TOKENS=str(tokens), WHEELHOUSE_MAX_UPLOAD="3") as server:
        bodies = [upload_form("acme-2.0-py3-none-any.whl", wheel("acme", "2.0", padding=n)) for n in range(20)]
        with ThreadPoolExecutor(20) as clients:
            answers = list(clients.map(lambda body: server.post(body, token)[0], bodies))
        assert Counter(answers) == {200: 1, 400: 19}
        uv_publish(server.url, token, built)
        assert "File already exists" in twine(server.url, token, built, expected=1)
        assert server.post(upload_form("acme-3.0-py3-none-any.whl", b"x" * (3 << 20)), token)[0] == 400
        assert server.post(upload_form("acme-3.0-py3-none-any.whl", b"x" * (4 << 20)), token)[0] == 413
        assert server.post(b"", "wrong")[0] == 401
        pip_download(f"{server.url}/simple/", tmp_path, "acme==1.0", "harbor")
        assert (tmp_path / ACME).read_bytes() == built.read_bytes()
        assert (tmp_path / HARBOR).is_file()
        status, body = server.get(f"/files/acme/acme-1-py3-none-any.whl/{ACME}", Range="bytes=5-9")
        assert (status, body) == (206, built.read_bytes()[5:10])
        assert server.get("/files/%2e%2e/lock.json")[0] == 404
        assert json.loads(server.get("/simple/acme/", Accept=JSON_TYPE)[1])["versions"] == ["1.0", "2.0"]
        assert server.get("/-/health")[0] == 200
    assert not (tree / "__pycache__").exists()


# --- nginx ----------------------------------------------------------------------------------------------------------

UNCOMMENT = re.compile(r"^(    )# ((?:client_max|location ~ \^/legacy|    |\}).*)$", re.MULTILINE)


def print_of(tree: Path, what: str, *options: str) -> str:
    """What ``server.py print`` says."""
    command = [sys.executable, "-B", str(tree / "server.py"), "print", what, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@contextmanager
def nginx(configuration: str, folder: Path, port: int) -> Iterator[str]:
    """A real nginx in the foreground, with everything that it writes in a folder."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        skip("nginx is not installed (scripts/test-tools.sh does it)")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\n{user}pid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{configuration}\n}}\n"
    )
    command = [program, "-e", f"{folder}/error.log", "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            until = time.monotonic() + 10
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    assert process.poll() is None, process.stderr.read() if process.stderr else ""
                    assert time.monotonic() < until
                    time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def test_nginx_serves_the_same_tree(tree: Path, tokens: Path, token: str, built: Path, tmp_path: Path) -> None:
    folder, port = tmp_path / "nginx", free_port()
    folder.mkdir()
    with running(tree, "--tokens", str(tokens)) as server:
        printed = print_of(tree, "nginx", "--listen", f"127.0.0.1:{port}", "--port", str(server.port))
        configuration = UNCOMMENT.sub(r"\1\2", printed)
        assert configuration.count("#") < printed.count("#")
        with nginx(configuration, folder, port) as url:
            twine(url, token, built)
            uv_publish(url, token, built, expected=2)
            pip_download(f"{url}/simple/", tmp_path, "acme", "harbor")
            assert (tmp_path / ACME).read_bytes() == built.read_bytes()
            uv_install(f"{url}/simple/", tmp_path / "uv", "acme", "harbor")
            by_nginx = Running(process=server.process, url=url, log=server.log)
            _compare(by_nginx, server)
            _probe(by_nginx)
            (tree / f"files/{HARBOR}.provenance").write_text("{}")  # nginx knows no manifest
            with urlopen(f"{url}/files/{HARBOR}.provenance", timeout=10) as answer:
                assert answer.headers["Content-Type"] == "application/vnd.pypi.integrity.v1+json"
                assert answer.headers["Cache-Control"] == "max-age=60"
    assert "[emerg]" not in (folder / "error.log").read_text()


def _compare(by_nginx: Running, server: Running) -> None:
    """Both say the same of every page and file that a client asks for."""
    kinds = ("", "text/html", JSON_TYPE, "application/vnd.pypi.simple.latest+json", f"{JSON_TYPE}, text/html;q=0.1")
    for project in ("harbor", "mast-tools", "acme"):
        for kind in (*kinds, f"text/html, {JSON_TYPE};q=0", f"text/html, {JSON_TYPE}; q=0.0"):
            expected = server.get(f"/simple/{project}/", Accept=kind)
            assert by_nginx.get(f"/simple/{project}/", Accept=kind) == expected
            assert expected[0] == 200
    for path in (f"/files/{HARBOR}", f"/files/{HARBOR}.metadata", "/lock.json", "/manifest.json"):
        assert by_nginx.get(path) == server.get(path)
    for path in ("", ".metadata"):
        target = f"/files/acme/acme-1-py3-none-any.whl/{ACME}{path}"
        assert by_nginx.get(target) == server.get(target)
    assert by_nginx.get("/simple/harbor")[0] == server.get("/simple/harbor")[0] == 301
    status, body = by_nginx.get(f"/files/{HARBOR}", Range="bytes=0-3")
    assert (status, body) == (206, b"PK\x03\x04")


def _probe(by_nginx: Running) -> None:
    """Nothing else is given."""
    for path in (
        "/uploads/.lock", "/uploads/files/acme/", "/files/", "/server.py", "/simple/none/", "/files/.hidden",
        "/files/acme/acme-1-py3-none-any.whl/upload.json", "/files/acme/", "/simple/acme/index.html", "/-/metrics",
    ):  # fmt: skip
        assert by_nginx.get(path)[0] == 404, path
    assert by_nginx.get("/")[0] == 302


# --- systemd --------------------------------------------------------------------------------------------------------


def test_the_unit_is_one_and_is_hardened(tree: Path, tokens: Path, token: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        skip("systemd-analyze is not installed")
    unit = tmp_path / "wheelhouse.service"
    unit.write_text(print_of(tree, "systemd", "--tokens", str(tokens), "--port", "80", "--private"))
    text = unit.read_text()
    assert f"ExecStart={sys.executable} {tree}/server.py {tree} --port 80 --private --tokens {tokens}\n" in text
    assert f"ReadWritePaths=-{tree}/uploads\n" in text
    assert "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n" in text
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert str(unit) not in verified.stderr
    assert (verified.returncode, [line for line in verified.stderr.splitlines() if "wheelhouse" in line]) == (0, [])
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout


def test_what_cannot_be_put_into_a_configuration_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["nginx", str(tmp_path / "a tree")],
        ["systemd", str(tmp_path), "--tokens", str(tmp_path / "a file")],
    ):
        assert main(["print", *words]) == 2
        assert "are not safe in a configuration" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["print", "apache"])
