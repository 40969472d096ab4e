"""The coverage matrix: what each environment gets, what it weighs, and what is missing."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from hypothesis import given, settings

from resolver.lock.coverage import Cell, FileUse, Total, Weight, coverage, files_of
from resolver.lock.model import Lock
from tests.unit.lock_examples import ANVIL, FORGE, KEEL_SDIST, KEEL_WHEEL, example, locks, pins, wheel

LINUX_NAME, WINDOWS_NAME = "linux-py311", "windows-py313"


def test_the_matrix() -> None:
    matrix = coverage(example())
    assert matrix.environments == (LINUX_NAME, WINDOWS_NAME)
    assert list(matrix.projects) == ["harbor", "keel", "mast-tools", "sail"]
    assert matrix.projects["keel"] == {
        LINUX_NAME: Cell(
            kind="sdist",
            version="1.4",
            artifact=KEEL_SDIST.filename,
            size=40_000,
            closure="c1",
            build_requirements=2,
        ),
        WINDOWS_NAME: Cell(kind="wheel", version="1.4", artifact=KEEL_WHEEL.filename, size=90_000),
    }
    assert matrix.projects["mast-tools"][WINDOWS_NAME] == Cell(kind="absent")


def test_totals_take_build_closures_in_and_say_which_sizes_are_unknown() -> None:
    matrix = coverage(example())
    assert matrix.totals == {
        # harbor, keel, mast-tools, forge and anvil; sail's size is not known
        LINUX_NAME: Total(
            wheels=3, sdists=1, weight=Weight(files=6, bytes=1000 + 40_000 + 7000 + 20_000 + 3000, unsized=1)
        ),
        WINDOWS_NAME: Total(wheels=3, sdists=0, weight=Weight(files=3, bytes=1000 + 90_000, unsized=1)),
    }
    assert matrix.weight == Weight(files=7, bytes=161_000, unsized=1)  # what both need is counted once
    assert coverage(example(), [WINDOWS_NAME]).weight == matrix.totals[WINDOWS_NAME].weight


def test_projects_that_only_builds_use_are_apart() -> None:
    matrix = coverage(example())
    assert list(matrix.build_only) == ["anvil", "forge"]
    assert matrix.build_only["forge"] == {
        LINUX_NAME: (
            Cell(
                kind="sdist",
                version="3.2",
                artifact=FORGE.filename,
                size=20_000,
                closure="c2",
                build_requirements=1,
            ),
        )
    }
    assert coverage(example(), [WINDOWS_NAME]).build_only == {}


def test_two_builds_may_need_two_versions() -> None:
    other = wheel("anvil", "0.5")
    lock = example()
    lock = replace(
        lock,
        artifacts={**lock.artifacts, other.filename: other},
        closures={**lock.closures, "c2": pins(other)},
    )
    cells = coverage(lock).build_only["anvil"][LINUX_NAME]
    assert [cell.artifact for cell in cells] == [other.filename, ANVIL.filename]


def without(lock: Lock, sdist: str) -> Lock:
    return replace(lock, builds={name: build for name, build in lock.builds.items() if name != sdist})


def test_what_lacks_an_answer_is_incomplete_however_deep_it_lies() -> None:
    lock = example()
    forge = lock.builds[FORGE.filename]
    asking = replace(forge.environments[LINUX_NAME], unknown="its hook must run")
    deep = replace(lock, builds={**lock.builds, FORGE.filename: replace(forge, environments={LINUX_NAME: asking})})
    cell = coverage(deep).projects["keel"][LINUX_NAME]
    assert cell.kind == "incomplete"
    assert cell.reason == "forge-3.2.tar.gz, which its build needs: its hook must run"
    assert cell.closure == "c1"
    cell = coverage(without(lock, KEEL_SDIST.filename)).projects["keel"][LINUX_NAME]
    assert (cell.kind, cell.reason) == ("incomplete", "the lock does not say how it is built")


def test_a_build_cycle_ends() -> None:
    lock = replace(example(), closures={"c1": pins(FORGE), "c2": pins(FORGE)})
    assert coverage(lock).projects["keel"][LINUX_NAME].kind == "sdist"


@given(locks())
@settings(max_examples=25)
def test_every_file_and_every_project_is_accounted_for(lock: Lock) -> None:
    matrix = coverage(lock)
    json.dumps(asdict(matrix))
    used = set().union(*(lock.files_for(name) for name in lock.environments))
    assert matrix.weight.files == len(used)
    assert {lock.artifacts[filename].project for filename in used} == {*matrix.projects, *matrix.build_only}
    assert not matrix.projects.keys() & matrix.build_only.keys()
    for cells in matrix.projects.values():
        assert tuple(cells) == matrix.environments
        assert any(cell.kind != "absent" for cell in cells.values())
    for name, total in matrix.totals.items():
        kinds = [cells[name].kind for cells in matrix.projects.values()]
        assert total.wheels == kinds.count("wheel")
        assert total.sdists == kinds.count("sdist") + kinds.count("incomplete")


def test_files_of_projects_say_who_needs_them_for_what() -> None:
    assert files_of(example(), {"keel", "forge"}) == [
        FileUse(
            project="forge",
            version="3.2",
            file=FORGE.filename,
            size=20_000,
            run=(),
            build=(LINUX_NAME,),
            reasons=(),
        ),
        FileUse(
            project="keel",
            version="1.4",
            file=KEEL_WHEEL.filename,
            size=90_000,
            run=(WINDOWS_NAME,),
            build=(),
            reasons=(),
        ),
        FileUse(
            project="keel",
            version="1.4",
            file=KEEL_SDIST.filename,
            size=40_000,
            run=(LINUX_NAME,),
            build=(),
            reasons=(),
        ),
    ]
    assert files_of(example(), {"keel", "forge"}, [WINDOWS_NAME])[0].file == KEEL_WHEEL.filename


@given(locks())
@settings(max_examples=40)
def test_files_of_all_projects_are_the_files_of_all_environments(lock: Lock) -> None:
    found = files_of(lock, {artifact.project for artifact in lock.artifacts.values()})
    for name in lock.environments:
        assert {one.file for one in found if name in (*one.run, *one.build)} == lock.files_for(name)
