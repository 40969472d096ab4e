"""Backends that answer from a table, by the name of the sdist, and a memory of answers; no code is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from resolver.build.hooks import Hooks, HostPython
from resolver.environments.model import Environment
from resolver.errors import BuildFailed
from resolver.metadata.model import Host
from resolver.recipe import Recipe
from resolver.simple.model import File
from tests.support.environments import environment, short

THIS = environment(short("this-machine", "3.11.7", libc="glibc 2.36"))


class FakeHooks:
    """Implements `resolver.build.hooks.Hooks` on a Linux machine with one ``python``.

    ``answers``: sdist -> requirements, or how asking fails. ``describes``: sdist -> Requires-Dist of its metadata, or
    how that fails. ``recipes`` records what was asked with what; ``begun`` are the sdists that were announced.
    """

    def __init__(
        self,
        answers: dict[str, tuple[str, ...] | BuildFailed] | None = None,
        describes: dict[str, tuple[str, ...] | BuildFailed] | None = None,
        none: BuildFailed | None = None,
    ) -> None:
        self._answers = answers or {}
        self._describes = describes or {}
        self._none = none
        self.python = "3.11"
        self.asked: list[str] = []
        self.begun: list[str] = []
        self.recipes: dict[str, Recipe] = {}

    def host(self, target: Environment) -> HostPython:
        if self._none is not None:
            raise self._none
        differs = ("os",) if target.markers["sys_platform"] != "linux" else ()
        if target.markers["platform_machine"] == "aarch64":
            differs = (*differs, "arch")
        if target.markers["python_version"] != self.python:
            differs = ("python", *differs)
        host = Host(python=self.python, os="linux", arch="x86_64", libc="glibc", differs=differs)
        return HostPython(environment=THIS, host=host)

    def begin_requires(self, recipe: Recipe, host: Environment) -> None:
        self.begun.append(recipe.file.filename)

    def requires(self, recipe: Recipe, host: Environment) -> tuple[str, ...]:
        return self._answer("requires", self._answers.get(recipe.file.filename, ()), recipe)

    def metadata(self, recipe: Recipe, host: Environment) -> bytes:
        found = self._answer("metadata", self._describes.get(recipe.file.filename, ()), recipe)
        project, _, version = recipe.file.filename.removesuffix(".tar.gz").rpartition("-")
        lines = [f"Requires-Dist: {text}" for text in found]
        return "\n".join(["Metadata-Version: 2.1", f"Name: {project}", f"Version: {version}", *lines, "", ""]).encode()

    def _answer(self, ask: str, answer: tuple[str, ...] | BuildFailed, recipe: Recipe) -> tuple[str, ...]:
        self.asked.append(f"{ask} {recipe.file.filename}")
        self.recipes[f"{ask} {recipe.file.filename}"] = recipe
        if isinstance(answer, BuildFailed):
            raise answer
        return answer


if TYPE_CHECKING:
    _is_one: Hooks = FakeHooks()


@dataclass
class Memory:
    """Implements `resolver.builder.ports.Remembers`; ``read`` are the keys that were looked for."""

    kept: dict[str, bytes] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def answer(self, key: str) -> bytes | None:
        self.read.append(key)
        return self.kept.get(key)

    def add_answer(self, key: str, content: bytes) -> None:
        self.kept[key] = content


def names(recipe: Recipe) -> list[str]:
    """File names of what a recipe's build environment holds, an sdist's own in brackets behind it."""
    return [
        part.filename if isinstance(part, File) else f"{part.file.filename} [{', '.join(names(part))}]"
        for part in recipe.parts
    ]
