"""What a second process reads for this one is what this one would have read, whatever becomes of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from resolver.cli.ahead import Ahead
from resolver.errors import IndexFailure, IntegrityError, InvalidMetadata, ProjectNotFound
from resolver.http_index import second_process
from resolver.http_index.assistant import Assistant
from resolver.http_index.cache import Cache
from resolver.http_index.entries import LAYOUT
from resolver.http_index.index import HttpIndex
from resolver.http_index.pages import Told
from resolver.http_index.reader import Reader
from resolver.http_index.transport import Transport
from resolver.metadata.core import parse_core
from resolver.metadata.model import SdistFiles
from resolver.processors import processors
from resolver.simple.parse import JSON_TYPE
from tests.support.archives import json_page, metadata, sdist, sha256, wheel
from tests.support.events import wait_for
from tests.support.http_server import Route, Server, serving

FOO = canonicalize_name("foo")
NAME = "foo-1.0-py3-none-any.whl"
SIDECAR = metadata("foo", "1.0", "bar")
PARSED = parse_core(SIDECAR)
WHEEL = wheel("foo", "1.0", "bar")
PAGE = "/simple/foo/"
BESIDE = f"/files/{NAME}.metadata"


@pytest.fixture
def server(no_proxies: None) -> Iterator[Server]:
    with serving() as running:
        offer(running)
        yield running


def offer(server: Server, **more: object) -> None:
    row = {"filename": NAME, "url": f"../../files/{NAME}", "core-metadata": True}
    row |= {"hashes": {"sha256": sha256(WHEEL)}, **more}
    fresh = {"Cache-Control": "max-age=600"}
    server.routes[PAGE] = Route(body=json_page("foo", row), content_type=JSON_TYPE, headers=fresh)
    server.routes[BESIDE] = Route(body=SIDECAR)


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant(Cache(tmp_path / "cache")) as made:
        yield made


def index(server: Server, assistant: Assistant) -> HttpIndex:
    """Of a run that has an assistant."""
    return of(server, assistant.cache, assistant)


def of(server: Server, cache: Cache, assistant: Assistant | None = None) -> HttpIndex:
    url = f"{server.url}/simple/"
    return HttpIndex("corp", url, transport=Transport("corp", url), cache=cache, assistant=assistant)


def later(server: Server, assistant: Assistant) -> HttpIndex:
    """Of a run after that, which has the cache of its disk alone."""
    return of(server, Cache(assistant.cache.root))


needs_posix_spawn = pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="this system has no posix_spawn")
needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="a fork is trusted on Linux alone")


def process_of(assistant: Assistant) -> subprocess.Popen[bytes] | second_process.Child:
    assert assistant._process is not None
    return assistant._process


def test_it_reads_what_this_process_would_read(server: Server, assistant: Assistant, tmp_path: Path) -> None:
    here, there = of(server, Cache(tmp_path / "other")), index(server, assistant)
    assert there.prefetch([FOO])
    [file] = there.project(FOO).files
    there.prefetch_metadata(file)
    assert there.wheel_metadata(file) == PARSED
    assert server.take() == [(PAGE, 200), (BESIDE, 200)]
    assert server.asked == []
    assert here.project(FOO) == there.project(FOO)
    assert here.wheel_metadata(file) == PARSED


def test_a_later_run_finds_all_of_it_in_the_cache(server: Server, assistant: Assistant) -> None:
    first = index(server, assistant)
    [file] = first.project(FOO).files
    first.wheel_metadata(file)
    server.take()
    again = later(server, assistant)
    assert not again.prefetch([FOO])
    assert again.wheel_metadata(*again.project(FOO).files) == PARSED
    assert server.take() == []


def offer_many(server: Server) -> list[str]:
    """As `offer`, for more METADATA than an assistant leaves to whoever asked."""
    names = [f"foo-{number}-py3-none-any.whl" for number in range(40)]
    rows = [
        {
            "filename": name,
            "url": f"../../files/{name}",
            "core-metadata": True,
            "hashes": {"sha256": sha256(name.encode())},
        }
        for name in names
    ]
    fresh = {"Cache-Control": "max-age=600"}
    server.routes[PAGE] = Route(body=json_page("foo", *rows), content_type=JSON_TYPE, headers=fresh)
    for number, name in enumerate(names):
        server.routes[f"/files/{name}.metadata"] = Route(body=metadata("foo", str(number), "bar"))
    return names


def test_metadata_is_the_same_whoever_parses_it(server: Server, assistant: Assistant) -> None:
    names = offer_many(server)
    there = index(server, assistant)
    files = {file.filename: file for file in there.project(FOO).files}
    for file in files.values():
        there.prefetch_metadata(file)
    for number, name in enumerate(names):
        assert there.wheel_metadata(files[name]) == parse_core(metadata("foo", str(number), "bar"))
    again = later(server, assistant)
    assert all(again.wheel_metadata(file) == there.wheel_metadata(file) for file in files.values())
    assert len(server.take()) == 1 + len(names)


def test_what_has_come_in_vain_is_kept_for_the_next_run(server: Server, assistant: Assistant) -> None:
    there = index(server, assistant)
    [file] = there.project(FOO).files
    there.prefetch_metadata(file)
    assert there.next_come() == FOO
    assert there.next_come() == file.url
    there.close()
    server.take()
    assert later(server, assistant).wheel_metadata(file) == PARSED
    assert server.take() == []


def test_it_is_not_started_for_what_is_at_hand(server: Server, tmp_path: Path) -> None:
    of(server, Cache(tmp_path)).project(FOO)
    with Assistant(Cache(tmp_path)) as assistant:
        there = index(server, assistant)
        there.prefetch([FOO])
        there.project(FOO)
        assert assistant._process is None


def test_authorities_that_cannot_be_read_ahead_stop_nobody_who_needs_none(
    server: Server, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    assistant.start(over_tls=True)
    there = index(server, assistant)
    assert there.prefetch([FOO])
    assert there.next_come() == FOO
    url = server.url.replace("http:", "https:") + "/simple/"
    protected = HttpIndex("corp", url, transport=Transport("corp", url), cache=assistant.cache, assistant=assistant)
    with pytest.raises(IndexFailure, match=r"authorities /nowhere\.pem is not there"):
        protected.project(FOO)


def test_a_project_that_is_not_there(server: Server, assistant: Assistant) -> None:
    with pytest.raises(ProjectNotFound, match="index 'corp' has no project 'absent'"):
        index(server, assistant).project(canonicalize_name("absent"))


BROKEN = b"no archive"


@pytest.mark.parametrize(
    ("listed", "beside", "error", "message"),
    [
        ({}, Route(first=[(418, {})]), IndexFailure, "'corp' answers 418 for http://.*metadata"),
        ({"core-metadata": {"sha256": "0" * 64}}, Route(), IntegrityError, r"the sha256 of its METADATA is .*0000 was"),
        ({"core-metadata": False, "hashes": {"sha256": sha256(BROKEN)}}, Route(), InvalidMetadata, NAME),
    ],
)
def test_its_errors_are_raised_where_they_are_asked_for(
    server: Server, assistant: Assistant, listed: dict[str, object], beside: Route, error: type[Exception], message: str
) -> None:
    offer(server, **listed)
    server.routes |= {BESIDE: beside, f"/files/{NAME}": Route(body=BROKEN)}
    there = index(server, assistant)
    with pytest.raises(error, match=message):
        there.wheel_metadata(*there.project(FOO).files)


@pytest.mark.parametrize("when", ["before", "between"])
def test_what_it_leaves_behind_is_done_here(server: Server, assistant: Assistant, when: str) -> None:
    there = index(server, assistant)
    server.routes[PAGE].delay = 0.5
    there.prefetch([FOO])
    if when == "between":
        there.project(FOO)
    process_of(assistant).kill()
    assert there.wheel_metadata(*there.project(FOO).files) == PARSED
    there.prefetch([canonicalize_name("absent")])
    with pytest.raises(ProjectNotFound):
        there.project(canonicalize_name("absent"))


SDIST = sdist("foo", "1.0", {"pyproject.toml": b"[build-system]\n", "foo.py": b""})
ANSWERS = SdistFiles(
    files={"PKG-INFO": metadata("foo", "1.0"), "pyproject.toml": b"[build-system]\n"},
    members=("PKG-INFO", "foo.py", "pyproject.toml"),
)


def offer_sdist(server: Server, content: bytes) -> None:
    offer(server, filename="foo-1.0.tar.gz", url="../../files/foo-1.0.tar.gz", hashes={"sha256": sha256(SDIST)})
    server.routes["/files/foo-1.0.tar.gz"] = Route(body=content)


@pytest.mark.parametrize("by", ["assistant", "threads", "whoever asks"])
def test_an_sdist_is_read_once_whoever_reads_it(server: Server, assistant: Assistant, by: str) -> None:
    offer_sdist(server, SDIST)
    there = of(server, assistant.cache, assistant if by == "assistant" else None)
    [file] = there.project(FOO).files
    if by != "whoever asks":
        assert there.prefetch_metadata(file)
        while there.next_come() != file.url:
            pass
    assert there.sdist_files(file) == ANSWERS
    assert of(server, assistant.cache).sdist_files(file) == ANSWERS
    assert not of(server, assistant.cache).prefetch_metadata(file)
    assert server.take() == [(PAGE, 200), ("/files/foo-1.0.tar.gz", 200)]


def test_an_sdist_of_other_bytes_is_told_where_it_is_asked_for(server: Server, assistant: Assistant) -> None:
    offer_sdist(server, SDIST + b"more")
    there = index(server, assistant)
    [file] = there.project(FOO).files
    assert there.prefetch_metadata(file)
    with pytest.raises(IntegrityError, match=r"foo-1\.0\.tar\.gz: its sha256 is"):
        there.sdist_files(file)


def test_an_sdist_that_it_leaves_behind_is_read_here(server: Server, assistant: Assistant) -> None:
    offer_sdist(server, SDIST)
    there = index(server, assistant)
    [file] = there.project(FOO).files
    server.routes["/files/foo-1.0.tar.gz"].delay = 0.5
    there.prefetch_metadata(file)
    process_of(assistant).kill()
    assert there.sdist_files(file) == ANSWERS


def twin_of(assistant: Assistant) -> int:
    """The process that shares its work."""
    process = process_of(assistant).pid
    children = Path(f"/proc/{process}/task/{process}/children")
    wait_for(lambda: children.read_text().split())
    [twin] = children.read_text().split()
    return int(twin)


HAS_TWINS = sys.platform == "linux" and processors() > 1
needs_twins = pytest.mark.skipif(not HAS_TWINS, reason="one process, where there is no fork or only one processor")


@needs_twins
@pytest.mark.parametrize("who", ["itself", "twin"])
def test_what_two_of_them_leave_behind_is_done_here(server: Server, assistant: Assistant, who: str) -> None:
    there = index(server, assistant)
    server.routes[PAGE].delay = 0.5
    there.prefetch([FOO, *(canonicalize_name(f"absent-{number}") for number in range(9))])
    twin, itself = twin_of(assistant), process_of(assistant)
    os.kill(twin if who == "twin" else itself.pid, signal.SIGKILL)
    assert there.wheel_metadata(*there.project(FOO).files) == PARSED
    itself.wait(5)
    wait_for(lambda: not Path(f"/proc/{twin}/exe").exists())


@needs_twins
def test_two_of_them_ask_for_nothing_twice(server: Server, assistant: Assistant) -> None:
    there, names = index(server, assistant), [canonicalize_name(f"absent-{number}") for number in range(200)]
    there.prefetch(names)
    assert sorted(there.next_come() or "" for _ in names) == sorted(names)
    for name in names:
        with pytest.raises(ProjectNotFound, match=name):
            there.project(name)
    assert sorted(server.take()) == sorted((f"/simple/{name}/", 404) for name in names)
    assert twin_of(assistant) != process_of(assistant).pid


@pytest.mark.parametrize("by", ["assistant", "threads"])
def test_what_has_come_is_told_once(server: Server, assistant: Assistant, by: str) -> None:
    there = index(server, assistant) if by == "assistant" else of(server, assistant.cache)
    server.routes[PAGE].delay = 0.5
    assert there.next_come() is None
    there.prefetch([FOO, canonicalize_name("absent")])
    assert there.next_come() == "absent"
    assert there.next_come() == FOO
    [file] = there.project(FOO).files
    assert there.prefetch_metadata(file)
    assert there.wheel_metadata(file) == PARSED
    assert there.next_come() == file.url
    assert there.next_come() is None
    there.close()


def offer_platforms(server: Server) -> None:
    """A release of one wheel for each platform, all with the same METADATA, of which the page states the digest."""
    rows = [
        {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": sha256(name.encode())}}
        | {"core-metadata": {"sha256": sha256(SIDECAR)}}
        for name in PLATFORMS
    ]
    server.routes[PAGE] = Route(body=json_page("foo", *rows), content_type=JSON_TYPE)
    server.routes |= {f"/files/{name}.metadata": Route(body=SIDECAR, delay=0.2) for name in PLATFORMS}


PLATFORMS = [f"foo-1.0-cp312-cp312-{platform}.whl" for platform in ("win_amd64", "win32", "linux_x86_64")]


@pytest.mark.parametrize("by", ["assistant", "threads", "whoever asks"])
def test_metadata_that_wheels_share_is_had_once(server: Server, assistant: Assistant, by: str) -> None:
    offer_platforms(server)
    there = of(server, assistant.cache, assistant if by == "assistant" else None)
    files = there.project(FOO).files
    if by != "whoever asks":
        [coming] = {there.prefetch_metadata(file) for file in files}
        assert coming is not None
        while there.next_come() != coming:
            pass
    assert [there.wheel_metadata(file) for file in files] == [PARSED] * 3
    assert {id(there.wheel_metadata(file)) for file in files} == {id(there.wheel_metadata(files[0]))}
    assert {later(server, assistant).prefetch_metadata(file) for file in files} == {None}
    assert server.take() == [(PAGE, 200), (f"/files/{PLATFORMS[0]}.metadata", 200)]


def test_nothing_comes_of_an_assistant_that_has_gone(server: Server, assistant: Assistant) -> None:
    server.routes[PAGE].delay = 30
    there = index(server, assistant)
    there.prefetch([FOO])
    process_of(assistant).kill()
    assert there.next_come() is None


def test_without_a_python_to_start_threads_do_it(
    server: Server, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "")
    assistant.start(over_tls=False)
    there = index(server, assistant)
    there.prefetch([FOO])
    wait_for(lambda: server.asked)
    time.sleep(0.3)  # in which a thread that read ahead would ask for the metadata
    assert server.take() == [(PAGE, 200)], "nobody has read ahead"
    assert there.wheel_metadata(*there.project(FOO).files) == PARSED


def test_a_cache_that_refuses_is_told_of_once(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    told: list[str] = []
    with Assistant(Cache(tmp_path / "file", warn=told.append)) as assistant:
        there = index(server, assistant)
        assert there.wheel_metadata(*there.project(FOO).files) == PARSED
    assert len(told) == 1


def test_a_page_comes_over_by_its_name_in_the_cache(server: Server, assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    def told(cache: Cache) -> Told | None:
        url = f"{server.url}/simple/"
        return Reader("corp", url, Transport("corp", url), cache).tell(FOO)

    kept, kept_again, loose = told(assistant.cache), told(assistant.cache), told(Cache(tmp_path / "file"))
    assert kept is not None
    assert loose is not None
    assert kept[2] is None
    assert kept_again == kept
    assert loose[2] is not None


def test_a_page_that_the_cache_lost_meanwhile_is_read_here(server: Server, assistant: Assistant) -> None:
    there = index(server, assistant)
    there.prefetch([FOO])
    assert assistant.cache.root is not None
    kept = assistant.cache.root / LAYOUT
    wait_for(lambda: list((kept / "views").iterdir()) and list((kept / "pages").iterdir()))
    shutil.rmtree(kept / "views")
    assert [file.filename for file in there.project(FOO).files] == [NAME]
    assert server.take().count((PAGE, 200)) == 2


def test_letting_go_does_not_wait_for_a_silent_server(server: Server, assistant: Assistant) -> None:
    server.routes[PAGE].delay = 30
    index(server, assistant).prefetch([FOO])
    process = process_of(assistant)
    begun = time.monotonic()
    assistant.close()
    assert time.monotonic() - begun < 15
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="groups of processes, as POSIX has them")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("is_forked", [False, pytest.param(True, marks=needs_fork)])
def test_it_ends_with_whoever_started_it(
    server: Server, tmp_path: Path, ending: signal.Signals, *, is_forked: bool
) -> None:
    server.routes[PAGE].delay = 30
    program = f"""
        from pathlib import Path
        from resolver.http_index import second_process
        second_process.start_ahead(may_fork={is_forked})
        from resolver.http_index.assistant import Assistant
        from resolver.http_index.cache import Cache
        from resolver.http_index.index import HttpIndex
        from resolver.http_index.transport import Transport
        url = {server.url!r} + "/simple/"
        with Assistant(Cache(Path({str(tmp_path)!r}))) as assistant:
            index = HttpIndex("corp", url, transport=Transport("corp", url), cache=assistant.cache, assistant=assistant)
            index.prefetch(["foo"])
            print(assistant._process.pid, flush=True)
            index.project("foo")
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        helper = int(process.stdout.readline())
        time.sleep(0.5)
        if ending == signal.SIGINT:
            os.killpg(process.pid, ending)  # as a terminal does
        else:
            process.send_signal(ending)
        _, errors = process.communicate(timeout=20)
    assert errors.count(b"Traceback") == (ending == signal.SIGINT), errors.decode()
    wait_for(lambda: not is_there(helper))


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


# How it is started


def test_without_posix_spawn_it_is_started_all_the_same(
    server: Server, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_spawn", raising=False)
    monkeypatch.setattr(subprocess, "_USE_POSIX_SPAWN", False)
    there = index(server, assistant)
    assert there.wheel_metadata(*there.project(FOO).files) == PARSED
    assert isinstance(process_of(assistant), subprocess.Popen)


@needs_posix_spawn
@pytest.mark.parametrize("closed", [(), (0,), (0, 1), (1, 2)])
@pytest.mark.parametrize("is_forked", [False, pytest.param(True, marks=needs_fork)])
def test_closed_streams_of_ours_are_not_its_own(
    server: Server, tmp_path: Path, closed: tuple[int, ...], *, is_forked: bool
) -> None:
    program = f"""
        import os, sys
        from pathlib import Path
        for number in {closed}: os.close(number)
        from resolver.http_index import second_process
        second_process.start_ahead(may_fork={is_forked})
        from resolver.http_index.assistant import Assistant
        from resolver.http_index.cache import Cache
        from resolver.http_index.index import HttpIndex
        from resolver.http_index.transport import Transport
        url = {server.url!r} + "/simple/"
        with Assistant(Cache(Path({str(tmp_path / "cache")!r}))) as assistant:
            index = HttpIndex("corp", url, transport=Transport("corp", url), cache=assistant.cache, assistant=assistant)
            index.prefetch(["foo"])
            said = [type(assistant._process).__name__, len(index.project("foo").files), assistant._is_gone]
            Path({str(tmp_path / "said")!r}).write_text(repr(said))
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=60)
    assert (tmp_path / "said").read_text() == repr(["Popen" if closed else "Child", 1, False])


@needs_posix_spawn
def test_it_is_waited_for_as_long_as_is_said(assistant: Assistant) -> None:
    assistant.start(over_tls=False)
    process = process_of(assistant)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.05)
    process.kill()
    assert process.wait() == process.returncode == -signal.SIGKILL
    process.kill()
    assert process.wait(1) == -signal.SIGKILL


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec.yaml").touch()
    return tmp_path


def test_an_assistant_takes_what_was_started_ahead(server: Server, desk: Path) -> None:
    with Ahead(["resolve"], may_fork=False):
        [ahead] = second_process._ahead
        with Assistant(Cache(None)) as assistant:
            there = index(server, assistant)
            assert [file.filename for file in there.project(FOO).files] == [NAME]
            assert process_of(assistant) is ahead
            assert second_process._ahead == []
    assert (desk / "cache" / LAYOUT / "pages").is_dir(), "of this process' environment"


def test_what_nobody_takes_is_ended(desk: Path) -> None:
    with Ahead(["resolve"], may_fork=False):
        [ahead] = second_process._ahead
    assert ahead.returncode is not None
    assert second_process._ahead == []


@pytest.mark.parametrize(
    ("arguments", "there", "is_started"),
    [
        ("resolve", "", True),
        ("resolve --quiet --lock other.json", "lock.json", True),
        ("resolve", "lock.json", False),
        ("resolve --update six", "lock.json", True),
        ("resolve --check", "", False),
        ("resolve --spec none.yaml", "", False),
        ("resolve --json", "", False),
        ("vendor tree", "", False),
        ("resolve", f"cache/{LAYOUT}/pages/some", False),
        ("resolve", f"cache/{LAYOUT}/core/some", True),
    ],
)
def test_it_is_started_ahead_where_it_is_sure_to_be_asked(
    desk: Path, arguments: str, there: str, *, is_started: bool
) -> None:
    if there:
        (desk / there).parent.mkdir(parents=True, exist_ok=True)
        (desk / there).touch()
    with Ahead(arguments.split(), may_fork=False):
        assert len(second_process._ahead) == is_started


def seen_of(event: str, code: str) -> str:
    """What a program that ran ``code`` had imported of what is slow to import, whenever ``event`` came."""
    program = f"""
        import sys
        sys.path += {sys.path!r}
        slow = {{"re", "typing", "enum", "subprocess", "resolver.errors", "resolver.http_index.wire", "yaml"}}
        def seen(event, _):
            if event == {event!r}:
                print(sorted(slow & set(sys.modules)), flush=True)
        sys.addaudithook(seen)
    """
    command = [sys.executable, "-S", "-c", textwrap.dedent(program) + textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "spec.yaml" in done.stderr, "the file is empty"
    return done.stdout


@needs_posix_spawn
def test_it_is_started_before_anything_is_imported(desk: Path) -> None:
    code = "from resolver.cli.main import main; main(['resolve'])"
    assert seen_of("os.posix_spawn", code) == "[]\n"
    assert not seen_of("os.fork", code), "of a process that may be somebody else's"


@needs_fork
def test_a_command_forks_with_what_both_need(desk: Path) -> None:
    code = "sys.argv[1:] = ['resolve']; from resolver.cli.main import program; program()"
    both = ["enum", "re", "resolver.errors", "subprocess", "typing"]
    assert seen_of("os.fork", code) == f"{both}\n"
    assert not seen_of("os.posix_spawn", code)


@needs_fork
def test_where_there_are_threads_nothing_forks(desk: Path) -> None:
    code = """
        import threading
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        from resolver.http_index.second_process import end_ahead, start_ahead
        start_ahead(may_fork=True)
        end_ahead()
        print("spec.yaml", file=sys.stderr)
    """
    assert not seen_of("os.fork", code)
    assert seen_of("os.posix_spawn", code)


@needs_fork
def test_a_fork_that_fails_is_not_this_program_a_second_time(server: Server, tmp_path: Path) -> None:
    program = f"""
        from pathlib import Path
        from resolver.http_index import assistant_main, second_process
        def serve(*_): raise SystemExit
        assistant_main.serve = serve
        second_process.start_ahead(may_fork=True)
        from resolver.http_index.assistant import Assistant
        from resolver.http_index.cache import Cache
        from resolver.http_index.index import HttpIndex
        from resolver.http_index.transport import Transport
        url = {server.url!r} + "/simple/"
        with Assistant(Cache(Path({str(tmp_path)!r}))) as assistant:
            index = HttpIndex("corp", url, transport=Transport("corp", url), cache=assistant.cache, assistant=assistant)
            index.prefetch(["foo"])
            print(len(index.project("foo").files))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("1\n", "")
