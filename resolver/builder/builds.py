"""Recipe -> what its backend answers, or its wheel. The sdists in its build environment are built first, by recipe too.

Build environments live as long as a `Builder` does, in its `Scratch`; they hold nothing but the recipe's files.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from resolver.builder.ports import Locates, Runs
from resolver.builder.scratch import Scratch
from resolver.concurrency import Memo, Workers
from resolver.errors import BuildFailed, StorageError
from resolver.processors import processors
from resolver.recipe import Recipe, digests_of
from resolver.sandbox import environments
from resolver.sandbox.environments import Clash
from resolver.sandbox.model import BUILD, UNWANTED, Ask, Interpreter, Job, JobAnswer, Limits
from resolver.simple.model import File

COMPILERS = ("cc", "c++")
UTILITIES = (
    *("awk", "basename", "cat", "chmod", "cmp", "cp", "cut", "date", "diff", "dirname", "echo", "expr", "false"),
    *("find", "grep", "head", "install", "ln", "ls", "make", "mkdir", "mktemp", "mv", "od", "printf", "pwd", "rm"),
    *("rmdir", "sed", "sh", "sleep", "sort", "tail", "tee", "test", "touch", "tr", "true", "uname", "uniq"),
    *("wc", "xargs"),
)
"""What a build, unlike a hook, may take for granted: the C and C++ compilers of the machine, where it has them, and
utilities of POSIX. Everything else is in the lock, as a file or as a program that the spec names. A hook that is given
such a program gets the utilities besides: it may be a script of the shell (pg_config is)."""


_PATIENCE = 2
"""Seconds to wait at the end for what still runs. What takes longer, for a slow index, finds its folder gone."""

_HURRY = 0.15
"""The same after Ctrl-C; to remove what was built takes no longer than that either."""

_TRIES = 5
"""How often to fetch an artifact that disappears from the cache before it can be linked."""

_MOST = 16
"""Sandboxes at a time, however many processors there are: each may use gigabytes."""


@dataclass(frozen=True, slots=True)
class _Key:
    """What is made once: a recipe, or the contents of an environment, for an interpreter."""

    digest: str
    executable: Path

    @classmethod
    def of(cls, recipe: Recipe, interpreter: Interpreter) -> _Key:
        return cls(recipe.digest, interpreter.executable)

    @property
    def folder(self) -> str:
        """A name for the folder of what is made of it."""
        return hashlib.sha256(f"{self.digest}\n{self.executable}".encode("utf-8", "surrogateescape")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Made:
    """A build environment."""

    folder: Path
    clashes: tuple[Clash, ...]


class Builder:
    """Carries out recipes, each once. Close it, or use it as a context manager; thread-safe.

    ``tell`` is called, in any thread, with the name of each sdist whose backend begins to run or is waited for.
    ``abreast``: how many sandboxes run at a time; by default one for each processor, since more of them would run into
    their time limit.
    """

    def __init__(
        self,
        sandbox: Runs,
        files: Locates,
        *,
        tell: Callable[[str], None] = lambda _: None,
        abreast: int | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._files = files
        self._tell = tell
        self._scratch = Scratch()
        self._folder = self._scratch.path
        for name in ("environments", "files", "wheels"):
            (self._folder / name).mkdir()
        self._closed = threading.Event()
        self.abreast = abreast or min(processors(), _MOST)
        self._seats = threading.Semaphore(self.abreast)
        self._workers = Workers(self.abreast)
        self._taken: Memo[tuple[str, str], Path] = Memo(self._workers)
        self._requires: Memo[_Key, tuple[str, ...]] = Memo(self._workers)
        self._environments: Memo[_Key, _Made] = Memo(self._workers)
        self._wheels: Memo[_Key, Path] = Memo(self._workers)

    def __enter__(self) -> Builder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        self.close(at_once=kind is not None and issubclass(kind, KeyboardInterrupt))

    def close(self, *, at_once: bool = False) -> None:
        """End what nobody waits for, and remove the build environments and the wheels that were built.

        ``at_once``: within half a second. What a slow disk has not removed by then, the next run removes.
        """
        self._closed.set()
        try:
            self._workers.close(_HURRY if at_once else _PATIENCE)
        except KeyboardInterrupt:  # nor can who closes it wait
            at_once = True
            raise
        finally:
            self._scratch.remove(_HURRY if at_once else None)

    def begin_requires(self, recipe: Recipe, interpreter: Interpreter) -> None:
        """Begin to ask the backend. An error is raised by `requires` alone."""
        self._requires.hint(_Key.of(recipe, interpreter), lambda: self._ask_requires(recipe, interpreter))

    def requires(self, recipe: Recipe, interpreter: Interpreter) -> tuple[str, ...]:
        """What ``get_requires_for_build_wheel`` answers. Raises `BuildFailed` and `TransferError`."""
        self._tell(recipe.file.filename)
        return self._requires.ask(_Key.of(recipe, interpreter), lambda: self._ask_requires(recipe, interpreter))

    def metadata(self, recipe: Recipe, interpreter: Interpreter) -> bytes:
        """METADATA of the wheel to be. Raises `BuildFailed` and `TransferError`."""
        return self._run("metadata", recipe, interpreter, limits=BUILD).metadata

    def wheel(self, recipe: Recipe, interpreter: Interpreter) -> Path:
        """The wheel; it lies in a folder of this builder. Raises `BuildFailed` and `TransferError`."""
        key = _Key.of(recipe, interpreter)
        return self._wheels.ask(key, lambda: self._built(recipe, interpreter, self._folder / "wheels" / key.folder))

    def wheel_of(self, part: File | Recipe, interpreter: Interpreter) -> Path:
        """A wheel under its own name, built first where ``part`` is a recipe. Raises `BuildFailed`, `TransferError`."""
        return self._named(part) if isinstance(part, File) else self.wheel(part, interpreter)

    def installed(self, parts: tuple[File | Recipe, ...], interpreter: Interpreter) -> tuple[tuple[str, str], ...]:
        """Names and versions of what ``interpreter`` finds where ``parts`` are installed. Raises as `environment`."""
        folder = self.environment(parts, interpreter)
        job = Job(ask="installed", sdist=None, backend="", backend_path=(), interpreter=interpreter, environment=folder)
        return self._sandboxed(job).installed

    def environment(self, parts: tuple[File | Recipe, ...], interpreter: Interpreter) -> Path:
        """A folder in which ``parts`` are installed. Raises `BuildFailed` and `TransferError`."""
        return self._environment(parts, interpreter).folder

    def clashes(self, parts: tuple[File | Recipe, ...], interpreter: Interpreter) -> tuple[Clash, ...]:
        """Files of which ``parts`` hold several. Raises as `environment` does."""
        return self._environment(parts, interpreter).clashes

    def _environment(self, parts: tuple[File | Recipe, ...], interpreter: Interpreter) -> _Made:
        key = _Key("\n".join(digests_of(parts)), interpreter.executable)
        return self._environments.ask(key, lambda: self._make(parts, interpreter, key.folder))

    def _make(self, parts: tuple[File | Recipe, ...], interpreter: Interpreter, name: str) -> _Made:
        wheels = [self._part(part, interpreter) for part in parts]
        folder = self._folder / "environments" / name
        return _Made(folder, environments.make(wheels, interpreter, folder, self._closed.is_set))

    def _part(self, part: File | Recipe, interpreter: Interpreter) -> Path:
        try:
            return self.wheel_of(part, interpreter)
        except BuildFailed as error:
            if isinstance(part, File):
                raise
            reason = f"{part.file.filename}, which it needs, cannot be built: {error.reason}"
            raise BuildFailed(reason, missing=error.missing, log=error.log) from error

    def _tools(self, ask: Ask, recipe: Recipe) -> tuple[str, ...]:
        if ask == "wheel":
            return (*recipe.system, *self._compilers, *self._utilities)
        return (*recipe.system, *self._utilities) if recipe.system else ()

    @cached_property
    def _compilers(self) -> tuple[str, ...]:
        return _here(COMPILERS)

    @cached_property
    def _utilities(self) -> tuple[str, ...]:
        return _here(UTILITIES)

    def _named(self, file: File) -> Path:
        """The artifact under its own name, which a cache does not keep and which says what it is."""
        return self._taken.ask((file.hashes["sha256"], file.filename), lambda: self._take(file))

    def _take(self, file: File) -> Path:
        """A hard link to the file, or a copy: the cache may lose it at any time, and it is needed for the whole run."""
        own = self._folder / "files" / file.hashes["sha256"][:16] / file.filename
        own.parent.mkdir(exist_ok=True)
        for _ in range(_TRIES):
            with suppress(FileNotFoundError):
                _link(self._files.artifact(file).resolve(), own)  # resolved: a link to a link may lead elsewhere
                return own
        raise StorageError(
            f"{file.filename}: it disappears from the cache as often as it is fetched; stop what removes it"
        )

    def _ask_requires(self, recipe: Recipe, interpreter: Interpreter) -> tuple[str, ...]:
        return self._run("requires", recipe, interpreter).requires

    def _built(self, recipe: Recipe, interpreter: Interpreter, into: Path) -> Path:
        into.mkdir()
        return into / self._run("wheel", recipe, interpreter, limits=BUILD, into=into).wheel

    def _run(
        self,
        ask: Ask,
        recipe: Recipe,
        interpreter: Interpreter,
        *,
        limits: Limits | None = None,
        into: Path | None = None,
    ) -> JobAnswer:
        self._tell(recipe.file.filename)  # its environment may be gigabytes
        environment = self.environment(recipe.parts, interpreter)
        self._tell(recipe.file.filename)  # and what that was built of has been told since
        job = Job(
            ask=ask,
            sdist=self._named(recipe.file),
            backend=recipe.backend,
            backend_path=recipe.backend_path,
            interpreter=interpreter,
            environment=environment,
            tools=self._tools(ask, recipe),
            limits=limits or Limits(),
        )
        return self._sandboxed(job, into)

    def _sandboxed(self, job: Job, into: Path | None = None) -> JobAnswer:
        with self._seats:
            if self._closed.is_set():
                raise BuildFailed(UNWANTED)
            return self._sandbox.run(job, into, self._closed.is_set)


def _link(path: Path, own: Path) -> None:
    """Raises FileNotFoundError where ``path`` is gone, and `StorageError`."""
    with suppress(OSError):
        os.link(path, own)
        return
    try:
        shutil.copyfile(path, own)  # the other disk is about to hold all of it anyway, unpacked
    except FileNotFoundError:
        raise
    except OSError as error:
        hint = "TMPDIR names another folder for build environments"
        raise StorageError(f"{own.parent}: {error.strerror}; {hint}") from error


def _here(programs: tuple[str, ...]) -> tuple[str, ...]:
    """Those that this machine has."""
    return tuple(name for name in programs if shutil.which(name) is not None)
