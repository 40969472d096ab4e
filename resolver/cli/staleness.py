"""What a change of the spec means for a lock: environments and requirements that came or went."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from resolver.environments.evaluate import holds
from resolver.environments.expand import expand
from resolver.environments.model import Environment
from resolver.errors import SpecError
from resolver.lock.model import Lock
from resolver.spec.load import load
from resolver.spec.model import Spec


def changes(spec_path: Path, lock: Lock, read: Callable[[str], bytes]) -> Iterator[str]:
    """Lines that say which environments and requirements differ; nothing where the spec cannot be read."""
    try:
        spec = load(spec_path.as_posix(), read)
        environments = {environment.name: environment for environment in expand(spec.environments)}
    except SpecError:
        return
    for name in sorted(environments.keys() - lock.environments.keys()):
        yield f"environment {name} is new"
    for name in sorted(lock.environments.keys() - environments.keys()):
        yield f"environment {name} is gone"
    new = {line for environment in environments.values() for line in _roots(spec, environment)}
    old = {
        (group, requirement)
        for groups in lock.roots.values()
        for group, requirements in groups.items()
        for requirement in requirements
    }
    for group, requirement in sorted(new - old):
        yield f"requirement {requirement} is new{f' in group {group}' if group else ''}"
    for group, requirement in sorted(old - new):
        yield f"requirement {requirement} is gone{f' from group {group}' if group else ''}"


def _roots(spec: Spec, environment: Environment) -> Iterator[tuple[str, str]]:
    groups = [("", spec.requirements), *spec.groups.items()]
    for group, declared in groups:
        for one in declared:
            if holds(one.requirement.marker, environment).value:
                yield group, str(one.requirement)
