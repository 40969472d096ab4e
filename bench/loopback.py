"""The index on the loopback, seen from the measurements: started once, steered between runs."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from distlib.index import DEFAULT_INDEX  # type: ignore[import-untyped]

UPSTREAM = DEFAULT_INDEX.removesuffix("pypi") + "simple/"


@dataclass(frozen=True, kw_only=True)
class Loopback:
    """A running `bench.replay`. ``process`` is its id: its CPU time is none of a tool's."""

    base: str
    process: int

    @property
    def simple(self) -> str:
        """The URL of its Simple API, with a slash."""
        return f"{self.base}/simple/"

    def steer(self, *, record: bool = False, latency: float = 0, bandwidth: float = 0, metadata: bool = True) -> None:
        """``record``: what is missing is had from PyPI. ``latency`` of each answer in milliseconds, ``bandwidth`` of
        all together in MB/s (0: what the loopback gives). ``metadata``: core metadata is served (PEP 658)."""
        asked = {"record": int(record), "latency": latency, "bandwidth": bandwidth, "metadata": int(metadata)}
        self._ask("steer", asked)

    def requests(self) -> int:
        """How many were answered since this was last asked."""
        return self._ask("requests", {})

    def _ask(self, what: str, query: dict[str, float]) -> int:
        with urllib.request.urlopen(f"{self.base}/-/{what}?{urlencode(query)}", timeout=60) as response:
            told: int = json.load(response)["requests"]
            return told


@contextmanager
def loopback(recording: Path) -> Iterator[Loopback]:
    """An index that serves and fills the folder ``recording``, on a port that the system chooses."""
    command = [sys.executable, "-m", "bench.replay", str(recording), "--upstream", UPSTREAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as process:
        try:
            assert process.stdout is not None
            base = process.stdout.readline().strip()
            if not base:
                raise RuntimeError("the index on the loopback did not start")
            yield Loopback(base=base, process=process.pid)
        finally:
            process.terminate()
