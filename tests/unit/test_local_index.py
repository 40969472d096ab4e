"""A directory as an index: flat, or with the pages of a Simple repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from resolver.errors import IndexFailure, InputError, IntegrityError, InvalidMetadata, ProjectNotFound
from resolver.local_index import LocalIndex
from resolver.locking import lock
from resolver.metadata.core import parse_core
from resolver.previous import Previous
from tests.support.archives import html_page, json_page, metadata, sdist, sha256, wheel
from tests.support.environments import spec

SIX = canonicalize_name("six")
WHEEL = wheel("six", "1.16.0")
SDIST = sdist("six", "1.15.0", {"setup.py": b"# nothing"})


def index(directory: Path) -> LocalIndex:
    return LocalIndex("local", directory, "wheels/")


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    directory = tmp_path / "our wheels"  # a space, for the URLs
    directory.mkdir()
    (directory / "six-1.16.0-py3-none-any.whl").write_bytes(WHEEL)
    (directory / "six-1.15.0.tar.gz").write_bytes(SDIST)
    (directory / "six-moves-1.0.tar.gz").write_bytes(b"of another project")
    (directory / "sixth-1.0-py3-none-any.whl").write_bytes(b"of another project")
    (directory / "README.txt").write_bytes(b"")
    return directory


def test_a_flat_directory_lists_the_archives_of_a_project(flat: Path) -> None:
    project = index(flat).project(SIX)
    assert (project.name, project.index) == ("six", "local")
    listed = [(file.filename, file.hashes, file.size) for file in project.files]
    assert listed == [
        ("six-1.15.0.tar.gz", {"sha256": sha256(SDIST)}, len(SDIST)),
        ("six-1.16.0-py3-none-any.whl", {"sha256": sha256(WHEEL)}, len(WHEEL)),
    ]
    assert project.files[1].url == (flat / "six-1.16.0-py3-none-any.whl").as_uri()


def test_archives_of_a_flat_directory_are_read(flat: Path) -> None:
    local = index(flat)
    source, built = local.project(SIX).files
    assert local.wheel_metadata(built) == parse_core(metadata("six", "1.16.0"))
    assert local.sdist_files(source).files["setup.py"] == b"# nothing"


def test_a_wheel_with_a_version_that_is_none_is_listed_for_its_rejection(flat: Path) -> None:
    (flat / "six-latest-py3-none-any.whl").write_bytes(b"")
    assert "six-latest-py3-none-any.whl" in {file.filename for file in index(flat).project(SIX).files}


def test_what_is_not_there_is_said(flat: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectNotFound, match="'local' has no project 'absent'"):
        index(flat).project(canonicalize_name("absent"))
    with pytest.raises(IndexFailure, match=r"'local': there is no directory .*nowhere"):
        index(tmp_path / "nowhere").project(SIX)


def test_a_file_that_changes_under_us_is_noticed(flat: Path) -> None:
    local = index(flat)
    built = local.project(SIX).files[1]
    (flat / built.filename).write_bytes(wheel("six", "1.16.0", "evil"))
    with pytest.raises(IntegrityError, match=r"six-1\.16\.0-py3-none-any\.whl.* was promised"):
        local.wheel_metadata(built)
    (flat / built.filename).unlink()
    with pytest.raises(IndexFailure, match=r"six-1\.16\.0-py3-none-any\.whl: cannot be read"):
        local.wheel_metadata(built)


def test_a_broken_archive_is_invalid_metadata(flat: Path) -> None:
    (flat / "six-2.0-py3-none-any.whl").write_bytes(b"not a zip")
    local = index(flat)
    [broken] = [file for file in local.project(SIX).files if "2.0" in file.filename]
    with pytest.raises(InvalidMetadata, match=r"six-2\.0-py3-none-any\.whl"):
        local.wheel_metadata(broken)


@pytest.mark.parametrize("kind", ["index.json", "index.html"])
@pytest.mark.parametrize("below", ["simple", "."])
def test_a_tree_with_pages(tmp_path: Path, kind: str, below: str) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "six-1.16.0-py3-none-any.whl").write_bytes(WHEEL)
    page = tmp_path / below / "six" / kind
    page.parent.mkdir(parents=True)
    up = "../.." if below == "simple" else ".."
    url = f"{up}/files/six-1.16.0-py3-none-any.whl"
    if kind == "index.json":
        hashes = {"sha256": sha256(WHEEL)}
        row = {"filename": "six-1.16.0-py3-none-any.whl", "url": url, "hashes": hashes, "yanked": "a reason"}
        page.write_bytes(json_page("six", row))
    else:
        page.write_bytes(html_page({"six-1.16.0-py3-none-any.whl": f"{url}#sha256={sha256(WHEEL)}"}))
    local = index(tmp_path)
    [file] = local.project(SIX).files
    assert file.yanked == ("a reason" if kind == "index.json" else None)
    assert local.wheel_metadata(file) == parse_core(metadata("six", "1.16.0"))


def test_a_page_that_links_to_the_network_is_refused_where_the_file_is_wanted(tmp_path: Path) -> None:
    page = tmp_path / "simple" / "six" / "index.html"
    page.parent.mkdir(parents=True)
    url = "https://files.index.example/six-1.16.0-py3-none-any.whl?token=secret"
    page.write_bytes(html_page({"six-1.16.0-py3-none-any.whl": url}))
    local = index(tmp_path)
    [file] = local.project(SIX).files
    with pytest.raises(IndexFailure, match="can only read file:// URLs") as caught:
        local.wheel_metadata(file)
    assert "secret" not in str(caught.value)


def test_direct_urls(flat: Path) -> None:
    local = index(flat)
    url = (flat / "six-1.16.0-py3-none-any.whl").as_uri()
    file = local.direct(SIX, f"{url}#sha256={sha256(WHEEL)}")
    assert (file.url, file.filename, file.size) == (url, "six-1.16.0-py3-none-any.whl", len(WHEEL))
    assert local.direct(SIX, url) == file
    assert local.wheel_metadata(file) == parse_core(metadata("six", "1.16.0"))
    with pytest.raises(IntegrityError, match="was promised"):
        local.direct(SIX, f"{url}#sha256={'0' * 64}")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("git+https://user:secret@git.example/six@main", "version control"),
        ("https://user:secret@files.example/six-1.0.tar.gz", "credentials"),
        ("ftp://files.example/six-1.0.tar.gz", "scheme"),
        ("https://files.example/six-1.0.exe", "file name of a wheel or an sdist"),
        ("https://files.example/six-1.0.tar.gz#sha256=beef", "not a sha256"),
        ("https://files.example/six-1.0.tar.gz#md5=" + "0" * 32, "md5 proves nothing"),
        ("https://files.example/all-1.0.tar.gz#subdirectory=six", "subdirectory"),
        ("https://[files.example/six-1.0.tar.gz", "cannot be read"),
    ],
)
def test_direct_urls_that_cannot_be_locked(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        index(tmp_path).direct(SIX, url)
    assert "secret" not in str(caught.value)
    assert str(caught.value).startswith("six")


def test_the_spec_s_place_is_told_for_a_direct_url_that_cannot_be_locked(tmp_path: Path) -> None:
    declared = spec("six @ https://files.example/all-1.0.tar.gz#subdirectory=six")
    with pytest.raises(InputError, match=r"^spec\.yaml:1: six @ https://files\.example/.*subdirectory"):
        lock(declared, index(tmp_path), {}, Previous())


def test_a_flat_directory_is_listed_once_for_all_projects(flat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[Path] = []
    iterdir = Path.iterdir

    def counted(directory: Path) -> Iterator[Path]:
        listed.append(directory)
        return iterdir(directory)

    monkeypatch.setattr(Path, "iterdir", counted)
    local = index(flat)
    for name in ("six", "six-moves", "sixth"):
        assert local.project(canonicalize_name(name)).files, name
    for name in ("six-moves-1-0", "readme-txt", "moves"):
        with pytest.raises(ProjectNotFound):
            local.project(canonicalize_name(name))
    assert listed == [flat]
