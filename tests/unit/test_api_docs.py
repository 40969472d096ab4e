"""The reference of the rules says what the rules say."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "api_docs.py"


@pytest.fixture
def api_docs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    return importlib.import_module("api_docs")


def test_the_page_is_up_to_date() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "said",
    [
        "#### wheelhouse.lock",
        "| `lock` | label | *required* |",  # through `dict(HUB_ATTRIBUTES, …)` of another file
        '### console_script(name, package, script = "", project = "", deps = [], **kwargs)',
        "### wheelhouse_lock(name, lock, tool = None, **kwargs)",
        "| `pure` | bool | `False` |",  # Bazel's own default
        'load("@rules_wheelhouse//rules:defs.bzl", "console_script", "wheelhouse_requirements")',
        "Returns: A string for `overrides`.",
        "| `site_packages` | File:",
        "```starlark\nwheelhouse = use_extension(",
    ],
)
def test_what_is_public_is_there(api_docs: ModuleType, said: str) -> None:
    assert said in api_docs.page(ROOT)


def test_every_public_symbol_has_its_heading(api_docs: ModuleType) -> None:
    page = api_docs.page(ROOT)
    for file in ROOT.glob("rules/*.bzl"):
        section = page.partition(f"## {file.name}\n")[2].partition("\n## ")[0]
        names = re.findall(r"^(?:def )?([A-Za-z]\w*)(?: = |\()", file.read_text(encoding="utf-8"), re.MULTILINE)
        public = [name for name in names if name != "load"]
        assert public
        assert re.findall(r"^### (\w+)", section, re.MULTILINE) == public


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
            r"hub/extension\.bzl: wheelhouse\.tool\.sha256 has no doc",
        ),
        (
            "private/hub/repository.bzl",
            'mandatory = True, doc = "lock.json"',
            "mandatory = True",
            r"hub/repository\.bzl: wheelhouse\.lock\.lock has no doc",
        ),
        ("private/hub/repository.bzl", 'doc = "lock.json"', 'doc = ""', r"wheelhouse\.lock\.lock has no doc"),
        (
            "private/hub/extension.bzl",
            "dict(HUB_ATTRIBUTES, name =",
            "attributes(HUB_ATTRIBUTES, name =",
            "is no dict that this program can follow",
        ),
        (
            "private/libraries/console_script.bzl",
            "      deps: more libraries, such as plugins.\n",
            "",
            r"console_script\.bzl: console_script: the argument deps has no doc",
        ),
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
    assert '| `sha256` | string | `""` | Hexadecimal. |' in api_docs.page(rules)


def test_exit_codes_and_what_is_said(
    api_docs: ModuleType, rules: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(api_docs, "ROOT", rules)
    (rules / "docs").mkdir()
    assert api_docs.main(["--check"]) == 1
    assert "python scripts/api_docs.py" in capsys.readouterr().err
    assert api_docs.main([]) == 0
    assert api_docs.main(["--check"]) == 0
    change(rules / "rules/defs.bzl", '"""Rules and macros for BUILD files."""', "")
    assert api_docs.main(["--check"]) == 2
    assert "defs.bzl: the file has no docstring" in capsys.readouterr().err
