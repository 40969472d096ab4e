"""pip and uv install from a vendored tree: as files, over any static web server, and over the tree's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archives import wheel
from tests.support.artifacts import HARBOR, KEEL, vendored

NEWER = "harbor-3.0-py3-none-any.whl"
UV = Path(sys.executable).with_name("uv")
WAYS = ("file", "static", "server")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """harbor needs keel, which is yanked; a newer harbor is for no Python that exists. sea_wall is spelt so inside."""
    tree = tmp_path_factory.mktemp("here") / "a tree"
    files = {
        HARBOR: wheel("harbor", "2.1.0", "keel==1.4"),
        KEEL: wheel("keel", "1.4", padding=200_000),
        NEWER: wheel("harbor", "3.0", "keel==1.4"),
        "keel-1.3-py3-none-any.whl": wheel("keel", "1.3"),
        "sea_wall-1.0-py3-none-any.whl": wheel("sea_wall", "1.0"),
    }
    vendored(tree, files)
    return tree


@pytest.fixture(scope="module", params=WAYS)
def served(
    tree: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """The index's URL, and where its server logs."""
    log = tmp_path_factory.mktemp("log") / "log"
    log.touch()
    if request.param == "file":
        yield f"{tree.as_uri()}/simple/", log
        return
    static = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(tree), "0"]
    command = static if request.param == "static" else [sys.executable, str(tree / "server.py"), "--port", "0"]
    with (
        log.open("w") as stream,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True, cwd=tree.parent) as process,
    ):
        assert process.stdout
        found = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
        assert found
        yield f"{found[0]}simple/", log
        process.terminate()


def run(*command: str) -> str:
    """What a command says; nothing of this machine's configuration of pip and uv counts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    env = {**kept, "PIP_CONFIG_FILE": os.devnull, "NO_COLOR": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def installed(target: Path) -> list[str]:
    return sorted(path.name for path in target.glob("*.dist-info"))


@pytest.fixture(scope="module")
def older_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pip of Debian 12 and of Pythons 3.9 to 3.11, in a folder."""
    target = tmp_path_factory.mktemp("older pip")
    run(*PIP, "install", "--no-input", "--target", str(target), "pip==23.0.1")
    return target


@pytest.mark.pypi
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="pip 23.0 runs on no Python after 3.11")
def test_an_older_pip_installs(served: tuple[str, Path], older_pip: Path, tmp_path: Path) -> None:
    """By the older name of core-metadata, pips from 22.3 to 23.1 refuse sea_wall, and end in TypeError over HTTP."""
    url, _ = served
    older = (sys.executable, str(older_pip / "pip"), *PIP[3:])
    assert run(*older, "--version").startswith("pip 23.0.1 ")
    run(
        *older,
        "install",
        "--no-input",
        "--target",
        str(tmp_path / "t"),
        "--index-url",
        url,
        "sea-wall",
        "harbor==2.1.0",
    )
    assert installed(tmp_path / "t") == ["harbor-2.1.0.dist-info", "keel-1.4.dist-info", "sea_wall-1.0.dist-info"]


PIP = (sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "--no-cache-dir")


def test_pip_installs(served: tuple[str, Path], tmp_path: Path) -> None:
    url, log = served
    said = run(*PIP, "install", "--no-input", "--target", str(tmp_path / "t"), "--index-url", url, "Harbor")
    assert installed(tmp_path / "t") == ["harbor-2.1.0.dist-info", "keel-1.4.dist-info"]
    assert "a leak below the <water> line" in said
    _check_log(url, log)


def test_uv_installs(served: tuple[str, Path], tmp_path: Path) -> None:
    url, log = served
    flags = ("--no-config", "--no-cache", "--python", sys.executable, "--target", str(tmp_path / "t"))
    said = run(str(UV), "pip", "install", *flags, "--default-index", url, "Harbor", "keel==1.4")
    assert installed(tmp_path / "t") == ["harbor-2.1.0.dist-info", "keel-1.4.dist-info"]
    assert "a leak below the <water> line" in said
    _check_log(url, log)


def _check_log(url: str, log: Path) -> None:
    """Metadata came from the sidecars, and nothing that was asked of our server was missing."""
    if not url.startswith("http:"):
        return
    said = log.read_text()
    assert f"/files/{HARBOR}.metadata" in said
    assert f"/files/{NEWER} " not in said
    assert " 404" not in said
    assert " 500" not in said


def test_a_yanked_file_is_not_chosen_by_itself(served: tuple[str, Path], tmp_path: Path) -> None:
    run(*PIP, "download", "--no-deps", "--dest", str(tmp_path), "--index-url", served[0], "keel")
    assert [path.name for path in tmp_path.iterdir()] == ["keel-1.3-py3-none-any.whl"]


def test_pip_holds_files_against_their_hashes(served: tuple[str, Path], tree: Path, tmp_path: Path) -> None:
    """With one byte changed the server of the tree refuses, and pip does behind any other."""
    content = (tree / "files" / KEEL).read_bytes()
    try:
        (tree / "files" / KEEL).write_bytes(content[:-1] + b"\1")
        with pytest.raises(AssertionError, match=r"DO NOT MATCH|500|hash"):
            run(*PIP, "download", "--retries", "0", "--dest", str(tmp_path), "--index-url", served[0], "keel==1.4")
    finally:
        (tree / "files" / KEEL).write_bytes(content)
