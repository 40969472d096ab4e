"""Everything that docs/speed.md shows, measured one part after the other: ``make bench``, in about an hour.

    python -m bench FOLDER [--workload NAME ...] [--part NAME ...] [--rounds N] [--limit SECONDS]

With `--workload` only parts that have such workloads are measured, and of these no others. Each part has a command line
of its own, which can do more: `python -m bench.speed --help`, and so on for builds, growth, vendoring and serving.
`python -m bench.publish FOLDER` then shows the results in docs/.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence

from bench import builds, growth, serving, speed, vendoring
from bench.command_line import parser
from bench.rounds import say
from bench.workloads import WORKLOADS

PARTS: Mapping[str, tuple[Callable[[Sequence[str]], None], Collection[str]]] = {
    "locks": (speed.main, WORKLOADS),
    "builds": (builds.main, builds.SETS),
    "growth": (growth.main, ()),
    "vendoring": (vendoring.main, ()),
    "serving": (serving.main, ()),
}
"""What measures it, and the workloads that it can be narrowed to."""


def plan(parts: Sequence[str], workloads: Sequence[str] | None) -> dict[str, list[str]]:
    """The parts to measure, with the words for what each is narrowed to."""
    if workloads is None:
        return {part: [] for part in parts}
    narrowed = {part: [name for name in workloads if name in PARTS[part][1]] for part in parts}
    return {part: ["--workload", *names] for part, names in narrowed.items() if names}


def main() -> None:
    """Measure what the command line asks for."""
    words = parser("bench", __doc__)
    words.add_argument("--workload", nargs="+", choices=list(WORKLOADS), metavar="NAME", help=", ".join(WORKLOADS))
    words.add_argument(
        "--part", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="NAME", help=", ".join(PARTS)
    )
    args = words.parse_args()
    limits = ["--limit", str(args.limit)]
    for part, narrowed in plan(args.part, args.workload).items():
        begun = time.monotonic()
        rounds = [] if args.rounds is None else ["--rounds", str(args.rounds)]
        PARTS[part][0]([str(args.folder), *narrowed, *rounds, *limits])
        say(f"{part}: {(time.monotonic() - begun) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
