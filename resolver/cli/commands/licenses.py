"""``wheelhouse licenses``: under which licences the files of a vendored tree are, and whether they are allowed."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path

from resolver.cli.files import read_lock
from resolver.cli.names import known, known_environments
from resolver.cli.tables import Table
from resolver.cli.terminal import Terminal
from resolver.cli.trees import named_tree
from resolver.emit.licenses import Row, license_rows, licenses_csv, licenses_json, summary
from resolver.emit.selection import Selection, selection
from resolver.errors import CheckFailed, InputError
from resolver.licenses.policy import LicensePolicy
from resolver.lock.model import Lock
from resolver.vendor.layout import read_manifest
from resolver.vendor.licenses import read_licenses

_STYLES = {" unknown ": "bold red", " build ": "dim"}


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print the report, and hold it against what is allowed."""
    tree = named_tree(args.directory)
    if not (tree / "lock.json").is_file():  # in a tree that was carried here it may be a pipe, which never begins
        raise InputError(f"{tree}: is no vendored tree: it has no lock.json; `wheelhouse vendor {tree}` makes one")
    lock = read_lock(tree / "lock.json")
    chosen = _selection(args, lock, tree)
    names = {filename for name in chosen.environments for filename in chosen.files(name)}
    licenses = read_licenses(tree, (lock.artifacts[filename] for filename in sorted(names)))
    rows = [row for row in license_rows(chosen, licenses) if row.use == "run" or not args.run_time]
    refused = _refused(args, rows)
    if args.csv:
        terminal.result(licenses_csv(rows).removesuffix("\n").split("\n"), {})
    else:
        terminal.result([_table(rows), "", summary(rows)], {})
    terminal.result([], {"licenses": licenses_json(rows), "refused": [row.filename for row in refused]})
    if refused:
        told = [
            f"  {row.project} {row.version}: {row.license} ({row.use}, {', '.join(row.environments)})"
            for row in refused
        ]
        hint = "choose another release, allow the licence, or exempt a project that you have reviewed: --except NAME"
        raise CheckFailed("\n".join(["licences that are not allowed:", *told, hint]))
    return 0


def _selection(args: argparse.Namespace, lock: Lock, tree: Path) -> Selection:
    """What was asked for; else all that the tree carries."""
    names = known_environments(args.environment, lock.environments)
    if names is None:
        manifest = read_manifest(tree)
        names = [name for name in manifest.environments if name in lock.environments] if manifest else None
    return selection(lock, names or None)


def _refused(args: argparse.Namespace, rows: Sequence[Row]) -> list[Row]:
    policy = LicensePolicy(allow=_listed("--allow", args.allow), deny=_listed("--fail-on", args.fail_on))
    have: Collection[str] = {row.project for row in rows}
    excepted = {known(name, have, "--except: the report has no project") for name in args.excepted or ()}
    return [row for row in rows if row.project not in excepted and not policy.permits(row.license)]


def _listed(option: str, given: Sequence[str] | None) -> tuple[str, ...]:
    """Names that may be given one by one, or several with commas between them, as no licence has."""
    names = tuple(name.strip() for text in given or () for name in text.split(",") if name.strip())
    if given and not names:  # without names, every licence would be allowed
        raise InputError(f"{option}: names no licence")
    return names


def _table(rows: Sequence[Row]) -> Table:
    return Table(
        headers=["project", "version", "licence", "stated by", "use"],
        rows=[[row.project, row.version, str(row.license), row.license.source, row.use] for row in rows],
        styles=_STYLES,
    )
