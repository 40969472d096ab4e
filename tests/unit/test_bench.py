"""The logic of the benchmark: who runs when, what is made of the figures, and that docs/ shows these and no others."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

import bench
from bench import peers, processes, publish, tables
from bench.__main__ import plan
from bench.builds import BuildSet, build_sets, compiles
from bench.command_line import Bench
from bench.growth import FixedIndex, environments, metadata, page
from bench.processes import Failed, Usage
from bench.results import FOLDER, LIMIT, Cell, Result, dumps, loads, read
from bench.rounds import PATIENCE, Once, balanced, paired
from bench.speed import Locking
from bench.spent import put_aside, remove
from bench.targets import Target, growth, verdict
from bench.workloads import MODES, pick


def test_the_package_says_what_is_where() -> None:
    modules = {path.stem for path in Path(bench.__file__).parent.glob("*.py")} - {"__init__"}
    assert not modules - set(re.findall(r"\w+", bench.__doc__ or ""))


def result(*cells: Cell, kind: str = "locks", name: str = "black", cores: int = 2) -> Result:
    versions = {"wheelhouse": "abc", "uv lock": "1.0"}
    return Result(
        kind=kind, name=name, date="2026-11-26", machine="Linux x86_64, CPython 3.11.7", cores=cores, rounds=3,
        limit=240.0, versions=versions, cells=cells,
    )  # fmt: skip


def cell(
    tool: str, *seconds: float, mode: str = "warm", memory: float = 10, failure: str = "", others: float = 0
) -> Cell:
    many = len(seconds)
    return Cell(
        workload="black", mode=mode, tool=tool, seconds=seconds, cpu=seconds, memory=(memory,) * many,
        requests=(1,) * many, failure=failure, others=others,
    )  # fmt: skip


class Tool:
    """Takes ``seconds`` each time, and writes its name down."""

    def __init__(self, name: str, said: list[str], seconds: float = 1, failure: str = "") -> None:
        self.name, self.said, self.seconds, self.failure = name, said, seconds, failure

    def __call__(self) -> tuple[Usage, int]:
        self.said.append(self.name)
        if self.failure:
            raise Failed(self.failure)
        return Usage(seconds=self.seconds, cpu=self.seconds / 2, memory=20, others=0.25), 7


def measured(rounds: int, *tools: Tool) -> dict[str, Cell]:
    turns: dict[str, Once] = {tool.name: tool for tool in tools}
    return {one.tool: one for one in paired("black", "warm", turns, rounds)}


def test_the_rounds_go_by_a_balanced_order() -> None:
    said: list[str] = []
    measured(3, *(Tool(name, said) for name in "abc"))
    assert said == [name for number in range(3) for name in balanced("abc", number)]


@pytest.mark.parametrize(("names", "rounds"), [("ab", 2), ("abcd", 4), ("abc", 6), ("abcdefg", 14)])
def test_each_comes_equally_often_at_each_place_and_after_each_other(names: str, rounds: int) -> None:
    orders = [balanced(names, number) for number in range(rounds)]
    assert all(sorted(order) == list(names) for order in orders)
    places = Counter((name, place) for order in orders for place, name in enumerate(order))
    assert set(places.values()) == {rounds // len(names)}
    follows = Counter(pair for order in orders for pair in itertools.pairwise(order))
    assert len(follows) == len(names) * (len(names) - 1)
    assert len(set(follows.values())) == 1


def test_nobody_and_one_alone_have_an_order() -> None:
    assert [balanced([], 2), balanced(["a"], 3)] == [[], ["a"]]


def test_what_is_slow_is_measured_less() -> None:
    said: list[str] = []
    found = measured(5, Tool("quick", said), Tool("slow", said, PATIENCE / 2 - 1), Tool("endless", said, PATIENCE * 9))
    assert [said.count(name) for name in ("quick", "slow", "endless")] == [5, 2, 1]
    assert found["slow"].seconds == (PATIENCE / 2 - 1,) * 2


def test_a_cell_has_each_round() -> None:
    one = measured(2, Tool("a", []))["a"]
    assert (one.seconds, one.cpu, one.memory, one.requests, one.others) == ((1, 1), (0.5, 0.5), (20, 20), (7, 7), 0.5)


def test_who_fails_is_asked_no_more_and_has_no_figures() -> None:
    said: list[str] = []
    one = measured(3, Tool("a", said, failure="exit 1"))["a"]
    assert (said, one.failure, one.seconds, one.requests) == (["a"], "exit 1", (), ())


def test_results_round_trip() -> None:
    made = result(cell("wheelhouse", 1.5, 2.5), cell("uv lock", failure=LIMIT))
    again = loads(dumps(made))
    assert dumps(again) == dumps(made)
    assert [(one.tool, list(one.seconds), one.failure) for one in again.cells] == [
        ("wheelhouse", [1.5, 2.5], ""),
        ("uv lock", [], LIMIT),
    ]


def test_the_load_is_the_share_that_others_took() -> None:
    assert result(cell("a", 2, 2, others=0.8), cell("b", 4, others=0), cores=2).load == pytest.approx(0.05)
    assert result(cell("a", failure=LIMIT)).load == 0
    busy = tables.conditions([result(cell("a", 1, others=1))])
    assert "**50%: the machine was busy**" in busy


WARM = Target(about="warm", mode="warm", peer="uv lock", most=2.0)


@pytest.mark.parametrize(
    ("ours", "peer", "told", "is_met"),
    [
        ((3, 1, 2), cell("uv lock", 1), "2.00", True),
        ((3,), cell("uv lock", 1), "**3.00**", False),
        ((24,), cell("uv lock", failure=LIMIT), "< 0.10", True),
        ((0.001,), cell("uv lock", 1), "0.001", True),
        ((0.0001,), cell("uv lock", 1), "< 0.001", True),
    ],
)
def test_ratios(ours: tuple[float, ...], peer: Cell, told: str, is_met: bool) -> None:
    found = verdict(WARM, result(cell("wheelhouse", *ours), peer))
    assert found is not None
    assert (tables.ratio(found), found.is_met) == (told, is_met)


@pytest.mark.parametrize(
    "cells",
    [
        (cell("wheelhouse", 1),),
        (cell("uv lock", 1),),
        (cell("wheelhouse", 1), cell("uv lock", failure="exit 1")),
        (cell("wheelhouse", failure=LIMIT), cell("uv lock", 1)),
        (cell("wheelhouse", 500), cell("uv lock", failure=LIMIT)),
    ],
)
def test_no_ratio_of_what_was_not_measured(cells: tuple[Cell, ...]) -> None:
    assert verdict(WARM, result(*cells)) is None
    assert tables.ratio(None) == "-"


def test_targets_are_about_their_workloads() -> None:
    cells = (cell("wheelhouse", 1), cell("uv lock", 1))
    for target, is_there in (
        (Target(about="", mode="warm", peer="uv lock", most=1, without=("black",)), False),
        (Target(about="", mode="warm", peer="uv lock", most=1, only=("black",)), True),
        (Target(about="", mode="warm", peer="uv lock", most=1, only=("trio",)), False),
        (Target(about="", mode="warm", peer="uv lock", most=1, kind="builds"), False),
    ):
        assert (verdict(target, result(*cells)) is not None) == is_there


def test_anew_stands_beside_a_warm_peer_and_memory_beside_a_figure() -> None:
    found = verdict(
        Target(about="", mode="anew", peer="uv lock", most=1),
        result(cell("wheelhouse", 4, mode="anew"), cell("uv lock", 2)),
    )
    assert found is not None
    assert found.ratio == 2
    memory = Target(about="", mode="warm", most=1, figure="memory", unit=20)
    found = verdict(memory, result(cell("wheelhouse", 1, memory=10)))
    assert found is not None
    assert found.ratio == 0.5
    missed = replace(cell("wheelhouse", 1, 1, 1), memory=(10, 10, 30))
    assert verdict(memory, result(missed)) == replace(found, ratio=1.5), "two rounds were looked at too late"


def test_a_missed_target_tells_by_how_much() -> None:
    black = result(cell("wheelhouse", 5), cell("uv lock", 1))
    other = result(cell("wheelhouse", 1), cell("uv lock", 1))
    found = [verdict(WARM, black), verdict(WARM, other)]
    assert tables.outcome([one for one in found if one]) == "missed on 1 of 2, at worst by 2.50 times"
    assert tables.outcome([one for one in found[1:] if one]) == "met"
    assert tables.outcome([]) == "not measured"
    row = next(line for line in tables.targets([black]).splitlines() if line.startswith("| cold | uv lock"))
    assert row == "| cold | uv lock | 2.00 | - | not measured |"


def test_growth_is_the_power_of_the_size() -> None:
    cells = [
        Cell(workload=str(size), mode="projects", tool="a", seconds=(time,))
        for size, time in ((10, 1), (100, 1), (1000, 10))
    ]
    assert growth(cells, "projects", "a", 100) == pytest.approx(1)
    assert growth(cells, "projects", "a", 10) == pytest.approx(0.5)
    assert growth(cells[:1], "projects", "a", 10) is None


@pytest.mark.parametrize(
    ("value", "told"), [(0.02149, "0.021"), (0.9, "0.900"), (2.687, "2.69"), (30.37, "30.4"), (224.9, "225"), (0, "0")]
)
def test_three_digits_count(value: float, told: str) -> None:
    assert tables.number(value) == told


def test_tables_name_tools_with_versions_and_say_why_a_figure_is_missing() -> None:
    made = result(cell("wheelhouse", 1, 3, 2), cell("uv lock", failure=LIMIT), cell("wheelhouse", 0.5, mode="no-op"))
    assert tables.modes(made) == (
        "| seconds | no-op | warm |\n|---|---:|---:|\n"
        "| wheelhouse abc | 0.500 | 2.00 |\n| uv lock 1.0 | - | over the limit |\n"
    )
    assert tables.details(made) == (
        "| mode | tool | seconds | least to most | CPU s | peak MiB | requests |\n|---|---:|---:|---:|---:|---:|---:|\n"
        "| no-op | wheelhouse | 0.500 |  | 0.500 | 10 | 1 |\n"
        "| warm | wheelhouse | 2.00 | 1.00 to 3.00 | 2.00 | 10 | 1 |\n"
        "| warm | uv lock | over the limit |  |  |  |  |\n"
    )


def test_blocks_are_replaced_and_nothing_else() -> None:
    text = "a\n<!-- bench: x -->\nold\n<!-- /bench -->\nb\n<!-- bench: y -->\n<!-- /bench -->\n"
    made = publish.rendered(text, {"x": "new\n", "y": "n\n"})
    assert made == "a\n<!-- bench: x -->\n\nnew\n\n<!-- /bench -->\nb\n<!-- bench: y -->\n\nn\n\n<!-- /bench -->\n"
    assert publish.rendered(made, {"x": "new\n", "y": "n\n"}) == made
    with pytest.raises(KeyError, match="z"):
        publish.rendered("<!-- bench: z -->\n<!-- /bench -->", {})


def test_docs_show_the_results() -> None:
    results = read(FOLDER)
    assert {one.kind for one in results} == {"locks", "builds", "growth", "vendoring", "serving"}
    assert not publish.stale(results), "python -m bench.publish"
    shown = set(publish.BLOCK.findall(publish.PAGE.read_text(encoding="utf-8")))
    assert {name for _, name, _ in shown} == set(publish.blocks(results))


def test_a_figure_that_was_typed_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = publish.PAGE.read_text(encoding="utf-8")
    (tmp_path / "speed.md").write_text(re.sub(r"\d\.\d\d \|", "9.99 |", text, count=1), encoding="utf-8")
    monkeypatch.setattr(publish, "PAGE", tmp_path / "speed.md")
    assert publish.stale(read(FOLDER)) == ["speed.md"]


def test_results_tell_nothing_of_where_they_were_made() -> None:
    results = [*FOLDER.glob("*.json")]
    assert results
    for path in results:
        text = path.read_text(encoding="utf-8")
        assert loads(text).cells, path.name
        assert not re.search(r"[\\~@]|://|\"/|\.(org|com|net)\b", text), path.name
        assert dumps(loads(text)) == text, f"{path.name} was edited"


LOCK = {
    "builds": {
        "a.tar.gz": {
            "environments": {
                "linux": {"requires": [{"requirement": "setuptools"}, {"requirement": "wheel"}]},
                "mac": {"requires": [{"requirement": "wheel"}, {"requirement": "setuptools"}]},
            }
        },
        "b.tar.gz": {
            "environments": {
                "linux": {"requires": [{"requirement": "flit-core"}]},
                "windows": {"requires": [{"requirement": "setuptools"}, {"requirement": "wheel"}]},
                "arm": {"requires": [{"requirement": "gone"}], "unbuildable": "no release"},
                "mac": {"requires": []},
            }
        },
    }
}


def test_sets_of_build_requirements_are_distinct(tmp_path: Path) -> None:
    sets = build_sets(LOCK)
    assert sets == [
        BuildSet(requirements=("flit-core",), environments=["linux"]),
        BuildSet(requirements=("setuptools", "wheel"), environments=["linux", "mac", "windows"]),
    ]
    each = compiles("uv", "https://index.example/", tmp_path, sets, every=False)
    every = compiles("uv", "https://index.example/", tmp_path, sets, every=True)
    assert (len(each), len(every)) == (2, 4)
    assert (tmp_path / "1.in").read_text() == "setuptools\nwheel\n"
    assert len({command[command.index("--output-file") + 1] for command in every}) == 4


def test_made_up_projects_reach_each_other() -> None:
    seen, waiting = set(), ["p0"]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += re.findall(r"Requires-Dist: (p\d+)", metadata(name, "1.19", 50).decode())
    assert seen == {f"p{number}" for number in range(50)}
    files = page("p3", 50, "https://files.example")["files"]
    assert len(json.loads(json.dumps(files))) == 20
    assert list(environments(5)) == ["linux-310", "arm-310", "mac-310", "windows-310", "linux-311"]


def test_a_run_is_narrowed_to_parts_that_have_the_workloads() -> None:
    assert plan(["locks", "growth"], None) == {"locks": [], "growth": []}
    assert plan(["locks", "builds", "growth", "vendoring"], ["trio", "web"]) == {
        "locks": ["--workload", "trio", "web"],
        "builds": ["--workload", "web"],
    }


def test_names_are_picked_in_the_order_of_what_is_known() -> None:
    assert pick(["c", "a"], ["a", "b", "c"]) == ["a", "c"]
    assert pick(None, ["a"]) == ["a"]
    with pytest.raises(ValueError, match="unknown: d; there are a"):
        pick(["d"], ["a"])


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool, bool]]:
    """Each command that was run, and whether it found a cache and a lock; it leaves both."""
    found: list[tuple[str, bool, bool]] = []

    def run(commands: list[list[str]], folder: Path, *_: object, **__: object) -> Usage:
        [[command]] = commands
        found.append((command, (folder / "cache").exists(), (folder / "the.lock").exists()))
        (folder / "cache/runs").mkdir(parents=True, exist_ok=True)
        (folder / "the.lock").touch()
        if command == "fail":
            raise Failed("exit 2")
        return Usage(seconds=1, cpu=1, memory=1)

    monkeypatch.setattr(processes, "run", run)
    return found


def locking(folder: Path, lock: str = "lock", answers: str = "") -> Locking:
    tool = peers.Tool(
        name="t", packages=(), write=lambda _: None, lock="*.lock", variables=lambda _: {}, answers=answers,
        commands=lambda _, __: {"lock": [[lock]], "no-op": [["no-op"]], "update": [["update"]]},
    )  # fmt: skip
    job = peers.Job(folder=folder / "job", index="https://index.example/", requirements=["a"], moves="a")
    place = Bench(folder=folder, rounds=1, limit=9)
    return Locking(tool=tool, job=job, index=FixedIndex(base="", process=0), place=place)


def test_every_mode_finds_what_it_wants(tmp_path: Path, runs: list[tuple[str, bool, bool]]) -> None:
    tool = locking(tmp_path)
    tool.record(MODES)
    assert runs == [("lock", False, False), ("update", True, True), ("lock", False, False)]
    runs.clear()
    for name in ("plain", "cold", "warm", "update", "no-op"):
        tool.once(MODES[name])
    cold, warm = ("lock", False, False), ("lock", True, False)
    assert runs == [cold, cold, warm, ("update", True, True), ("no-op", True, True)]


def test_a_mode_alone_is_given_caches_and_a_lock(tmp_path: Path, runs: list[tuple[str, bool, bool]]) -> None:
    tool = locking(tmp_path)
    tool.record({"plain": MODES["plain"]})
    runs.clear()
    tool.once(MODES["no-op"])
    assert runs == [("lock", False, False), ("no-op", True, True)], "not those of an index without metadata"


def test_a_tool_that_cannot_lock_is_asked_once(tmp_path: Path, runs: list[tuple[str, bool, bool]]) -> None:
    tool = locking(tmp_path, lock="fail")
    tool.record(MODES)
    assert (len(runs), tool.failure) == (1, "exit 2")


def test_kept_answers_are_forgotten_where_the_mode_says_so(tmp_path: Path, runs: list[tuple[str, bool, bool]]) -> None:
    tool = locking(tmp_path, answers="runs")
    tool.record({})
    for mode, is_kept in (("warm", True), ("anew", False), ("update", False)):
        (tool.job.cache / "runs/one").touch()
        tool._prepare(MODES[mode])
        assert (tool.job.cache / "runs").exists() == is_kept, mode
        (tool.job.cache / "runs").mkdir(exist_ok=True)
    assert tool.can(MODES["anew"])
    assert not locking(tmp_path).can(MODES["anew"])
    assert runs


def test_what_was_carried_and_served_is_told_with_its_rate() -> None:
    right = {"files": 3, "bytes": 4_000_000, "right": 2, "wanted": 2}
    one = Cell(workload="x", mode="first", tool="uv lock", seconds=(2.0,), cpu=(1.0,), memory=(9.4,), more=right)
    failed = Cell(workload="x", mode="first", tool="other", failure="exit 2")
    carried = tables.carried([result(one, failed, kind="vendoring")]).splitlines()
    assert carried[2] == "| first | uv lock 1.0 | 2.00 | 1.00 | 2.00 | 9 | 3 | 2 of 2 |"
    assert carried[3] == "| first | other | exit 2 |  |  |  |  |  |"
    late = {"bytes": 8_000_000, "half_ms": 1.5, "most_ms": 20}
    one = Cell(
        workload="x",
        mode="pages",
        tool="wheelhouse",
        seconds=(2.0,),
        cpu=(1.0,),
        memory=(9,),
        requests=(4000,),
        more=late,
    )
    served = tables.served([result(one, kind="serving")]).splitlines()
    assert served[2] == "| pages | wheelhouse abc | 2,000 | 4.00 | 1.50 | 20.0 | 0.250 | 9 |"


def test_ours_comes_first() -> None:
    made = result(cell("stranger", 1), cell("uv lock", 1), cell("wheelhouse", 1))
    assert made.tools == ["wheelhouse", "uv lock", "stranger"]


def test_what_has_served_is_put_aside_and_takes_no_room(tmp_path: Path) -> None:
    cache, kept = tmp_path / "cache", tmp_path / "kept"
    (cache / "pages").mkdir(parents=True)
    (cache / "pages/one").write_bytes(b"x" * 999)
    kept.write_bytes(b"y")
    (cache / "link").symlink_to(kept)
    (cache / "same").hardlink_to(kept)
    for _ in range(2):
        put_aside(cache, tmp_path / "spent")
    [aside] = (tmp_path / "spent").iterdir()
    assert not cache.exists()
    assert (aside / "pages/one").stat().st_size == 0
    assert kept.read_bytes() == b"y", "somebody else has it too"
    remove(tmp_path / "spent")
    assert not (tmp_path / "spent").exists()
