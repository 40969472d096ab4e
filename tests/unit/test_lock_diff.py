"""Differences between locks: that none is missed, that equal ones are one, and their words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from hypothesis import given, settings

from resolver.lock.changes import BuildChange, FactChange, PinChange, RootChange
from resolver.lock.describe import HOW_TO_ANSWER, describe_diff, human_size
from resolver.lock.diff import diff
from resolver.lock.model import Lock
from resolver.spec.model import BuildSpec
from tests.unit.lock_examples import (
    ANVIL,
    FORGE,
    HARBOR,
    KEEL_SDIST,
    KEEL_WHEEL,
    LINUX,
    example,
    inputs,
    locks,
    pins,
    sdist,
    sha256,
    wheel,
)

LINUX_NAME, WINDOWS_NAME = "linux-py311", "windows-py313"
BOTH = (LINUX_NAME, WINDOWS_NAME)


def meaning(lock: Lock) -> Any:
    """All that a lock says, with each build's closure in place of an id, and nothing of empty groups or builds."""
    return (
        lock.inputs.files,
        lock.indexes,
        lock.exclude_newer,
        lock.attestations,
        lock.environments,
        lock.artifacts,
        lock.resolutions,
        {(e, g, r) for e, groups in lock.roots.items() for g, requirements in groups.items() for r in requirements},
        {
            (sdist, name): (
                b.backend,
                b.backend_path,
                built.requires,
                built.metadata or "",
                ", ".join(built.system),
                built.answered,
                built.unknown or "",
                built.unbuildable or "",
                lock.closure(built),
            )
            for sdist, b in lock.builds.items()
            for name, built in b.environments.items()
        },
    )


@given(locks(), locks())
@settings(max_examples=40)
def test_nothing_is_missed(old: Lock, new: Lock) -> None:
    found = diff(old, new)
    assert bool(found) == (meaning(old) != meaning(new))
    assert bool(describe_diff(found)) == bool(found)
    json.dumps(asdict(found))


@given(locks(), locks())
@settings(max_examples=25)
def test_back_and_forth(old: Lock, new: Lock) -> None:
    there, back = diff(old, new), diff(new, old)
    assert there.artifacts_added == back.artifacts_removed
    assert there.environments_added == back.environments_removed
    assert {(c.project, c.old, c.new, c.environments) for c in there.pins} == {
        (c.project, c.new, c.old, c.environments) for c in back.pins
    }
    assert {(c.subject, c.old, c.new) for c in there.replaced} == {(c.subject, c.new, c.old) for c in back.replaced}


def moved(lock: Lock, old: Any, new: Any, environments: tuple[str, ...] = BOTH) -> Lock:
    """``lock`` with one artifact for another in these resolutions."""
    resolutions: dict[str, Mapping[str, Any]] = dict(lock.resolutions)
    for name in environments:
        pin = replace(resolutions[name][old.project], version=new.version, artifact=new.filename)
        resolutions[name] = {**resolutions[name], old.project: pin}
    artifacts = {a.filename: a for a in lock.artifacts.values()} | {new.filename: new}
    used = {pin.artifact for found in (*resolutions.values(), *lock.closures.values()) for pin in found.values()}
    return replace(lock, resolutions=resolutions, artifacts={f: a for f, a in artifacts.items() if f in used})


def test_an_upgrade_everywhere_is_one_entry() -> None:
    new = wheel("harbor", "2.2.0", 2_500_000)
    found = diff(example(), moved(example(), HARBOR, new))
    assert found.pins == (
        PinChange(project="harbor", what="version", old="2.1.0", new="2.2.0", environments=BOTH, everywhere=True),
    )
    assert describe_diff(found) == [
        "harbor 2.1.0 → 2.2.0 (all environments)",
        "1 file added: 2.5 MB",
        "1 file removed: 1.0 kB",
    ]


def test_environments_that_move_apart_are_entries_of_their_own() -> None:
    lock = moved(example(), HARBOR, wheel("harbor", "2.2.0"), (LINUX_NAME,))
    lock = moved(lock, HARBOR, wheel("harbor", "3.0.0"), (WINDOWS_NAME,))
    assert describe_diff(diff(example(), lock))[:2] == [
        "harbor 2.1.0 → 2.2.0 (linux-py311)",
        "harbor 2.1.0 → 3.0.0 (windows-py313)",
    ]


def test_the_same_version_from_another_file_with_other_extras() -> None:
    other = wheel("keel", "1.4", tag="1-py3-none-any")
    lock = moved(example(), KEEL_WHEEL, other, (WINDOWS_NAME,))
    harbor = replace(lock.resolutions[LINUX_NAME]["harbor"], extras=("crew", "rig"), dependencies=("keel",))
    resolutions = {**lock.resolutions, LINUX_NAME: {**lock.resolutions[LINUX_NAME], "harbor": harbor}}
    lines = describe_diff(diff(example(), replace(lock, resolutions=resolutions)))
    assert lines[:3] == [
        "harbor dependencies: keel, sail → keel (linux-py311)",
        "harbor extras: rig → crew, rig (linux-py311)",
        f"keel artifact: {KEEL_WHEEL.filename} → {other.filename} (windows-py313)",
    ]


def test_other_bytes_under_the_same_name_come_first_and_loud() -> None:
    evil = replace(HARBOR, sha256=sha256("evil"), size=1001, yanked=None)
    lock = moved(
        replace(example(), artifacts={**example().artifacts, HARBOR.filename: evil}), KEEL_WHEEL, KEEL_WHEEL, ()
    )
    found = diff(example(), lock)
    assert found.replaced == (FactChange(subject=HARBOR.filename, field="sha256", old=HARBOR.sha256, new=evil.sha256),)
    assert found.pins == ()
    first, *rest = describe_diff(found)
    assert first.startswith(f"SECURITY: {HARBOR.filename} has other bytes under the same name: sha256 {HARBOR.sha256}")
    assert rest == [
        f"{HARBOR.filename}: size '1000' → '1001'",
        f"{HARBOR.filename}: yanked no longer '{HARBOR.yanked}'",
    ]


def test_environments_and_roots() -> None:
    old, musl = example(), replace(LINUX, libc="musl 1.2", tags=("py3-none-any",), markers={"sys_platform": "linux"})
    new = replace(
        old,
        environments={LINUX_NAME: musl, "mac": LINUX},
        resolutions={LINUX_NAME: old.resolutions[LINUX_NAME], "mac": pins()},
        roots={LINUX_NAME: {"": ("harbor[rig]>=2", "keel"), "dev": ()}},
    )
    found = diff(old, new)
    assert found.roots == (
        RootChange(group="", requirement="keel", added=True, environments=(LINUX_NAME,), everywhere=True),
        RootChange(group="dev", requirement="mast-tools", added=False, environments=(LINUX_NAME,), everywhere=True),
    )
    assert describe_diff(found)[:7] == [
        "environment mac added",
        "environment windows-py313 removed",
        "environment linux-py311: libc 'glibc 2.28' → 'musl 1.2'",
        "environment linux-py311: markers.python_version no longer '3.11'",
        "environment linux-py311: 0 tags added, 1 removed",
        "requirement keel added (all environments)",
        "requirement mast-tools in group dev removed (all environments)",
    ]


def test_builds_are_compared_by_what_they_hold() -> None:
    renamed = replace(
        example(),
        closures={"x1": example().closures["c1"], "x2": example().closures["c2"]},
        builds={
            name: replace(
                b, environments={e: replace(v, closure=f"x{str(v.closure)[1]}") for e, v in b.environments.items()}
            )
            for name, b in example().builds.items()
        },
    )
    assert not diff(example(), renamed)
    anvil = wheel("anvil", "1.1")
    keel = renamed.builds[KEEL_SDIST.filename]
    built = replace(
        keel.environments[LINUX_NAME], requires=keel.environments[LINUX_NAME].requires[:1], unknown="its hook"
    )
    new = replace(
        renamed,
        closures={"x1": pins(FORGE, anvil, forge=("anvil",)), "x2": pins(anvil)},
        builds={
            **renamed.builds,
            KEEL_SDIST.filename: replace(keel, backend="keelson", environments={LINUX_NAME: built}),
        },
    )
    found = diff(example(), new)
    assert found.build_pins == (
        PinChange(
            project="anvil",
            what="version",
            old=ANVIL.version,
            new="1.1",
            environments=(LINUX_NAME,),
            everywhere=False,
            sdists=(FORGE.filename, KEEL_SDIST.filename),
        ),
    )
    requires = "forge>=3 (default), anvil (hook: setup.py)"
    assert describe_diff(found) == [
        "build of keel-1.4.tar.gz: backend setuptools.build_meta:__legacy__ → keelson (linux-py311)",
        f"build of keel-1.4.tar.gz: requires {requires} → forge>=3 (default) (linux-py311)",
        "build of keel-1.4.tar.gz: unknown nothing → its hook (linux-py311)",
        "anvil 1.0 → 1.1 (linux-py311, to build forge-3.2.tar.gz, keel-1.4.tar.gz)",
    ]


def test_a_wheel_in_place_of_an_sdist_ends_its_build() -> None:
    lock = moved(example(), KEEL_SDIST, wheel("keel", "1.4", tag="cp311-cp311-linux_x86_64"), (LINUX_NAME,))
    found = diff(example(), replace(lock, builds={FORGE.filename: example().builds[FORGE.filename]}))
    assert found.builds == (
        BuildChange(
            sdist=KEEL_SDIST.filename, what="build", old="yes", new=None, environments=(LINUX_NAME,), everywhere=False
        ),
    )
    assert "build of keel-1.4.tar.gz removed (linux-py311)" in describe_diff(found)


def test_a_mirror_and_other_inputs() -> None:
    old = example()
    mirror = replace(old.indexes["corp"], files="https://mirror.example/")
    new = replace(old, indexes={"corp": mirror}, inputs=inputs(**{"spec.yaml": sha256("2"), "more.in": sha256("3")}))
    assert describe_diff(diff(old, new)) == [
        "index corp: files 'https://files.index.example/' → 'https://mirror.example/'",
        "more.in is a new input",
        "requirements/base.in is no longer an input",
        "spec.yaml has changed",
    ]


def test_an_age_that_was_measured_anew() -> None:
    old = example()
    new = replace(old, exclude_newer={"P7D": "2026-11-24T12:00:00Z"})
    assert describe_diff(diff(old, new)) == [
        "uploads younger than P7D: exclude_newer '2026-11-17T12:00:00Z' → '2026-11-24T12:00:00Z'"
    ]


def test_what_is_asked_of_attestations() -> None:
    old = example()
    new = replace(old, attestations={"harbor": replace(old.attestations["harbor"], publisher=None)})
    assert describe_diff(diff(old, new)) == [
        "attestations of all: check no longer 'if-present'",
        "attestations of harbor: publisher no longer 'kind=GitHub repository=crew/harbor'",
    ]


def test_sizes() -> None:
    shown = [human_size(n) for n in (0, 999, 1000, 999_949, 999_950, 12_345_678, 10**12, 10**15)]
    assert shown == ["0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "12.3 MB", "1.0 TB", "1000.0 TB"]
    found = diff(example(), moved(example(), HARBOR, sdist("harbor", "3", None), (LINUX_NAME,)))
    assert "1 file added: 0 B and 1 file of unknown size" in describe_diff(found)


def test_what_to_do_about_a_build_names_every_key_that_helps() -> None:
    keys = {name for name in BuildSpec.__annotations__ if name not in ("environments", "origin", "inherited")}
    assert set(re.findall(r"`build: (\w+):`", HOW_TO_ANSWER)) == keys
