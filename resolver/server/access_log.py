"""The access log: a line for each request that was dealt with."""

from __future__ import annotations

import json
import time
from typing import Callable, Dict, NamedTuple

from resolver.server.messages import utc


class Done(NamedTuple):
    """A request that was dealt with: what was asked, and what became of it."""

    peer: str
    user: str
    method: str
    target: str
    version: str
    agent: str
    status: int
    received: int
    sent: int
    seconds: float


def common_line(done: Done, when: float) -> str:
    """A line of the common log format, with the time in UTC."""
    asked = "{} {} {}".format(done.method, done.target, done.version).replace("\\", "\\\\").replace('"', '\\"')
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(when))
    return '{} - {} [{}] "{}" {} {}'.format(done.peer, done.user or "-", stamp, asked, done.status, done.sent)


def json_line(done: Done, when: float) -> str:
    """A line of JSON for programs that read logs."""
    row = done._asdict()
    row["seconds"] = round(done.seconds, 6)
    row["time"] = utc(when)
    return json.dumps(row, sort_keys=True)


LOGS: Dict[str, Callable[[Done, float], str]] = {"common": common_line, "json": json_line}
