"""An uploaded file, as its upload.json describes it."""

from __future__ import annotations

import json
import re
from typing import NamedTuple, Optional, Tuple

from resolver.server.names import read_filename


class Uploaded(NamedTuple):
    """What upload.json says. Times are of UTC, as PEP 700 wants them; ``metadata``: sha256 and size of a wheel's."""

    filename: str
    project: str
    version: str
    key: str
    sha256: str
    size: int
    upload_time: str
    requires_python: str
    metadata: Optional[Tuple[str, int]]
    by: str
    yanked: Optional[str] = None

    @property
    def folder(self) -> str:
        """Where it lies below ``uploads``, and in URLs."""
        return "files/{}/{}".format(self.project, self.key)

    def dump(self) -> bytes:
        """The bytes of upload.json."""
        row = self._asdict()
        del row["yanked"], row["key"]
        return (json.dumps(row, indent=1, sort_keys=True) + "\n").encode()


def read_uploaded(content: bytes, project: str, key: str) -> Uploaded:
    """An upload.json that lies in ``files/project/key``. Raises ValueError, LookupError, TypeError, AttributeError."""
    row = json.loads(content.decode("utf-8"))
    name = read_filename(row["filename"])
    if (name.project, name.key) != (project, key):
        raise ValueError("it is of another file than its folder")
    named = [(row["sha256"], row["size"])] + ([tuple(row["metadata"])] if row["metadata"] else [])
    for sha256, size in named:
        if not re.match(r"[0-9a-f]{64}\Z", sha256) or type(size) is not int:
            raise ValueError("it names no sha256 or no size")
    return Uploaded(
        filename=name.text,
        project=project,
        version=name.version.text,
        key=key,
        sha256=row["sha256"],
        size=row["size"],
        upload_time=str(row["upload_time"]),
        requires_python=str(row["requires_python"]),
        metadata=named[1] if len(named) > 1 else None,
        by=str(row["by"]),
    )
