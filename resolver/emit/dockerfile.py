"""Lock -> a Dockerfile for each Linux environment, which installs from a carried tree with no network.

Two stages: one installs into a virtual environment, the other takes that and nothing else. The tree is mounted while
a command runs and is no layer of the image. What is built is built from its closure in the lock: pip is told what to
install and resolves nothing. Images are the official ones of Python; ``--build-arg BASE=`` names one's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from shlex import quote
from typing import TYPE_CHECKING

from resolver.emit.places import Places
from resolver.emit.selection import Selection, ordered
from resolver.errors import BuildFailed, InputError
from resolver.lock.model import Artifact, EnvironmentEntry, Lock
from resolver.lock.recipes import recipe_of
from resolver.recipe import Recipe

if TYPE_CHECKING:
    from resolver.simple.model import File

_PLATFORMS = {
    "x86_64": "linux/amd64",
    "aarch64": "linux/arm64",
    "armv7l": "linux/arm/v7",
    "i686": "linux/386",
    "ppc64le": "linux/ppc64le",
    "s390x": "linux/s390x",
    "riscv64": "linux/riscv64",
}
_SUITES = (((2, 36), "bookworm"), ((2, 41), "trixie"))
"""Debian's releases that official images are made of, with their glibc: the first that is new enough is taken."""

_PYTHON = re.compile(r"(pypy)?(\d+\.\d+(?:\.\d+)?)")


def dockerfiles(chosen: Selection, places: Places, *, base: str | None = None) -> dict[str, str]:
    """File name -> text: for every environment a Dockerfile and the requirements that it installs and builds with.

    ``places`` must have a tree below the folder that is written to. ``base``: the image of all of them.
    Raises `InputError` where there is no such tree, for an environment that no image is known for, and for an sdist of
    which the lock does not say how it is built.
    """
    if places.tree is None or places.is_served or places.tree.startswith(("..", "/")):
        where = f"{places.tree} is not" if places.tree is not None else "none is named"
        raise InputError(
            f"a Dockerfile installs from a vendored tree below its own folder, and {where}; "
            "name both, as in: wheelhouse export dockerfile --tree image/tree -o image"
        )
    found = {}
    for name in chosen.environments:
        image = _Image(chosen, name, places, base)
        found[f"Dockerfile.{name}"] = image.text()
        found.update(image.lists)
    return found


def is_linux(entry: EnvironmentEntry) -> bool:
    """Whether an environment can be that of a container."""
    return entry.markers.get("sys_platform") == "linux"


class _Image:
    """The Dockerfile of one environment. ``lists``: the requirements files beside it, by name."""

    def __init__(self, chosen: Selection, name: str, places: Places, base: str | None) -> None:
        self._lock = chosen.lock
        self._name = name
        self._entry = chosen.lock.environments[name]
        self._tree = str(places.tree)
        self._base = base
        if not is_linux(self._entry):
            raise InputError(f"{name}: containers are Linux's; name other environments with -e")
        pins = chosen.pins(name)
        self._installed = [chosen.lock.artifacts[pins[project].artifact] for project in ordered(pins)]
        self._builds: dict[str, Recipe] = {}
        for artifact in self._installed:
            if artifact.kind == "sdist":
                self._plan(_recipe(chosen.lock, artifact.filename, name))
        self.lists = {f"requirements.{name}.txt": self._list(self._installed)}
        for filename, recipe in self._builds.items():
            parts = [chosen.lock.artifacts[_filename(part)] for part in recipe.parts]
            self.lists[self._build_list(filename)] = self._list(parts)

    def text(self) -> str:
        """The whole of it."""
        image = self._base or _image(self._name, self._entry, slim=True)
        full = image if self._base or not self._builds else _image(self._name, self._entry, slim=False)
        machine = self._entry.arch or self._entry.markers.get("platform_machine", "")
        on = f"--platform={_PLATFORMS[machine]} " if machine in _PLATFORMS else ""
        told = ", ".join(
            filter(None, (self._entry.python and f"Python {self._entry.python}", self._entry.arch, self._entry.libc))
        )
        install = _install("/opt/venv", f"requirements.{self._name}.txt", self._built(self._installed))
        return "\n".join(
            [
                f"# {self._name}{f' ({told})' if told else ''}: made by `wheelhouse export dockerfile`.",
                f"# In this folder: docker build --file Dockerfile.{self._name} .",
                f"# {self._tree} is brought by: wheelhouse vendor {self._tree}",
                f"ARG BASE={image}",
                *self._about_builder(),
                f"ARG BUILDER={full if full != image else '${BASE}'}",
                "",
                f"FROM {on}${{BUILDER}} AS packages",
                *(line for filename in self._builds for line in self._build(filename)),
                _run("python -m venv /opt/venv", *install),
                "",
                f"FROM {on}${{BASE}}",
                "COPY --from=packages /opt/venv /opt/venv",
                'ENV PATH="/opt/venv/bin:$PATH"',
                "",
            ]
        )

    def _plan(self, recipe: Recipe) -> None:
        """Whatever a build needs is built before it."""
        for part in recipe.parts:
            if isinstance(part, Recipe):
                self._plan(part)
        self._builds.setdefault(recipe.file.filename, recipe)

    def _build(self, filename: str) -> list[str]:
        """The command that builds one sdist, with a comment."""
        recipe = self._builds[filename]
        parts = [self._lock.artifacts[_filename(part)] for part in recipe.parts]
        with_what = ", ".join(sorted(f"{part.project} {part.version}" for part in parts)) or "nothing but itself"
        path = f"/context/{self._tree}/files/{filename}"
        sealed = f"{recipe.file.hashes['sha256']}  {path}"
        return [
            f"# {filename} is built with {with_what}.",
            _run(
                f"echo {quote(sealed)} | sha256sum -c -",
                "python -m venv /build",
                *_install("/build", self._build_list(filename), self._built(parts)),
                f"PATH=/build/bin:$PATH PIP_USE_PEP517=1 {_PIP.format(venv='/build')} wheel --no-cache-dir --no-deps"
                f" --no-index --no-build-isolation --wheel-dir /wheels {quote(path)}",
                "rm -rf /build",
            ),
        ]

    def _about_builder(self) -> list[str]:
        if not self._builds:
            return []
        programs = sorted({program for recipe in self._builds.values() for program in recipe.system})
        more = f", and {', '.join(programs)}" if programs else ""
        return [f"# The image that builds has a compiler, where one of the builds below needs it{more}."]

    def _build_list(self, filename: str) -> str:
        return f"build.{self._name}.{filename}.txt"

    def _built(self, artifacts: Sequence[Artifact]) -> list[str]:
        return [f"{one.project}=={one.version}" for one in artifacts if one.kind == "sdist"]

    def _list(self, artifacts: Sequence[Artifact]) -> str:
        """The wheels among ``artifacts`` as requirements."""
        wheels = [one for one in artifacts if one.kind == "wheel"]
        head = f"--no-index\n--find-links {quote(self._tree)}/files\n"
        return head + "".join(f"{one.project}=={one.version} \\\n    --hash=sha256:{one.sha256}\n" for one in wheels)


_PIP = "{venv}/bin/python -m pip"


def _install(venv: str, listed: str, built: Sequence[str]) -> Iterator[str]:
    """Commands that install wheels by their hashes, and then those that were built before."""
    install = f"{_PIP.format(venv=venv)} install --no-cache-dir --no-deps"
    yield f"{install} --require-hashes -r {quote(f'/context/{listed}')}"
    if built:
        yield f"{install} --no-index --find-links /wheels {' '.join(map(quote, built))}"


def _run(*commands: str) -> str:
    """One instruction, with the context to read and no network."""
    return "RUN --network=none --mount=type=bind,target=/context \\\n    " + " && \\\n    ".join(commands)


def _recipe(lock: Lock, sdist: str, environment: str) -> Recipe:
    try:
        return recipe_of(lock, sdist, environment)
    except BuildFailed as error:
        raise InputError(f"{environment}: {sdist} cannot be built from the lock: {error.reason}") from None


def _filename(part: File | Recipe) -> str:
    return part.file.filename if isinstance(part, Recipe) else part.filename


def _image(name: str, entry: EnvironmentEntry, *, slim: bool) -> str:
    """The official image of a Python on a libc. Raises `InputError` where there is none."""
    found = _PYTHON.fullmatch(entry.python or "")
    libc, _, version = (entry.libc or "").partition(" ")
    suite = "alpine" if libc == "musl" else _suite(version) if libc == "glibc" else None
    if found is None or suite is None or (found[1] and suite == "alpine"):
        told = ", ".join(filter(None, (f"Python {entry.python}" if entry.python else "", entry.libc))) or "it"
        raise InputError(f"{name}: no official image is known for {told}; name one with --base IMAGE")
    small = "slim-" if slim and suite != "alpine" else ""
    return f"{found[1] or 'python'}:{found[2]}-{small}{suite}"


def _suite(version: str) -> str | None:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version))
    return next((suite for has, suite in _SUITES if numbers <= has), None)
