"""Records of which a piece is read at a time: what was written, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.http_index.cache_directory import CacheDirectory
from resolver.http_index.cache_records import CacheRecords
from resolver.http_index.entries import LAYOUT
from resolver.http_index.pieces import Pieces, length, sealable

KEY = "0" * 64
PIECES = [b"one", b"", b"three" * 20_000]


@given(st.binary(max_size=20), st.lists(st.binary(max_size=5), max_size=4), st.binary(max_size=5))
def test_head_and_pieces_read_back(head: bytes, pieces: list[bytes], more: bytes) -> None:
    sealed, rest = sealable(head, pieces), b"".join(pieces)
    assert length(sealed + more) == len(sealed)
    found = Pieces(sealed, lambda place, size: rest[place : place + size])
    assert (found.head, found.size) == (head, len(rest))
    assert [found.piece(number) for number in range(len(pieces))] == pieces


@pytest.mark.parametrize("beginning", [b"", b"\n", b"1\n", b"a b\n", b"1 2 3\n"])
def test_what_is_no_beginning_is_refused(beginning: bytes) -> None:
    with pytest.raises(ValueError, match=r"unpack|literal"):
        length(beginning)


def records(root: Path) -> CacheRecords:
    return CacheRecords(CacheDirectory(lambda: root, pytest.fail))


def stored(root: Path, head: bytes = b"head") -> Path:
    records(root).write_pieces("views", KEY, head, PIECES)
    [path] = (path for path in (root / LAYOUT / "views").rglob("*") if path.is_file())
    return path


@pytest.mark.parametrize("head", [b"head", b"head" * 40_000])
def test_another_run_reads_what_one_has_written(tmp_path: Path, head: bytes) -> None:
    stored(tmp_path, head)
    found = records(tmp_path).read_pieces("views", KEY)
    assert found is not None
    assert (found.head, [found.piece(number) for number in range(3)]) == (head, PIECES)


def test_a_record_of_many_pieces_reads_back(tmp_path: Path) -> None:
    pieces = [str(number).encode() for number in range(1000)]
    records(tmp_path).write_pieces("views", KEY, b"head", pieces)
    found = records(tmp_path).read_pieces("views", KEY)
    assert found is not None
    assert [found.piece(number) for number in range(1000)] == pieces


@pytest.mark.parametrize("size", [0, 10, 70, -1])
def test_a_record_that_was_cut_off_is_none_and_is_removed(tmp_path: Path, size: int) -> None:
    path = stored(tmp_path)
    path.write_bytes(path.read_bytes()[:size])
    assert records(tmp_path).read_pieces("views", KEY) is None
    assert not path.exists()


@pytest.mark.parametrize("place", [0, 66, 72, 76, 90])
def test_a_head_that_was_changed_is_none(tmp_path: Path, place: int) -> None:
    path = stored(tmp_path)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert records(tmp_path).read_pieces("views", KEY) is None


def test_a_piece_that_was_changed_is_none_and_the_others_are_there(tmp_path: Path) -> None:
    path = stored(tmp_path)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    found = records(tmp_path).read_pieces("views", KEY)
    assert found is not None
    assert [found.piece(number) for number in range(3)] == [b"one", b"", None]
    path.unlink()
    assert found.piece(0) is None
