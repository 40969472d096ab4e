"""The digest by which a lock knows its spec, and whether that still holds. Pure: the caller brings the bytes.

The digest is recomputable without this package. It is the sha256 of what ``sha256sum`` prints for the files, sorted by
path in the order of code points (``LC_ALL=C``), with paths relative to the spec's directory::

    LC_ALL=C sha256sum spec.yaml requirements.in | LC_ALL=C sort -k 2 | sha256sum
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping

from resolver.errors import InputError
from resolver.lock.model import Inputs

_UNLISTABLE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
"""sha256sum would escape them, and the digest would differ from its output; the last are bytes that are no text."""


def inputs_digest(files: Mapping[str, str]) -> str:
    r"""Digest ``files`` (path relative to the spec's directory -> lower-case hex sha256 of its bytes).

    It is the sha256, in hex, over ``<sha256>  <path>\n`` for each file, sorted by path, in UTF-8. Raises `InputError`
    for a path with a backslash, a control character or what is no text, which that format cannot state plainly.
    """
    for path in files:
        if _UNLISTABLE.search(path):
            raise InputError(
                f"input file {path!r}: its path has a backslash, a control character or a byte that is no UTF-8; "
                "rename the file"
            )
    lines = (f"{files[path]}  {path}\n" for path in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def stale(inputs: Inputs, read: Callable[[str], bytes]) -> list[str]:
    """One line for each file that is not what the lock was made from, in order of path; empty while the lock holds.

    ``read`` returns the bytes of a file by its path relative to the spec's directory and raises FileNotFoundError
    where there is none; whatever else it raises is passed on.
    """
    lines = []
    for path, sha256 in sorted(inputs.files.items()):
        try:
            content = read(path)
        except FileNotFoundError:
            lines.append(f"{path} has vanished")
            continue
        if hashlib.sha256(content).hexdigest() != sha256:
            lines.append(f"{path} has changed")
    return lines
