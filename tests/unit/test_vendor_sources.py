"""Where files come from: what is no file is not read, who is silent not asked again, and failures are told once."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from resolver.errors import CheckFailed, TransferError, Unreached, is_full
from resolver.http_index.transport import Transport
from resolver.vendor import sources
from resolver.vendor.failed import failed
from resolver.vendor.layout import PROVENANCE
from resolver.vendor.placing import Failure
from resolver.vendor.sources import Folder, Sources
from resolver.vendor.staging import Staged
from tests.support.artifacts import FILES, KEEL, lock_of

ARTIFACT = lock_of(FILES).artifacts[KEEL]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / KEEL)
    os.mkfifo(tmp_path / f"{KEEL}{PROVENANCE}")
    url = (tmp_path / KEEL).as_uri()
    with Folder(tmp_path) as folder, Sources({}, tmp_path) as named, Staged(tmp_path / "staged") as staged:
        assert folder.provenance(ARTIFACT, "") is None
        assert named.provenance(ARTIFACT, f"{url}{PROVENANCE}") is None
        for source in (folder, named):
            with pytest.raises(TransferError, match="is no regular file"):
                source.fetch(ARTIFACT, url, staged)


def test_a_provenance_object_of_any_size_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_LARGEST_PROVENANCE", 10)
    path = tmp_path / f"{KEEL}{PROVENANCE}"
    path.write_bytes(bytes(10))
    assert Folder(tmp_path).provenance(ARTIFACT, "") == bytes(10)
    path.write_bytes(bytes(11))
    with pytest.raises(TransferError, match="larger than the 10 bytes"):
        Folder(tmp_path).provenance(ARTIFACT, "")


def test_a_full_disk_is_no_fault_of_the_folder_that_is_copied_from(tmp_path: Path) -> None:
    class Full:
        size = 0

        def cut(self, size: int) -> None:
            """Nothing is there."""

        def write(self, chunk: bytes, /) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / KEEL).write_bytes(FILES[KEEL])
    for source in (Folder(tmp_path), Sources({}, tmp_path)):
        with pytest.raises(OSError, match="No space left") as caught:
            source.fetch(ARTIFACT, (tmp_path / KEEL).as_uri(), Full())
        assert is_full(caught.value)


def test_a_host_that_never_answered_is_asked_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def unreached(self: Transport, url: str, *_: object, **__: object) -> None:
        asked.append(url)
        raise Unreached("index 'corp'", url, 5, "no connection in time")

    monkeypatch.setattr(Transport, "download", unreached)
    with Sources({"corp": ""}, tmp_path) as sources, Staged(tmp_path / "staged") as staged:
        for name in ("one", "two"):
            with pytest.raises(Unreached, match=f"https://files.example/{name} .*no connection in time"):
                sources.fetch(ARTIFACT, f"https://files.example/{name}", staged)
        with pytest.raises(Unreached):
            sources.fetch(ARTIFACT, "https://other.example/three", staged)
    assert asked == ["https://files.example/one", "https://other.example/three"]


def test_one_that_answered_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[TransferError | None] = [None, Unreached("index 'corp'", "", 5, "no answer in time"), None]

    def download(*_: object, **__: object) -> None:
        if (answer := answers.pop(0)) is not None:
            raise answer

    monkeypatch.setattr(Transport, "download", download)
    with Sources({"corp": ""}, tmp_path) as sources, Staged(tmp_path / "staged") as staged:
        sources.fetch(ARTIFACT, "https://files.example/one", staged)
        with pytest.raises(Unreached):
            sources.fetch(ARTIFACT, "https://files.example/two", staged)
        sources.fetch(ARTIFACT, "https://files.example/three", staged)
    assert answers == []


def test_what_fails_for_one_reason_is_told_once(tmp_path: Path) -> None:
    def failure(name: str, reason: str, unreached: str = "") -> Failure:
        url = f"https://files.example/packages/{name}"
        return Failure(filename=name, url=url, reason=reason.format(url=url), unreached=unreached)

    refused = "index 'corp' answers 401 for {url}; say who you are"
    told = str(failed([failure(n, refused) for n in ("b.whl", "a.whl")] + [failure("c.whl", "is too large")], tmp_path))
    assert told.splitlines()[1:-1] == [
        "  index 'corp' answers 401 for https://files.example/...; say who you are:",
        "      a.whl",
        "      b.whl",
        "  c.whl: is too large",
        "      from https://files.example/packages/c.whl",
    ]
    single = str(failed([failure("a.whl", refused)], tmp_path))
    assert single.count("https://files.example/packages/a.whl") == 1


def test_hosts_that_do_not_answer_are_worth_another_try(tmp_path: Path) -> None:
    silent = [Failure(filename=f"{n}.whl", url="", reason=f"{n}", unreached="no network") for n in "ab"]
    assert isinstance(failed(silent, tmp_path), TransferError)
    assert "  no network:\n      a.whl\n      b.whl\n" in str(failed(silent, tmp_path))
    assert isinstance(failed([*silent, Failure(filename="c.whl", url="", reason="is damaged")], tmp_path), CheckFailed)
