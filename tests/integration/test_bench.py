"""The benchmark's index and its clock, as they run: what they tell of others has to hold first."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from bench import processes
from bench.loopback import Loopback, loopback
from tests.support.wheels import wheel_with

JSON = "application/vnd.pypi.simple.v1+json"
FOLDER = "https://files.example/a"
NAME = "foo-1.0-py3-none-any.whl"


def place(kind: str, url: str) -> str:
    name = hashlib.sha256(url.encode()).hexdigest()
    return f"{kind}/{name[:2]}/{name}"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    content = wheel_with(tmp_path_factory.mktemp("made"), "foo", {}, version="1.0").read_bytes()
    url = f"{FOLDER}/{NAME}"
    file = {"filename": NAME, "url": url, "hashes": {"sha256": "0" * 64}, "core-metadata": True}
    page = {"meta": {"api-version": "1.1"}, "name": "foo", "files": [file]}
    for path, kept in {"pages/foo": json.dumps(page).encode(), place("files", url): content}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(kept)
    return folder


@pytest.fixture(scope="module")
def index(recording: Path) -> Iterator[Loopback]:
    with loopback(recording) as started:
        yield started


def get(url: str, **headers: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_a_page_has_the_headers_that_an_index_gives(index: Loopback) -> None:
    index.steer()
    status, headers, body = get(f"{index.simple}foo/", Accept=JSON, Accept_Encoding="gzip")
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, JSON, "max-age=600, public")
    [file] = json.loads(gzip.decompress(body))["files"]
    assert file["url"].startswith(f"{index.base}/files/")
    assert file["core-metadata"]
    again, _, nothing = get(f"{index.simple}foo/", Accept=JSON, If_None_Match=headers["ETag"])
    assert (again, nothing) == (304, b"")
    _, headers, page = get(f"{index.simple}foo/")
    assert headers["Content-Type"].startswith("text/html")
    assert b'data-core-metadata="true"' in page


def test_an_index_without_core_metadata(index: Loopback) -> None:
    url = f"{index.base}/files/{base64.urlsafe_b64encode(FOLDER.encode()).decode()}/{NAME}"
    index.steer()
    assert get(f"{url}.metadata")[2].startswith(b"Metadata-Version")
    index.steer(metadata=False)
    assert get(f"{url}.metadata")[0] == 404
    assert "core-metadata" not in json.loads(get(f"{index.simple}foo/", Accept=JSON)[2])["files"][0]
    status, headers, body = get(url, Range="bytes=-4")
    assert (status, len(body)) == (206, 4)
    assert headers["Content-Range"].startswith("bytes ")


def test_what_was_not_recorded_is_not_there(index: Loopback) -> None:
    index.steer()
    assert get(f"{index.simple}bar/", Accept=JSON)[0] == 404


def test_answers_are_counted_and_late(index: Loopback) -> None:
    index.steer(latency=100)
    index.requests()
    begun = time.monotonic()
    get(f"{index.simple}foo/")
    assert time.monotonic() - begun >= 0.1
    assert (index.requests(), index.requests()) == (1, 0)


def test_a_slow_line_gives_all_of_a_file(index: Loopback, recording: Path) -> None:
    url = f"{index.base}/files/{base64.urlsafe_b64encode(FOLDER.encode()).decode()}/{NAME}"
    index.steer(bandwidth=0.01)
    kept = (recording / place("files", f"{FOLDER}/{NAME}")).read_bytes()
    begun = time.monotonic()
    assert get(url)[2] == kept
    assert time.monotonic() - begun >= len(kept) / 10_000


HUNGRY = "kept = bytearray(60 << 20); kept[::4096] = b'x' * len(kept[::4096])"
_WAITING = f"import sys; {HUNGRY}; print(flush=True); sys.stdin.read()"
TWO_HUNGRY = f"""
import subprocess, sys, time
two = [subprocess.Popen([sys.executable, "-c", {_WAITING!r}], stdin=-1, stdout=-1) for _ in "ab"]
for one in two:
    one.stdout.readline()  # it has all its memory
time.sleep(1)  # while somebody looks
for one in two:
    one.communicate()
"""


def run(code: str, folder: Path, limit: float = 60) -> processes.Usage:
    return processes.run([[sys.executable, "-c", code]], folder, {}, limit)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what of its memory a process shares")
def test_the_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    alone, together = run(HUNGRY, tmp_path), run(TWO_HUNGRY, tmp_path)
    assert 60 < alone.memory < 100
    assert 120 < together.memory < 200


def test_time_on_the_clock_and_of_the_processor(tmp_path: Path) -> None:
    slept = run("import time; time.sleep(0.5)", tmp_path)
    assert slept.seconds >= 0.5
    assert slept.cpu < 0.4
    worked = run("import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(10**7))'])", tmp_path)
    assert worked.cpu > 0.1, "of a child too"


def test_a_run_that_fails_or_does_not_end(tmp_path: Path) -> None:
    with pytest.raises(processes.Failed, match="exit 3"):
        run("raise SystemExit(3)", tmp_path)
    began = time.monotonic()
    with pytest.raises(processes.Failed, match="over the limit"):
        run(
            "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])",
            tmp_path,
            1,
        )
    assert time.monotonic() - began < 20
