"""Load on a server of the loopback interface: connections that say nothing or half of something, and many clients.

Run as a program it prints what it saw as JSON: ``python load.py PORT PATH --half-open 2000 --clients 200``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import time
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Seen:
    """``seconds`` of every answer, in order of size once `finish` was called; ``errors`` in words."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    half_open: int = 0

    def percentile(self, share: float) -> float:
        """The time within which that share of the answers came."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def load(
    port: int, path: str, *, half_open: int, clients: int, requests: int, keep: bool = False, tls: bool = False
) -> Seen:
    """``clients`` ask ``requests`` times each, at once, while ``half_open`` connections are held open.

    ``keep``: each client keeps its connection; otherwise it takes a new one for each request. ``tls``: clients, and
    every second of the half-open connections, speak TLS; whose certificate it is they do not ask.
    """
    context = ssl.create_default_context() if tls else None
    if context is not None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    seen = Seen()
    held = await _hold(port, half_open, context)
    try:
        await asyncio.gather(*(_client(port, path, requests, keep, seen, context) for _ in range(clients)))
        seen.half_open = sum(not reader.at_eof() for reader, _ in held)
    finally:
        for _, writer in held:
            writer.close()
    return seen


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _hold(port: int, count: int, tls: ssl.SSLContext | None) -> list[Streams]:
    """Connections of which every second one says half of a head."""
    held = []
    for number in range(count):
        streams = await asyncio.open_connection("127.0.0.1", port, ssl=tls if number % 2 else None)
        if number % 2:
            streams[1].write(b"GET /simple/ HTTP/1.1\r\nHost: x\r\n")
        held.append(streams)
    return held


async def _client(port: int, path: str, requests: int, keep: bool, seen: Seen, tls: ssl.SSLContext | None) -> None:
    streams: Streams | None = None
    for _ in range(requests):
        began = time.perf_counter()
        try:
            streams = streams or await asyncio.open_connection("127.0.0.1", port, ssl=tls)
            status = await asyncio.wait_for(_ask(streams, path, keep), 30)
            if status != 200:
                seen.errors.append(f"status {status}")
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
            seen.errors.append(repr(error))
            streams = None
        seen.seconds.append(time.perf_counter() - began)
        if streams and not keep:
            streams[1].close()
            streams = None
    if streams:
        streams[1].close()


async def _ask(streams: Streams, path: str, keep: bool) -> int:
    reader, writer = streams
    connection = "keep-alive" if keep else "close"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    [length] = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")]
    await reader.readexactly(int(length[16:]))
    return int(head.split(b" ", 2)[1])


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("--half-open", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--tls", action="store_true")
    args = parser.parse_args()
    began = time.perf_counter()
    number = {"half_open": args.half_open, "clients": args.clients, "requests": args.requests}
    seen = asyncio.run(load(args.port, args.path, **number, keep=args.keep, tls=args.tls))
    took = time.perf_counter() - began
    print(
        json.dumps(
            {
                "answers": len(seen.seconds),
                "errors": len(seen.errors),
                "first_errors": seen.errors[:3],
                "half_open_at_the_end": seen.half_open,
                "seconds": round(took, 2),
                **{f"p{int(share * 100)}": round(seen.percentile(share), 4) for share in (0.5, 0.99, 1.0)},
            }
        )
    )


if __name__ == "__main__":
    main()
