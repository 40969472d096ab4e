"""Reads an index as installers do, many at once: ``python -m bench.reader SIMPLE NAMES WHAT TIMES CONNECTIONS``.

NAMES lists projects, a line each. WHAT is ``pages`` (each project's page) or ``files`` (each file that the pages link
to, found before the clock is started), had TIMES times over. Prints JSON: requests, bytes, seconds, and the latency in
milliseconds that half of the answers and 99 of 100 stay below. Any answer but 200 ends it with an error.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from aiohttp import ClientSession, TCPConnector

HREF = re.compile(r"""<a [^>]*href=["']([^"']+)["']""")
PIECE = 1 << 18


async def read(session: ClientSession, url: str) -> tuple[float, int]:
    """Seconds and bytes of an answer. Raises `aiohttp.ClientError`."""
    begun, size = time.perf_counter(), 0
    async with session.get(url) as answer:
        answer.raise_for_status()
        async for piece in answer.content.iter_chunked(PIECE):
            size += len(piece)
    return time.perf_counter() - begun, size


async def linked(session: ClientSession, pages: Sequence[str]) -> list[str]:
    """The files that pages link to."""
    found: list[str] = []
    for page in pages:
        async with session.get(page) as answer:
            answer.raise_for_status()
            found += [urldefrag(urljoin(page, href))[0] for href in HREF.findall(await answer.text())]
    return found


async def measure(simple: str, names: Sequence[str], what: str, times: int, connections: int) -> dict[str, float]:
    """What the module prints."""
    async with ClientSession(connector=TCPConnector(limit=connections)) as session:
        pages = [f"{simple}{name}/" for name in names]
        urls = pages if what == "pages" else await linked(session, pages)
        waiting = iter(urls * times)
        answers: list[tuple[float, int]] = []

        async def work() -> None:
            for url in waiting:
                answers.append(await read(session, url))  # noqa: PERF401  (others append meanwhile)

        begun = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(connections)))
        seconds = time.perf_counter() - begun
    latencies = sorted(latency for latency, _ in answers)
    return {
        "requests": len(answers),
        "bytes": sum(size for _, size in answers),
        "seconds": seconds,
        "half_ms": 1000 * latencies[len(latencies) // 2],
        "most_ms": 1000 * latencies[len(latencies) * 99 // 100],
    }


def main(simple: str, names: str, what: str, times: str, connections: str) -> None:
    """Read, and print what it took."""
    listed = Path(names).read_text(encoding="utf-8").split()
    print(json.dumps(asyncio.run(measure(simple, listed, what, int(times), int(connections)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
