"""What a sandbox sees: bubblewrap's arguments for the file system, from one job. Looks at the host, changes nothing.

Inside: ``/python`` the interpreter, ``/env`` the build environment, ``/usr/lib`` and what the dynamic loader needs,
``/bin/sh`` and ``/usr/bin/env`` (parts of the platform, not on PATH), the tools that the job names. All of it is
read-only; ``/build`` alone can be written to, and is a tmpfs. Paths of this machine show in mount tables only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from resolver.sandbox.model import ENVIRONMENT, PYTHON, Interpreter, Job
from resolver.sandbox.tools import Tools

BUILD = "/build"
OURS = "/run/wheelhouse"
"""Holds the worker, the sdist and pyproject_hooks."""

SDIST = f"{OURS}/sdist"
WORKER = f"{OURS}/worker.py"
HOOKS = f"{OURS}/hooks"
_LIBPYTHON = f"{PYTHON}/libpython"
_SHARED = 64 << 20  # bytes of shared memory
_LIBRARIES = ("lib", "lib32", "lib64", "libx32")
_STORES = (Path("/nix/store"), Path("/gnu/store"))
_SHARE = ("aclocal", "autoconf", "cmake", "misc", "perl", "perl5", "pkgconfig")
_HOST_PACKAGES = ("site-packages", "dist-packages")


def etc(uid: int) -> dict[str, bytes]:
    """The whole of /etc: names for the one user, and nothing of this machine."""
    return {
        "/etc/passwd": f"build:x:{uid}:{uid}:build:{BUILD}/home:/bin/sh\n".encode(),
        "/etc/group": f"build:x:{uid}:\n".encode(),
        "/etc/hosts": b"127.0.0.1 localhost\n::1 localhost\n",
        "/etc/nsswitch.conf": b"passwd: files\ngroup: files\nhosts: files\n",
    }


def skeleton(disk: int, *, sizes: bool) -> list[str]:
    """/proc, /dev and the one writable place; ``sizes``: whether bubblewrap can bound a tmpfs."""
    return [
        *("--proc", "/proc", "--dev", "/dev"),
        *(*_tmpfs("/dev/shm", _SHARED, sizes=sizes), "--remount-ro", "/dev"),  # noqa: S108 - inside
        *_tmpfs(BUILD, disk, sizes=sizes),
        # A folder already now: a tool of this machine may lie below /tmp, and is seen at its own path.
        *("--perms", "1777", "--dir", f"{BUILD}/tmp"),  # noqa: S108 - inside
        *("--symlink", f"{BUILD[1:]}/tmp", "/tmp"),  # noqa: S108 - inside
        *("--perms", "0755", "--dir", "/var", "--symlink", f"..{BUILD}/tmp", "/var/tmp"),  # noqa: S108 - inside
    ]


def platform() -> list[str]:
    """The host's libraries where its loader looks for them, its shell and ``env``."""
    arguments = [*_parents("/usr/bin/x"), *_parents("/etc/x")]
    for path in (Path(root, name) for root in ("/usr", "/") for name in _LIBRARIES):
        if path.is_dir():
            arguments += _link(path) if path.is_symlink() else _bind(path)
    for store in _STORES:
        arguments += _bind(store) if store.is_dir() else []
    for base in (Path("/usr/lib"), Path("/usr/lib64")):
        for name in _HOST_PACKAGES:
            for path in [] if base.is_symlink() else sorted(base.glob(f"python*/{name}")):
                arguments += _masked(str(path))
    arguments += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for path in (Path("/bin/sh"), Path("/usr/bin/env")):
        if path.exists():
            arguments += _bind(path.resolve(), str(path))
    return arguments


def of_job(job: Job, worker: Path, hooks: Path, tools: Tools) -> list[str]:
    """The interpreter, the environment, the sdist, ``worker``, the package folder ``hooks`` and the tools."""
    arguments = [
        *_bind(job.environment.resolve(), ENVIRONMENT),
        *_interpreter(job.interpreter),
        *(_bind(job.sdist.resolve(), SDIST) if job.sdist is not None else []),
        *_bind(worker, WORKER),
        *_bind(hooks, f"{HOOKS}/{hooks.name}"),
    ]
    return arguments + list(_tools(tools) if tools.files else ())


def python_of(interpreter: Interpreter) -> str:
    """Where the interpreter's executable lies inside."""
    return f"{PYTHON}/bin/{interpreter.program}"


def _interpreter(interpreter: Interpreter) -> Iterator[str]:
    prefix, stdlib = interpreter.prefix, interpreter.stdlib
    if interpreter.implementation == "pypy":
        yield from _bind(prefix, PYTHON)
        inside = [str(path.relative_to(prefix)) for path in prefix.rglob("site-packages") if path.is_dir()]
        for name in inside:
            yield from _masked(f"{PYTHON}/{name}")
        return
    yield from _bind(interpreter.executable.resolve(), python_of(interpreter))
    place = stdlib.relative_to(prefix) if stdlib.is_relative_to(prefix) else Path("lib") / stdlib.name
    yield from _bind(stdlib, f"{PYTHON}/{place}")
    for name in _HOST_PACKAGES:
        if (stdlib / name).is_dir():
            yield from _masked(f"{PYTHON}/{place}/{name}")
    if interpreter.include is not None and interpreter.include.is_dir():
        yield from _bind(interpreter.include, f"{PYTHON}/include/{interpreter.include.name}")
    yield from _libraries(prefix)


def _libraries(prefix: Path) -> Iterator[str]:
    """libpython, wherever the executable looks for it; from a prefix of its own, the other libraries there too."""
    for path in sorted((prefix / "lib").glob("libpython*.so*")):
        yield from (*_bind(path.resolve(), f"{_LIBPYTHON}/{path.name}"), "--setenv", "LD_LIBRARY_PATH", _LIBPYTHON)
    if prefix not in {Path("/usr"), Path("/usr/local"), Path("/")}:
        for path in sorted((prefix / "lib").glob("*.so*")):
            yield from _bind(path.resolve(), f"{PYTHON}/lib/{path.name}")


def _tools(tools: Tools) -> Iterator[str]:
    for link, target in tools.links.items():
        yield from (*_parents(link), "--symlink", target, link)
    for file in tools.files:
        yield from _bind(Path(file))
    share = Path("/usr/share")
    for path in [Path("/usr/include"), *(share / name for name in _SHARE), *sorted(share.glob("cmake-*"))]:
        if path.is_dir():
            yield from _bind(path)


def _bind(source: Path, place: str | None = None) -> list[str]:
    place = place or str(source)
    return [*_parents(place), "--ro-bind", str(source), place]


def _link(path: Path) -> list[str]:
    return [*_parents(str(path)), "--symlink", str(path.readlink()), str(path)]


def _parents(place: str) -> list[str]:
    """Make the folders above ``place``: those that bubblewrap makes by itself are for its own user alone."""
    above = [str(folder) for folder in reversed(Path(place).parents[:-1])]
    return [word for folder in above for word in ("--perms", "0755", "--dir", folder)]


def _masked(place: str) -> list[str]:
    return ["--tmpfs", place, "--remount-ro", place]


def _tmpfs(place: str, size: int, *, sizes: bool) -> list[str]:
    bound = ["--size", str(size)] if sizes else []
    return [*bound, "--perms", "1777", "--tmpfs", place]
