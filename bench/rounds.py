"""Tools in turns: what one is slowed by slows the others too; nobody always comes first, or always after the same."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.processes import Failed, Usage
from bench.results import Cell

PATIENCE = 20.0
"""Seconds that the rounds of one tool in one mode may take together, beyond the first: the slow are measured less."""

Once = Callable[[], tuple[Usage, int]]
"""Does one round; what it took, and how many requests were answered. Raises `Failed`."""


@dataclass(kw_only=True)
class _Taken:
    usages: list[Usage] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    failure: str = ""

    @property
    def wants_more(self) -> bool:
        """Whether another round is worth its time."""
        spent = sum(usage.seconds for usage in self.usages)
        return not self.failure and (not self.usages or spent + spent / len(self.usages) <= PATIENCE)


def paired(workload: str, mode: str, tools: Mapping[str, Once], rounds: int) -> list[Cell]:
    """A cell for each of ``tools``, measured ``rounds`` times in turns, a slow one less often."""
    taken = {name: _Taken() for name in tools}
    for number in range(rounds):
        for name in balanced(list(tools), number):
            if taken[name].wants_more:
                _take(taken[name], tools[name], f"{workload} {mode} {name}")
    return [_cell(workload, mode, name, one) for name, one in taken.items()]


def balanced(names: Sequence[str], number: int) -> list[str]:
    """The same in the order of a round: over the rounds each comes equally often after each other, and at each place.

    A Latin square of Williams: what a tool leaves behind (a warm processor, files to be written) falls on all alike.
    Of an odd number of names every other round goes backwards, and it takes twice as many rounds.
    """
    count = len(names)
    start, backwards = (number // 2, number % 2 == 1) if count % 2 else (number, False)
    zigzag = [-(-place // 2) if place % 2 else -place // 2 for place in range(count)]
    order = [names[(start + step) % count] for step in zigzag]
    return order[::-1] if backwards else order


def _take(taken: _Taken, once: Once, what: str) -> None:
    try:
        usage, requests = once()
    except Failed as failure:
        taken.failure = failure.reason
        say(f"{what}: {failure}")
        return
    taken.usages.append(usage)
    taken.requests.append(requests)
    say(f"{what}: {usage.seconds:.3f} s, {usage.cpu:.2f} s of CPU, {usage.memory:.0f} MiB")


def _cell(workload: str, mode: str, tool: str, taken: _Taken) -> Cell:
    usages = [] if taken.failure else taken.usages
    return Cell(
        workload=workload,
        mode=mode,
        tool=tool,
        seconds=tuple(round(usage.seconds, 4) for usage in usages),
        cpu=tuple(round(usage.cpu, 3) for usage in usages),
        memory=tuple(round(usage.memory, 1) for usage in usages),
        requests=tuple(taken.requests[: len(usages)]),
        others=round(sum(usage.others for usage in usages), 2),
        failure=taken.failure,
    )


def say(what: str) -> None:
    """Tell whoever waits."""
    print(what, file=sys.stderr, flush=True)
