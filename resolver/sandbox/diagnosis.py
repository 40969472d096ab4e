"""The output of a backend that failed -> a reason in one line, and the programs that it misses.

Pure: it knows texts of tools, as rows of tables. What it reads was written by untrusted code and may say anything.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Sequence
from itertools import dropwhile, pairwise, takewhile

from resolver.records import record
from resolver.sandbox.model import Limits

_NAME = r"[\w.+-]{1,64}"
_PATH = rf"(?:[\w./+-]*/)?(?P<name>{_NAME})"
_PATTERNS = (
    rf"(?:Error: )?{_PATH} executable not found",  # psycopg2
    rf"unable to execute '{_PATH}'",  # distutils
    rf"[Ee]rror: command '{_PATH}' failed: No such file or directory",  # setuptools; SCons puts the exception first
    rf"Program '{_PATH}(?: [^']*)?' not found",  # meson
    rf"Program\(s\) \['{_PATH}'[^\n]* not found",
    rf"Unknown compiler\(s\): \[\['{_PATH}'",
    rf"(?:^|[/ ])(?:ba|da)?sh: (?:line )?(?:\d+: )?{_PATH}: (?:command )?not found",
    rf"^{_PATH}: command not found",
    rf"make: {_PATH}: No such file or directory",
    rf"[Ii]s [`'\"]{_PATH}[`'\"] installed",  # crates cc and pkg-config
    rf"linker [`'\"]{_PATH}[`'\"] not found",  # rustc
    rf"Command '\[?'?{_PATH}[^\n]* returned non-zero exit status 127",  # gssapi: krb5-config
    rf"Could not run {_PATH}: \[Errno 2\]",  # pycurl
    rf"[Tt]he '{_PATH}' command appears not to be installed",  # mod_wsgi: apxs
    rf"\[Errno 2\] No such file or directory: '(?:[\w./+-]*/)?(?P<name>{_NAME}-config)'",
    r"PyProjectOptionException\('(?P<name>qmake)'",  # PyQt-builder
    rf"/usr/bin/env: \W?{_PATH}\W?: No such file or directory",
)
"""Each names a program for certain. ``name`` is the program."""

_KNOWN = (
    (r"[Cc]ould not find (?:a )?C compiler", "cc"),  # pymssql
    (r"No CMAKE_C_COMPILER could be found", "cc"),
    (r"No CMAKE_CXX_COMPILER could be found", "c++"),
    (r"No CMAKE_Fortran_COMPILER could be found", "gfortran"),
    (r"Could NOT find PkgConfig", "pkg-config"),
    (r"Can not find valid pkg-config name", "pkg-config"),  # mysqlclient
    (r"pkg-config is (?:required|not installed|missing)", "pkg-config"),
    (r"[Cc]argo, the Rust package manager, is not installed", "cargo"),  # setuptools-rust, maturin
    (r"[Rr]ustc?, the [Rr]ust compiler, is not installed", "rustc"),
    (r"can't find Rust compiler", "rustc"),
    (r"CMakeNotFoundError|Problem with the CMake installation", "cmake"),
    (r"NinjaNotFoundError|Could not detect Ninja", "ninja"),
)
"""Texts that stand for a program which they do not quote."""

_ABSENT = (
    (r"fatal error: (?P<name>[\w./+-]{1,64}): No such file or directory", "the header {}, which the compiler"),  # gcc
    (r"fatal error: '(?P<name>[\w./+-]{1,64})' file not found", "the header {}, which the compiler"),  # clang
    (r"\bld(?:\.\w+)?: cannot find -l:?(?P<name>[\w.+-]{1,64})", "the library {}, which the linker"),
    (r"unable to find library -l(?P<name>[\w.+-]{1,64})", "the library {}, which the linker"),  # lld
)
"""What compilers and linkers print of files that the machine has to have. After that most commands print how they were
called, which is long and says nothing."""

_OUTDATED = (
    (r"has no member named .tp_print", "3.9"),
    (r"fatal error: (?:')?longintrepr\.h|incomplete type .(?:PyFrameObject|struct _frame)", "3.11"),
    (r"has no member named .ob_digit", "3.12"),
    (r"to function ._PyLong_AsByteArray|has no member named .cframe", "3.13"),
)
"""What compilers say of C code that an older Cython made, and the first Python for which it no longer compiles. No
header is missing then, whatever they say."""

_PASSED_ON = re.compile(r"\b(?:CalledProcess|Compile|Exec|Link|LibTool)Error\b|^SystemExit\b")
"""Exceptions that only say that a command failed."""

_NO_MODULE = "ModuleNotFoundError: "

_NAMED = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception)\b")
"""How a line begins that names an exception."""

_SAYS_LITTLE = re.compile(r"(?:\w+\.)*\w+$|(?:Syntax|Indentation|Tab)Error\b")
"""How a line reads that names an exception and does not say what is wrong, or where."""

_CAUSE = "The above exception was the direct cause of the following exception:"
"""What Python prints between two tracebacks of which the second only tells of the first."""

_SPAWNED = re.compile(
    r"^(?:FileNotFoundError: |error: )?.*\[Errno 2\] No such file or directory: '(?P<path>[^'\n]+)'", re.MULTILINE
)
_SPAWNS = ("_execute_child", "execvp", "posix_spawn")
_TRACEBACK = "Traceback (most recent call last):"
_COMPLAINT = re.compile(
    r"^(?:[Ee]rror|fatal)\b|\b(?:ERROR|FATAL)\b|\b(?:[Ee]rror|fatal)\b(?:\[\w+\]| \w+)?: *\S|\bError at\b"
)
_FAILED_COMMAND = re.compile(
    r"CalledProcessError|^error: [Cc]ommand [\"'].* (?:returned non-zero exit|failed with exit)"
)
"""What Python and setuptools print below the complaint of a program: how it was called."""
_MENTION = re.compile(r"\b(?:[Ee]rror|fatal)\b")
_PROGRESS = re.compile(
    r"(?:running|writing|creating|copying|reading|adding|building|processing|listing) |\w+: standard file"
)
"""How lines begin that distutils and setuptools print to show progress."""
_SHORTAGE = re.compile(
    r"\[Errno (?:11|12|23|24|28|122)\]|MemoryError|No space left on device|[Cc]annot allocate memory"
    r"|virtual memory exhausted|[Oo]ut of memory|Resource temporarily unavailable|Too many open files"
    r"|Disk quota exceeded|can't start new thread|^Killed\b|Killed signal",
    re.MULTILINE,
)
"""Texts that tell of a temporary shortage; the numbers are errnos of Linux, as Python prints them."""
_READ = 64 << 10
"""Characters, counted from the last, that are looked through."""
_LINE = 300  # characters of a reason
_SHOWN = 8  # programs that are named
_END = 40
"""Lines, counted from the last, among which the reason is looked for."""
_MESSAGE = 20
"""Lines of a message for people, at most: what is longer is the log of a build."""
_GIB = 1 << 30


@record
class Diagnosis:
    """``reason`` is one plain line; ``missing`` and ``wants_module`` are those of `BuildFailed`."""

    reason: str
    missing: tuple[str, ...] = ()
    wants_module: bool = False


def exceeded(limit: str, limits: Limits) -> str:
    """The reason where a job was ended for going over ``limit``, a field of `Limits`."""
    reasons = {
        "seconds": f"it took longer than {limits.seconds:g} s",
        "memory": f"it used more than {_size(limits.memory)} of memory",
        "disk": f"it wrote more than {_size(limits.disk)}",
        "files": f"it made more than {limits.files} files",
        "processes": f"it started more than {limits.processes} processes",
        "answer": f"its answer is larger than {_size(limits.answer)}",
    }
    return f"{reasons.get(limit, f'it exceeded its limit of {limit}')}, and was ended"


def diagnose(kind: str, text: str, log: str, candidates: Sequence[str] = ()) -> Diagnosis:
    """What the worker told (``kind`` and ``text``) and what the backend printed, as one line.

    ``candidates`` are programs that it looked for in vain: many do so without need, so that one counts only where the
    end of the log names it too.
    """
    log = log[-_READ:]
    if kind == "status":
        missing = tuple(dict.fromkeys(_missing(log, candidates)))
        if missing:
            shown = ", ".join(missing[:_SHOWN])
            return Diagnosis(reason=f"it needs {shown}, which it does not find", missing=missing[:_SHOWN])
        reason = _status(text, log)
        return Diagnosis(reason=reason, wants_module=reason.startswith(_NO_MODULE))
    last = _told(text)
    reasons = {
        "archive": f"its archive cannot be unpacked: {last}",
        "unavailable": f"its build backend cannot be imported: {last}",
        "hook": f"its build backend has no hook {last}",
        "unsupported": f"its build backend does not support this: {last}",
        "nonsense": f"its build backend's answer makes no sense: {last}",
    }
    return Diagnosis(reason=reasons.get(kind, f"its build backend gave no answer: {last}"))


def is_short(log: str) -> bool:
    """Whether the machine may have been short of something, so that the failure passes with the shortage."""
    return _SHORTAGE.search(log[-_READ:]) is not None


def _missing(log: str, candidates: Sequence[str]) -> Iterator[str]:
    for pattern in _PATTERNS:
        for found in re.finditer(pattern, log, re.MULTILINE):
            yield found["name"]
    for pattern, name in _KNOWN:
        if re.search(pattern, log):
            yield name
    end = _last_tracebacks(log) or "\n".join(log.splitlines()[-_SHOWN:])
    for found in _SPAWNED.finditer(end):
        name = found["path"].rpartition("/")[2]
        if re.fullmatch(_NAME, name) and (name in candidates or any(word in end for word in _SPAWNS)):
            yield name
    for name in candidates:
        if re.fullmatch(_NAME, name) and re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w/-]|\.\w)", _reason(log)):
            yield name


def _last_tracebacks(log: str) -> str:
    """The last traceback and what follows, with those of its causes; empty where there is none."""
    start = log.rfind(_TRACEBACK)
    while start > 0 and log[:start].rstrip().endswith(_CAUSE):
        start = log.rfind(_TRACEBACK, 0, start)
    return log[start:] if start >= 0 else ""


def _status(text: str, log: str) -> str:
    """``text`` is the exit status of the hook's process, negative for a signal."""
    number = int(text) if re.fullmatch(r"-?\d{1,9}", text) else 1
    if number < 0:
        try:
            name = signal.Signals(-number).name
        except ValueError:
            name = f"signal {-number}"
        return f"its build backend was killed by {name}"
    return _absent(log) or _reason(log) or f"its build backend ended with status {number} and said nothing"


def _absent(log: str) -> str:
    """The header or the library for lack of which the build ended, or that its C code is for an older Python.

    Only the end of the log is looked at: what was merely probed for stands further up.
    """
    lines = _lines(log)
    if _PASSED_ON.search(_exception(lines) or "CompileError") is None:
        return ""  # an exception that says something of its own
    end = "\n".join(lines[-_END:])
    for pattern, python in _OUTDATED:
        if re.search(pattern, end):
            return f"its C code is for Python before {python}"
    found = [(match.start(), words.format(match["name"])) for p, words in _ABSENT for match in re.finditer(p, end)]
    return f"it needs {max(found)[1]} does not find" if found else ""


def _reason(log: str) -> str:
    """The line that says most: an exception, what a tool printed before an exception passed it on, or a message."""
    lines = _lines(log)
    found = _exception(lines)
    passed_on = not found or "CalledProcessError" in found or found.startswith("SystemExit")
    if passed_on:
        end = [line for line in lines[-_END:] if not _FAILED_COMMAND.search(line)]
        complaints = [line for line in end if _COMPLAINT.search(line)]
        mentions = [line for line in end if _MENTION.search(line)]
        message = "" if found else _message(log)
        found = (complaints[-1] if complaints else message) or (mentions[-1] if mentions else found)
    return _short(found or (lines[-1] if lines else ""))


def _message(log: str) -> str:
    """The first paragraph of what a setup.py printed before it exited; empty where too much was printed for that."""
    lines = [line for line in _plain(log).splitlines() if not _PROGRESS.match(line)]
    told = [line for line in lines if line.strip()]
    if len(told) > _MESSAGE or any("Warning" in line for line in told):
        return ""
    paragraph = takewhile(str.strip, dropwhile(lambda line: not line.strip(), lines))
    return " ".join(line.strip() for line in paragraph)


def _exception(lines: list[str]) -> str:
    """The exception of the last traceback, unless much was printed after it."""
    starts = [index for index, line in enumerate(lines) if line == _TRACEBACK]
    if not starts:
        return _before_its_frames(lines)
    after = [index for index in range(starts[-1] + 1, len(lines)) if not lines[index].startswith(" ")]
    return _in_words(lines, after[0]) if after and len(lines) - after[0] <= _END else ""


def _in_words(lines: list[str], at: int) -> str:
    """The exception at an index: with the next line where its message begins there, with its code where it needs it."""
    found = lines[at]
    if found.endswith(":") and at + 1 < len(lines):
        return f"{found} {lines[at + 1].strip()}"
    if not _SAYS_LITTLE.match(found):
        return found
    code = next((line.strip() for line in reversed(lines[:at]) if line.strip(" ^~")), "")
    return found if code.startswith("File ") or code == _TRACEBACK else f"{found} in `{code}`"


def _before_its_frames(lines: list[str]) -> str:
    """The exception of a traceback as SCons prints it: above the frames, and with a colon."""
    found = [a for a, b in pairwise(lines) if _NAMED.match(a) and b.startswith('  File "')]
    return found[-1].removesuffix(":") if found else ""


def _lines(text: str) -> list[str]:
    """Lines with something on them, without the codes that colour a terminal."""
    return [line.rstrip() for line in _plain(text).splitlines() if line.strip()]


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def _told(text: str) -> str:
    lines = _lines(text)
    return _short(_exception(lines) or (lines[-1] if lines else "it said nothing"))


def _short(line: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in line).strip()
    return plain if len(plain) <= _LINE else plain[: _LINE - 1] + "…"


def _size(number: int) -> str:
    return f"{number / _GIB:g} GiB" if number >= _GIB else f"{number >> 20} MiB"
