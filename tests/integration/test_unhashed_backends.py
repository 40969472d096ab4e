"""A backend that nothing vouches for: its file has no digest. Others run it on the host; here no code of it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archives import sdist, sha256
from tests.support.command_line import run
from tests.support.http_server import Route, Server, serving
from tests.support.wheels import wheel_with

PYPROJECT = (
    b'[build-system]\nrequires = ["backend"]\nbuild-backend = "backend"\n[project]\nname = "s"\nversion = "1.0"\n'
)
DYNAMIC = b'dynamic = ["dependencies"]\n'
SOURCE = sdist("s", "1.0", {"pyproject.toml": PYPROJECT + DYNAMIC})
BACKEND = """
import os, pathlib
pathlib.Path({witness!r}).write_text("the backend ran")

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = os.path.join(folder, "s-1.0.dist-info")
    os.mkdir(info)
    pathlib.Path(info, "METADATA").write_text("Metadata-Version: 2.1\\nName: s\\nVersion: 1.0\\n")
    pathlib.Path(info, "WHEEL").write_text("Wheel-Version: 1.0\\n")
    return "s-1.0.dist-info"

def build_wheel(folder, config_settings=None, metadata_directory=None):
    raise SystemExit("not this far")
"""


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    return tmp_path / "witness"


@pytest.fixture
def index(tmp_path: Path, witness: Path) -> Iterator[Server]:
    """An index that tells the digest of the sdist, and none of its backend."""
    backend = wheel_with(
        tmp_path, "backend", {"backend.py": BACKEND.format(witness=str(witness)).encode()}
    ).read_bytes()
    with serving() as server:
        files = {"s-1.0.tar.gz": SOURCE, "backend-1-py3-none-any.whl": backend}
        server.routes.update({f"/files/{name}": Route(body=content) for name, content in files.items()})
        links = {"s": f"s-1.0.tar.gz#sha256={sha256(SOURCE)}", "backend": "backend-1-py3-none-any.whl"}
        for project, link in links.items():
            page = f'<html><body><a href="/files/{link}">{link.partition("#")[0]}</a></body></html>'
            server.routes[f"/simple/{project}/"] = Route(body=page.encode(), content_type="text/html")
        yield server


def plain(folder: Path) -> dict[str, str]:
    """Variables of a process that sees no configuration of this machine."""
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_"))}
    return {**keep, "PIP_CONFIG_FILE": os.devnull, "HOME": str(folder), "UV_CACHE_DIR": str(folder / "uv")}


def test_pip_runs_it_though_hashes_are_required(index: Server, witness: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "requirements.txt"
    wanted.write_text(f"s==1.0 --hash=sha256:{sha256(SOURCE)}\n")
    command = [
        sys.executable,
        "-m",
        "pip",
        "--isolated",
        "download",
        "--require-hashes",
        "-q",
        "-d",
        str(tmp_path / "d"),
    ]
    command += ["--index-url", f"{index.url}/simple/", "-r", str(wanted)]
    subprocess.run(command, env=plain(tmp_path), capture_output=True, check=False, cwd=tmp_path)
    assert witness.read_text() == "the backend ran"


def test_uv_runs_it(index: Server, witness: Path, tmp_path: Path) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "pip", "compile", "-", "--no-config", "--generate-hashes", "--index-url", f"{index.url}/simple/"]
    done = subprocess.run(command, input=b"s==1.0", env=plain(tmp_path), capture_output=True, check=False, cwd=tmp_path)
    assert witness.exists(), done.stderr
    assert witness.read_text() == "the backend ran"


def spec_of(index: Server, folder: Path, wanted: str, **how: str) -> list[str]:
    """Write a spec; the options of ``wheelhouse resolve`` for it."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    spec = {
        "version": 1,
        "environments": {"here": {"python": version, "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"}},
        "requirements": [wanted],
        "indexes": [{"name": "local", "url": f"{index.url}/simple/", **how}],
    }
    (folder / "spec.yaml").write_text(json.dumps(spec))
    return ["--spec", str(folder / "spec.yaml"), "--cache-dir", str(folder / "cache")]


def test_here_it_is_refused_and_nothing_of_it_is_fetched(index: Server, witness: Path, tmp_path: Path) -> None:
    code, said = run("resolve", *spec_of(index, tmp_path, "s==1.0"))
    assert code == 3
    assert "backend-1-py3-none-any.whl comes with no digest from the index" in said, said
    assert not witness.exists()
    assert not [path for path, _ in index.take() if "backend-1" in path]


def test_where_the_spec_asks_for_it_the_lock_vouches_for_the_bytes_that_came(index: Server, tmp_path: Path) -> None:
    code, said = run("resolve", *spec_of(index, tmp_path, "backend", digests="computed"))
    assert (code, "the lock has that of the bytes that came: backend 1" in said) == (0, True), said
    lock, tree = str(tmp_path / "lock.json"), str(tmp_path / "tree")
    content = index.routes["/files/backend-1-py3-none-any.whl"].body
    assert json.loads(Path(lock).read_bytes())["artifacts"]["backend-1-py3-none-any.whl"]["sha256"] == sha256(content)
    index.routes["/files/backend-1-py3-none-any.whl"].body = content[:-1] + b"?"
    code, said = run("vendor", tree, "--lock", lock, "--cache-dir", str(tmp_path / "another"))
    assert code == 1
    assert "backend-1-py3-none-any.whl: is not what the lock names" in said, said
