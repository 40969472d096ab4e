"""What may differ between two locks, as values: the result of `diff.diff`. Pure."""

from __future__ import annotations

from dataclasses import fields
from typing import Literal

from resolver.lock.model import Artifact
from resolver.records import record

What = Literal["version", "artifact", "extras", "dependencies"]
BuildWhat = Literal[
    "build", "backend", "backend_path", "requires", "metadata", "system", "answered", "unknown", "unbuildable"
]
Names = tuple[str, ...]


@record
class PinChange:
    """A change of one project's pin.

    ``what``: its version (``old`` or ``new`` None: added or removed); else, the version being the same, its file,
    extras or dependencies, the latter two joined by ``, ``. ``everywhere``: in every environment that both locks have.
    ``sdists`` is empty for a resolution; else the change is in the build closures of these sdists.
    """

    project: str
    what: What
    old: str | None
    new: str | None
    environments: Names
    everywhere: bool
    sdists: Names = ()


@record
class BuildChange:
    """A change in how one sdist is built, as text; None is nothing. ``what`` is ``build`` where it came or went."""

    sdist: str
    what: BuildWhat
    old: str | None
    new: str | None
    environments: Names
    everywhere: bool


@record
class RootChange:
    """A requirement of the spec (``group`` empty) or of a group that came or went in these environments."""

    group: str
    requirement: str
    added: bool
    environments: Names
    everywhere: bool


@record
class FactChange:
    """Another value of one field of a file, an environment, an index or an input: None is absent."""

    subject: str
    field: str
    old: str | None
    new: str | None


@record
class Diff:
    """Everything that differs; every tuple is in a fixed order.

    ``replaced``: files whose bytes changed under the same name (``field`` is ``sha256``). No index may do that:
    each is a reason to stop. ``artifact_facts``: whatever else is said of a file (yanked, location ...).
    ``exclude_newer``: instants that ages are frozen to. ``attestations``: what is asked of projects' (``""``: of all).
    """

    environments_added: Names = ()
    environments_removed: Names = ()
    environment_facts: tuple[FactChange, ...] = ()
    roots: tuple[RootChange, ...] = ()
    pins: tuple[PinChange, ...] = ()
    builds: tuple[BuildChange, ...] = ()
    build_pins: tuple[PinChange, ...] = ()
    replaced: tuple[FactChange, ...] = ()
    artifacts_added: tuple[Artifact, ...] = ()
    artifacts_removed: tuple[Artifact, ...] = ()
    artifact_facts: tuple[FactChange, ...] = ()
    index_facts: tuple[FactChange, ...] = ()
    exclude_newer: tuple[FactChange, ...] = ()
    attestations: tuple[FactChange, ...] = ()
    input_facts: tuple[FactChange, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))
