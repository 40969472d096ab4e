"""What two processes of one run say to each other: plain values, each with its length before it.

`marshal` because both are the same program on the same Python, and it takes no time.
"""

from __future__ import annotations

import marshal
from typing import Any, BinaryIO

_LENGTH = 8  # bytes that say how long a value is


def send(stream: BinaryIO, value: Any) -> None:  # noqa: ANN401  (whatever marshal can write)
    """Write a value, at once. Raises OSError where nobody reads any more."""
    content = marshal.dumps(value)
    stream.write(len(content).to_bytes(_LENGTH, "big"))
    stream.write(content)
    stream.flush()


def receive(stream: BinaryIO) -> Any:  # noqa: ANN401  (as above)
    """The next value; EOFError where the other side has gone, also in the middle of one."""
    length = int.from_bytes(_exactly(stream, _LENGTH), "big")
    return marshal.loads(_exactly(stream, length))  # noqa: S302  (our own process wrote it)


def _exactly(stream: BinaryIO, count: int) -> bytes:
    content = stream.read(count)
    while len(content) < count:
        more = stream.read(count - len(content))
        if not more:
            raise EOFError
        content += more
    return content
