"""Locks of other tools as wishes: what is read from each kind, what is refused, and what a resolution makes of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.errors import InputError
from resolver.locking import lock
from resolver.preferences.model import Preferred
from resolver.preferences.read import read_wishes
from resolver.previous import Previous
from resolver.spec.model import Policy
from tests.support.environments import LINUX, WINDOWS, declare, spec
from tests.support.fake_index import FakeIndex
from tests.support.locking import SITES, pins, run

UV = """\
version = 1
revision = 3
[[package]]
name = "numpy"
version = "2.2.6"
source = { registry = "https://index.example/simple" }
resolution-markers = ["python_full_version < '3.11'", "sys_platform == 'plan9'"]
[[package]]
name = "numpy"
version = "2.4.1"
source = { registry = "https://index.example/simple" }
resolution-markers = ["python_full_version >= '3.11'"]
[[package]]
name = "demo"
source = { virtual = "." }
[[package]]
name = "forked"
version = "0.1"
source = { git = "https://git.example/forked#0123" }
"""
POETRY = """\
[[package]]
name = "colorama"
version = "0.4.6"
optional = false
markers = "sys_platform == \\"win32\\""
[[package]]
name = "Ruamel.YAML"
version = "0.18"
groups = ["main", "dev"]
markers = {main = "python_version < \\"3.9\\""}
[[package]]
name = "here"
version = "1"
[package.source]
type = "directory"
url = "../here"
[metadata]
lock-version = "2.1"
python-versions = ">=3.10"
"""
PDM = """\
[metadata]
lock_version = "4.5.0"
[[package]]
name = "tomli"
version = "2.0"
marker = "python_version < '3.11'"
[[package]]
name = "here"
version = "1"
path = "./here"
"""
PYLOCK = """\
lock-version = "1.0"
created-by = "hand"
dependency-groups = ["dev"]
[[packages]]
name = "pytest"
version = "8.0"
marker = "'dev' in dependency_groups"
wheels = [{name = "pytest-8.0-py3-none-any.whl", path = "pytest-8.0-py3-none-any.whl", hashes = {sha256 = "00"}}]
[[packages]]
name = "colorama"
version = "0.4.6"
marker = "sys_platform == 'win32'"
sdist = {name = "colorama-0.4.6.tar.gz", url = "https://files.example/colorama-0.4.6.tar.gz", hashes = {sha256 = "00"}}
[[packages]]
name = "direct"
version = "1"
archive = {url = "https://files.example/direct-1.zip", hashes = {sha256 = "00"}}
"""
PIPFILE = """\
{"_meta": {"pipfile-spec": 6},
 "default": {"requests": {"version": "==2.31.0", "markers": "python_version >= '3.7'", "hashes": ["sha256:00"]},
             "here": {"path": "."}},
 "develop": {"pytest": {"version": "==8.0"}}}
"""
REQUIREMENTS = """\
# compiled
--index-url https://index.example/simple/
requests[socks]==2.31.0 \\
    --hash=sha256:00 \\
    --hash=sha256:11
    # via -r requirements.in
colorama==0.4.6 ; sys_platform == "win32" --hash=sha256:00
loose>=1
starred==1.*
direct @ https://files.example/direct-1.zip
"""
ABSURD = "1" * 5000
KINDS = {
    "uv.lock": (UV, {"numpy 2.2.6", "numpy 2.4.1"}, {"demo", "forked"}),
    "poetry.lock": (POETRY, {"colorama 0.4.6", "ruamel-yaml 0.18"}, {"here"}),
    "a/pdm.lock": (PDM, {"tomli 2.0"}, {"here"}),
    "pylock.dev.toml": (PYLOCK, {"pytest 8.0", "colorama 0.4.6"}, {"direct"}),
    "Pipfile.lock": (PIPFILE, {"requests 2.31.0", "pytest 8.0"}, {"here"}),
    "requirements.txt": (REQUIREMENTS, {"requests 2.31.0", "colorama 0.4.6"}, {"loose", "starred", "direct"}),
}


@pytest.mark.parametrize("name", KINDS)
def test_what_each_kind_pins(name: str) -> None:
    text, pinned, skipped = KINDS[name]
    found = read_wishes(text.encode(), name)
    assert {f"{wish.project} {wish.version}" for wish in found.pinned} == pinned
    assert set(found.skipped) == skipped
    assert {wish.source for wish in found.pinned} == {name}


def test_markers_choose_between_the_forks_of_a_lock() -> None:
    index = FakeIndex().wheel("numpy", "2.2.6").wheel("numpy", "2.4.1").wheel("numpy", "3.0")
    wishes = read_wishes(UV.encode(), "uv.lock").pinned
    assert pins(lock(spec("numpy"), index, SITES, Previous(), wishes=wishes)) == {"numpy": "2.4.1"}


@pytest.mark.parametrize(
    ("name", "text", "place", "message"),
    [
        ("uv.lock", "version = 1\n[[package]\n", "uv.lock:2:", "is not TOML"),
        ("uv.lock", "version = 1\n[[package]]\nversion = '1'\n", "uv.lock at package[0].name", "missing"),
        ("uv.lock", UV.replace('"2.4.1"', '"two"'), "uv.lock at package[1].version", "not a version"),
        ("uv.lock", UV.replace("python_full_version >= '3.11'", "¿?"), "package[1].resolution-markers", "not a marker"),
        ("poetry.lock", POETRY.replace('"colorama"', '"-"'), "poetry.lock at package[0].name", "not a name"),
        ("pdm.lock", PDM.replace("'3.11'\"", '3.11"'), "pdm.lock at package[0].marker", "not a marker"),
        ("pdm.lock", "package = 1\n[metadata]\nlock_version = '4'\n", "pdm.lock at package", "an array"),
        ("pylock.toml", PYLOCK.replace('version = "8.0"\n', "version = 8\n"), "packages[0].version", "Unexpected type"),
        ("what.lock", "a = 1\n", "what.lock:", "no lock that is known"),
        ("Pipfile.lock", "[]", "Pipfile.lock:", "should be an object"),
        ("Pipfile.lock", '{"default": {\n"x"}}', "Pipfile.lock:2:", "is not JSON"),
        ("Pipfile.lock", '{"default": {"x": {"version": 1}}}', "default.x.version", "should be a string"),
        ("requirements.txt", "fine==1\n== broken\n", "requirements.txt:2:", "is no requirement"),
        ("requirements.txt", "requests>=2\n", "requirements.txt:", "pins no version"),
        ("requirements.txt", f"fine==1\na<2,=={ABSURD}\n", "requirements.txt:2:", "more than 640 digits"),
        ("uv.lock", UV.replace("2.4.1", ABSURD), "uv.lock:", "more than 640 digits"),
        ("uv.lock", "version = 1" + "_1" * 5000, "uv.lock:1:", "more than 640 digits"),
        ("poetry.lock", POETRY.replace("0.4.6", ABSURD), "poetry.lock:", "more than 640 digits"),
        ("pylock.toml", PYLOCK.replace("8.0", ABSURD), "pylock.toml:", "more than 640 digits"),
        ("Pipfile.lock", f'{{"default":\n{ABSURD}}}', "Pipfile.lock:2:", "more than 640 digits"),
        ("uv.lock", "\udcff", "uv.lock:", "UTF-8"),
    ],
)
def test_malformed_files_are_told_with_their_place(name: str, text: str, place: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_wishes(text.encode("utf-8", "surrogateescape"), name)
    assert place in str(caught.value)
    assert message in str(caught.value)
    assert "what can be read: pylock.toml" in str(caught.value)


@settings(max_examples=200)
@given(st.data())
def test_damaged_files_are_errors_and_never_bugs(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(KINDS)))
    text = KINDS[name][0]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    damaged = text[:start] + data.draw(st.sampled_from(["", "[", '"', "=", "\n", "[[x]]", "1", "{}", "é"])) + text[end:]
    with suppress(InputError):
        assert read_wishes(damaged.encode(), name).pinned


@dataclass(frozen=True)
class Refusal:
    """Why ``a 1`` was not taken, and a part of the message."""

    reason: str
    index: FakeIndex
    requires: tuple[str, ...] = ("a",)
    fields: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.reason


def two() -> FakeIndex:
    return FakeIndex().wheel("a", "1").wheel("a", "2")


REFUSALS = [
    Refusal("spec.yaml:1 asks for a>1", two(), ("a>1",)),
    Refusal("spec.yaml:1 asks for a!=1", two(), fields={"constraints": declare("a!=1")}),
    Refusal("spec.yaml:1 asks for a>=2", two(), fields={"overrides": declare("a>=2")}),
    Refusal("b 1 asks for a>=2", two().wheel("b", "1", "a>=2"), ("a", "b")),
    Refusal("b[x] 1 asks for a>=2", two().wheel("b", "1", 'a>=2 ; extra == "x"', extras=["x"]), ("b[x]",)),
    Refusal("the index has no such release", FakeIndex().wheel("a", "2")),
    Refusal("no file of it fits linux", FakeIndex().wheel("a", "1", tag="cp311-cp311-win_amd64").wheel("a", "2")),
    Refusal("its file requires Python >=3.12", FakeIndex().wheel("a", "1", requires_python=">=3.12").wheel("a", "2")),
    Refusal(
        "the policy rules out pre-releases or yanked releases",
        FakeIndex().wheel("a", "1", yanked="").wheel("a", "2"),
        fields={"policy": Policy(yanked="never")},
    ),
    Refusal("a direct URL is asked for", two(), ("a @ https://files.index.example/fake/a-2-py3-none-any.whl",)),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_what_is_not_taken_is_told_with_the_reason(refusal: Refusal) -> None:
    wish = Preferred(project=NormalizedName("a"), version=Version("1"), source="uv.lock")
    done = lock(spec(*refusal.requires, **refusal.fields), refusal.index, SITES, Previous(), wishes=[wish])
    told = [notice for notice in done.notices if notice.kind == "preference"]
    assert pins(done)["a"] == "2"
    assert [n.message for n in told if n.project] == [f"uv.lock has a 1, and 2 was taken: {refusal.reason}"]
    assert [n.message for n in told if not n.project] == ["uv.lock: 0 of the 1 versions were taken"]


def test_an_older_lock_has_the_first_word() -> None:
    index = two().wheel("b", "1").wheel("b", "2")
    older = run(spec("a==2"), index).lock
    wishes = read_wishes(b"a==1\nb==1\nspare==3\n", "pins.txt").pinned
    done = lock(spec("a", "b"), index, SITES, Previous(lock=older), wishes=wishes)
    assert pins(done) == {"a": "2", "b": "1"}
    told = {notice.message for notice in done.notices if notice.kind == "preference"}
    assert told == {"pins.txt: 1 of the 2 versions were taken; nothing asks for spare"}
    freed = lock(spec("a", "b"), index, SITES, Previous(lock=older, update=None), wishes=wishes)
    assert pins(freed) == {"a": "1", "b": "1"}


def test_the_first_file_that_names_a_project_counts() -> None:
    index = FakeIndex().wheel("a", "1").wheel("a", "2").wheel("a", "3")
    wishes = [
        *read_wishes(b'a==1 ; sys_platform == "win32"\n', "one.txt").pinned,
        *read_wishes(b"a==2\n", "two.txt").pinned,
    ]
    done = lock(spec("a", environments=(LINUX, WINDOWS)), index, SITES, Previous(), wishes=wishes)
    assert (pins(done, "linux"), pins(done, "windows")) == ({"a": "2"}, {"a": "1"})


def test_a_marker_without_an_answer_is_told() -> None:
    wishes = read_wishes(b'a==1 ; sys_platform ~= "linux"\n', "pins.txt").pinned
    with pytest.raises(InputError, match="is preferred"):
        lock(spec("a"), two(), SITES, Previous(), wishes=wishes)
