"""The parts of the command line that need no process: bars, tables, names, what a terminal is spared."""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.cli import commands
from resolver.cli.bars import Plain
from resolver.cli.commands.completion import FILES, FOLDERS
from resolver.cli.environments import _sum
from resolver.cli.failures import failed
from resolver.cli.files import by_its_own_name, check_writable, seen_from
from resolver.cli.indexes import _site
from resolver.cli.main import main
from resolver.cli.names import known, known_project
from resolver.cli.notes import read_note, write_note
from resolver.cli.parser import UsageError, build_parser, parse
from resolver.cli.parser.base import _MEANT
from resolver.cli.passphrases import chosen, prompted
from resolver.cli.replacing import replace_file
from resolver.cli.report import _notices
from resolver.cli.tables import Table
from resolver.cli.terminal import Terminal, clean
from resolver.errors import InputError
from resolver.notices import Notice
from resolver.spec.model import IndexSpec
from tests.unit.lock_examples import example


def test_too_little_memory_is_no_bug_of_ours() -> None:
    err = io.StringIO()
    assert failed(MemoryError(), Terminal(out=io.StringIO(), err=err)) == 4
    assert err.getvalue().startswith("error: there is too little memory")


def test_a_bound_on_open_files_is_named_and_not_the_file_that_was_one_too_many() -> None:
    err = io.StringIO()
    assert failed(OSError(errno.EMFILE, "Too many open files", "module.py"), Terminal(out=io.StringIO(), err=err)) == 4
    assert (err.getvalue().count("ulimit -n"), "module.py" in err.getvalue()) == (1, False)


def test_a_log_is_told_now_and_then() -> None:
    now, said = [0.0], list[str]()
    bar = Plain(said.append, "vendoring", clock=lambda: now[0])
    bar.grow(400)
    bar.advance(100)
    bar.detail("3 pages")
    assert said == []
    now[0] = 10
    bar.advance(100)
    bar.advance(100)
    assert said == ["vendoring: 50 %"]
    now[0] = 20
    bar.detail("4 pages")
    bar.describe("resolving linux")
    assert said == ["vendoring: 50 %", "vendoring: 4 pages", "resolving linux"]


def test_a_table_is_aligned() -> None:
    table = Table(
        headers=["name", "files", "x"], rows=[["a", "9", "y"], ["long-name", "10", ""]], numbers=frozenset({1})
    )
    assert table.plain() == [
        "name       files  x",
        "---------  -----  -",
        "a              9  y",
        "long-name     10",
    ]


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.integers(10, 120))
def test_parts_of_a_table_fit_and_lose_nothing(widths: list[int], width: int) -> None:
    table = Table(headers=["x" * n for n in widths], rows=[])
    parts = list(table._parts(width))
    assert [column for part in parts for column in part[1:]] == list(range(1, len(widths)))
    for part in parts:
        assert part[0] == 0
        used = sum(widths[column] for column in part) + 2 * (len(part) - 1)
        assert used <= width or len(part) <= 2, "a column that is too wide stands alone"


@given(st.text())
def test_nothing_drives_the_terminal(text: str) -> None:
    shown = clean(text)
    assert len(shown) == len(text)
    assert not any((c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f" or c == "\u202e" for c in shown)


def test_a_notice_names_its_environments_whatever_they_are_called() -> None:
    no_extra = [
        Notice(kind="extra", project="black", message="black 1 has no extra 'x'", environment=name) for name in "lw"
    ]
    asked = Notice(kind="host", project="a", message="a was asked on linux x86_64", environment="linux")
    behind = Notice(kind="behind", project="a", message="old gets a 1: no file of 2 fits it", environment="old")
    assert list(_notices((*no_extra, asked, behind))) == [
        "behind: old gets a 1: no file of 2 fits it",
        "extra: black 1 has no extra 'x' (l, w)",
        "host: a was asked on linux x86_64 (linux)",
        "",
    ]


def test_what_is_said_of_many_is_said_once() -> None:
    def asked(project: str, environment: str) -> Notice:
        message = f"asked on linux, another os: the backend of {project} 1"
        return Notice(kind="host", project=project, message=message, environment=environment, subject=f"{project} 1")

    many = [asked(project, "win") for project in "fedcba"]
    assert list(_notices((*many, asked("a", "mac"), asked("a", "old")))) == [
        "host: asked on linux, another os: the backend of a 1 (mac, old)",
        "host: asked on linux, another os: the backend of a 1, b 1, c 1, d 1, 2 more (win)",
        "",
    ]


def test_of_many_releases_of_a_project_the_newest_are_named() -> None:
    def passed_over(version: str) -> Notice:
        message = f"passed over celery {version}: its requirement 'pytz>dev' is invalid"
        return Notice(
            kind="skipped", project="celery", message=message, environment="linux", subject=f"celery {version}"
        )

    versions = ["3.1.9", "3.1.10", "4.4.7", "4.4.0rc1", "4.4.0", "4.2.0"]
    assert list(_notices(tuple(map(passed_over, versions)))) == [
        (
            "skipped: passed over celery 4.4.7, celery 4.4.0, celery 4.4.0rc1, celery 4.2.0, 2 more: "
            "its requirement 'pytz>dev' is invalid (linux)"
        ),
        "",
    ]


def test_a_stream_writes_what_it_can() -> None:
    raw = io.BytesIO()
    terminal = Terminal(out=io.TextIOWrapper(raw, encoding="ascii"), err=io.StringIO())
    terminal.result(["a → b… é \x1b[1m"], {})
    terminal.finish()
    assert raw.getvalue() == b"a -> b... \\xe9 ?[1m\n"


def test_a_line_is_written_at_once_whatever_other_threads_tell() -> None:
    class Log(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.written: list[str] = []

        def write(self, text: str, /) -> int:
            self.written.append(text)
            return len(text)

    log = Log()
    terminal = Terminal(err=log)
    terminal.note("read 3 pages")
    terminal.warn("the cache is not used")
    assert log.written == ["read 3 pages\n", "warning: the cache is not used\n"]


def test_one_document_however_it_ends() -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(as_json=True, out=out, err=err)
    terminal.result(["shown to nobody"], {"a": 1})
    terminal.error("broken", {"error": "X"})
    terminal.finish()
    terminal.finish()
    assert out.getvalue() == '{\n  "a": 1,\n  "error": "X"\n}\n'
    assert err.getvalue() == "error: broken\n"


def test_names_that_are_near() -> None:
    assert known("a", {"a"}, "no") == "a"
    with pytest.raises(InputError, match=r"no 'alhpa'; did you mean alpha\?"):
        known("alhpa", {"alpha", "zeta"}, "no")
    with pytest.raises(InputError, match=r"it has n00, .* n09 and 2 more$"):
        known("?", {f"n{i:02}" for i in range(12)}, "no")
    assert known_project("Mast.Tools", example()) == "mast-tools"
    for name, hint in (("harbour", r"did you mean harbor\?"), ("", "it has anvil, forge, ")):
        with pytest.raises(InputError, match=f"^the lock has no project '{name}'; {hint}"):
            known_project(name, example())


def test_the_help_lists_every_command_once_in_a_section_on_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    program = build_parser()
    told = program.format_help()
    assert max(map(len, told.splitlines())) <= 80
    listed = [parser.prog.split()[-1] for _, parsers in program.sections for parser in parsers]
    folder = Path(commands.__file__).parent
    assert sorted(listed) == sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    for title, parsers in program.sections:
        lines = [f"  {parser.prog.split()[-1]:<11} {parser.summary}" for parser in parsers]
        assert "\n".join([f"{title}:", *lines, ""]) in told


def parsers_of(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:  # argparse offers no other way
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from parsers_of(inner)


def test_all_help_fits_a_terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for parser in parsers_of(build_parser()):
        assert max(map(len, parser.format_help().splitlines())) <= 80, parser.prog


def test_every_argument_that_is_a_path_is_completed_as_one() -> None:
    called = {a.metavar for parser in parsers_of(build_parser()) for a in parser._actions if isinstance(a.metavar, str)}
    no_paths = {"NAME", "PROJECT", "N", "AGE", "SIZE", "FINGERPRINT", "TEXT", "MIB", "IMAGE", "LICENSE"}
    assert called == {*FILES, *FOLDERS, *no_paths, "COMMAND", "ACTION", "FORMAT", "SHELL"}


def test_words_of_other_tools_lead_to_commands_that_are_there() -> None:
    listed = {parser.prog.split()[-1] for _, parsers in build_parser().sections for parser in parsers}
    assert {meant.split()[0].rstrip(",") for meant in _MEANT.values()} <= listed
    assert not _MEANT.keys() & listed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["resolv"], "COMMAND: there is no 'resolv'; did you mean resolve?"),
        (["explain", "six"], "COMMAND: there is no 'explain'; that is done by why"),
        (["export", "pylok"], "FORMAT: there is no 'pylok'; did you mean pylock?"),
        (["completion", "fish"], "SHELL: there is no 'fish'; choose from bash, zsh, tcsh"),
        (["--json"], "unrecognized arguments: --json; it belongs behind the command"),
        (["--updat"], "unrecognized arguments: --updat; did you mean --update?"),
        (["serve", "tree", "--tls-cert", ""], "--tls-cert: is empty"),
        (["show", "-e", "linux", "-e", ""], "-e/--environment: is empty"),
        (["unpack", "", "tree"], "BUNDLE: is empty"),
        (["key", "new", ""], "FILE: is empty"),
        (["vendor", "tree", "--jobs", "0"], "--jobs: '0' is not a number from 1 to 64"),
    ],
)
def test_a_wrong_word_is_told_with_what_was_meant(words: list[str], said: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(words)
    assert str(error.value) == said


@pytest.mark.parametrize(
    "where", ["unchanged_lock.answer", "repeated_run.repeat", "ahead.Ahead.__enter__", "dispatch._run"]
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_an_interrupt_outside_of_a_command_is_told_like_one_inside(
    where: str, options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"resolver.cli.{where}", interrupt)
    assert main(["resolve", "--spec", "no-such-spec", *options]) == 130
    out, err = capsys.readouterr()
    message = "interrupted; nothing is half written, and a rerun continues"
    assert (json.loads(out)["message"] == message) if options else (err == f"{message}\n")


@pytest.mark.parametrize("ask", [chosen, prompted])
def test_an_end_of_input_at_a_prompt_is_no_bug_of_ours(
    ask: Callable[[Path], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(_prompt: str) -> str:
        raise EOFError

    stdin = io.StringIO()
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr("getpass.getpass", ended)
    with pytest.raises(InputError, match=r"site\.key: no passphrase was given"):
        ask(Path("site.key"))


@pytest.mark.parametrize(
    ("sizes", "said"), [([], "0 B"), ([1000, None], "> 1.0 kB"), ([None], "unknown"), ([0, 1000], "1.0 kB")]
)
def test_a_size_is_told_as_far_as_it_is_known(sizes: list[int | None], said: str) -> None:
    assert _sum(sizes) == said


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_file_that_could_not_be_replaced_stays_and_nothing_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def refuse(descriptor: int) -> None:
        raise error

    (tmp_path / "lock.json").write_text("old")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(type(error)):
        replace_file(str(tmp_path / "lock.json"), b"new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_no_file_takes_the_place_of_a_device_or_a_pipe(tmp_path: Path) -> None:
    """Root may replace even /dev/null."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(os.devnull)
    for path in (tmp_path / "pipe", tmp_path / "link"):
        with pytest.raises(InputError, match="is a device or a pipe"):
            check_writable(path)


def test_a_name_may_be_as_long_as_a_disk_takes(tmp_path: Path) -> None:
    replace_file(str(tmp_path / ("x" * 255)), b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_a_link_stays_one_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "lock.json").symlink_to("locks/lock.json")
    for content in (b"first", b"second"):
        replace_file(str(tmp_path / "lock.json"), content)
        assert (tmp_path / "lock.json").is_symlink()
        assert [path.read_bytes() for path in (tmp_path / "locks").iterdir()] == [content]


def test_a_folder_is_left_from_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "far/deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to("far/deep")
    (tmp_path / "file").symlink_to("far/file")
    assert seen_from(tmp_path / "link", tmp_path / "file") == "../../file"
    assert by_its_own_name(tmp_path / "link/../../file") == tmp_path.resolve() / "file"


def test_an_index_on_another_drive_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", refuse)
    assert _site(IndexSpec(name="local", url="wheels/"), tmp_path, tmp_path).url == "wheels/"
    with pytest.raises(InputError, match=r"index 'local': is on another drive than the lock"):
        _site(IndexSpec(name="local", url="wheels/"), tmp_path, tmp_path / "locks")


def test_a_note_that_the_disk_refuses_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "replace", refuse)
    write_note(str(tmp_path), "specs", "0" * 64, b"content")
    assert list((tmp_path / "specs").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="access lists are not judged")
@pytest.mark.parametrize("how", ["others may write to it", "it is a link"])
def test_a_note_goes_into_no_folder_of_others(tmp_path: Path, how: str) -> None:
    """They could put a link in the place of the note that is being written, or of the folder, whose files are swept."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "thesis").write_text("mine")
    os.utime(folder / "thesis", (1, 1))
    if how == "it is a link":
        (tmp_path / "specs").symlink_to(folder)
    else:
        folder.rename(tmp_path / "specs")
        (tmp_path / "specs").chmod(0o777)
    write_note(str(tmp_path), "specs", "0" * 64, b"content")
    assert [path.name for path in (tmp_path / "specs").iterdir()] == ["thesis"]
    assert read_note(str(tmp_path), "specs", "0" * 64) is None


@pytest.mark.parametrize("kind", ["runs", "specs", "current", "trees"])
def test_old_notes_go_when_one_is_written(tmp_path: Path, kind: str) -> None:
    for days, name in ((31, "a" * 64), (31, f".{'b' * 64}.1"), (29, "c" * 64)):
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / name).write_bytes(b"")
        os.utime(tmp_path / kind / name, (time.time() - days * 24 * 3600,) * 2)
    write_note(str(tmp_path), kind, "d" * 64, b"content")
    assert sorted(path.name for path in (tmp_path / kind).iterdir()) == ["c" * 64, "d" * 64]
