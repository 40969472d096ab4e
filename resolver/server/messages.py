"""What people are told: lines on standard error; sizes and times in words."""

from __future__ import annotations

import contextlib
import sys
import time


def utc(seconds: float) -> str:
    """A time as PEP 700 wants it."""
    return "{}.{:06}Z".format(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)), int(seconds % 1 * 1e6))


def readable(size: int) -> str:
    """Bytes for a person."""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 999.95:  # what would be shown as 1000.0 belongs to the next unit
            return "{:.0f} {}".format(amount, unit) if unit == "B" else "{:.1f} {}".format(amount, unit)
        amount /= 1000
    return "{:.1f} GB".format(amount)


def log(message: str) -> None:
    """A message on standard error."""
    write_line("{} {}".format(time.strftime("%Y-%m-%dT%H:%M:%S"), message))


def write_line(line: str) -> None:
    """A line on standard error; control characters of a client never reach a terminal."""
    clean = line if line.isprintable() else "".join(c if c.isprintable() else "?" for c in line)
    with contextlib.suppress(OSError, ValueError):  # a log that nobody reads any more must not stop the answers
        sys.stderr.write(clean + "\n")


def fail(message: str, code: int) -> int:
    """Say why a command ends; its exit code comes back."""
    sys.stderr.write("error: {}\n".format(message))
    return code
