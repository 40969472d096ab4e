"""What only older manifests of a tree named: it is removed last, and by the next run where this one is killed.

Once the new manifest is there nothing else tells what the older one named. So that is noted before, and forgotten with
the rest of what runs stage.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from resolver.vendor.disk import settle
from resolver.vendor.layout import PARTIAL, Entry, Manifest, check_above, parse_manifest, read_manifest
from resolver.vendor.regular import NotRegular, read_regular
from resolver.vendor.writes import remove_file, write_if_changed

_NOTE = "removals"


def named_so_far(tree: Path) -> dict[str, Entry]:
    """What the manifest names, and what a killed run was still to remove.

    A tree may have been carried here, with a link that leads out of it. Raises `InputError` for that, and OSError.
    """
    current = read_manifest(tree)
    named = {**_noted(tree / PARTIAL / _NOTE), **(current.files if current is not None else {})}
    for path in {path.rpartition("/")[0]: path for path in named}.values():
        check_above(tree, path)
    return named


def _noted(note: Path) -> Mapping[str, Entry]:
    """What a note names. A link leads to what no run of ours has written."""
    with suppress(FileNotFoundError, NotRegular, ValueError):
        return parse_manifest(read_regular(note, follow=False)).files
    return {}


def note_removals(tree: Path, before: Mapping[str, Entry], now: Mapping[str, Entry]) -> None:
    """Keep what is to be removed once the manifest names ``now`` alone. Raises OSError."""
    going = {path: before[path] for path in before.keys() - now.keys()}
    if going:
        note = tree / PARTIAL / _NOTE
        note.parent.mkdir(exist_ok=True)
        settle(tree, [note] if write_if_changed(note, Manifest(files=going).dump()) else [])


def remove_unnamed(tree: Path, before: Mapping[str, Entry], now: Mapping[str, Entry]) -> list[str]:
    """Remove what only ``before`` names, and folders that are empty then. Returns what was there; raises OSError."""
    gone = sorted(path for path in before.keys() - now.keys() if (tree / path).is_file())
    for path in gone:
        remove_file(tree, path)
    return gone
