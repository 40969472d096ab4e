"""What comes out of a sandbox is checked for its form: forged answers of every kind are refused."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from resolver.errors import BuildFailed, NoSandbox
from resolver.sandbox import runner
from resolver.sandbox.bubblewrap import Bubblewrap
from resolver.sandbox.model import Ask, Job, JobAnswer, Limits
from resolver.sandbox.watch import Outcome
from resolver.sandbox.worker import READY
from tests.support.pythons import PYTHON


def job(ask: Ask) -> Job:
    return Job(
        ask=ask,
        sdist=Path("/files/p-1.tar.gz"),
        backend="hostile",
        backend_path=(),
        interpreter=PYTHON,
        environment=Path("/builds/environment"),
    )


class _Sandbox(runner.Sandbox):
    """Its processes answer with these bytes, once the worker is ``ready``."""

    def __init__(self, content: bytes, log: str = "", exceeded: str = "", ready: bytes = READY) -> None:
        super().__init__(lambda: Bubblewrap(path="bwrap", features=frozenset(), privileged=False))
        self.found = Outcome(status=1, exceeded=exceeded, log=log, answer=io.BytesIO(ready + content))

    def _outcome(self, job: Job, tools: object, is_unwanted: object) -> Outcome:
        return self.found


def answer(ask: Ask, content: bytes, into: Path | None = None) -> JobAnswer:
    return _Sandbox(content).run(job(ask), into)


def test_answers_of_the_right_form_are_taken(tmp_path: Path) -> None:
    assert answer("requires", b'{"requires": ["a", "b>1"]}\n').requires == ("a", "b>1")
    assert answer("metadata", b'{"metadata": true, "size": 3}\na\nb').metadata == b"a\nb"
    assert (
        answer("wheel", b'{"wheel": "p-1-py3-none-any.whl", "size": 2}\nPK', tmp_path).wheel == "p-1-py3-none-any.whl"
    )
    assert (tmp_path / "p-1-py3-none-any.whl").read_bytes() == b"PK"
    longest = "p" * 251 + ".whl"
    assert answer("wheel", b'{"wheel": "%s", "size": 2}\nPK' % longest.encode(), tmp_path).wheel == longest


UNREADABLE = [
    b"",
    b"\n",
    b"not JSON\n",
    b'{"requires": []}',
    b"[]\n",
    b"null\n",
    b"\xff\xfe\n",
    b"[" * 100_000 + b"\n",
    b'{"requires": [' + b'"a",' * 400_000 + b'"a"]}\n',
]


@pytest.mark.parametrize("content", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_is_no_header_is_no_answer(content: bytes) -> None:
    with pytest.raises(BuildFailed, match="ended without an answer"):
        answer("requires", content)


NO_WHEELS: tuple[object, ...] = (
    None, 1, "", ".whl", "p.exe", "../p.whl", "/tmp/p.whl", "a/p.whl", "a\\p.whl", "C:p.whl", "p\n.whl",
    "p\0.whl", "é.whl", "p .whl", "x" * 300 + ".whl", [], "..", "-\u2215p.whl",
)  # fmt: skip
FORGED: list[tuple[Ask, bytes]] = [
    ("requires", b"{}\n"),
    ("requires", b'{"requires": "setuptools"}\n'),
    ("requires", b'{"requires": {"a": 1}}\n'),
    ("requires", b'{"requires": [1]}\n'),
    ("requires", b'{"requires": [null]}\n'),
    ("requires", b'{"requires": [["a"]]}\n'),
    ("requires", b'{"requires": ["\\ud800"]}\n'),
    ("requires", b'{"requires": ["a\\u0000"]}\n'),
    ("metadata", b'{"size": "3"}\nabc'),
    ("metadata", b'{"size": true}\na'),
    ("metadata", b'{"size": 4}\nabc'),
    ("metadata", b'{"size": 2}\nabc'),
    ("metadata", b'{"size": -1}\n'),
    ("metadata", b'{"size": 1e3}\n'),
    *(
        ("wheel", json.dumps({"wheel": name, "size": 0}).encode() + b"\n")
        for name in NO_WHEELS
    ),
    ("wheel", b'{"wheel": "p.whl", "size": 5}\nPK'),
    ("wheel", b'{"wheel": "p.whl"}\nPK'),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "content"), FORGED, ids=range(len(FORGED)))
def test_forged_answers_are_refused(tmp_path: Path, ask: Ask, content: bytes) -> None:
    with pytest.raises(BuildFailed, match="makes no sense"):
        answer(ask, content, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "header",
    [
        {"failure": 1, "text": [], "missing": "x"},
        {"failure": "status", "text": None, "missing": [1, None]},
        {"failure": ["status"], "text": {}, "missing": {}},
        {"failure": "no such kind", "text": "x\ny"},
    ],
)
def test_forged_failures_are_failures(header: dict[str, object]) -> None:
    with pytest.raises(BuildFailed) as caught:
        answer("requires", json.dumps(header).encode() + b"\n")
    assert "\n" not in caught.value.reason
    assert caught.value.missing == ()


def test_an_answer_after_a_limit_was_exceeded_is_none() -> None:
    sandbox = _Sandbox(b'{"requires": []}\n', log="the end", exceeded="seconds")
    with pytest.raises(BuildFailed, match="longer than 300 s") as caught:
        sandbox.run(job("requires"))
    assert caught.value.log == "the end"


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("bwrap: Can't find source path /x", "Can't find source path /x"),
        ("python3.12: error while loading shared libraries", "python3.12: error while"),
        ("", "status 1"),
    ],
)
@pytest.mark.parametrize("ready", [b"", READY[:3]])
def test_a_sandbox_that_does_not_start_is_no_sandbox(log: str, told: str, ready: bytes) -> None:
    with pytest.raises(NoSandbox, match=f"could not be set up: {told}"):
        _Sandbox(b"", log=log, ready=ready).run(job("requires"))


def test_a_backend_that_talks_as_the_sandbox_does_is_not_believed() -> None:
    with pytest.raises(BuildFailed, match="ended without an answer") as caught:
        _Sandbox(b"", log="bwrap: Can't find source path /x").run(job("requires"))
    assert not isinstance(caught.value, NoSandbox)


def test_processes_are_counted_by_namespace_only_where_linux_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for release, counts in (("5.13.0-generic", False), ("5.14.0", True), ("6.1.0-13-amd64", True), ("4.18", False)):
        monkeypatch.setattr(os, "uname", lambda release=release: type("Name", (), {"release": release}))
        assert ("RLIMIT_NPROC" in runner._rlimits(Limits(), privileged=False)) is counts
        assert "RLIMIT_NPROC" in runner._rlimits(Limits(), privileged=True)


@pytest.mark.parametrize(
    ("kind", "text", "lasting"),
    [
        ("status", "1", True),
        ("status", "-9", False),
        ("unavailable", "ImportError", True),
        ("hook", "build_wheel", True),
        ("unsupported", "no", True),
        ("archive", "no space left on device", False),
        ("nonsense", "OSError", False),
    ],
)
def test_a_failure_lasts_where_the_backend_gave_up_by_itself(kind: str, text: str, lasting: bool) -> None:
    with pytest.raises(BuildFailed) as caught:
        answer("requires", json.dumps({"failure": kind, "text": text}).encode() + b"\n")
    assert caught.value.lasting == lasting


@pytest.mark.parametrize(
    "log",
    [
        "OSError: [Errno 28] No space left on device: '/build/x'",
        "tar: x: Cannot write: No space left on device",
        "BlockingIOError: [Errno 11] Resource temporarily unavailable",
        "cc1plus: out of memory allocating 65536 bytes",
        "gcc: fatal error: Killed signal terminated program cc1plus",
        "MemoryError",
    ],
)
def test_a_machine_that_was_short_of_something_may_not_be_next_time(log: str) -> None:
    with pytest.raises(BuildFailed) as caught:
        _Sandbox(b'{"failure": "status", "text": "1"}\n', log=f"Traceback\n{log}\n").run(job("requires"))
    assert not caught.value.lasting


def test_a_limit_that_was_exceeded_may_not_be_next_time() -> None:
    with pytest.raises(BuildFailed) as caught:
        _Sandbox(b"", exceeded="seconds").run(job("requires"))
    assert not caught.value.lasting
