"""What a run took from indexes that may say something else tomorrow, so that a later run can tell whether it would end
the same. Files named by a digest say the same for ever and are no part of it.
"""

from __future__ import annotations


class Evidence:
    """``pages``: URL of a page as it was asked for -> sha256 of its bytes, for those that stay fresh for a while.

    ``machine``: what has to be seen of this machine for its build backends to say the same; empty where none was asked.
    ``is_whole``: whether the run hung on nothing else, such as a file of this machine or the time of day.
    """

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.machine = ""
        self.is_whole = True

    def page(self, url: str, sha256: str) -> None:
        """A page that the cache keeps was read."""
        self.pages[url] = sha256

    def answers(self, machine: str | None) -> None:
        """Build backends said something that hangs on ``machine``, or, where that is None, on more than can be told."""
        if machine is None:
            self.passing()
        else:
            self.machine = machine

    def passing(self) -> None:
        """Something was read that no later run could compare."""
        self.is_whole = False
