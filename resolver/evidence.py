"""What a run took from indexes that may say something else tomorrow, so that a later run can tell whether it would end
the same. Files named by a digest say the same for ever and are no part of it.
"""

from __future__ import annotations


class Evidence:
    """``pages``: URL of a page as it was asked for -> sha256 of its bytes, for those that stay fresh for a while.

    ``is_whole``: whether the run hung on nothing else, such as a file of this machine or what a build backend said.
    """

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.is_whole = True

    def page(self, url: str, sha256: str) -> None:
        """A page that the cache keeps was read."""
        self.pages[url] = sha256

    def passing(self) -> None:
        """Something was read that no later run could compare."""
        self.is_whole = False
