"""Puts the figures of a run where docs/ shows them: tables between marks in docs/speed.md, plots beside it.

    python -m bench.publish [FOLDER] [--check]

FOLDER is that of the measurements: its results are taken over into bench/results, which is committed, in place of those
of the same kind and workload. Without it what is there is shown again. `--check` writes nothing, and exits with 1 where
docs/ shows anything else than the results say.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import plots, tables
from bench.results import FOLDER, Result, read
from bench.workloads import WORKLOADS

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = DOCS / "speed.md"
HEADLINE = "jupyter"
BLOCK = re.compile(r"(<!-- bench: (\S+) -->\n).*?(<!-- /bench -->)", re.DOTALL)
PLOTS: Mapping[str, Callable[[Sequence[Result], Path], None]] = {"speed.svg": plots.speed, "growth.svg": plots.grown}


def blocks(results: Sequence[Result]) -> dict[str, str]:
    """Every block of the page by its name."""
    locks = {one.name: one for one in results if one.kind == "locks"}
    all_locks = "\n".join(
        f"### {name}: `{' '.join(WORKLOADS[name].requirements)}`\n\n{tables.details(locks[name])}"
        for name in WORKLOADS
        if name in locks
    )
    return {
        "headline": tables.modes(locks[HEADLINE]) if HEADLINE in locks else "",
        "modes": tables.about_modes(),
        "targets": tables.targets(results),
        "anew": tables.anew(results),
        "builds": tables.builds(results),
        "growth": tables.grown(results),
        "vendoring": tables.carried(results),
        "serving": tables.served(results),
        "locks": all_locks,
        "conditions": tables.conditions(results),
    }


def rendered(page: str, made: Mapping[str, str]) -> str:
    """``page`` with its blocks as they are made. Raises `KeyError` for a block that is not."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{made[found[2]]}\n{found[3]}", page)


def stale(results: Sequence[Result]) -> list[str]:
    """What of docs/ is not as the results have it."""
    page = PAGE.read_text(encoding="utf-8")
    found = [] if rendered(page, blocks(results)) == page else [PAGE.name]
    mark = f"made of {plots.digest(results)}"
    return found + [name for name in PLOTS if mark not in (DOCS / name).read_text(encoding="utf-8")]


def take_over(folder: Path) -> None:
    """The results of a run, in place of those of the same kind and workload."""
    FOLDER.mkdir(exist_ok=True)
    for path in sorted((folder / "results").glob("*.json")):
        shutil.copyfile(path, FOLDER / path.name)


def main() -> None:
    """Publish, or check."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.publish", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help="whose results are taken over")
    parser.add_argument("--check", action="store_true", help="only tell whether docs/ is as the results say")
    args = parser.parse_args()
    if args.check:
        found = stale(read(FOLDER))
        sys.exit(f"python -m bench.publish would change {', '.join(found)}" if found else 0)
    if args.folder is not None:
        take_over(args.folder)
    results = read(FOLDER)
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8"), blocks(results)), encoding="utf-8")
    for name, plot in PLOTS.items():
        plot(results, DOCS / name)


if __name__ == "__main__":
    main()
