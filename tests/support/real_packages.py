"""Real packages with facts about them that were checked by hand: cases as data, and how one is tried.

A fact is a pattern over the artifacts that an environment installs (``!``: none matches). Releases that move with
the index are not named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from resolver.lock.model import Lock
from tests.support.command_line import Outcome, resolve, unlike

ENVIRONMENTS: dict[str, dict[str, str]] = {
    "linux": {"python": "3.11", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "old": {"python": "3.8", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "new": {"python": "3.13", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "py310": {"python": "3.10", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "patched": {"python": "3.11.9", "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
    "alpine": {"python": "3.12", "os": "linux", "arch": "aarch64", "libc": "musl 1.2"},
    "windows-py311": {"python": "3.11", "os": "windows", "arch": "amd64"},
    "mac": {"python": "3.12", "os": "macos 14", "arch": "arm64"},
    "windows": {"python": "3.12", "os": "windows", "arch": "amd64"},
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """``facts`` by environment; ``builds``: sdist -> its requirements with their origin, and patterns of the closure.

    ``said``: parts of what the user reads. ``more``: further keys of the spec. Without facts there is no lock.
    """

    name: str
    requirements: tuple[str, ...]
    facts: dict[str, str] = field(default_factory=dict)
    builds: dict[str, tuple[set[str], str]] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    code: int = 0
    on: tuple[str, ...] = ("linux",)
    more: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def check(case: Case, folder: Path, downloads: Path) -> Outcome:
    """Resolve the case's spec as a user would, and see that everything that it says holds."""
    environments = {name: ENVIRONMENTS[name] for name in case.on}
    spec = {"environments": environments, "requirements": list(case.requirements), **case.more}
    outcome = resolve(folder, spec, downloads)
    assert outcome.code == case.code, outcome.said
    assert [text for text in case.said if text not in outcome.said] == [], outcome.said
    assert (outcome.lock is None) == (not case.facts), outcome.said
    for name, patterns in case.facts.items():
        assert unlike(outcome.files(name), patterns) == [], outcome.files(name)
    for sdist, (requires, closure) in case.builds.items():
        assert outcome.lock is not None
        check_build(outcome.lock, sdist, requires, closure)
    return outcome


def check_build(lock: Lock, sdist: str, requires: set[str], patterns: str) -> None:
    for built in lock.builds[sdist].environments.values():
        assert {f"{asked.origin} {asked.requirement}" for asked in built.requires} == requires
        files = [pin.artifact for pin in lock.closure(built).values()]
        assert unlike(files, patterns) == [], files
