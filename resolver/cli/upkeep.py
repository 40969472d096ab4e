"""Whether a lock is current, told in a moment: digests of the inputs and nothing of the resolver."""

from __future__ import annotations

from pathlib import Path

from resolver.cli.files import read_lock, reader
from resolver.cli.terminal import Terminal
from resolver.errors import CheckFailed, LockError
from resolver.lock.inputs import stale


def untouched(spec: Path, lock: Path) -> bool:
    """Whether ``lock`` is complete and was made from the very bytes of ``spec`` and what it includes."""
    if not (spec.is_file() and lock.is_file()):
        return False
    try:
        found = read_lock(lock)
    except LockError:
        return False
    return spec.name in found.inputs.files and not stale(found.inputs, reader(spec)) and not any(found.incomplete())


def check(spec: Path, path: Path, terminal: Terminal) -> int:
    """Raise `CheckFailed` naming what changed, unless the lock is current and complete."""
    lock = read_lock(path)
    read = reader(spec)
    changed = stale(lock.inputs, read)
    if spec.name not in lock.inputs.files:
        changed.insert(0, f"{spec.name} is not what the lock was made from ({', '.join(lock.inputs.files)})")
    if changed:
        from resolver.cli.staleness import changes

        lines = [*changed, *changes(spec, lock, read)]
        raise CheckFailed(
            f"{path} is stale:\n" + "\n".join(f"  {line}" for line in lines) + "\nrun: wheelhouse resolve"
        )
    missing = [f"{sdist} for {name}: {reason}" for sdist, name, reason in lock.incomplete()]
    if missing:
        raise CheckFailed(f"{path} is incomplete:\n" + "\n".join(f"  {line}" for line in missing))
    terminal.result([f"{path} is current"], {"lock": str(path), "current": True})
    return 0
