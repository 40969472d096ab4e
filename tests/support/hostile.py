"""Hostile source distributions: what they try is a table (tests/integration/sandbox_probes.py), how it runs is here."""

from __future__ import annotations

import io
import json
import sys
import sysconfig
import tarfile
import textwrap
import zipfile
from pathlib import Path
from typing import Any, Literal

from resolver.sandbox import environments
from resolver.sandbox.model import Ask, Interpreter, Job, Limits

PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "hostile"\nbackend-path = ["."]\n'

HARNESS = '''
import ctypes, fcntl, json, mmap, os, platform, resource, select, shutil, signal, socket, struct, subprocess, sys, time

libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {"mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "ptrace": (101, 117),
    "unshare": (272, 97),
    "setns": (308, 268), "clone": (56, 220), "clone3": (435, 435), "keyctl": (250, 219), "add_key": (248, 217),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "process_vm_readv": (310, 270), "kcmp": (312, 272), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "quotactl": (179, 60), "swapon": (167, 224),
    "reboot": (169, 142), "init_module": (175, 105), "kexec_load": (246, 104), "acct": (163, 89), "chroot": (161, 51),
    "memfd_create": (319, 279), "shmget": (29, 194), "fanotify_init": (300, 262),
    "syslog": (103, 116), "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "capset": (126, 91), "open_tree": (428, 428), "fsopen": (430, 430),
    "mount_setattr": (442, 442), "move_pages": (279, 239), "iopl": (172, -1), "modify_ldt": (154, -1),
    "vhangup": (153, 58), "inotify_init1": (294, 26), "msgget": (68, 186)}
NEWS = {"NEWNS": 0x20000, "NEWCGROUP": 0x2000000, "NEWUTS": 0x4000000, "NEWIPC": 0x8000000, "NEWUSER": 0x10000000,
    "NEWPID": 0x20000000, "NEWNET": 0x40000000}


def call(name, *arguments):
    number = NUMBERS[name][0 if platform.machine() == "x86_64" else 1] if isinstance(name, str) else name
    libc.syscall.restype = ctypes.c_long
    ctypes.set_errno(0)
    found = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found


def read(path, size=65536):
    with open(path, "rb") as stream:
        return stream.read(size).decode("utf-8", "replace")


def write(path, content="x"):
    with open(path, "a") as stream:
        stream.write(content)
    return path


def talk(family, kind, address):
    with socket.socket(family, kind) as peer:
        peer.settimeout(1)
        peer.connect(address)
        peer.send(b"hello")
        return peer.recv(100)


def everyone(name):
    """What /proc tells of all processes but this one."""
    for pid in os.listdir("/proc"):
        if pid.isdigit() and int(pid) != os.getpid():
            try:
                yield read("/proc/%s/%s" % (pid, name))
            except OSError:
                pass


def attempt(code, w):
    scope = dict(globals(), w=w)
    exec("def body():\\n" + "\\n".join("    " + line for line in code.splitlines()), scope)
    return scope["body"]()


def report(code, w, out):
    try:
        found = attempt(code, dict(w, own=[out]))
        text = "escaped: %.300r" % (found,) if found else "nothing"
    except BaseException as error:
        text = "refused: %s: %.200s" % (type(error).__name__, error)
    os.write(out, text.encode())
    os._exit(0)


def run_all(probes, w, seconds=5):
    results = {}
    for name, code in probes:
        into, out = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(into)
            report(code, w, out)
        os.close(out)
        ready = select.select([into], [], [], seconds)[0]
        results[name] = (os.read(into, 4096).decode() if ready else "hung") or "died"
        os.close(into)
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
        os.waitpid(pid, 0)
    return results
'''
"""Runs inside of a sandbox and, as a control, outside of any."""


def batch(probes: list[tuple[str, str]], witnesses: dict[str, Any]) -> str:
    """A backend that tries all ``probes`` and reports what became of each."""
    given = json.dumps([probes, witnesses])
    return (
        f"{HARNESS}\n\ndef get_requires_for_build_wheel(config_settings=None):\n"
        f"    probes, w = json.loads({given!r})\n    return [json.dumps(run_all(probes, w))]\n"
    )


def backend(body: str, hook: str = "get_requires_for_build_wheel(config_settings=None)") -> str:
    """A backend whose one hook has this body."""
    return f"{HARNESS}\n\ndef {hook}:\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"


def sdist(path: Path, code: str) -> Path:
    """``path`` as an sdist (by its extension) whose in-tree backend is ``code``."""
    contents = {"p-1/pyproject.toml": PYPROJECT, "p-1/hostile.py": code}
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in contents.items():
                archive.writestr(name, text)
        return path
    modes: dict[str, Literal["w:gz", "w:bz2", "w:xz"]] = {".bz2": "w:bz2", ".xz": "w:xz"}
    with tarfile.open(path, modes.get(path.suffix, "w:gz")) as tar:
        for name, text in contents.items():
            add(tar, tarfile.TarInfo(name), text.encode())
    return path


def add(archive: tarfile.TarFile, member: tarfile.TarInfo, content: bytes = b"") -> None:
    """Add a member of any kind."""
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def interpreter() -> Interpreter:
    """The Python that runs this."""
    paths = sysconfig.get_paths(vars={"base": sys.base_prefix, "installed_base": sys.base_prefix})
    include = Path(paths["include"])
    return Interpreter(
        executable=Path(sys.executable).resolve(),
        version=".".join(map(str, sys.version_info[:3])),
        implementation="pypy" if sys.implementation.name == "pypy" else "cpython",
        freethreaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        prefix=Path(sys.base_prefix),
        stdlib=Path(paths["stdlib"]),
        include=include if include.is_dir() else None,
    )


def job(folder: Path, archive: Path, *, ask: Ask = "requires", limits: Limits | None = None) -> Job:
    """``archive`` in an empty build environment below ``folder``."""
    python = interpreter()
    if not (folder / "environment").exists():
        environments.make([], python, folder / "environment")
    return Job(
        ask=ask,
        sdist=archive,
        backend="hostile",
        backend_path=(".",),
        interpreter=python,
        environment=folder / "environment",
        limits=limits or Limits(seconds=30),
    )
