"""The port through which a plan asks build backends (PEP 517). Whoever implements it runs code; nothing here does."""

from __future__ import annotations

from typing import Protocol

from resolver.environments.model import Environment
from resolver.metadata.model import Host
from resolver.recipe import Recipe
from resolver.records import record


@record
class HostPython:
    """A Python of this machine as an environment, and what a lock says of it."""

    environment: Environment
    host: Host


class Hooks(Protocol):
    """Backends that answer on this machine."""

    def host(self, target: Environment) -> HostPython:
        """The Python of this machine that answers for ``target``. Raises `NoSandbox`."""
        ...

    def begin_requires(self, recipe: Recipe, host: Environment) -> None:
        """Begin to ask, where the answer is not known. An error is raised by `requires` alone."""
        ...

    def requires(self, recipe: Recipe, host: Environment) -> tuple[str, ...]:
        """What ``get_requires_for_build_wheel`` answers in the build environment of ``recipe``, which `host` gave.

        Raises `BuildFailed`, and `TransferError` where a part of the recipe cannot be had.
        """
        ...

    def metadata(self, recipe: Recipe, host: Environment) -> bytes:
        """METADATA of the wheel that ``recipe`` builds, by ``prepare_metadata_for_build_wheel`` or the build itself.

        Raises `BuildFailed` and `TransferError`.
        """
        ...
