"""``wheelhouse resolve``: spec -> lock, or the check that the lock is current."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Union

from resolver.cli import known_locks, known_runs
from resolver.cli.files import lock_path, reader
from resolver.cli.known_runs import Run
from resolver.cli.notes import cache_root
from resolver.cli.plain_words import Resolve, is_included
from resolver.cli.repeated_run import key_of
from resolver.cli.terminal import Terminal
from resolver.cli.unchanged_lock import current
from resolver.errors import HOW_TO_GET_A_SANDBOX, InputError, LockError, LockIncomplete
from resolver.records import record

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from packaging.utils import NormalizedName

    from resolver.cli.bars import Bar
    from resolver.cli.known_specs import KnownSpecs
    from resolver.cli.terminal import Line
    from resolver.evidence import Evidence
    from resolver.http_index.assistant import Assistant
    from resolver.http_index.cache import Cache
    from resolver.index import Index, Site
    from resolver.lock.model import Lock
    from resolver.locking import Locked
    from resolver.preferences.model import Preferred
    from resolver.sandbox.runner import Sandbox
    from resolver.spec.model import Spec

Arguments = Union["argparse.Namespace", Resolve]


def run(args: Arguments, terminal: Terminal) -> int:
    """Lock the spec, unless nothing has changed since the lock was written."""
    if is_included(args.spec):
        raise InputError(f"{args.spec}: is no spec; `wheelhouse init {args.spec}` writes one that includes it")
    spec_path, path = Path(args.spec), lock_path(args.lock, args.spec)
    if args.check:
        if args.prefer:
            raise InputError("--check only compares, and --prefer is for a resolution; leave one of them out")
        if args.dry_run:
            raise InputError("--check only compares, and --dry-run resolves; leave one of them out")
        from resolver.cli.upkeep import check

        return check(spec_path, path, terminal)
    if args.update is None and _is_current(args, spec_path, path):
        if _wishes(args.prefer, terminal):
            terminal.warn("--prefer has no say: the lock holds a version of every project; see --update")
        terminal.result([current(str(path), checked=False)], {"lock": str(path), "changed": False, "written": False})
        return 0
    return _resolve(args, terminal, spec_path, path)


def _is_current(args: Arguments, spec: Path, lock: Path) -> bool:
    if not lock.exists():
        return False
    from resolver.cli.upkeep import untouched

    return untouched(spec, lock, note=args.cache_dir is None)


def _resolve(args: Arguments, terminal: Terminal, spec_path: Path, path: Path) -> int:
    from resolver.http_index.assistant import Assistant
    from resolver.http_index.cache import Cache

    cache = Cache(Path(args.cache_dir) if args.cache_dir else None, warn=terminal.warn)
    with Assistant(cache) as assistant:
        if not cache.has_pages():
            assistant.start(over_tls=_is_over_tls(spec_path))  # it takes as long as reading the spec
        return _locked_anew(args, terminal, spec_path, path, assistant)


def _is_over_tls(spec_path: Path) -> bool:
    """Whether an index is likely to be asked over TLS, as far as a glance tells."""
    try:
        return b"http://" not in spec_path.read_bytes()
    except OSError:
        return False


def _locked_anew(args: Arguments, terminal: Terminal, spec_path: Path, path: Path, assistant: Assistant) -> int:
    from resolver.cli.known_specs import KnownSpecs

    known = KnownSpecs()
    spec = _spec(spec_path, path, known, dry=args.dry_run)

    from resolver.cli.files import check_own, read_lock_bytes, write_text
    from resolver.cli.indexes import indexes_of
    from resolver.evidence import Evidence

    evidence = Evidence()
    with indexes_of(spec, spec_path.parent, path, assistant, evidence) as (index, sites):
        _begin(spec, index)

        # While the first pages are on their way:
        from resolver.cli.report import report
        from resolver.lock.codec import dumps
        from resolver.lock.describe import HOW_TO_ANSWER, describe_gaps

        known.keep()
        names = _environments(spec)
        content = read_lock_bytes(path) if path.exists() else None
        old = _old_lock(content, path, args.update, terminal)
        if old is not None:
            check_own(old, spec_path, path)
        reach = Reach(index=index, sites=sites, cache=assistant.cache, evidence=evidence)
        locked, refused = _locked(args, terminal, spec, names, old, reach=reach)
    assistant.dismiss()  # to go takes it as long as it takes to write the lock

    text = dumps(locked.lock)
    written = text.encode()
    changed = content != written
    if changed and not args.dry_run:
        write_text(path, text)
    lines, document = report(locked, names, old, path, changed=changed, dry=args.dry_run, quiet=args.quiet)
    terminal.result(lines, document)
    missing = tuple(describe_gaps(locked.lock))
    if missing:
        hint = f"{HOW_TO_GET_A_SANDBOX}; or\n{HOW_TO_ANSWER}" if refused else HOW_TO_ANSWER
        raise LockIncomplete(missing, hint)
    if args.cache_dir is None and not args.dry_run:
        known_locks.remember(written, spec_path.name, locked.lock.inputs.files)
        if evidence.is_whole and not args.json and (content is None) == (old is None):
            _remember(args, path, content, _run_of(written, locked.lock.inputs.files, evidence, lines))
    return 0


def _spec(spec_path: Path, path: Path, known: KnownSpecs, *, dry: bool) -> Spec:
    """The spec, where its lock can be written, unless none is. Raises `InputError` and `StorageError`."""
    from resolver.cli.files import check_other, check_writable
    from resolver.environments.expand import problems_of
    from resolver.spec.load import load

    spec = load(spec_path.as_posix(), reader(spec_path), known, problems_of)
    check_other(path, [spec_path.parent / name for name in spec.inputs])
    if not dry:
        check_writable(path)
    return spec


def _environments(spec: Spec) -> list[str]:
    """Their names. Raises `SpecError`."""
    from resolver.environments.expand import expand

    return [environment.name for environment in expand(spec.environments)]


def _run_of(lock: bytes, inputs: Mapping[str, str], evidence: Evidence, lines: Sequence[Line]) -> Run:
    from resolver.cli.terminal import plain
    from resolver.http_index.cache import page_key

    return Run(
        inputs=inputs,
        pages={page_key(url): sha256 for url, sha256 in evidence.pages.copy().items()},
        machine=evidence.machine,
        lock=lock,
        lines=[line if isinstance(line, str) else line.parts for line in lines],
        plain=plain(lines),
    )


def _remember(args: Arguments, path: Path, old: bytes | None, run: Run) -> None:
    """Keep a run in the cache, for the next like it to be short; ``old`` is the lock before it."""
    root = cache_root()
    if root is not None:
        command = Resolve(args.spec, str(path), check=False, quiet=args.quiet, update=args.update)
        known_runs.remember(root, key_of(command, run.inputs[Path(args.spec).name], old), run)


@record
class Reach:
    """What a resolution reads from, and where it notes what it has read; see `resolver.cli.indexes`."""

    index: Index
    sites: Mapping[str, Site]
    cache: Cache
    evidence: Evidence


def _locked(
    args: Arguments, terminal: Terminal, spec: Spec, names: Sequence[str], old: Lock | None, *, reach: Reach
) -> tuple[Locked, bool]:
    """The lock, and whether a sandbox was missed."""
    from resolver.lock.describe import counted

    index, cache, evidence = reach.index, reach.cache, reach.evidence
    wishes = _wishes(args.prefer, terminal)
    if wishes:
        evidence.unrepeatable()  # the files are no inputs of the lock
    update: frozenset[NormalizedName] | None = None if args.update == [] else frozenset()
    asked: list[Preferred] = []
    if args.update:
        from resolver.cli.updating import asked_for

        update, asked = asked_for(args.update, spec, old)
    with terminal.progress(f"resolving {counted(len(names), 'environment')}") as bar:
        from resolver.builder.host_hooks import HostHooks
        from resolver.cli.counting import Counting
        from resolver.cli.known_runs import program
        from resolver.http_index.known_sdists import KnownSdists
        from resolver.locking import lock
        from resolver.previous import Previous

        counting = Counting(index, bar.detail)
        with HostHooks(
            _sandbox, index, cache, tell=lambda sdist: bar.detail(f"asking the backend of {sdist}")
        ) as hooks:
            locked = lock(
                spec,
                counting,
                reach.sites,
                Previous(lock=old, update=update),
                hooks=hooks,
                sdists=KnownSdists(cache, program()),
                clock=lambda: _now(evidence),
                wishes=[*asked, *wishes],
                started=_steps(bar, len(names) + 1),
            )
    terminal.note(f"read {counting}")
    if asked:
        from resolver.cli.updating import seen_to

        locked = seen_to(asked, locked, spec)
    if hooks.were_asked:
        evidence.answers(hooks.standing)
    return locked, hooks.refusal is not None


def _begin(spec: Spec, index: Index) -> None:
    """Ask for the first pages, which can be had while what will look at them is imported."""
    from packaging.utils import canonicalize_name

    wanted = [declared.requirement for declared in spec.declared()]
    index.prefetch(canonicalize_name(one.name) for one in wanted if one.url is None)


def _wishes(paths: Sequence[str] | None, terminal: Terminal) -> list[Preferred]:
    """What the files of ``--prefer`` pin. Raises `InputError` for a file that cannot be read."""
    if not paths:
        return []
    from resolver.cli.files import read_bytes
    from resolver.preferences.read import read_wishes

    found: list[Preferred] = []
    for path in paths:
        wishes = read_wishes(read_bytes(Path(path)), path)
        found += wishes.pinned
        if wishes.skipped:
            terminal.note(f"{path}: no version is preferred of {', '.join(sorted(set(wishes.skipped)))}")
    return found


def _now(evidence: Evidence) -> datetime:
    """What time it is, which a later run would see otherwise."""
    from resolver.cli.clock import now

    evidence.unrepeatable()
    return now()


def _sandbox() -> Sandbox:
    """Imported where a backend has to be asked: most often none has to."""
    from resolver.sandbox.runner import Sandbox

    return Sandbox()


def _steps(bar: Bar, total: int) -> Callable[[str], None]:
    """A function that is told of each step that begins."""
    begun = 0

    def started(what: str) -> None:
        nonlocal begun
        bar.grow(total)
        bar.advance(min(begun, 1))
        bar.describe(f"resolving {what}")
        begun += 1

    return started


def _old_lock(content: bytes | None, path: Path, update: Sequence[str] | None, terminal: Terminal) -> Lock | None:
    """The lock that is there. A broken one is an error, unless nothing of it would be kept anyway."""
    from resolver.cli.files import parse_lock

    if content is None:
        return None
    try:
        return parse_lock(content, path)
    except LockError as error:
        if path.name != "lock.json" and b'"lock_version"' not in content:
            hint = "is not overwritten; name another file, or remove it"
            raise InputError(f"{path}: is no lock, and {hint}") from error
        if update == []:
            terminal.warn(f"the old lock is passed over: {error}")
            return None
        raise LockError(
            f"{error}\n    `wheelhouse resolve --update` makes it anew, with the newest releases"
        ) from error
