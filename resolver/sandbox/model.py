"""What a sandbox is asked and what it answers, as values."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from resolver.records import field, record

PYTHON = "/python"
"""Where the interpreter lies inside."""

ENVIRONMENT = "/env"
"""Where the build environment lies inside."""

UNWANTED = "it was ended: nobody waits for it any more"
"""Why there is no answer, where a question was begun ahead and is not asked in the end."""

Ask = Literal["requires", "metadata", "wheel", "installed"]
"""``get_requires_for_build_wheel``; ``prepare_metadata_for_build_wheel`` (or the wheel's build); ``build_wheel``;
or what `importlib.metadata` finds in the environment, for which there is no sdist."""


@record
class Limits:
    """``seconds`` of wall time; bytes of ``memory`` and ``disk`` over all processes; bytes of the ``answer``.

    ``files`` bounds how many there are on the disk at a time.
    """

    seconds: float = 300
    memory: int = 4 << 30
    processes: int = 256
    disk: int = 2 << 30
    files: int = 500_000
    answer: int = 64 << 20


BUILD = Limits(seconds=3600, memory=8 << 30, processes=512, disk=8 << 30, files=2_000_000, answer=4 << 30)
"""For whole builds; the defaults are for hooks."""


@record
class Interpreter:
    """A Python of this machine: not a virtual environment, but the installation behind it.

    ``version`` is complete (``3.11.7``); ``prefix`` is ``sys.base_prefix``, ``stdlib`` the folder of its standard
    library, ``include`` that of its C headers where it has them.
    """

    executable: Path
    version: str
    implementation: Literal["cpython", "pypy"]
    freethreaded: bool
    prefix: Path
    stdlib: Path
    include: Path | None = None

    @property
    def program(self) -> str:
        """``python3.13t``, ``pypy3.10``: what its executable is called inside."""
        minor = ".".join(self.version.split(".")[:2])
        kind = "pypy" if self.implementation == "pypy" else "python"
        return f"{kind}{minor}{'t' if self.freethreaded else ''}"


@record
class Job:
    """One question to one backend.

    ``environment`` is a folder made by `resolver.sandbox.environments.make` for ``interpreter``; ``tools`` are the
    names of this machine's programs that the backend may see besides it.
    """

    ask: Ask
    sdist: Path | None
    backend: str
    backend_path: tuple[str, ...]
    interpreter: Interpreter
    environment: Path
    tools: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


@record
class JobAnswer:
    """``requires`` as the backend wrote it; ``metadata`` are the bytes of METADATA; ``wheel`` is the file's name;
    ``installed`` holds names and versions.

    Only what the job asked for is set. All of it comes from untrusted code.
    """

    requires: tuple[str, ...] = ()
    metadata: bytes = b""
    wheel: str = ""
    installed: tuple[tuple[str, str], ...] = ()
