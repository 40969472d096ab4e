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
    tools = list(dict.fromkeys(tool for name in names[::-1] for tool in found[name].tools))
    figure, panels = _figure(rows=2, columns=2, size=(9, 2.4 + 0.5 * len(names)))
    for panel, mode in zip(panels, SHOWN, strict=True):
        for number, tool in enumerate(tools):
            cells = [(place, found[name].cell(name, mode, tool)) for place, name in enumerate(names)]
            points = [(cell.median("seconds"), place) for place, cell in cells if cell is not None and cell.seconds]
            across, up = [x for x, _ in points], [y for _, y in points]
            panel.plot(across, up, MARKS[number % len(MARKS)], **_look(number, tool))
        panel.set_title(f"{mode}: {MODES[mode].about}", fontsize=9, loc="left")
        panel.set_yticks(range(len(names)), names, fontsize=8)
        panel.set_ylim(-0.6, len(names) - 0.4)
        panel.set_xscale("log")
        _plain(panel.xaxis)
    for panel in panels[-2:]:
        panel.set_xlabel("seconds", fontsize=9)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=len(labels), fontsize=8, frameon=False, handletextpad=0.1)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    _save(figure, path, results)


def grown(results: Sequence[Result], path: Path) -> None:
    """Time by the number of environments and of projects; logarithmic both ways."""
    found = [one for one in results if one.kind == "growth"]
    figure, panels = _figure(rows=1, columns=len(found), size=(9, 3.2))
    for panel, result in zip(panels, found, strict=True):
        for number, tool in enumerate(result.tools):
            cells = [cell for cell in result.cells if cell.tool == tool and cell.seconds]
            sizes, times = [int(cell.workload) for cell in cells], [cell.median("seconds") for cell in cells]
            panel.plot(sizes, times, f"{MARKS[number]}-", **_look(number, tool))
        panel.set_xlabel(result.name)
        panel.set_ylabel("seconds")
        panel.loglog()
        _plain(panel.xaxis)
        panel.set_xticks(sorted({int(cell.workload) for cell in result.cells}))
        _plain(panel.yaxis)
        panel.legend(fontsize=8, frameon=False)
    figure.tight_layout()
    _save(figure, path, results)


def _look(number: int, tool: str) -> dict[str, Any]:
    color = OURS if number == 0 else OTHERS[(number - 1) % len(OTHERS)]
    return {"color": color, "label": tool, "markersize": 8 if number == 0 else 6, "zorder": 3 if number == 0 else 2}


def _figure(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, list[Any]]:
    import matplotlib as mpl  # noqa: PLC0415  (only who publishes has it)

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "bench", "svg.fonttype": "none", "font.family": "sans-serif"})
    mpl.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True})
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    return figure, list(axes.flat)


def _plain(axis: Any) -> None:  # noqa: ANN401  (matplotlib is not always there)
    """Numbers as people write them, few of them."""
    from matplotlib import ticker  # noqa: PLC0415

    axis.set_major_locator(ticker.LogLocator(subs=(1, 3), numticks=20))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(ticker.NullFormatter())
    axis.set_tick_params(labelsize=8)
    axis.grid(color="#e5e7eb", linewidth=0.8)


def _save(figure: Any, path: Path, results: Sequence[Result]) -> None:  # noqa: ANN401  (matplotlib is not always there)
    figure.savefig(path, metadata={"Date": None, "Description": f"made of {digest(results)}"})
