"""A bundle in several files, for sticks that are too small or take no file of 4 GiB (FAT32), and the list of them.

Volumes are the bundle cut into pieces: ``cat OUT.tar.0* | tar -x`` puts them together. ``OUT.tar.sha256`` names each
with its digest, as ``sha256sum`` does, so that a bad stick can be named, by ``sha256sum -c`` too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from resolver.errors import BundleRefused, InputError
from resolver.vendor.layout import digest

_NUMBER = re.compile(r"(.+)\.(\d{3})")
_ROW = re.compile(r"([0-9a-f]{64})  ([^/\\]+)")


def volume_name(name: str, number: int) -> str:
    """``OUT.tar.001``; numbers begin with 1."""
    return f"{name}.{number:03d}"


def list_name(name: str) -> str:
    """The file that names the volumes of a bundle."""
    return f"{name}.sha256"


def volume_list(digests: Mapping[str, str]) -> str:
    """The text of that file. ``digests``: name of a volume -> sha256."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in digests.items())


def find_volumes(given: Sequence[Path]) -> list[Path]:
    """The files that make up a bundle, in their order; one that is whole is the only one.

    ``given``: the bundle, one of its volumes, or each of them wherever it lies. Raises `InputError` for what is no
    bundle, and `BundleRefused` where a volume is missing.
    """
    if len(given) == 1 and given[0].is_file() and not _NUMBER.fullmatch(given[0].name):
        return list(given)
    if len(given) == 1 and not given[0].is_file():
        first = given[0].parent / volume_name(given[0].name, 1)
        if not first.is_file():
            kind = "is a folder, and no bundle" if given[0].is_dir() else "there is no such bundle"
            raise InputError(f"{given[0]}: {kind}; `wheelhouse pack` makes one")
        return find_volumes([first])
    numbered = dict(_numbered(given))
    names = {name for name, _ in numbered}
    if len(names) != 1:
        raise InputError(f"the volumes of one bundle share a name; these are of {', '.join(sorted(names))}")
    [name] = names
    found = {number: path for (_, number), path in numbered.items()}
    if len(given) == 1:
        found = neighbours(given[0].parent, name)
    listed = [number for path in found.values() for number in _listed(path, name)]
    for number in range(1, max([*found, *listed]) + 1):
        if number not in found:
            raise BundleRefused("incomplete", f"{volume_name(name, number)}, a volume of the bundle, is not here")
    return [found[number] for number in sorted(found)]


def _numbered(paths: Sequence[Path]) -> Iterator[tuple[tuple[str, int], Path]]:
    for path in paths:
        match = _NUMBER.fullmatch(path.name)
        if match is None:
            raise InputError(f"{path}: is no volume; several files make one bundle where each ends with its number")
        if not path.is_file():
            raise InputError(f"{path}: there is no such volume")
        yield (match[1], int(match[2])), path


def neighbours(folder: Path, name: str) -> dict[int, Path]:
    """The volumes of a bundle in a folder, by their numbers."""
    found = {}
    for path in folder.iterdir():
        match = _NUMBER.fullmatch(path.name)
        if match is not None and match[1] == name and path.is_file():
            found[int(match[2])] = path
    return found


def _listed(path: Path, name: str) -> Iterator[int]:
    """The numbers in the list that lies beside a volume, if there is one."""
    for volume in read_list(path.with_name(list_name(name))):
        match = _NUMBER.fullmatch(volume)
        if match is not None and match[1] == name:
            yield int(match[2])


def read_list(path: Path) -> dict[str, str]:
    """Name of each volume -> sha256; nothing where there is no such list. Lines that say nothing are passed over."""
    try:
        if not path.is_file():  # a pipe on a stick would be read for ever
            return {}
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return {}
    return {match[2]: match[1] for line in text.splitlines() if (match := _ROW.fullmatch(line))}


class Volumes:
    """Reads volumes as one stream."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._number = 0
        self._stream: BinaryIO | None = None

    def read(self, size: int, /) -> bytes:
        """``size`` bytes; fewer only at the end."""
        parts: list[bytes] = []
        while size and self._number < len(self._paths):
            if self._stream is None:
                self._stream = self._paths[self._number].open("rb")
            part = self._stream.read(size)
            if part:
                parts.append(part)
                size -= len(part)
            else:
                self._close()
                self._number += 1
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __enter__(self) -> Volumes:
        return self

    def __exit__(self, *exception: object) -> None:
        self._close()

    def blame(self) -> str:
        """Which volume is at fault, in words, once the bundle was found to be damaged; nothing for a single file."""
        if len(self._paths) == 1:
            return ""
        bad = [str(path) for path in self._paths if _is_bad(path)]
        if bad:
            return f"\n    damaged: {', '.join(bad)}; copy it again, or take another stick"
        return f"\n    read from {self._paths[min(self._number, len(self._paths) - 1)]}"


def _is_bad(path: Path) -> bool:
    match = _NUMBER.fullmatch(path.name)
    assert match is not None, "several files have numbers"
    expected = read_list(path.with_name(list_name(match[1]))).get(path.name)
    found = digest(path)
    return expected is not None and found is not None and found.sha256 != expected
