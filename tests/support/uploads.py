"""Forms of the legacy upload API, written out by hand, and a tree's server that runs as a program of its own."""

from __future__ import annotations

import base64
import hashlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from packaging.utils import parse_sdist_filename, parse_wheel_filename

BOUNDARY = "0123456789abcdef"
FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def fields_of(filename: str, content: bytes) -> list[tuple[str, str]]:
    """What twine states of a file, as far as a server looks at it."""
    wheel = filename.endswith(".whl")
    name, version, *_ = parse_wheel_filename(filename) if wheel else parse_sdist_filename(filename)
    return [
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("name", str(name)),
        ("version", str(version)),
        ("filetype", "bdist_wheel" if wheel else "sdist"),
        ("pyversion", "py3" if wheel else "source"),
        ("sha256_digest", hashlib.sha256(content).hexdigest()),
    ]


def form(fields: Sequence[tuple[str, str]], filename: str, content: bytes) -> bytes:
    """A multipart body of fields and a file."""
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields]
    head = f'Content-Disposition: form-data; name="content"; filename="{filename}"\r\n\r\n'.encode()
    parts.append(head + content + b"\r\n")
    return b"".join(f"--{BOUNDARY}\r\n".encode() + part for part in parts) + f"--{BOUNDARY}--\r\n".encode()


def upload_form(filename: str, content: bytes, **other: str) -> bytes:
    """The form of a file; ``other`` fields take the place of the right ones, ``action`` that of ``:action``."""
    changed = {(":action" if name == "action" else name): value for name, value in other.items()}
    fields = dict(fields_of(filename, content)) | changed
    return form(list(fields.items()), filename, content)


def basic(token: str, user: str = "__token__") -> dict[str, str]:
    """The header that twine sends."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server: its process, its URL without a slash at the end, and the file of its log."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def post(self, body: bytes, token: str, path: str = "/legacy/") -> tuple[int, str, str]:
        """Status, reason and text of the answer to a form."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("POST", path, body, {"Content-Type": FORM_TYPE, **basic(token)})
            response = connection.getresponse()
            return response.status, response.reason, response.read().decode()

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Status and body."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            return response.status, response.read()


def new_token(tree: Path, tokens: Path, name: str, *scopes: str) -> str:
    """A token, made as a person makes one."""
    command = [sys.executable, str(tree / "server.py"), "token", str(tokens), name, *scopes]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def running(tree: Path, *options: str, python: str = sys.executable) -> Iterator[Running]:
    """The tree's server on a free port, ended by SIGTERM where it runs still."""
    log = tree.parent / f"{tree.name}.log"
    command = [python, "-B", "-W", "always", str(tree / "server.py"), "--port", "0", *options]
    with (
        log.open("a") as stream,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True) as process,
    ):
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"https?://[^/]+:\d+(?=/$)", line)
        assert found, (line, log.read_text())
        try:
            yield Running(process=process, url=found[0], log=log)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(40)
