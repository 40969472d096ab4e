"""Wheels with the files that a test wants in them, broken and hostile ones too."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.archives import metadata


def wheel_with(
    folder: Path,
    name: str,
    files: Mapping[str, bytes],
    *,
    version: str = "1",
    entry_points: str = "",
    bare: bool = False,
    record: bool = False,
) -> Path:
    """A wheel in ``folder`` that holds ``files`` by their path in the archive.

    ``bare``: and no metadata. ``record``: its RECORD names the files, instead of nothing.
    """
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
        if not bare:
            archive.writestr(f"{info}/METADATA", metadata(name, version))
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "".join(f"{member},,\n" for member in files) if record else "")
        if entry_points:
            archive.writestr(f"{info}/entry_points.txt", entry_points)
    return path
