"""``wheelhouse verify``: a vendored tree put to the proof."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.cli.attestations import checker, vouched_for
from resolver.cli.files import make_folder
from resolver.cli.names import known_environments
from resolver.cli.terminal import Line, Terminal
from resolver.cli.trees import named_tree
from resolver.cli.unchanged_tree import forget
from resolver.errors import HOW_TO_GET_BUBBLEWRAP, CheckFailed, InputError

if TYPE_CHECKING:
    from resolver.verify.attested import Attested
    from resolver.verify.replay import Replayed
    from resolver.verify.tree import TreeReport


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Check every byte, then replay what this machine can run. Raises `CheckFailed` where anything does not hold."""
    from resolver.cli.clock import now
    from resolver.cli.proof import write_logs
    from resolver.cli.trusting import trusted_keys
    from resolver.transfer.switch import complete
    from resolver.verify.tree import check_tree

    tree = named_tree(args.directory)
    logs = _logs(args)
    complete(tree)
    with terminal.progress(f"verifying {tree}", unit="bytes") as bar:
        found = check_tree(tree, bar, trusted=trusted_keys(args.trusted_keys), clock=now)
    attested = _attested(args, terminal, tree, found) if not found.faults else None
    if attested is not None:
        found = replace(found, faults=attested.faults)
    asked = known_environments(args.environment, found.lock.environments if found.lock else found.environments)
    absent = sorted(set(asked or ()) - set(found.environments))
    if absent:
        raise InputError(f"{tree}: carries nothing for {', '.join(absent)}; it has {', '.join(found.environments)}")
    names = [name for name in found.environments if asked is None or name in asked]
    replayed = [] if found.faults else _replay(args, terminal, tree, found, names)
    publishers = attested.publishers if attested is not None else {}
    if logs is not None:
        write_logs(replayed, logs)
    _report(tree, found, replayed, publishers, terminal, logs=logs, build=args.build)
    _judge(tree, found, replayed, named=asked is not None, build=args.build)
    return 0


def _logs(args: argparse.Namespace) -> Path | None:
    """Where logs are wanted. Raises `InputError` and `StorageError` before anything takes long."""
    if args.logs is None:
        return None
    if not args.build:
        raise InputError("--logs: only builds have logs; add --build")
    make_folder(Path(args.logs))
    return Path(args.logs)


def _attested(args: argparse.Namespace, terminal: Terminal, tree: Path, found: TreeReport) -> Attested | None:
    """None, and a word of it, where this machine cannot check them and nobody insists."""
    from resolver.verify.attested import check_attestations

    try:
        return check_attestations(found, tree, lambda: checker(args.trusted_root))
    except InputError as error:
        if args.attestations or args.trusted_root:
            raise
        terminal.warn(str(error))
        return None


def _replay(
    args: argparse.Namespace, terminal: Terminal, tree: Path, found: TreeReport, names: Sequence[str]
) -> list[Replayed]:
    from resolver.errors import NoSandbox
    from resolver.sandbox.interpreters import find
    from resolver.sandbox.runner import Sandbox
    from resolver.verify.replay import Replayed, replay

    assert found.lock is not None, "a lock that is damaged is a fault"
    results = []
    with terminal.progress(f"replaying {tree}") as bar:
        bar.grow(len(names))
        for name in names:
            bar.describe(f"replaying {name}")
            try:
                one = replay(
                    found.lock,
                    tree,
                    name,
                    sandbox=Sandbox,
                    interpreters=find(),
                    build=args.build,
                    tell=lambda sdist: bar.detail(f"building {sdist}"),
                )
            except NoSandbox as error:
                one = Replayed(environment=name, obstacle=str(error), no_sandbox=True)
            results.append(one)
            bar.advance()
    return results


def _report(
    tree: Path,
    found: TreeReport,
    replayed: Sequence[Replayed],
    publishers: Mapping[str, tuple[str, ...]],
    terminal: Terminal,
    *,
    logs: Path | None,
    build: bool,
) -> None:
    from resolver.cli.clock import now
    from resolver.cli.proof import details, matrix
    from resolver.cli.trusting import describe_vouched, vouched_as_json
    from resolver.lock.describe import counted

    lines: list[Line] = []
    if found.lock is not None and replayed and not terminal.quiet:
        lines += [matrix(found.lock, replayed), ""]
        lines += details(found.lock, replayed, logs)
    lines += vouched_for(publishers)
    lines += [f"left alone, since no lock ever named it: {path}" for path in found.strangers]
    if found.other_server:
        lines.append("note: server.py is not that of this release; no lock vouches for it, vendoring again brings ours")
    lines += describe_vouched(found.vouched, now()) if found.vouched else []
    if replayed and all(one.obstacle for one in replayed) and not terminal.quiet:
        lines.append("note: the bytes were checked and nothing was installed: this machine can run none of it")
    wrong = len({fault.path for fault in found.faults})
    private = f" and {counted(found.private, 'private file')}" if found.private else ""
    lines.append(f"{tree}: {counted(found.files, 'file')}{private} checked, {wrong or 'none'} wrong")
    document = {
        "directory": str(tree),
        "files": found.files,
        "private": found.private,
        "faults": [asdict(fault) for fault in found.faults],
        "strangers": list(found.strangers),
        "other_server": found.other_server,
        "publishers": {name: list(names) for name, names in publishers.items()},
        "bundle": vouched_as_json(found.vouched) if found.vouched else None,
        "build": build,
        "environments": [asdict(one) for one in replayed],
    }
    terminal.result(lines, document)


def _judge(tree: Path, found: TreeReport, replayed: Sequence[Replayed], *, named: bool, build: bool) -> None:
    if found.faults:
        forget(str(tree))
        rows = "\n".join(f"  {fault.path}: {fault.reason}" for fault in found.faults)
        ways = ["remove what should not be there"] if any(fault.stray for fault in found.faults) else []
        if not all(fault.stray or fault.unsigned for fault in found.faults):
            ways.append(f"`wheelhouse repair {tree}` mends it")
        if any(fault.unsigned for fault in found.faults):
            ways.append("unpack a bundle that is signed by them")
        raise CheckFailed(f"{tree} is not what its lock says:\n{rows}\n{'; for the rest, '.join(ways)}")
    failed = [one.environment for one in replayed if one.failed]
    if failed:
        raise CheckFailed(f"the proof failed for {', '.join(failed)}")
    barred = [one for one in replayed if one.no_sandbox or (named and one.obstacle)]
    if (named or build) and barred:
        rows = ", ".join(f"{one.environment} ({one.obstacle})" for one in barred)
        hint = f"\n{HOW_TO_GET_BUBBLEWRAP}" if any(one.no_sandbox for one in barred) else ""
        raise CheckFailed(
            f"the bytes are as they should be, but this machine cannot run what was asked for: {rows}{hint}"
        )
