"""A file read by ranges reads like the file, and fetches no byte twice."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from resolver.http_index.ranges import MINIMUM, RangedFile

CONTENT = bytes(range(251)) * 4000
SIZE = len(CONTENT)


class Fetched:
    def __init__(self, tail: int) -> None:
        self.ranges = [(SIZE - tail, SIZE)]
        self.file = RangedFile(SIZE, CONTENT[SIZE - tail :], self.fetch)

    def fetch(self, start: int, end: int) -> bytes:
        assert 0 <= start < end <= SIZE
        assert all(end <= a or b <= start for a, b in self.ranges), f"{start}-{end} overlaps {self.ranges}"
        self.ranges.append((start, end))
        return CONTENT[start:end]


offsets = st.integers(0, SIZE + 10)
reads = st.lists(st.tuples(offsets, st.one_of(st.none(), st.integers(-1, 200_000))), max_size=12)


@given(tail=st.integers(1, SIZE), reads=reads)
def test_it_reads_like_the_file(tail: int, reads: list[tuple[int, int | None]]) -> None:
    fetched, real = Fetched(tail), io.BytesIO(CONTENT)
    for offset, size in reads:
        assert fetched.file.seek(offset) == real.seek(offset)
        assert fetched.file.read(size) == real.read(size)
        assert offset > SIZE or fetched.file.tell() == real.tell()


def test_neighbouring_reads_share_requests() -> None:
    fetched = Fetched(1000)
    fetched.file.seek(0)
    while fetched.file.read(4096):
        pass
    assert len(fetched.ranges) <= 7, "the requests grow"


def test_reading_back_from_the_end_takes_what_stands_before() -> None:
    fetched = Fetched(1000)
    fetched.file.seek(-100_000, io.SEEK_END)
    fetched.file.read()
    fetched.file.seek(-100_000 - MINIMUM, io.SEEK_END)
    fetched.file.read(MINIMUM)
    assert len(fetched.ranges) == 2
