"""What is wanted of the figures, and what became of it: ratios of medians, or of peaks, each of one result."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.peers import EACH, OURS, PLAIN
from bench.results import LIMIT, Cell, Result

Figure = Literal["seconds", "memory"]
TRAP, HUGE = "boto3-trap", "airflow"
MIB_OF_14_MB = 14e6 / (1 << 20)


@dataclass(frozen=True, kw_only=True)
class Target:
    """At most ``most`` times what ``peer`` takes in the same mode.

    ``unit``: at most that much, in place of a peer's figure. ``only`` and ``without`` are names of results.
    """

    about: str
    kind: str = "locks"
    mode: str
    peer: str = ""
    most: float
    figure: Figure = "seconds"
    unit: float | None = None
    ours: str = OURS
    only: Collection[str] = ()
    without: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Of a target on a workload; ``bound``: the peer ran into its limit, so that the ratio is smaller than it says."""

    workload: str
    ratio: float
    bound: bool
    most: float

    @property
    def is_met(self) -> bool:
        """Whether the figures are as wanted."""
        return self.ratio <= self.most


def _against(
    about: str, mode: str, peers: dict[str, float], figure: Figure = "seconds", **which: Collection[str]
) -> Iterator[Target]:
    for peer, most in peers.items():
        yield Target(
            about=about, mode=mode, peer=peer, most=most, figure=figure,
            only=which.get("only", ()), without=which.get("without", ()),
        )  # fmt: skip


_NO_OP = {"uv lock": 1.0, "nab lock": 0.1, "poetry lock": 0.03, "pdm lock": 0.02}
_WARM = {"uv pip compile x4": 1.0, "uv lock": 2.0, "nab lock": 0.2, "poetry lock": 0.1, "pdm lock": 0.02}
_TRAP = {"uv lock": 8.0, "nab lock": 0.01, "poetry lock": 0.01, "pdm lock": 0.01}
_COLD = {"uv lock": 2.0, "nab lock": 0.35, "poetry lock": 0.3, "pdm lock": 0.05}
_COLD_MEMORY = {"uv lock": 1.0, "nab lock": 0.6, "poetry lock": 0.5, "pdm lock": 0.5}

TARGETS: Sequence[Target] = (
    *_against("no-op", "no-op", _NO_OP),
    *_against("no-op, by `--check`", "check", {peer: most for peer, most in _NO_OP.items() if peer != "nab lock"}),
    Target(about="no-op, peak memory of 14 MB", mode="no-op", most=1.0, figure="memory", unit=MIB_OF_14_MB),
    *_against("warm", "warm", _WARM, without=(TRAP, HUGE)),
    *_against("warm, the trap of boto3", "warm", _TRAP, only=(TRAP,)),
    *_against("warm, apache-airflow[all]", "warm", {"uv lock": 3.0}, only=(HUGE,)),
    *_against("cold", "cold", _COLD),
    *_against("cold, answers 20 ms late", "far", {"uv lock": 1.3}),
    *_against("cold, peak memory", "cold", _COLD_MEMORY, "memory"),
    Target(about="build closures, warm", kind="builds", mode="builds", peer=EACH, most=1.0),
    Target(
        about="vendoring, loopback", kind="vendoring", mode="first",
        ours="wheelhouse vendor", peer=PLAIN, most=1 / 0.9,
    ),
    Target(
        about="vendoring, 25 MB/s", kind="vendoring", mode="line",
        ours="wheelhouse vendor", peer=PLAIN, most=1 / 0.9,
    ),
)  # fmt: skip

ANEW: Sequence[Target] = (
    *_against("anew", "anew", _WARM, without=(TRAP, HUGE)),
    *_against("anew, the trap of boto3", "anew", _TRAP, only=(TRAP,)),
    *_against("anew, apache-airflow[all]", "anew", {"uv lock": 3.0}, only=(HUGE,)),
)
"""No targets, and the same limits: what is left of the ratios where no run is repeated, beside the peer's warm run."""

PEER_MODES = {"anew": "warm"}
"""The mode of a peer that a mode of ours stands beside, where it is another."""


def verdict(target: Target, result: Result) -> Verdict | None:
    """None where the target is not about this result, or where it does not tell: no figures, or a bound too high."""
    if result.kind != target.kind or result.name in target.without or (target.only and result.name not in target.only):
        return None
    ours = result.cell(result.name, target.mode, target.ours)
    if ours is None or not ours.seconds:
        return None
    figure = _figure(ours, target)
    if target.unit is not None:
        return Verdict(workload=result.name, ratio=figure / target.unit, bound=False, most=target.most)
    peer = result.cell(result.name, PEER_MODES.get(target.mode, target.mode), target.peer)
    if peer is None:
        return None
    if peer.seconds:
        ratio = figure / _figure(peer, target)
        return Verdict(workload=result.name, ratio=ratio, bound=False, most=target.most)
    if peer.failure == LIMIT and target.figure == "seconds":
        bound = Verdict(workload=result.name, ratio=figure / result.limit, bound=True, most=target.most)
        return bound if bound.is_met else None
    return None


def _figure(cell: Cell, target: Target) -> float:
    return cell.peak if target.figure == "memory" else cell.median("seconds")


def growth(cells: Sequence[Cell], mode: str, tool: str, smallest: int) -> float | None:
    """How the time grows from ``smallest`` to the greatest size: x in ``time ~ size ** x``. None: not measured."""
    found = {int(c.workload): c.median("seconds") for c in cells if (c.mode, c.tool) == (mode, tool) and c.seconds}
    sizes = sorted(size for size in found if size >= smallest)
    if len(sizes) < 2:
        return None
    return math.log(found[sizes[-1]] / found[sizes[0]]) / math.log(sizes[-1] / sizes[0])
