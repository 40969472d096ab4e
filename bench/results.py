"""What a measurement leaves: cells of figures, with the machine, the versions and the date, as JSON.

A result holds figures and names of tools, and nothing of where it was made: no path, no host, no user.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import statistics
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

FOLDER = Path(__file__).with_name("results")
"""Those that docs/ shows."""
LIMIT = "over the limit"
"""The failure of a run that was ended because it took too long."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The rounds of one tool in one mode: seconds, CPU seconds, MiB at the peak, requests; or why there are none.

    ``others``: CPU seconds that others took of the machine in all rounds. ``more``: figures that only this kind of
    measurement has.
    """

    workload: str
    mode: str
    tool: str
    seconds: Sequence[float] = ()
    cpu: Sequence[float] = ()
    memory: Sequence[float] = ()
    requests: Sequence[int] = ()
    others: float = 0
    failure: str = ""
    more: Mapping[str, float] = field(default_factory=dict)

    def median(self, figure: str) -> float:
        """Of ``seconds``, ``cpu`` or ``requests``. Raises `statistics.StatisticsError` where none is."""
        return float(statistics.median(getattr(self, figure)))

    @property
    def peak(self) -> float:
        """The most memory of any round: who looks now and then at the processes of a short run misses the others'."""
        return max(self.memory)


@dataclass(frozen=True, kw_only=True)
class Result:
    """``kind``: locks, builds, growth, vendoring, serving; ``name`` tells those of one apart. ``versions`` by tool."""

    kind: str
    name: str
    date: str
    machine: str
    cores: int
    rounds: int
    limit: float
    versions: Mapping[str, str]
    cells: Sequence[Cell]

    @property
    def load(self) -> float:
        """The share of the machine that others took while it was measured: 0 to 1."""
        seconds = sum(sum(cell.seconds) for cell in self.cells)
        return sum(cell.others for cell in self.cells) / (seconds * self.cores) if seconds else 0.0

    @property
    def tools(self) -> list[str]:
        """Those that were measured: in the order in which their versions are named, the others behind these."""
        measured = list(dict.fromkeys(cell.tool for cell in self.cells))
        named = [tool for tool in self.versions if tool in measured]
        return [*named, *(tool for tool in measured if tool not in named)]

    def cell(self, workload: str, mode: str, tool: str) -> Cell | None:
        """The one of a tool in a mode, if it was measured."""
        found = (cell for cell in self.cells if (cell.workload, cell.mode, cell.tool) == (workload, mode, tool))
        return next(found, None)


def made(
    kind: str, name: str, *, rounds: int, limit: float, versions: Mapping[str, str], cells: Iterable[Cell]
) -> Result:
    """The result of a measurement that ended now, here."""
    return Result(
        kind=kind,
        name=name,
        date=dt.datetime.now(tz=dt.timezone.utc).date().isoformat(),
        machine=f"{platform.system()} {platform.machine()}, CPython {platform.python_version()} {_build()}",
        cores=os.cpu_count() or 1,
        rounds=rounds,
        limit=limit,
        versions=dict(versions),
        cells=tuple(cells),
    )


def _build() -> str:
    """Whose Python it is, and how it was built: all tools that are written in Python are as fast as that allows."""
    if sys.base_prefix == "/usr":
        with suppress(OSError):
            return f"of {platform.freedesktop_os_release()['PRETTY_NAME']}"
    arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
    return f"built with{'' if '--enable-optimizations' in arguments else 'out'} optimizations"


def dumps(result: Result) -> str:
    """JSON, a cell a line."""
    told = asdict(result)
    lines = ",\n".join(
        "  " + json.dumps({key: value for key, value in cell.items() if value}) for cell in told["cells"]
    )
    head = json.dumps({key: value for key, value in told.items() if key != "cells"}, indent=1).removesuffix("\n}")
    return f'{head},\n "cells": [\n{lines}\n ]\n}}\n'


def loads(text: str) -> Result:
    """The same again."""
    told = json.loads(text)
    return Result(**{**told, "cells": tuple(Cell(**cell) for cell in told["cells"])})


def write(result: Result, folder: Path) -> Path:
    """``FOLDER/results/<kind>-<name>.json``; what was there is replaced."""
    path = folder / "results" / f"{result.kind}-{result.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dumps(result), encoding="utf-8")
    return path


def read(folder: Path) -> list[Result]:
    """All that lie in ``folder``, by name."""
    return [loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
