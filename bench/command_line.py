"""What the command lines of the measurements have in common."""

from __future__ import annotations

import argparse
import atexit
import signal
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bench.spent import remove

LIMIT = 180.0


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where things lie: ``folder`` is thrown away some day. ``limit`` of a run in seconds."""

    folder: Path
    rounds: int
    limit: float

    @property
    def tools(self) -> Path:
        """The virtual environments of the tools."""
        return self.folder / "tools"

    @property
    def recording(self) -> Path:
        """What the index on the loopback has."""
        return self.folder / "index"

    @property
    def spent(self) -> Path:
        """What has served (see `bench.spent`)."""
        return self.folder / "spent"


def parser(
    module: str, about: str | None, workloads: Collection[str] = (), *, rounds: int | None = None
) -> argparse.ArgumentParser:
    """With what every measurement can be told; ``about`` is the docstring of ``module``."""
    made = argparse.ArgumentParser(
        prog=f"python -m {module}", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "folder", type=Path, help="for what is recorded, installed and kept between runs, and the results"
    )
    if workloads:
        made.add_argument(
            "--workload", nargs="+", choices=list(workloads), default=list(workloads), metavar="NAME",
            help=f"of {', '.join(workloads)}; default: all",
        )  # fmt: skip
    told = f"default: {rounds}" if rounds else "default: by the part"
    made.add_argument("--rounds", type=int, default=rounds, help=f"at most, for each tool; {told}")
    made.add_argument("--limit", type=float, default=LIMIT, help=f"seconds that a run may take; default: {LIMIT:g}")
    return made


def bench(args: argparse.Namespace) -> Bench:
    """What the command line says of places and limits. From now on being terminated ends what runs, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = args.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    made = Bench(folder=folder, rounds=args.rounds, limit=args.limit)
    atexit.register(remove, made.spent)
    return made
