"""What a run depended on that may change, so that a later run can tell whether it would end the same.

Files that are named by a digest never change and are no part of it.
"""

from __future__ import annotations


class Evidence:
    """``pages``: URL of a page as it was asked for -> sha256 of its bytes, for those that stay fresh for a while.

    ``machine``: what has to be seen of this machine for its build backends to say the same; empty where none was asked.
    ``is_whole``: whether that is all; false after the run has read a local file, or the time of day.
    """

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.machine = ""
        self.is_whole = True

    def page(self, url: str, sha256: str) -> None:
        """A page that the cache keeps was read."""
        self.pages[url] = sha256

    def answers(self, machine: str | None) -> None:
        """Build backends said something that depends on ``machine``; None: on more than can be compared."""
        if machine is None:
            self.unrepeatable()
        else:
            self.machine = machine

    def unrepeatable(self) -> None:
        """Something was read that no later run could compare."""
        self.is_whole = False
