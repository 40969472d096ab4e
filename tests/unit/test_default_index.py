"""The URL of PyPI is the constant of distlib, read without importing it wherever that can be."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from distlib.index import DEFAULT_INDEX  # type: ignore[import-untyped]

from resolver.http_index.default_index import _written, default_index_url

OURS = "https://index.example/pypi"


def test_it_is_what_importing_gives() -> None:
    assert _written() == DEFAULT_INDEX
    assert default_index_url() == f"{DEFAULT_INDEX.removesuffix('/pypi')}/simple/"


def test_nothing_is_imported_for_it() -> None:
    program = (
        "import sys, resolver.http_index.default_index as one; one.default_index_url(); print('distlib' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


def written(folder: Path, source: str, *, zipped: bool) -> Path:
    """A place of modules where a distlib with this source lies."""
    if zipped:
        with zipfile.ZipFile(folder / "modules.zip", "w") as archive:
            archive.writestr("distlib/__init__.py", "")
            archive.writestr("distlib/index.py", source)
        return folder / "modules.zip"
    (folder / "distlib").mkdir()
    (folder / "distlib/__init__.py").touch()
    (folder / "distlib/index.py").write_text(source)
    return folder


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("source", "found"),
    [
        (f"import os\nDEFAULT_INDEX = '{OURS}'\n", OURS),
        (f'DEFAULT_INDEX="{OURS}"  # of old\nOTHER = DEFAULT_INDEX\n', OURS),
        (f"DEFAULT_INDEX = os.environ.get('INDEX', '{OURS}')\n", None),
        (f"DEFAULT_INDEX = '{OURS}' + 'x'\n", None),
        (f"DEFAULT_INDEX = '{OURS}'\nif True:\n    pass\nDEFAULT_INDEX = '{OURS}/2'\n", None),
        ("", None),
    ],
)
def test_what_is_written_otherwise_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, found: str | None, *, zipped: bool
) -> None:
    monkeypatch.syspath_prepend(written(tmp_path, source, zipped=zipped))
    assert _written() == found
    if found is None:
        assert default_index_url() == f"{DEFAULT_INDEX.removesuffix('/pypi')}/simple/"


def test_a_distlib_without_its_source_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "distlib.py").touch()  # no package
    monkeypatch.syspath_prepend(tmp_path)
    assert _written() is None
