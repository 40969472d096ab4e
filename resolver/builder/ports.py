"""What building needs of the world: a sandbox, files by their digest, and answers that are remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resolver.sandbox.model import Job, JobAnswer
    from resolver.simple.model import File


class Runs(Protocol):
    """Runs one job (see `resolver.sandbox.runner.Sandbox`)."""

    def run(self, job: Job, into: Path | None = None, is_unwanted: Callable[[], bool] = ...) -> JobAnswer:
        """The backend's answer; a wheel is written into the folder ``into``. Thread-safe.

        Raises `BuildFailed`, also once it ``is_unwanted``.
        """
        ...


class Locates(Protocol):
    """Brings artifacts to this machine."""

    def artifact(self, file: File) -> Path:
        """Where the verified bytes of ``file`` lie. Raises `TransferError`. Thread-safe."""
        ...


class Remembers(Protocol):
    """Keeps the answers of backends."""

    def answer(self, key: str) -> bytes | None:
        """What was kept under ``key``, if anything. Thread-safe, as `add_answer`."""
        ...

    def add_answer(self, key: str, content: bytes) -> None:
        """Keep an answer for ever; it never raises for the disk."""
        ...
