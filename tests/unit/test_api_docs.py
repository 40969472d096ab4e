"""The reference of the rules says what the rules say."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "api_docs.py"


@pytest.fixture(scope="module")
def api_docs() -> ModuleType:
    specification = importlib.util.spec_from_file_location("api_docs", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["api_docs"] = module
    specification.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "said",
    [
        "#### wheelhouse.lock",
        "| `lock` | label | *required* |",  # through `dict(HUB_ATTRIBUTES, …)` of another file
        "### console_script(name, package, script = '', project = '', deps = [], **kwargs)",
        "### wheelhouse_lock(name, lock, tool = None, **kwargs)",
        "Returns: A string for `overrides`.",
        "| `site_packages` | File:",
        "```starlark\nwheelhouse = use_extension(",
    ],
)
def test_what_is_public_is_there(api_docs: ModuleType, said: str) -> None:
    assert said in api_docs.page(ROOT)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the rules that a test may change."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    return tmp_path


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (
            "private/hub/extension.bzl",
            'attr.string(doc = "Of what lies at the URL.")',
            "attr.string()",
            "sha256 has no doc",
        ),
        ("private/hub/repository.bzl", 'mandatory = True, doc = "lock.json"', "mandatory = True", "lock has no doc"),
        ("defs.bzl", '"""Rules and macros for BUILD files."""', "", "the file has no docstring"),
        ("private/wheels/installed.bzl", 'doc = "A wheel and what installing it makes.",', "", "WheelInfo has no doc"),
    ],
)
def test_what_has_no_doc_is_refused(
    api_docs: ModuleType, rules: Path, file: str, before: str, after: str, said: str
) -> None:
    change(rules / "rules" / file, before, after)
    with pytest.raises(api_docs.Undocumented, match=said):
        api_docs.page(rules)


def test_what_changed_is_in_the_page(api_docs: ModuleType, rules: Path) -> None:
    change(rules / "rules/private/hub/extension.bzl", "Of what lies at the URL.", "Hexadecimal.")
    assert "| `sha256` | string |  | Hexadecimal. |" in api_docs.page(rules)
