"""Results -> Markdown. Every table of docs/ with figures of a run is made here, from the results alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from bench.results import Cell, Result
from bench.targets import ANEW, TARGETS, Target, Verdict, growth, verdict
from bench.workloads import MODES, WORKLOADS

NONE = "-"
SHOWN = ("no-op", "check", "warm", "anew", "update", "cold", "far", "plain")
"""Modes in the order of tables: from what is waited for most often."""
LEAST = 0.001
"""The smallest ratio that is told."""
BUSY = 0.05
"""The share of the machine from which on others are said to have disturbed a measurement."""


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are figures."""
    lines = [f"| {' | '.join(head)} |", f"|---{'|---:' * (len(head) - 1)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def number(value: float) -> str:
    """Three digits that count, and no exponent."""
    if value <= 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(value)))
    return f"{value:.{min(digits, 3)}f}"


def seconds(cell: Cell | None) -> str:
    """The median; why there is none; a dash where the tool has no such mode."""
    if cell is None:
        return NONE
    return number(cell.median("seconds")) if cell.seconds else cell.failure


def ratio(one: Verdict | None) -> str:
    """Bold where the target is missed."""
    if one is None:
        return NONE
    told = ("< " if one.bound else "") + f"{one.ratio:.{2 if one.ratio >= 0.1 else 3}f}"
    if one.ratio < LEAST:
        told = f"< {LEAST}"
    return told if one.is_met else f"**{told}**"


def outcome(found: Sequence[Verdict]) -> str:
    """Met, or by how much it was missed at most."""
    missed = [one for one in found if not one.is_met]
    if not found:
        return "not measured"
    if not missed:
        return "met"
    worst = max(missed, key=lambda one: one.ratio / one.most)
    return f"missed on {len(missed)} of {len(found)}, at worst by {number(worst.ratio / worst.most)} times"


def targets(results: Sequence[Result]) -> str:
    """A row for each target, a column for each workload of the locks; what has other workloads says so itself."""
    return _verdicts(TARGETS, results)


def anew(results: Sequence[Result]) -> str:
    """The same for what is worked out anew, beside the limits of warm runs."""
    return _verdicts(ANEW, results)


def _verdicts(wanted: Sequence[Target], results: Sequence[Result]) -> str:
    names = [name for name in WORKLOADS if any((one.kind, one.name) == ("locks", name) for one in results)]
    rows = []
    for target in wanted:
        found = {(one.kind, one.name): verdict(target, one) for one in results if one.kind == target.kind}
        given = [one for one in found.values() if one is not None]
        cells = [ratio(found.get(("locks", name))) for name in names]
        if target.kind != "locks":
            cells = [", ".join(f"{one.workload} {ratio(one)}" for one in given) or NONE, *("" for _ in names[1:])]
        against = target.peer or NONE
        rows.append([target.about, against, number(target.most), *cells, outcome(given)])
    return markdown(["mode", "against", "wanted, at most", *names, ""], rows)


def modes(result: Result) -> str:
    """Of one result of locks: a row for each tool, a column for each mode; seconds."""
    asked = [name for name in SHOWN if any(cell.mode == name for cell in result.cells)]
    rows = [
        [f"{tool} {result.versions[tool]}", *(seconds(result.cell(result.name, mode, tool)) for mode in asked)]
        for tool in result.tools
    ]
    return markdown(["seconds", *asked], rows)


def about_modes() -> str:
    """What each mode is."""
    return "\n".join(f"- `{name}`: {MODES[name].about}" for name in SHOWN) + "\n"


def details(result: Result) -> str:
    """Everything that a result has: a row for each mode and tool, with the spread of its rounds."""
    rows = []
    for cell in sorted(result.cells, key=lambda cell: _place(result, cell)):
        if not cell.seconds:
            rows.append([cell.mode, cell.tool, cell.failure, "", "", "", ""])
            continue
        spread = f"{number(min(cell.seconds))} to {number(max(cell.seconds))}" if len(cell.seconds) > 1 else ""
        figures = [number(cell.median("cpu")), f"{cell.peak:.0f}", f"{cell.median('requests'):.0f}"]
        rows.append([cell.mode, cell.tool, number(cell.median("seconds")), spread, *figures])
    return markdown(["mode", "tool", "seconds", "least to most", "CPU s", "peak MiB", "requests"], rows)


def builds(results: Sequence[Result]) -> str:
    """The build closures: a row for each workload and way to have them."""
    rows = [
        [
            f"{result.name}: {cell.more['sdists']:.0f} sdists, {cell.more['sets']:.0f} sets of requirements",
            cell.tool,
            seconds(cell),
            number(cell.median("cpu")) if cell.seconds else "",
            f"{cell.peak:.0f}" if cell.seconds else "",
        ]
        for result in _of("builds", results)
        for cell in result.cells
    ]
    return markdown(["sources of", "by", "seconds", "CPU s", "peak MiB"], rows)


def grown(results: Sequence[Result]) -> str:
    """A row for each size, a column for each tool, and below it how the time grows."""
    found = _of("growth", results)
    tools = list(dict.fromkeys(tool for result in found for tool in result.tools))
    rows = [
        [f"{size} {result.name}", *(seconds(result.cell(size, result.name, tool)) for tool in tools)]
        for result in found
        for size in dict.fromkeys(cell.workload for cell in result.cells)
    ]
    told = []
    for result in found:
        smallest = {"projects": 100}.get(result.name, 1)
        for tool in tools:
            power = growth(result.cells, result.name, tool, smallest)
            if power is not None:
                told.append(f"{tool}, from {smallest} {result.name} on: time grows as their number to the {power:.2f}.")
    return markdown(["seconds", *tools], rows) + "\n" + "\n".join(f"- {line}" for line in told) + "\n"


def carried(results: Sequence[Result]) -> str:
    """Carrying files: a row for each mode and carrier."""

    def figures(cell: Cell) -> list[str]:
        taken, more = cell.median("seconds"), cell.more
        rate = number(more["bytes"] / taken / 1e6) if more["bytes"] else NONE
        clock = [number(taken), number(cell.median("cpu")), rate, f"{cell.peak:.0f}"]
        carried = [f"{more['files']:.0f}", f"{more['right']:.0f} of {more['wanted']:.0f}"]
        return [*clock, *(carried if more["files"] else [NONE, NONE])]

    head = ["mode", "carried by", "seconds", "CPU s", "MB/s", "peak MiB", "files", "right"]
    return _by_mode("vendoring", results, head, figures)


def served(results: Sequence[Result]) -> str:
    """Serving a tree: a row for each mode and server."""

    def figures(cell: Cell) -> list[str]:
        taken, answers, more = cell.median("seconds"), cell.median("requests"), cell.more
        speed = [f"{answers / taken:,.0f}", number(more["bytes"] / taken / 1e6)]
        late = [number(more["half_ms"]), number(more["most_ms"])]
        return [*speed, *late, number(1000 * cell.median("cpu") / answers), f"{cell.peak:.0f}"]

    head = ["read", "served by", "answers/s", "MB/s", "median ms", "99 % below ms", "CPU ms an answer", "MiB"]
    return _by_mode("serving", results, head, figures)


def _by_mode(
    kind: str, results: Sequence[Result], head: Sequence[str], figures: Callable[[Cell], Sequence[str]]
) -> str:
    """A row for each cell of a kind: its mode, its tool, and its ``figures`` or why it has none."""
    rows = []
    for result in _of(kind, results):
        for cell in result.cells:
            told = figures(cell) if cell.seconds else [cell.failure, *[""] * (len(head) - 3)]
            rows.append([cell.mode, _titled(result, cell.tool), *told])
    return markdown(head, rows)


def conditions(results: Sequence[Result]) -> str:
    """When and where each result was made, and whether it was disturbed."""
    rows = []
    for one in results:
        load = f"{one.load:.0%}"
        rows.append(
            [
                f"{one.kind}, {one.name}",
                one.date,
                f"{one.machine}, {one.cores} cores",
                str(one.rounds),
                f"**{load}: the machine was busy**" if one.load > BUSY else load,
            ]
        )
    return markdown(["", "date", "machine", "rounds", "CPU taken by others"], rows)


def _of(kind: str, results: Sequence[Result]) -> list[Result]:
    return [one for one in results if one.kind == kind]


def _titled(result: Result, tool: str) -> str:
    return f"{tool} {result.versions[tool]}" if tool in result.versions else tool


def _place(result: Result, cell: Cell) -> tuple[int, int]:
    return SHOWN.index(cell.mode), result.tools.index(cell.tool)
