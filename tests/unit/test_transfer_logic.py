"""The parts of moving trees that know no disk: which lock is older, which names break, how volumes are found."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.bundle.members import Reads
from resolver.bundle.sink import Sink
from resolver.bundle.volumes import Volumes, find_volumes, read_list
from resolver.cli.amounts import parse_age, parse_end, parse_size
from resolver.errors import BundleRefused, InputError, LockError
from resolver.transfer.order import is_older
from resolver.vendor.names import impossible, unportable, unwritable
from tests.support.archives import wheel
from tests.support.artifacts import FILES, HARBOR, KEEL, MAST, vendored
from tests.support.bundles import NEWER, UPDATED, dated

NOW = datetime(2030, 5, 1, 12, tzinfo=timezone.utc)
OLD, NEW = "2029-01-01T00:00:00Z", "2029-02-01T00:00:00Z"


@pytest.mark.parametrize(
    ("here", "there", "older"),
    [
        ({HARBOR: OLD}, {NEWER: NEW}, False),
        ({NEWER: NEW}, {HARBOR: OLD}, True),
        ({HARBOR: NEW}, {NEWER: OLD}, True),  # a release that was taken back, as far as anybody can tell
        ({HARBOR: ""}, {NEWER: ""}, False),
        ({NEWER: ""}, {HARBOR: ""}, True),
        ({HARBOR: OLD}, {NEWER: ""}, False),
        ({HARBOR: "soon"}, {NEWER: "soon"}, False),  # a lock that was written by hand
        ({HARBOR: OLD}, {HARBOR: OLD}, False),
        ({HARBOR: OLD}, {HARBOR: OLD, KEEL: OLD}, False),
        ({HARBOR: OLD, KEEL: OLD}, {HARBOR: OLD}, True),
        ({HARBOR: OLD, KEEL: OLD}, {HARBOR: OLD, MAST: OLD}, False),  # equally old, and nothing falls
    ],
)
def test_the_newest_file_that_only_one_has_tells(here: dict[str, str], there: dict[str, str], older: bool) -> None:
    files = {**FILES, **UPDATED}
    old, new = (
        dated({name: files[name] for name in times}, {name: time for name, time in times.items() if time})
        for times in (here, there)
    )
    assert is_older(new, old) is older


@given(st.dictionaries(st.sampled_from([*FILES, NEWER]), st.sampled_from([OLD, NEW])))
def test_no_lock_is_older_than_itself_and_no_two_are_older_than_each_other(times: dict[str, str]) -> None:
    files = {**FILES, **UPDATED}
    one, two = dated({name: files[name] for name in times}, times), dated({KEEL: FILES[KEEL]}, {KEEL: OLD})
    assert not is_older(one, one)
    assert not (is_older(one, two) and is_older(two, one))


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("simple/nul/index.html", "'nul' is the name of a device"),
        ("simple/aux/index.json", "'aux' is the name of a device"),
        ("simple/com1/index.html", "device"),
        ("files/CON.tar.gz", "device"),
        ("files/lpt9.zip", "device"),
        ("files/a<b.whl", "forbid"),
        ('files/a".whl', "forbid"),
        ("files/a*.whl", "forbid"),
        ("simple/a./index.html", "ends with a dot"),
        ("files/" + "x" * 200 + ".whl", "is 210 characters long, and Windows takes 259"),
    ],
)
def test_names_that_windows_and_fat_would_break(path: str, said: str) -> None:
    [found] = unportable([path])
    assert said in found.reason


@pytest.mark.parametrize(
    "path",
    [
        "files/nul-1.0.tar.gz",
        "files/con_tools-1.0-py3-none-any.whl",
        "simple/console/index.html",
        "files/torch-2.0+cu118-cp311-cp311-linux_x86_64.whl",
        "files/x-1!2.0.tar.gz",
        "simple/com10/index.html",
    ],
)
def test_names_that_every_disk_takes(path: str) -> None:
    assert unportable([path]) == []


def test_names_that_no_disk_takes() -> None:
    long = "x" * 245
    assert [one.path for one in unwritable([long, "x" * 244])] == [long], "with `.provenance` it has 256 bytes"
    assert impossible([f"files/{long}", f"files/{'x' * 255}"]) == []
    assert [one.reason for one in impossible(["files/" + "é" * 128])] == [
        "has 256 bytes in a name, and 255 are the most"
    ]
    [found] = impossible(["files/Stra\u00dfe", "files/STRASSE"])
    assert "one file where names have no case" in found.reason
    assert [one.path for one in impossible(["a/e\u0301", "a/\u00e9"])] == ["a/\u00e9"]


def test_a_lock_with_a_name_too_long_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    tags = ".".join(f"manylinux_2_{number}_x86_64" for number in range(12))
    name = f"harbor-2.1.0-py3-none-{tags}.whl"
    assert len(name) > 244
    with pytest.raises(LockError, match=r"names that no tree can hold:\n  harbor-2.1.0-py3-none-manylinux"):
        vendored(tmp_path / "tree", {name: wheel("harbor", "2.1.0")})
    assert not (tmp_path / "tree").exists()


# --- volumes --------------------------------------------------------------------------------------------------------


def write(path: Path, parts: list[bytes], limit: int | None) -> Sink:
    sink = Sink(path, limit)
    sink.reserve(sum(map(len, parts)))
    for part in parts:
        sink.write(part)
    sink.close()
    sink.drop()
    return sink


def read(stream: Reads, size: int) -> bytes:
    parts = []
    while part := stream.read(size):
        parts.append(part)
    return b"".join(parts)


@settings(max_examples=40)  # a disk has its own pace
@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=10), st.integers(5, 40), st.integers(1, 50))
def test_volumes_are_the_bundle_cut_into_pieces(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], limit: int, size: int
) -> None:
    folder = tmp_path_factory.mktemp("volumes")
    sink = write(folder / "out.tar", parts, limit)
    *volumes, listed = sink.written
    assert all(0 < path.stat().st_size < limit for path in volumes)
    assert sorted(folder.iterdir()) == sorted(sink.written), "nothing else is left"
    assert listed.read_text().count("\n") == len(volumes)
    for given_path in (folder / "out.tar", volumes[-1]):
        with Volumes(find_volumes([given_path])) as stream:
            assert read(stream, size) == b"".join(parts)


def test_a_shorter_bundle_leaves_no_volume_of_the_longer_one(tmp_path: Path) -> None:
    write(tmp_path / "out.tar", [bytes(100)], 10)
    write(tmp_path / "out.tar", [bytes(15)], 10)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["out.tar.001", "out.tar.002", "out.tar.sha256"]


def test_volumes_are_not_taken_for_an_older_bundle_that_was_whole(tmp_path: Path) -> None:
    write(tmp_path / "out.tar", [b"old"], None)
    write(tmp_path / "out.tar", [b"a newer one"], 8)
    with Volumes(find_volumes([tmp_path / "out.tar"])) as stream:
        assert read(stream, 100) == b"a newer one"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_place_of_the_list_of_volumes_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "b.tar.sha256")
    assert read_list(tmp_path / "b.tar.sha256") == {}


def test_volumes_may_lie_on_several_sticks(tmp_path: Path) -> None:
    write(tmp_path / "out.tar", [b"abcdefghi"], 4)
    (tmp_path / "stick").mkdir()
    (tmp_path / "out.tar.002").rename(tmp_path / "stick/out.tar.002")
    with pytest.raises(BundleRefused, match=r"out\.tar\.002, a volume of the bundle, is not here"):
        find_volumes([tmp_path / "out.tar"])
    paths = [tmp_path / "out.tar.003", tmp_path / "stick/out.tar.002", tmp_path / "out.tar.001"]
    with Volumes(find_volumes(paths)) as stream:
        assert read(stream, 2) == b"abcdefghi"
    (tmp_path / "out.tar.003").unlink()
    with pytest.raises(BundleRefused, match=r"out\.tar\.003, a volume"):
        find_volumes([tmp_path / "out.tar.001", tmp_path / "stick/out.tar.002"])


def test_the_bad_stick_is_named(tmp_path: Path) -> None:
    write(tmp_path / "out.tar", [b"abcdefghi"], 4)
    (tmp_path / "out.tar.002").write_bytes(b"dXf")
    with Volumes(find_volumes([tmp_path / "out.tar"])) as stream:
        read(stream, 4)
        assert "damaged: " in stream.blame()
        assert "out.tar.002" in stream.blame()
        assert "out.tar.001" not in stream.blame()
        (tmp_path / "out.tar.sha256").unlink()
        assert "read from" in stream.blame()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["nothing.tar"], "there is no such bundle"),
        (["folder"], "is a folder, and no bundle"),
        (["a.tar.001", "b.tar.001"], "share a name; these are of a.tar, b.tar"),
        (["a.tar.001", "whole.tar"], "is no volume"),
        (["a.tar.001", "a.tar.002"], "there is no such volume"),
        (["/"], "is a folder, and no bundle"),
    ],
)
def test_what_is_no_bundle_is_said(names: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("a.tar.001", "b.tar.001", "whole.tar"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError, match=said):
        find_volumes([tmp_path / name for name in names])


def test_too_many_volumes_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than 999 volumes"):
        Sink(tmp_path / "out.tar", 11).reserve(9991)
    Sink(tmp_path / "out.tar", 11).reserve(9990)


# --- amounts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "size"),
    [("4096", 4096), ("4k", 4096), ("1.5M", 3 << 19), ("4G", 1 << 32), ("4GiB", 1 << 32), ("2 TB", 2 << 40)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text, 1024) == size


@pytest.mark.parametrize("text", ["", "G", "-1G", "1X", "1023", "1e9", "9" * 5000])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(InputError, match="is not a size of 1024 bytes or more"):
        parse_size(text, 1024)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("30d", "2030-05-31T12:00:00"),
        ("90s", "2030-05-01T12:01:30"),
        ("2 weeks", "2030-05-15T12:00:00"),
        ("P1D", "2030-05-02T12:00:00"),
        ("2030-12-24", "2030-12-24T00:00:00"),
        ("never", None),
    ],
)
def test_ends(text: str, end: str | None) -> None:
    found = parse_end(text, NOW)
    assert (found and found.replace(tzinfo=None).isoformat()) == end


@pytest.mark.parametrize(
    "text", ["", "soon", "0d", "2030-05-01", "1999-01-01", "none", "9999999999d", "-1d", f"{'9' * 5000}d"]
)
def test_what_is_no_end(text: str) -> None:
    with pytest.raises(InputError, match="is not a time in the future"):
        parse_end(text, NOW)


@pytest.mark.parametrize("text", ["", "soon", "2030-05-01", "-1d", "9" * 18 + "w", "9" * 5000 + "d"])
def test_what_is_no_age(text: str) -> None:
    assert parse_age("2w") == timedelta(days=14)
    with pytest.raises(InputError, match="is not an age"):
        parse_age(text)
