"""pylock.toml: `packaging.pylock` reads for every environment exactly its files, and refuses every other one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.pylock import Pylock, PylockSelectError, is_valid_pylock_path

from resolver.emit.markers import ALWAYS, families
from resolver.emit.places import Places
from resolver.emit.pylock import pylocks
from resolver.emit.selection import selection
from resolver.errors import InputError
from resolver.lock.model import Attestations, Lock
from tests.support.environments import environment, short
from tests.support.exports import ENVIRONMENTS, GROUPS, MUSL, artifact, entry, locks
from tests.unit.lock_examples import example, pins

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FEW = settings(max_examples=30)


def read(text: str) -> Pylock:
    return Pylock.from_dict(tomllib.loads(text))


def chosen_by(document: Pylock, name: str, groups: list[str]) -> dict[str, str]:
    """What an installer in an environment takes: project -> file name."""
    found = document.select(
        environment=dict(ENVIRONMENTS[name].markers),  # type: ignore[arg-type]
        tags=ENVIRONMENTS[name].tags,
        dependency_groups=[group for group in groups if group in (document.dependency_groups or ())],
    )
    return {package.name: file.filename for package, file in found}  # type: ignore[union-attr]


def of(files: dict[str, str], lock: Lock, name: str) -> Pylock:
    """The file that is meant for an environment."""
    texts = [text for text in files.values() if name in tomllib.loads(text)["tool"]["rules-wheelhouse"]["environments"]]
    assert len(texts) == 1
    return read(texts[0])


@FEW
@given(locks(), st.lists(st.sampled_from(GROUPS), unique=True))
def test_every_environment_gets_exactly_its_files(lock: Lock, groups: list[str]) -> None:
    files = pylocks(selection(lock), Places())
    assert all(is_valid_pylock_path(Path(name)) for name in files)
    for name in lock.environments:
        wanted = selection(lock, groups=groups).pins(name)
        assert chosen_by(of(files, lock, name), name, groups) == {p: pin.artifact for p, pin in wanted.items()}


@FEW
@given(locks(), st.lists(st.sampled_from(GROUPS), unique=True))
def test_groups_can_be_baked_in(lock: Lock, groups: list[str]) -> None:
    chosen = selection(lock, groups=groups)
    for name in lock.environments:
        document = of(pylocks(chosen, Places(), baked=True), lock, name)
        assert document.dependency_groups is None
        assert chosen_by(document, name, []) == {p: pin.artifact for p, pin in chosen.pins(name).items()}


@FEW
@given(locks())
def test_other_environments_are_refused(lock: Lock) -> None:
    for text in pylocks(selection(lock), Places()).values():
        document = read(text)
        mine = document.tool["rules-wheelhouse"]["environments"]  # type: ignore[index]
        for other in ENVIRONMENTS.keys() - set(mine):
            if all(told_apart(other, one) for one in mine):
                with pytest.raises(PylockSelectError):
                    chosen_by(document, other, [])


def told_apart(one: str, other: str) -> bool:
    """Whether two environments differ in what the files describe."""
    a, b = ENVIRONMENTS[one].markers, ENVIRONMENTS[other].markers
    return any(a[v] and b[v] and a[v] != b[v] for v in ALWAYS)


def test_environments_that_no_marker_tells_apart_have_a_file_each() -> None:
    names = ["alpine", "arm", "linux312", "windows"]
    lock = replace(example(), environments={n: entry(ENVIRONMENTS[n]) for n in names})
    lock = replace(lock, resolutions={n: pins(artifact("sail-1.0-py3-none-any.whl", "1.0")) for n in names}, roots={})
    lock = replace(lock, artifacts={a.filename: a for a in [artifact("sail-1.0-py3-none-any.whl", "1.0")]}, builds={})
    files = pylocks(selection(lock), Places())
    assert set(files) == {"pylock.toml", "pylock.alpine.toml", "pylock.linux312.toml"}
    assert len(read(files["pylock.toml"]).environments or ()) == 2
    assert set(pylocks(selection(lock, ["alpine"]), Places())) == {"pylock.toml"}


def test_a_dot_in_a_name_is_not_one_of_the_file() -> None:
    made = {
        name: environment(short(name, "3.12", libc=libc)) for name, libc in {"a.b": MUSL, "c": "glibc 2.17"}.items()
    }
    lock = replace(
        example(),
        environments={name: entry(one) for name, one in made.items()},
        resolutions={name: {} for name in made},
        roots={},
    )
    assert set(pylocks(selection(lock), Places())) == {"pylock.a-b.toml", "pylock.c.toml"}
    lock = replace(lock, environments={"a.b": lock.environments["c"], "a-b": lock.environments["c"]})
    with pytest.raises(InputError, match="rename"):
        pylocks(selection(replace(lock, resolutions={"a.b": {}, "a-b": {}})), Places())


def test_identities_are_those_that_vendoring_insists_on() -> None:
    signed = {"kind": "GitHub", "repository": "crew/harbor"}
    for check, expected in (("require", [signed]), ("if-present", None), ("ignore", None)):
        asked = {"harbor": Attestations(check=check, publisher=signed)}  # type: ignore[arg-type]
        document = read(pylocks(selection(replace(example(), attestations=asked)), Places())["pylock.toml"])
        assert [p.attestation_identities for p in document.packages if p.name == "harbor"] == [expected]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (Places(), ("https://files.index.example/packages/harbor-2.1.0-py3-none-any.whl", None)),
        (Places(tree="../my tree"), (None, "../my tree/files/harbor-2.1.0-py3-none-any.whl")),
        (
            Places(tree="https://carried.example/a/"),
            ("https://carried.example/a/files/harbor-2.1.0-py3-none-any.whl", None),
        ),
    ],
)
def test_where_files_lie(places: Places, expected: tuple[str | None, str | None]) -> None:
    document = read(pylocks(selection(example()), places)["pylock.toml"])
    [wheel] = next(package.wheels for package in document.packages if package.name == "harbor")  # type: ignore[misc]
    assert (wheel.url, wheel.path) == expected


def test_a_folder_beside_the_lock_stays_a_folder() -> None:
    lock = example()
    lock = replace(lock, indexes={"corp": replace(lock.indexes["corp"], url="wheels/", files="my%20wheels/")})
    document = read(pylocks(selection(lock), Places(lock="../.."))["pylock.toml"])
    harbor = next(package for package in document.packages if package.name == "harbor")
    assert harbor.wheels is not None
    assert harbor.wheels[0].path == "../../my wheels/packages/harbor-2.1.0-py3-none-any.whl"
    assert harbor.index is None


def test_names_that_the_standard_does_not_allow_are_told() -> None:
    odd = artifact("odd-1.0-py3-none.whl", "1.0")
    lock = replace(
        example(), artifacts={odd.filename: odd}, resolutions={n: pins(odd) for n in example().resolutions}, builds={}
    )
    with pytest.raises(InputError, match="odd-1"):
        pylocks(selection(lock), Places())


def test_markers_are_short() -> None:
    lock = replace(example(), environments={name: entry(one) for name, one in ENVIRONMENTS.items()})
    names = ["linux311", "arm", "mac", "windows", "pypy"]
    [family] = families(lock, names)
    assert family.marker(names) is None
    assert family.marker(["windows"]) == "sys_platform == 'win32'"
    assert family.marker(["arm", "linux311", "pypy"]) == "sys_platform == 'linux'"
    assert family.marker(["arm", "mac", "linux311", "pypy"]) == "sys_platform != 'win32'"
    assert family.marker(["linux311", "pypy"]) == "python_version < '3.12'"
    assert family.marker(["mac", "arm", "windows"]) == "python_version >= '3.12'"
    marker = family.marker(["arm", "pypy"])
    assert marker is not None
    for name in names:
        assert Marker(marker).evaluate(dict(ENVIRONMENTS[name].markers)) == (name in {"arm", "pypy"})
