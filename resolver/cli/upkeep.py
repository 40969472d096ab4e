"""Whether a lock is current, by the digests of its inputs and with nothing of the resolver imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from resolver.cli.files import other_spec, own_lock, parse_lock, read_lock_bytes, reader
from resolver.cli.known_locks import remember
from resolver.cli.terminal import Terminal
from resolver.cli.unchanged_lock import current
from resolver.errors import CheckFailed, InputError, LockError
from resolver.lock.inputs import stale

if TYPE_CHECKING:
    from resolver.lock.model import Lock


def untouched(spec: Path, lock: Path, *, note: bool = True) -> bool:
    """Whether ``lock`` is complete and was made from the very bytes of ``spec`` and what it includes.

    ``note``: keep that in the cache, for the next run to be short.
    """
    if not (spec.is_file() and lock.is_file()):
        return False
    content = read_lock_bytes(lock)
    try:
        found = parse_lock(content, lock)
    except LockError:
        return False
    if not found.inputs.are_of(spec.name) or stale(found.inputs, reader(spec)) or any(found.incomplete()):
        return False
    if note:
        remember(content, spec.name, found.inputs.files)
    return True


def check(spec: Path, path: Path, terminal: Terminal) -> int:
    """Raise `CheckFailed` naming what changed, unless the lock is current and complete."""
    if not spec.exists():
        raise InputError(f"{spec}: there is no such spec; --spec names another, `wheelhouse init` writes one")
    content = read_lock_bytes(path)
    lock = parse_lock(content, path)
    if lock.inputs.combined:  # no `resolve` makes it current
        raise InputError(
            f"{path}: is combined of {', '.join(lock.inputs.files)}; `wheelhouse combine --check` checks it"
        )
    changed = _changed(spec, lock)
    missing = _gaps(lock)
    is_current = not changed and not missing
    document = {"lock": str(path), "current": is_current, "changed": changed, "missing": missing}
    terminal.result([current(str(path), checked=True)] if is_current else [], document)
    if is_current:
        remember(content, spec.name, lock.inputs.files)
    if changed:
        rows = "\n".join(f"  {line}" for line in changed)
        own = path if other_spec(lock, spec, path) is None else own_lock(spec, path)
        raise CheckFailed(f"{path} is stale:\n{rows}\nrun: {_command(spec, own)}")
    if missing:
        from resolver.lock.describe import HOW_TO_ANSWER

        raise CheckFailed("\n".join([f"{path} is incomplete:", *missing, HOW_TO_ANSWER]))
    return 0


def _changed(spec: Path, lock: Lock) -> list[str]:
    read = reader(spec)
    changed = stale(lock.inputs, read)
    if not lock.inputs.are_of(spec.name):
        made_from = lock.inputs.spec or ", ".join(lock.inputs.files)
        changed.insert(0, f"{spec.name} is not what the lock was made from ({made_from})")
    if changed:
        from resolver.cli.staleness import changes

        changed += changes(spec, lock, read)
    return changed


def _gaps(lock: Lock) -> list[str]:
    if not any(lock.incomplete()):
        return []  # most often, and no further import then
    from resolver.lock.describe import describe_gaps

    return describe_gaps(lock)


def _command(spec: Path, lock: Path) -> str:
    """The command that makes the lock current."""
    words = ["wheelhouse resolve"]
    if spec != Path("spec.yaml"):
        words.append(f"--spec {spec}")
    if lock != spec.parent / "lock.json":
        words.append(f"--lock {lock}")
    return " ".join(words)
