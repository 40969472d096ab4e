"""Runs inside the sandbox: gives root up, unpacks the sdist, asks the backend, writes one answer.

One file for Python 3.8 and up; it needs the standard library and pyproject_hooks and imports nothing of ours. It is
started as ``python -I -S worker.py`` with the job as JSON on its standard input (see `resolver.sandbox.runner`). It
says that it is `READY` before it touches the sdist: from then on nothing can make it seem that the sandbox did not
start. The answer is one line of JSON, then the bytes that it announces. What it prints is the log.

``worker.py record SCRIPT ...`` runs SCRIPT, a hook's process, and notes programs that it looks for and does not find.
"""

# As little as possible is imported before root is given up, and it is for Python 3.8 (UP).
# ruff: noqa: ANN401, PLC0415, RUF005, S103, S202, S603, UP032
# ruff: noqa: PTH100, PTH101, PTH102, PTH103, PTH110, PTH112, PTH113, PTH114, PTH118, PTH119, PTH120, PTH123, PTH208

from __future__ import annotations

import json
import os
import sys
from typing import IO, Any

READY = b"ready\n"
MISSING = "/build/missing"
_CHUNK = 1 << 20
_NOTES = 64  # programs that are told of
_TEXT = 16384  # characters of a failure, counted from the last


def main() -> None:
    job = json.load(sys.stdin)
    sdist = open(job["sdist"] or os.devnull, "rb")  # noqa: SIM115 - it may be readable for root alone
    _confine(job)
    answer = job["answer"]
    os.set_inheritable(answer, False)
    _write(answer, READY)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    try:
        header, path = _answer(job, sdist)
    except _Failure as error:
        header, path = _failure(error.kind, error.text), None
    _send(answer, header, path)


def _confine(job: dict[str, Any]) -> None:
    """Set limits, then become the unprivileged user; nothing that is not ours has been touched yet."""
    import resource

    for name, wanted in job["limits"].items():
        if hasattr(resource, name):
            limit = getattr(resource, name)
            hard = resource.getrlimit(limit)[1]
            value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(limit, (value, value))
    uid = job["uid"]
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        if os.getresuid() != (uid, uid, uid):
            sys.exit("the user could not be changed")
    _hide()
    os.umask(0o022)
    for folder in (job["home"], job["temporary"], job["work"]):
        os.makedirs(folder, exist_ok=True)
    os.chdir(job["work"])


def _hide() -> None:
    """Keep the backend, which is the same user, from the descriptors and the memory of this process."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
    except (ImportError, OSError, AttributeError):
        pass  # the answer is not trusted in any case


class _Failure(Exception):
    """Why there is no answer; ``kind`` is a word of `resolver.sandbox.diagnosis`."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text
        super().__init__(kind, text)


def _answer(job: dict[str, Any], sdist: IO[bytes]) -> tuple[dict[str, Any], str | None]:
    if job["ask"] == "installed":
        return {"installed": _installed(job["python"])}, None
    try:
        with sdist:
            source = _unpack(sdist, os.path.join(job["work"], "sdist"))
    except Exception as error:  # noqa: BLE001 - whatever a module of archives raises
        raise _Failure("archive", _line(error)) from None
    sys.path.insert(0, job["hooks"])
    import subprocess

    import pyproject_hooks

    caller = pyproject_hooks.BuildBackendHookCaller(
        source,
        job["backend"],
        backend_path=job["backend_path"] or None,
        runner=_run,
        python_executable=job["python"],
    )
    try:
        return _asked(job, caller)
    except pyproject_hooks.BackendUnavailable as error:
        raise _Failure("unavailable", error.traceback or str(error)) from None
    except pyproject_hooks.HookMissing as error:
        raise _Failure("hook", error.hook_name) from None
    except pyproject_hooks.UnsupportedOperation as error:
        raise _Failure("unsupported", error.traceback) from None
    except subprocess.CalledProcessError as error:
        raise _Failure("status", str(error.returncode)) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, MemoryError, RecursionError) as error:
        raise _Failure("nonsense", _line(error)) from None


def _failure(kind: str, text: str) -> dict[str, Any]:
    return {"failure": kind, "text": text[-_TEXT:], "missing": _missing()}


def _line(error: BaseException) -> str:
    return "{}: {}".format(type(error).__name__, error)


def _installed(python: str) -> list[list[str]]:
    """Names and versions of what the environment's own interpreter finds in it."""
    import subprocess

    code = (
        "import importlib.metadata as m, json; "
        "print(json.dumps([[d.metadata['Name'], d.version] for d in m.distributions()]))"
    )
    try:
        found: list[list[str]] = json.loads(subprocess.check_output([python, "-I", "-c", code]))
        return found
    except subprocess.CalledProcessError as error:
        raise _Failure("status", str(error.returncode)) from None
    except ValueError as error:
        raise _Failure("nonsense", _line(error)) from None


def _asked(job: dict[str, Any], caller: Any) -> tuple[dict[str, Any], str | None]:
    """The header, and the path of the bytes that follow it."""
    ask, into = job["ask"], os.path.join(job["work"], "answer")
    os.mkdir(into)
    if ask == "requires":
        requires = caller.get_requires_for_build_wheel()
        if not isinstance(requires, list) or not all(isinstance(each, str) for each in requires):
            raise ValueError("requirements are a list of strings, not {!r:.200}".format(requires))
        return {"requires": requires}, None
    if ask == "metadata":
        name = _plain(caller.prepare_metadata_for_build_wheel(into))
        return {"metadata": True}, os.path.join(into, name, "METADATA")
    name = _plain(caller.build_wheel(into))
    return {"wheel": name}, os.path.join(into, name)


def _plain(name: object) -> str:
    if not isinstance(name, str) or os.path.basename(name) != name or name in ("", ".", ".."):
        raise ValueError("the name of a file is expected, not {!r:.200}".format(name))
    return name


def _run(cmd: Any, cwd: str | None = None, extra_environ: Any = None) -> None:
    """pyproject_hooks' runner: the hook's process with the recorder before its script."""
    import subprocess

    environment = dict(os.environ, **(extra_environ or {}))
    command = [cmd[0], os.path.abspath(__file__), "record"] + list(cmd[1:])
    subprocess.check_call(command, cwd=cwd, env=environment)


def _send(answer: int, header: dict[str, Any], path: str | None) -> None:
    """Write the answer; where the bytes that follow its header cannot be read, the failure in its place."""
    try:
        if path is not None:
            with _opened(path) as stream:
                header["size"] = os.fstat(stream.fileno()).st_size
                _write(answer, json.dumps(header).encode() + b"\n")
                _copy(stream, answer, header["size"])
            return
    except OSError as error:
        header = _failure("nonsense", _line(error))
    _write(answer, json.dumps(header).encode() + b"\n")


def _opened(path: str) -> IO[bytes]:
    """A regular file that the backend wrote, no link and no pipe: reading it must end. Raises OSError."""
    import stat

    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return stream
    stream.close()
    raise OSError("{} is no file".format(os.path.basename(path)))


def _copy(stream: IO[bytes], answer: int, size: int) -> None:
    """Write as many bytes as were announced. Fewer, where the file has shrunk, are noticed by whoever reads them."""
    while size > 0:
        chunk = stream.read(min(_CHUNK, size))
        if not chunk:
            return
        _write(answer, chunk)
        size -= len(chunk)


def _write(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _missing() -> list[str]:
    try:
        descriptor = os.open(MISSING, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            lines = stream.read(_TEXT).decode("utf-8", "replace").split("\n")
    except OSError:
        return []
    return list(dict.fromkeys(line for line in lines if line))[:_NOTES]


def _unpack(sdist: IO[bytes], target: str) -> str:
    """Extract ``sdist`` and return the folder of its project. What lies outside of ``target`` is not written to."""
    import tarfile
    import zipfile

    os.mkdir(target)
    if zipfile.is_zipfile(sdist):
        sdist.seek(0)
        with zipfile.ZipFile(sdist) as archive:
            archive.extractall(target)
            _restore_modes(archive, target)
    else:
        sdist.seek(0)
        with tarfile.open(fileobj=sdist, mode="r:*") as archive:
            if hasattr(tarfile, "data_filter"):
                archive.extractall(target, filter="data")
            else:
                archive.extractall(target, members=(each for each in archive if _is_inside(each, target)))
    names = os.listdir(target)
    only = os.path.join(target, names[0]) if len(names) == 1 else target
    if len(names) == 1 and os.path.isdir(only) and not os.path.islink(only):
        return only
    if not any(name in names for name in ("pyproject.toml", "setup.py")):
        raise ValueError("it holds no project")
    return target


def _restore_modes(archive: Any, target: str) -> None:
    """zipfile forgets which files are programs."""
    for item in archive.infolist():
        path = os.path.join(target, item.filename)
        if (item.external_attr >> 16) & 0o100 and os.path.isfile(path) and not os.path.islink(path):
            os.chmod(path, 0o755)


def _is_inside(member: Any, target: str) -> bool:
    """What ``filter="data"`` lets pass, for a tarfile without it: no links out, no devices, no absolute names."""
    root = os.path.realpath(target)
    place = os.path.join(root, member.name)
    if member.islnk():
        ends = [place, os.path.join(root, member.linkname)]
    elif member.issym():
        ends = [place, os.path.join(os.path.dirname(place), member.linkname)]
    else:
        ends = [place]
    if not (member.isfile() or member.isdir() or member.islnk() or member.issym()):
        return False
    if not all(os.path.realpath(end).startswith(root + os.sep) or os.path.realpath(end) == root for end in ends):
        raise ValueError("{!r} leads out of the archive".format(member.name))
    member.mode = (member.mode | 0o600) & 0o755
    member.uid = member.gid = os.getuid()
    return True


def record() -> None:
    """Run a script as if it had been started alone; note the programs that it misses in `MISSING`."""
    import runpy

    sys.argv = sys.argv[2:]
    sys.path[0] = os.path.dirname(sys.argv[0])
    _Recorder()
    runpy.run_path(sys.argv[0], run_name="__main__")


class _Recorder:
    """Notes programs that were looked for on PATH in vain. It changes no answer of what it looks at."""

    def __init__(self) -> None:
        import shutil

        self._which = shutil.which
        self._noted: set[str] = set()
        self._busy = False
        shutil.which = self._looked_up
        sys.addaudithook(self._started)

    def _looked_up(self, cmd: Any, mode: int = os.F_OK | os.X_OK, path: Any = None) -> Any:
        found = self._which(cmd, mode, path)
        if found is None:
            self._note(cmd)
        return found

    def _started(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._busy or event not in ("subprocess.Popen", "os.exec", "os.posix_spawn"):
            return
        self._busy = True
        try:
            program = os.fsdecode(arguments[1][0] if arguments[0] is None else arguments[0])
            if not os.path.exists(program) if os.sep in program else self._which(program) is None:
                self._note(os.path.basename(program))
        except (TypeError, IndexError, ValueError):
            pass  # what is no program is refused by what asked for it
        finally:
            self._busy = False

    def _note(self, program: object) -> None:
        if not isinstance(program, str) or not program or "\n" in program:
            return
        if program in self._noted or len(self._noted) >= _NOTES:
            return
        self._noted.add(program)
        try:
            with open(MISSING, "a", encoding="utf-8", errors="replace") as stream:
                stream.write(program + "\n")
        except OSError:
            pass


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:
        record()
    else:
        main()
