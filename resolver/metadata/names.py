"""File names of distributions, for those who read metadata; `resolver.simple.filenames` does the work.

It lives there because rendering a page needs the versions of its files, and ``simple`` stands below ``metadata``.
"""

from __future__ import annotations

from resolver.simple.filenames import SDIST_EXTENSIONS, SdistName, WheelName, parse_filename, release_of

__all__ = ["SDIST_EXTENSIONS", "SdistName", "WheelName", "parse_filename", "release_of"]
