"""The cache gives back what it was given or nothing, whatever happens to its disk."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.errors import StorageError
from resolver.http_index.blobs import HashingSink
from resolver.http_index.cache import Cache, MetadataKey, metadata_key
from resolver.http_index.cache_records import CacheRecords
from resolver.http_index.entries import LAYOUT
from resolver.http_index.freshness import LONGEST, StoredPage, is_worth_keeping, page_of, revalidated
from resolver.http_index.journal import Journal
from resolver.metadata.model import SdistFiles
from resolver.simple.model import File
from tests.support.archives import sha256

INDEX = "https://index.example/simple/"
WHEEL = sha256(b"a wheel")
FILE = File(filename="six-1-py3-none-any.whl", url="six-1-py3-none-any.whl", hashes={"sha256": WHEEL})
KEY = cast("MetadataKey", metadata_key(INDEX, FILE))
PAGE = StoredPage(
    url=INDEX + "six/", content_type="text/html", sha256=sha256(b"<a>"), fetched=10.0, fresh_until=20.0, etag='"1"'
)
OTHER = sha256(b"another")
SDIST = SdistFiles(files={"PKG-INFO": b"\x00\xff", "setup.py": b""}, members=("PKG-INFO", "setup.py", "\u00e9.py"))


def entries(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def filled(root: Path) -> Cache:
    cache = Cache(root)
    cache.add_metadata(KEY, b"Name: six")
    cache.add_sdist_files(WHEEL, SDIST)
    cache.add_page(INDEX, PAGE)
    source = root / "source"
    source.write_bytes(b"a wheel")
    assert cache.add_blob(WHEEL, source) is not None
    source.unlink()
    return cache


def answers(cache: Cache) -> list[object]:
    blob = cache.blob_path(WHEEL)
    content = None if blob is None else blob.read_bytes()
    return [cache.metadata(KEY), cache.sdist_files(WHEEL), cache.page(INDEX), content]


def test_everything_comes_back_in_another_run(tmp_path: Path) -> None:
    filled(tmp_path)
    assert answers(Cache(tmp_path)) == [b"Name: six", SDIST, PAGE, b"a wheel"]
    assert len(entries(tmp_path)) == 4, "temporary files are left behind"


def test_one_index_does_not_speak_for_the_wheels_of_another(tmp_path: Path) -> None:
    key = metadata_key("https://other.example/simple/", FILE)
    assert key is not None
    assert filled(tmp_path).metadata(key) is None


def test_metadata_with_a_digest_is_the_same_wherever_it_is_from() -> None:
    other = replace(FILE, filename="six-1-py2-none-any.whl", hashes={"sha256": sha256(b"another wheel")})
    stated = [replace(file, metadata={"sha256": sha256(b"Name: six")}) for file in (FILE, other)]
    assert len({metadata_key(index, file) for file in stated for index in (INDEX, "https://other.example/")}) == 1
    assert len({metadata_key(INDEX, file) for file in (FILE, replace(FILE, metadata={}), other, *stated)}) == 3
    assert metadata_key(INDEX, replace(FILE, hashes={})) is None


def test_the_releases_of_a_project_share_a_journal(tmp_path: Path) -> None:
    names = ["Six-1-py3-none-any.whl", "six-2-py3-none-any.whl", "seven-1-py3-none-any.whl"]
    for name in names:
        key = metadata_key(INDEX, replace(FILE, filename=name, hashes={"sha256": sha256(name.encode())}))
        assert key is not None
        Cache(tmp_path).add_metadata(key, name.encode())
        assert Cache(tmp_path).metadata(key) == name.encode()
    assert len(entries(tmp_path)) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: b"",
        lambda content: content[:-1] + b"!",
    ],
    ids=["truncated", "emptied", "changed"],
)
def test_a_damaged_entry_counts_as_absent_and_is_replaced(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    filled(tmp_path)
    for path in entries(tmp_path):
        path.write_bytes(damage(path.read_bytes()))
    assert answers(Cache(tmp_path)) == [None] * 4
    assert [path.parent.name for path in entries(tmp_path)] == ["core-metadata"], "a journal is only added to"
    assert answers(filled(tmp_path)) == [b"Name: six", SDIST, PAGE, b"a wheel"]


def test_an_entry_in_the_place_of_another_counts_as_absent(tmp_path: Path) -> None:
    cache = filled(tmp_path)
    [path] = entries(tmp_path / "v2" / "sdists")
    cache.add_sdist_files(OTHER, SDIST)
    (path.parent / OTHER).replace(path)
    assert cache.sdist_files(WHEEL) is None


def test_a_journal_in_the_place_of_another_counts_as_empty(tmp_path: Path) -> None:
    filled(tmp_path).add_metadata(MetadataKey(OTHER, KEY.record), b"Name: evil")
    folder = tmp_path / "v2" / "core-metadata"
    assert Cache(tmp_path).metadata(KEY) == b"Name: six"
    (folder / OTHER).replace(folder / KEY.journal)
    assert Cache(tmp_path).metadata(KEY) is None


def test_what_was_kept_just_now_is_there_and_has_been_asked_for_before(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert (cache.has_metadata(KEY), cache.metadata(KEY)) == (False, None)
    cache.add_metadata(KEY, b"Name: six")
    assert cache.has_metadata(KEY)
    assert [cache.metadata(KEY), cache.metadata(KEY)] == [b"Name: six"] * 2
    assert cache.has_metadata(KEY)


def test_what_one_thread_keeps_while_another_reads_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, read = Cache(tmp_path), CacheRecords.journal

    def slowly(records: CacheRecords, kind: str, name: str) -> Journal:
        monkeypatch.setattr(CacheRecords, "journal", read)
        found = records.journal(kind, name)
        cache.add_metadata(KEY, b"Name: six")
        assert cache.metadata(KEY) == b"Name: six"
        return found

    monkeypatch.setattr(CacheRecords, "journal", slowly)
    cache.has_metadata(KEY)
    assert (cache.has_metadata(KEY), cache.metadata(KEY)) == (True, b"Name: six")


def test_a_new_reader_leaves_the_journals_of_an_older_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolver.http_index.cache.READER", "another")
    other = metadata_key(INDEX, FILE)
    assert other is not None
    assert {other.journal, other.record}.isdisjoint(KEY)


def test_an_artifact_is_taken_without_a_second_copy(tmp_path: Path) -> None:
    cache = filled(tmp_path)
    blob = cache.blob_path(WHEEL)
    assert blob is not None
    assert cache.take_blob(WHEEL, tmp_path / "taken")
    assert (tmp_path / "taken").samefile(blob)
    assert not cache.take_blob(sha256(b"another"), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_an_artifact_is_copied_where_nothing_can_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    cache = filled(tmp_path)
    monkeypatch.setattr(os, "link", refused)
    assert cache.take_blob(WHEEL, tmp_path / "taken")
    assert (tmp_path / "taken").read_bytes() == b"a wheel"
    assert not cache.take_blob(WHEEL, tmp_path / "no/such/folder")
    monkeypatch.setattr(shutil, "copyfile", lambda _, target: Path(target).write_bytes(b"a whe"))
    assert not cache.take_blob(WHEEL, tmp_path / "cut")
    assert not (tmp_path / "cut").exists()


def test_an_artifact_that_was_damaged_is_not_taken(tmp_path: Path) -> None:
    cache = filled(tmp_path)
    blob = cache.blob_path(WHEEL)
    assert blob is not None
    blob.write_bytes(b"a whee!")
    assert not cache.take_blob(WHEEL, tmp_path / "taken")
    assert not (tmp_path / "taken").exists()
    assert not blob.exists()


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, WHEEL + "0"])
def test_a_digest_that_is_none_names_no_entry(tmp_path: Path, key: str) -> None:
    cache = Cache(tmp_path)
    source = tmp_path / "source"
    source.write_bytes(b"")
    assert cache.add_blob(key, source) is None
    assert cache.blob_path(key) is None
    cache.add_sdist_files(key, SDIST)
    assert cache.sdist_files(key) is None


def test_a_cache_that_cannot_be_made_costs_one_warning(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    told: list[str] = []
    cache = Cache(blocked / "cache", warn=told.append)
    cache.add_metadata(KEY, b"Name: six")
    assert answers(cache) == [None] * 4
    with cache.scratch() as scratch:
        scratch.write(b"works all the same")
    assert not Path(scratch.name).exists()
    assert len(told) == 1
    assert told[0].startswith(f"the cache {blocked}")
    assert "Errno" not in told[0]


def test_a_cache_that_may_only_be_read_still_answers(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "v2" / "tmp").rmdir()
    (tmp_path / "v2" / "tmp").write_bytes(b"")  # not even root can write below this
    told: list[str] = []
    cache = Cache(tmp_path, warn=told.append)
    cache.add_sdist_files(OTHER, SDIST)
    assert answers(cache) == [b"Name: six", SDIST, PAGE, b"a wheel"]
    assert len(told) == 1


def test_a_disk_that_takes_a_few_bytes_at_a_time_gets_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:7]))
    filled(tmp_path)
    assert answers(Cache(tmp_path)) == [b"Name: six", SDIST, PAGE, b"a wheel"]


def _full() -> Callable[[int, bytes], int]:
    """In place of `os.write`: a disk that has seven bytes left."""
    write, left = os.write, [7]

    def full(descriptor: int, content: bytes) -> int:
        if not left:
            raise OSError(errno.ENOSPC, "full")
        return write(descriptor, content[: left.pop()])

    return full


def test_a_disk_that_is_full_says_so_once_and_what_it_kept_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path)
    told: list[str] = []
    cache = Cache(tmp_path, warn=told.append)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", _full())
        cache.add_metadata(KEY._replace(record=OTHER), b"Name: six, of another release")
    assert ["full" in message for message in told] == [True]
    assert not cache.has_metadata(KEY._replace(record=OTHER))
    Cache(tmp_path).add_metadata(KEY._replace(record=OTHER), b"again")
    assert [Cache(tmp_path).metadata(key) for key in (KEY, KEY._replace(record=OTHER))] == [b"Name: six", b"again"]


def test_a_disk_that_is_full_keeps_nothing_of_a_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(os, "write", _full())
    Cache(tmp_path, warn=told.append).add_page(INDEX, PAGE)
    assert entries(tmp_path) == []
    assert ["full" in message for message in told] == [True]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_only_its_owner_may_write_to_it(tmp_path: Path) -> None:
    filled(tmp_path)
    assert stat.S_IMODE((tmp_path / "v2").stat().st_mode) == 0o700
    (tmp_path / "v2").chmod(0o777)
    told: list[str] = []
    assert answers(Cache(tmp_path, warn=told.append)) == [None] * 4
    assert "may be written by other users" in told[0]


@pytest.mark.skipif(sys.platform == "win32", reason="links take a right of their own")
def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    """Whoever may write to the folder above could let it lead to this user's own files, which would be swept."""
    old = tmp_path / "home/tmp/thesis"
    old.parent.mkdir(parents=True)
    old.write_text("mine")
    os.utime(old, (1, 1))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / LAYOUT).symlink_to(tmp_path / "home")
    told: list[str] = []
    cache = Cache(tmp_path / "cache", warn=told.append)
    cache.add_metadata(KEY, b"Name: six")
    assert answers(cache) == [None] * 4
    assert told == [f"the cache {tmp_path / 'cache' / LAYOUT} is a link, so it is not used"]
    assert [path.name for path in (tmp_path / "home").rglob("*")] == ["tmp", "thesis"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_download_that_does_not_fit_says_where(tmp_path: Path) -> None:
    def download() -> None:
        with Cache(tmp_path).scratch() as scratch:
            sink = HashingSink(scratch, ["sha256"])
            full = os.open("/dev/full", os.O_WRONLY)
            os.dup2(full, scratch.fileno())
            os.close(full)
            sink.write(b"x")
            sink.finish()

    with pytest.raises(StorageError, match=rf"^{tmp_path}.*: a download cannot be written: No space left"):
        download()


def test_runs_that_write_the_same_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    def work(number: int) -> list[object]:
        cache = Cache(tmp_path)
        cache.add_metadata(KEY, b"Name: six")
        with cache.scratch() as scratch:
            scratch.write(b"a wheel")
            scratch.flush()
            cache.add_blob(WHEEL, Path(scratch.name))
        return [answers(cache)[0], answers(cache)[3]]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(64))) == [[b"Name: six", b"a wheel"]] * 64
    assert len(entries(tmp_path)) == 2


def test_what_a_killed_run_left_behind_is_swept_away(tmp_path: Path) -> None:
    filled(tmp_path)
    folder = tmp_path / "v2" / "tmp"
    left = [folder / name for name in "abcdefgh"]
    for number, path in enumerate([*left, folder / "new"]):
        if number % 2:
            path.mkdir()  # which cannot be removed so, as what another run has removed since cannot
        else:
            path.write_bytes(b"half")
    for path in left:
        os.utime(path, (0, 0))
    assert answers(Cache(tmp_path))[0] is not None
    assert sorted(path.name for path in folder.iterdir()) == [*"bdfh", "new"]


def test_where_it_lies_can_be_said_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "here"))
    Cache().add_metadata(KEY, b"Name: six")
    assert len(entries(tmp_path / "here")) == 1


@pytest.mark.parametrize(
    ("headers", "fresh_for"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600, public"}, 600),
        ({"cache-control": "public, Max-Age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600, no-cache"}, 0),
        ({"cache-control": "s-maxage=600"}, 0),
        ({"cache-control": "max-age=31536000, immutable"}, LONGEST),
        ({"cache-control": "max-age=soon"}, 0),
        ({"cache-control": "max-age=60", "age": "900"}, 0),
    ],
)
def test_how_long_a_page_is_fresh(headers: dict[str, str], fresh_for: float) -> None:
    page = page_of(INDEX, headers, WHEEL, 1000.0)
    assert page.fresh_until - 1000.0 == fresh_for
    assert page.is_fresh(1000.0 + fresh_for - 1) == (fresh_for > 0)
    assert not page.is_fresh(1000.0 + fresh_for)
    assert not page.is_fresh(999.0), "a clock that was set back"


def test_what_is_not_worth_keeping() -> None:
    def keeps(**headers: str) -> bool:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return is_worth_keeping(page_of(INDEX, named, WHEEL, 0.0), named)

    assert keeps(etag='"1"')
    assert keeps(last_modified="Mon, 23 Nov 2026 18:14:25 GMT")
    assert keeps(cache_control="max-age=5")
    assert not keeps()
    assert not keeps(etag='"1"', cache_control="no-store")


def test_a_revalidated_page_keeps_its_body_and_type() -> None:
    page = revalidated(PAGE, {"cache-control": "max-age=5", "content-type": "text/plain"}, 100.0)
    assert (page.sha256, page.content_type, page.etag) == (PAGE.sha256, PAGE.content_type, PAGE.etag)
    assert (page.fetched, page.fresh_until) == (100.0, 105.0)


@given(st.binary())
def test_nonsense_is_no_page(stored: bytes) -> None:
    loaded = StoredPage.load(stored)
    assert loaded is None or loaded.dump() == stored


_DIGEST = st.binary(max_size=4).map(sha256)


@given(st.builds(StoredPage, url=st.text(), content_type=st.text(), sha256=_DIGEST, fetched=st.floats(0, 1e10),
                 fresh_until=st.floats(0, 1e10), etag=st.text(), last_modified=st.text()))  # fmt: skip
def test_a_page_survives_its_storage(page: StoredPage) -> None:
    assert StoredPage.load(page.dump()) == page
