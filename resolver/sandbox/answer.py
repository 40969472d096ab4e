"""What comes out of a sandbox -> a `JobAnswer`, or the error that it stands for.

It is untrusted: its form is checked, but what it says is whatever the backend wants to say.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import IO, Any

from resolver.errors import BackendUnavailable, BuildFailed, NoSandbox
from resolver.sandbox import diagnosis, watch
from resolver.sandbox.model import Job, JobAnswer
from resolver.sandbox.worker import READY

_HEADER = 1 << 20  # bytes of the answer's first line

_BY_ITSELF = frozenset({"unavailable", "hook", "unsupported"})
"""Kinds of failures that depend on nothing that comes and goes, as the space on a disk does."""


def read_answer(job: Job, outcome: watch.Outcome, stream: IO[bytes], into: Path | None) -> JobAnswer:
    """The answer to ``job`` that ``stream`` holds; a wheel is written into ``into``. Raises `BuildFailed`."""
    if outcome.exceeded:
        raise _failed(diagnosis.exceeded(outcome.exceeded, job.limits), outcome)
    if stream.readline(len(READY)) != READY:
        raise _unstarted(outcome)
    header = _header(stream)
    if header is None:
        raise _failed(f"the backend ended without an answer (status {outcome.status})", outcome)
    if "failure" in header:
        raise _told(header, outcome)
    try:
        if job.ask == "requires":
            return JobAnswer(requires=_strings(header["requires"]))
        if job.ask == "installed":
            return JobAnswer(installed=_pairs(header["installed"]))
        if job.ask == "metadata":
            content = stream.read()
            _expect(_size(header) == len(content), "as many bytes as were announced")
            return JobAnswer(metadata=content)
        assert into is not None
        return JobAnswer(wheel=_keep(_wheel_name(header["wheel"]), _size(header), stream, into))
    except (KeyError, _Nonsense) as error:
        raise _failed(f"the backend's answer makes no sense: {error}", outcome) from error


class _Nonsense(Exception):
    """An answer that does not have the form of one."""


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise _Nonsense(f"{what} was expected")


def _header(stream: IO[bytes]) -> dict[str, Any] | None:
    line = stream.readline(_HEADER)
    if not line.endswith(b"\n"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise _Nonsense("a list was expected")
    return value


def _strings(value: object) -> tuple[str, ...]:
    found = _list(value)
    _expect(all(isinstance(each, str) and _is_text(each) for each in found), "a list of strings")
    return tuple(found)


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    pairs = [_strings(each) for each in _list(value)]
    _expect(all(len(pair) == 2 for pair in pairs), "a list of pairs")
    return tuple((name, version) for name, version in pairs)


def _is_text(value: str) -> bool:
    """Whether it can be written down: JSON may hold half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _size(header: dict[str, Any]) -> int:
    size = header["size"]
    if type(size) is not int or size < 0:
        raise _Nonsense("a size was expected")
    return size


def _wheel_name(value: object) -> str:
    if not isinstance(value, str):
        raise _Nonsense("the name of a wheel was expected")
    plain = value.endswith(".whl") and value.isascii() and value.isprintable() and not set(value) & set("/\\: ")
    _expect(plain and len(value) < 256 and not value.startswith("."), "the plain name of a wheel")
    return value


def _keep(name: str, size: int, stream: IO[bytes], into: Path) -> str:
    partial = into / ".partial"  # a backend may give a name as long as a disk takes
    try:
        with partial.open("wb") as target:
            shutil.copyfileobj(stream, target)
        _expect(partial.stat().st_size == size, "as many bytes as were announced")
        partial.replace(into / name)
    finally:
        partial.unlink(missing_ok=True)
    return name


def _failed(reason: str, outcome: watch.Outcome) -> BuildFailed:
    return BuildFailed(reason, log=outcome.log)


def _unstarted(outcome: watch.Outcome) -> NoSandbox:
    """The worker did not say that it is ready: nothing of the sdist has been run, and the log is not the sdist's."""
    last = outcome.log.strip().rpartition("\n")[2].removeprefix("bwrap: ")
    return NoSandbox(f"the sandbox could not be set up: {last or f'status {outcome.status}'}", log=outcome.log)


def _told(header: dict[str, Any], outcome: watch.Outcome) -> BuildFailed:
    kind, text = (found if isinstance(found := header.get(key), str) else "" for key in ("failure", "text"))
    missing = header.get("missing")
    candidates = [each for each in missing if isinstance(each, str)] if isinstance(missing, list) else []
    found = diagnosis.diagnose(kind, text, outcome.log, candidates)
    error = BackendUnavailable if kind == "unavailable" else BuildFailed
    by_itself = kind in _BY_ITSELF or (kind == "status" and not text.startswith("-"))
    by_itself = by_itself and not diagnosis.is_short(f"{text}\n{outcome.log}")
    return error(
        found.reason,
        missing=found.missing,
        wants_module=found.wants_module,
        log=outcome.log,
        lasting=by_itself,
    )
