"""Results -> SVG. A plot says in its description which results it was made of, so that a stale one is found out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.results import Result, dumps
from bench.workloads import MODES, WORKLOADS

SHOWN = ("cold", "warm", "update", "no-op")
OURS = "#c2410c"
OTHERS = ("#1d4ed8", "#60a5fa", "#047857", "#7c3aed", "#a16207", "#6b7280")
MARKS = "os^vDPX"


def digest(results: Sequence[Result]) -> str:
    """Of the figures that plots are made of."""
    return hashlib.sha256("".join(map(dumps, results)).encode()).hexdigest()


def speed(results: Sequence[Result], path: Path) -> None:
    """A panel for each mode, a line for each workload, a mark for each tool; logarithmic."""
    found = {one.name: one for one in results if one.kind == "locks"}
    names = [name for name in WORKLOADS if name in found][::-1]
    tools = list(dict.fromkeys(cell.tool for name in names[::-1] for cell in found[name].cells))
    shown = [mode for mode in SHOWN if any(cell.mode == mode for one in found.values() for cell in one.cells)]
    figure, panels = _figure(len(shown), height=1.3 + 0.42 * len(names))
    for panel, mode in zip(panels, shown, strict=True):
        for number, tool in enumerate(tools):
            cells = [(place, found[name].cell(name, mode, tool)) for place, name in enumerate(names)]
            points = [(cell.median("seconds"), place) for place, cell in cells if cell is not None and cell.seconds]
            panel.plot(
                [x for x, _ in points], [y for _, y in points], MARKS[number % len(MARKS)], **_look(number, tool)
            )
        panel.set_title(f"{mode}: {MODES[mode].about}", fontsize=9)
        panel.set_xscale("log")
        panel.set_xlabel("seconds")
        panel.set_yticks(range(len(names)), names)
        panel.set_ylim(-0.5, len(names) - 0.5)
        panel.grid(axis="both", color="#e5e7eb", linewidth=0.8)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(labels), fontsize=8, frameon=False)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    _save(figure, path, results)


def grown(results: Sequence[Result], path: Path) -> None:
    """Time by the number of environments and of projects; logarithmic both ways."""
    found = [one for one in results if one.kind == "growth"]
    figure, panels = _figure(len(found), height=3.2)
    for panel, result in zip(panels, found, strict=True):
        for number, tool in enumerate(dict.fromkeys(cell.tool for cell in result.cells)):
            cells = [cell for cell in result.cells if cell.tool == tool and cell.seconds]
            sizes, times = [int(cell.workload) for cell in cells], [cell.median("seconds") for cell in cells]
            panel.plot(sizes, times, f"{MARKS[number]}-", **_look(number, tool))
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.set_xlabel(result.name)
        panel.set_ylabel("seconds")
        panel.grid(color="#e5e7eb", linewidth=0.8)
        panel.legend(fontsize=8, frameon=False)
    figure.tight_layout()
    _save(figure, path, results)


def _look(number: int, tool: str) -> dict[str, Any]:
    color = OURS if number == 0 else OTHERS[(number - 1) % len(OTHERS)]
    return {"color": color, "label": tool, "markersize": 8 if number == 0 else 6, "zorder": 3 if number == 0 else 2}


def _figure(panels: int, height: float) -> tuple[Any, list[Any]]:
    import matplotlib as mpl  # noqa: PLC0415  (only who publishes has it)

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "bench", "svg.fonttype": "none", "font.family": "sans-serif"})
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(1, panels, figsize=(3.6 * panels, height), squeeze=False, sharey=False)
    return figure, list(axes[0])


def _save(figure: Any, path: Path, results: Sequence[Result]) -> None:  # noqa: ANN401  (matplotlib is not always there)
    figure.savefig(path, metadata={"Date": None, "Description": f"made of {digest(results)}"})
