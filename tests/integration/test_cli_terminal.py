"""The command on a terminal, in a pipe, and interrupted."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archives import html_page, sha256
from tests.support.desk import COMMAND, SPEC, environment, furnish, listing, wheelhouse
from tests.support.events import wait_for
from tests.support.http_server import Route, Server, serving

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return furnish(tmp_path / "desk")


def on_a_terminal(folder: Path, *arguments: str, width: int = 100, **variables: str) -> tuple[int, str]:
    """Exit code and all that a terminal of ``width`` columns was sent."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    env = environment(folder, {"TERM": "xterm-256color", **variables})
    process = subprocess.Popen([*COMMAND, *arguments], cwd=folder, env=env, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    seen = b""
    while True:
        try:
            piece = os.read(master, 1 << 16)
        except OSError:  # Linux says so when the other side is closed
            break
        if not piece:
            break
        seen += piece
    os.close(master)
    return process.wait(), seen.decode()


def test_progress_is_drawn_and_cleared(desk: Path) -> None:
    code, seen = on_a_terminal(desk, "resolve")
    assert code == 0, seen
    assert "resolving build requirements" in ESCAPE.sub("", seen)
    cursor, erased = seen.rfind("\x1b[?25h"), seen.rfind("\x1b[2K")
    assert 0 <= seen.find("\x1b[?25l") < cursor < erased, "the cursor is back and the bar is gone"
    assert not re.search("resolving|━", seen[erased:])
    code, seen = on_a_terminal(desk, "vendor", "tree", NO_COLOR="1")
    assert code == 0, seen
    assert not re.search(r"\x1b\[[0-9;]*m", seen), "no colour"


def test_a_dumb_terminal_and_a_pipe_get_plain_lines(desk: Path) -> None:
    code, seen = on_a_terminal(desk, "resolve", TERM="dumb")
    assert (code, "\x1b" in seen) == (0, False)
    done = wheelhouse(desk, "show")
    assert "\x1b" not in done.stdout + done.stderr
    for name in ("show", "why"):
        _, seen = on_a_terminal(desk, name, *(["beta"] if name == "why" else []), NO_COLOR="1")
        assert "\x1b" not in seen


def test_tables_fit_the_terminal(desk: Path) -> None:
    assert wheelhouse(desk, "resolve").returncode == 0
    _, wide = on_a_terminal(desk, "show", width=120)
    _, narrow = on_a_terminal(desk, "show", width=42)
    assert "\x1b[33m0.1 sdist" in wide, "what must be built stands out"
    lines = ESCAPE.sub("", narrow).splitlines()
    assert all(len(line.rstrip()) <= 42 for line in lines), lines
    assert sum(line.startswith("delta") for line in lines) == 2, "once for each part"


def test_what_indexes_say_cannot_drive_a_terminal(desk: Path) -> None:
    (desk / "spec.yaml").write_text(SPEC.replace("- delta", '- "delta\\e[2J"'))
    for done in (wheelhouse(desk, "resolve"), wheelhouse(desk, "why", "\x1b[2Jx")):
        assert done.returncode == 2
        assert "\x1b" not in done.stdout + done.stderr


AT_ONCE = ("--version", "resolve", "resolve --check")
"""Command lines that have their answer without a command; the lock is there."""


def test_a_reader_that_leaves_is_no_error(desk: Path) -> None:
    assert wheelhouse(desk, "resolve").returncode == 0
    for arguments in ("completion zsh", "show", "show --json", *AT_ONCE):
        script = f"(sleep 0.1; {' '.join(COMMAND)} {arguments}) | true; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(
            ["bash", "-c", script], cwd=desk, env=environment(desk), capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_output_that_cannot_be_written_is_an_error(desk: Path, unbuffered: str) -> None:
    assert wheelhouse(desk, "resolve").returncode == 0
    for arguments in ("completion zsh", "completion bash --json", *AT_ONCE):
        done = subprocess.run(
            ["bash", "-c", f"{' '.join(COMMAND)} {arguments} > /dev/full"],
            cwd=desk,
            env={**environment(desk), "PYTHONUNBUFFERED": unbuffered},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (4, "error: No space left on device\n")
    closed = f"{' '.join(COMMAND)} resolve >&-"
    assert subprocess.run(["bash", "-c", closed], cwd=desk, env=environment(desk), check=False).returncode == 0


def interrupted(desk: Path, *arguments: str, when: Callable[[], bool]) -> None:
    """Run a command that has to wait, interrupt it, and see that it ends at once with a line of its own."""
    process = subprocess.Popen([*COMMAND, *arguments], cwd=desk, env=environment(desk), stdout=-1, stderr=-1, text=True)
    wait_for(when)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    out, err = process.communicate(timeout=40)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted; nothing is half written, and a rerun continues"
    assert "Traceback" not in err
    assert time.monotonic() - began < 15


def over_http(desk: Path, server: Server) -> None:
    """Serve the desk's index, and have its spec ask there."""
    wheels = {path.name: path.read_bytes() for path in (desk / "wheels").iterdir()}
    for project in ("alpha", "beta", "delta", "winonly", "setuptools"):
        links = {name: f"/{name}#sha256={sha256(wheels[name])}" for name in wheels if name.startswith(project)}
        server.routes[f"/simple/{project}/"] = Route(body=html_page(links), content_type="text/html")
    server.routes.update((f"/{name}", Route(body=content)) for name, content in wheels.items())
    (desk / "spec.yaml").write_text(SPEC.replace("wheels/", f"{server.url}/simple/"))


def test_an_interrupt_ends_at_once_and_leaves_nothing(desk: Path) -> None:
    with serving() as server:
        over_http(desk, server)
        server.routes["/simple/alpha/"].delay = 30
        before = listing(desk)
        interrupted(desk, "resolve", when=lambda: any(one.path == "/simple/delta/" for one in server.asked))
        assert listing(desk) == before


def test_an_interrupt_of_vendoring_ends_at_once(desk: Path) -> None:
    with serving() as server:
        over_http(desk, server)
        assert wheelhouse(desk, "resolve").returncode == 0
        slow = server.routes["/beta-1.5-py3-none-any.whl"]
        slow.delay = 30
        interrupted(desk, "vendor", "tree", when=(desk / "tree/files/alpha-1.0-py3-none-any.whl").exists)
        assert not {"manifest.json", "simple"} & {path.name for path in (desk / "tree").iterdir()}
        slow.delay = 0
        assert wheelhouse(desk, "vendor", "tree").returncode == 0, "a rerun continues"


def test_serving_tells_where_and_stops(desk: Path) -> None:
    assert wheelhouse(desk, "resolve").returncode == 0
    assert wheelhouse(desk, "vendor", "tree").returncode == 0
    process = subprocess.Popen(
        [*COMMAND, "serve", "tree", "--port", "0"], cwd=desk, env=environment(desk), stdout=-1, stderr=-1, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert re.fullmatch(r"serving tree on http://127\.0\.0\.1:\d+/; Ctrl-C ends it\n", line), line
    port = line.split(":")[2].split("/")[0]
    taken = wheelhouse(desk, "serve", "tree", "--port", port)
    assert (taken.returncode, "--port" in taken.stderr) == (4, True)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_bash_completes(desk: Path) -> None:
    script = """
    source <(WHEELHOUSE completion bash)
    try() {
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
        _shtab_wheelhouse 2>/dev/null
        echo "${COMPREPLY[*]}"
    }
    try wheelhouse res; try wheelhouse resolve --up; try wheelhouse resolve --spec sp; try wheelhouse serve wh
    """.replace("WHEELHOUSE", " ".join(COMMAND))
    done = subprocess.run(
        ["bash", "-c", script], cwd=desk, env=environment(desk), capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["resolve", "--update", "spec.yaml", "wheels"], done.stderr


def test_a_warning_stands_above_the_bar(desk: Path) -> None:
    (desk / "file").write_text("no directory\n")
    code, seen = on_a_terminal(desk, "resolve", "--update", width=60, WHEELHOUSE_CACHE_DIR=str(desk / "file/cache"))
    assert code == 0, seen
    assert wheelhouse(desk, "vendor", "tree").returncode == 0
    shutil.rmtree(desk / "tree")
    code, seen = on_a_terminal(desk, "vendor", "tree", width=60, WHEELHOUSE_CACHE_DIR=str(desk / "file/cache"))
    assert code == 0, seen
    lines = ESCAPE.sub("", seen).replace("\r", "\n").splitlines()
    assert any(line.startswith("warning: ") for line in lines), seen
