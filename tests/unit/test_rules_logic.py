"""The rules' plain logic, in Starlark: names, locks, cycles, environments, and the text that is generated."""

from __future__ import annotations

import ast
import json
import re
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from resolver.build.model import BuildPlan
from resolver.environments.platforms import MACHINES
from resolver.lock.codec import dumps
from resolver.lock.merge import merge
from resolver.resolution.search import Resolution
from resolver.spec.model import RawEnvironment, ShortEnvironment
from tests.support.environments import ALPINE, HERE, LINUX, MAC, WINDOWS, short, spec
from tests.support.starlark import ROOT, Failed, Module, evaluated, path_of
from tests.unit.hub_example import document
from tests.unit.hub_example import lock as example
from tests.unit.lock_examples import locks

PLAIN = (
    "lock/names",
    "lock/decode",
    "lock/graph",
    "environments/decode",
    "environments/choose",
    "hub/starlark",
    "hub/build_files",
    "hub/override",
    "resolver/declared",
)


def module(name: str) -> Module:
    return Module(f"rules/private/{name}.bzl")


def function(name: str, called: str) -> Any:
    return partial(module(name).call, called)


# --- the support itself, and what the interpreter here allows that Bazel does not ----------------------------------


@pytest.mark.parametrize(
    ("label", "path"),
    [
        ("//rules/private/lock:names.bzl", "rules/private/lock/names.bzl"),
        ("@rules_wheelhouse//rules:defs.bzl", "rules/defs.bzl"),
        (":names.bzl", "rules/private/lock/names.bzl"),
    ],
)
def test_labels_of_loads(label: str, path: str) -> None:
    assert path_of(label, "rules/private/lock") == path
    with pytest.raises(AssertionError, match="only files of this repository"):
        path_of("@bazel_skylib//lib:paths.bzl", "rules")


@pytest.mark.parametrize("name", PLAIN)
def test_no_function_reaches_itself(name: str) -> None:
    """Bazel forbids recursion. (Starlark is a subset of Python's syntax.)"""
    tree = ast.parse((ROOT / f"rules/private/{name}.bzl").read_text(encoding="utf-8"))
    calls = {
        node.name: {
            inner.func.id
            for inner in ast.walk(node)
            if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name)
        }
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
    for called in list(calls):
        for caller, reach in calls.items():
            calls[caller] = reach | calls[called] if called in reach else reach
    assert [called for called, reach in calls.items() if called in reach] == []


# --- names ---------------------------------------------------------------------------------------------------------

_NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)


@given(_NAMES)
def test_normalised_as_packaging_does(name: str) -> None:
    assert function("lock/names", "normalized")(name) == canonicalize_name(name)


@pytest.mark.parametrize(
    "requirement",
    [
        "Requests",
        "Requests[socks]>=2.31",
        "requests [socks, Use_Chardet] >= 2.31",
        "requests==2.31.*",
        "requests~=2.31",
        "requests!=2.0",
        "requests===weird",
        "requests<3",
        "requests>2",
        "requests (>=2.31)",
        "requests(>=2.31)",
        "requests;python_version<'3.9'",
        "requests ; python_version < '3.9'",
        "requests @ https://files.example/requests-2.31-py3-none-any.whl",
        "requests@https://files.example/requests-2.31.tar.gz",
        "requests\t>= 2",
        "  requests  ",
        "ruamel.yaml.clib>=0.2",
        "zope.interface[test]",
        "backports_abc",
        "A__b--C..d>=1",
        "a",
        "7zip",
    ],
)
def test_project_of_a_requirement(requirement: str) -> None:
    assert function("lock/names", "project_of")(requirement) == canonicalize_name(Requirement(requirement.strip()).name)


SHA256 = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("six-1.16.0-py2.py3-none-any.whl", "pip__six-1.16.0-py2.py3-none-any.whl"),
        ("torch-2.0+cpu-cp311-cp311-linux_x86_64.whl", "pip__torch-2.0_cpu-cp311-cp311-linux_x86_64.whl.01234567"),
        ("pytz-1!2024.1.tar.gz", "pip__pytz-1_2024.1.tar.gz.01234567"),
        ("a b~c@d.zip", "pip__a_b_c_d.zip.01234567"),
    ],
)
def test_repository_of_an_artifact(filename: str, expected: str) -> None:
    assert function("lock/names", "repository_name")("pip", filename, SHA256) == expected


@given(st.lists(st.text("aB1_+!.-@", min_size=1, max_size=6), min_size=2, max_size=2, unique=True))
def test_two_artifacts_have_two_repositories_whose_names_are_valid(filenames: list[str]) -> None:
    import hashlib

    named = [
        function("lock/names", "repository_name")("pip", name, hashlib.sha256(name.encode()).hexdigest())
        for name in filenames
    ]
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*", name) for name in named)  # what Bazel 4 takes
    assert named[0] != named[1]


def test_build_name() -> None:
    assert function("lock/names", "build_name")("keel-1.4.tar.gz", "linux") == "keel-1.4.tar.gz@linux"


@pytest.mark.parametrize(
    ("label", "path"),
    [
        ("lock.json", "team/lock.json"),
        (":lock.json", "team/lock.json"),
        ("locks/lock.json", "team/locks/lock.json"),
        ("//:lock.json", "lock.json"),
        ("//a/b:c/lock.json", "a/b/c/lock.json"),
        ("//a/lock.json", "a/lock.json/lock.json"),
        ("@//:lock.json", "lock.json"),
        ("@@//a:lock.json", "a/lock.json"),
    ],
)
def test_path_of_a_label(label: str, path: str) -> None:
    assert function("lock/names", "path_of")(label, "team") == path
    assert function("lock/names", "path_of")(label, "") == path.removeprefix("team/")


@pytest.mark.parametrize(("text", "minor"), [("3.12", "3.12"), ("3.12.4", "3.12"), ("3", "3"), ("", "")])
def test_minor_versions(text: str, minor: str) -> None:
    assert function("environments/decode", "minor_version")(text) == minor


# --- a lock --------------------------------------------------------------------------------------------------------


def decoded(text: str) -> Any:
    return function("lock/decode", "decode_lock")(text, "@//:lock.json")


def repositories(lock: object, **mirrors: list[str]) -> dict[str, dict[str, Any]]:
    rows = function("lock/decode", "artifact_repositories")("pip", lock, mirrors)
    assert [row["filename"] for row in rows] == sorted(row["filename"] for row in rows)
    return {row["project"]: row for row in rows}


@given(locks())
@settings(max_examples=20)
def test_any_lock_is_read_as_python_reads_it(lock: Any) -> None:
    assert decoded(dumps(lock)) == json.loads(dumps(lock))


@pytest.mark.parametrize("text", ["{}", '{"version": 1}'])
def test_no_lock(text: str) -> None:
    with pytest.raises(Failed, match=r"^@//:lock\.json is not a lock of wheelhouse: .*`wheelhouse resolve` makes one$"):
        decoded(text)


@pytest.mark.parametrize("text", ["", "[]", '"lock"', "3", "{", dumps(example()).rpartition("{")[0]])
def test_no_document(text: str) -> None:
    with pytest.raises(
        Failed, match=r"^@//:lock\.json is not a lock of wheelhouse: it is no JSON object, or only a part"
    ):
        decoded(text)


def test_a_lock_of_an_unresolved_merge() -> None:
    lines = dumps(example()).splitlines()
    merged = "\n".join([lines[0], "<<<<<<< HEAD", lines[1], "=======", lines[1], ">>>>>>> other", *lines[2:]])
    with pytest.raises(Failed, match=r"^@//:lock\.json holds an unresolved merge: take one side's lock whole"):
        decoded(merged)


def test_a_lock_without_its_sections() -> None:
    with pytest.raises(Failed, match=r"it has no indexes, environments, artifacts, resolutions, builds, closures;"):
        decoded('{"lock_version": 1, "inputs": {}}')


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("artifacts", [], "artifacts is no object"),
        ("environments/alpine/tags", None, "the environment alpine has no tags"),
        ("environments/windows", None, "there is no environment windows, which `resolutions` name"),
        ("indexes/corp", None, "there is no index corp, which the artifact anvil-1.0-py3-none-any.whl names"),
        (
            "artifacts/harbor-2.1.0-py3-none-any.whl", None,
            "there is no artifact harbor-2.1.0-py3-none-any.whl, which the resolution of alpine names",
        ),
        (
            "resolutions/windows/harbor/version", "2.2.0",
            "the resolution of windows pins harbor-2.1.0-py3-none-any.whl of harbor 2.2.0",
        ),
        ("resolutions/windows/sail", None, "the resolution of windows has no sail, on which keel depends"),
        ("builds/keel-1.4.tar.gz", None, "`builds` do not say how keel-1.4.tar.gz is built for alpine"),
        (
            "builds/forge-3.2.tar.gz/environments/linux-py311", None,
            "`builds` do not say how forge-3.2.tar.gz is built for linux-py311",
        ),
        ("closures/c2", None, "there is no closure c2, which builds forge-3.2.tar.gz"),
        ("closures/c1/anvil", None, "closure c1 has no anvil, on which forge depends"),
    ],
)  # fmt: skip
def test_a_lock_that_was_edited_or_merged_badly(path: str, value: object, said: str) -> None:
    lock = document()
    *folders, last = path.split("/")
    holder = lock
    for folder in folders:
        holder = holder[folder]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    with pytest.raises(Failed, match=rf"^@//:lock\.json is edited, or badly merged: {re.escape(said)}; restore it, or"):
        decoded(json.dumps(lock))


def test_what_cannot_be_read_need_not_be_an_error() -> None:
    read = function("lock/decode", "read_lock")
    assert read(dumps(example()), "a") == [document(), ""]
    lock, why = read("", "a")
    assert lock is None
    assert why.startswith("a is not a lock of wheelhouse: ")


@pytest.mark.parametrize("version", [0, 2, "1"])
def test_a_lock_of_another_version(version: object) -> None:
    with pytest.raises(
        Failed, match=rf"@//:lock\.json has lock_version {version}, and these rules read 1: use .* anew"
    ):
        decoded(json.dumps({"lock_version": version}))


def test_urls_of_artifacts() -> None:
    found = repositories(document())
    assert found["harbor"]["urls"] == ["https://files.index.example/packages/harbor-2.1.0-py3-none-any.whl"]
    assert found["mast-tools"]["urls"] == ["https://files.example/direct/mast_tools.whl"]
    assert (found["mast-tools"]["index"], found["mast-tools"]["path"]) == ("", "")
    assert found["harbor"]["sha256"] == document()["artifacts"]["harbor-2.1.0-py3-none-any.whl"]["sha256"]
    assert found["sail"]["name"].startswith("pip__sail-1_0.9_local.1-py3-none-any.whl.")


def test_mirrors_stand_in_for_an_index_and_not_for_a_direct_url() -> None:
    found = repositories(document(), corp=["https://one.example/m", "file:///mirror/"])
    assert found["harbor"]["urls"] == [
        "https://one.example/m/packages/harbor-2.1.0-py3-none-any.whl",
        "file:///mirror/packages/harbor-2.1.0-py3-none-any.whl",
    ]
    assert found["mast-tools"]["urls"] == ["https://files.example/direct/mast_tools.whl"]
    assert repositories(document(), corp=[]) == repositories(document())
    with pytest.raises(Failed, match="mirrors: the lock has no index crop; it has: corp"):
        repositories(document(), crop=["https://one.example/"])


@pytest.mark.parametrize(
    ("base", "expected"), [("wheels/", "wheels/packages/"), ("wheels", "wheels/packages/"), ("", "packages/")]
)
def test_an_index_beside_the_lock(base: str, expected: str) -> None:
    lock = document()
    lock["indexes"]["corp"]["files"] = base
    assert repositories(lock)["anvil"]["urls"] == [f"{expected}anvil-1.0-py3-none-any.whl"]


# --- cycles --------------------------------------------------------------------------------------------------------


def components(graph: dict[str, list[str]]) -> Any:
    return function("lock/graph", "components")(graph)


def reached(graph: dict[str, list[str]], start: str) -> set[str]:
    seen, pending = {start}, [start]
    while pending:
        for node in graph[pending.pop()]:
            if node not in seen:
                seen.add(node)
                pending.append(node)
    return seen


@st.composite
def _graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    nodes = [f"n{number}" for number in range(draw(st.integers(0, 12)))]
    return {node: draw(st.lists(st.sampled_from(nodes), max_size=4)) for node in nodes}


@given(_graphs())
def test_components_are_the_nodes_that_reach_each_other(graph: dict[str, list[str]]) -> None:
    closed = {node: reached(graph, node) for node in graph}
    expected = {a: sorted(b for b in graph if b in closed[a] and a in closed[b]) for a in graph}
    assert components(graph) == expected


def test_shapes_of_graphs() -> None:
    assert components({}) == {}
    assert components({"a": ["a"]}) == {"a": ["a"]}
    assert components({"a": ["b", "b"], "b": []}) == {"a": ["a"], "b": ["b"]}
    both = ["a", "b"]
    assert components({"b": ["a", "c"], "a": ["b"], "c": ["c"]}) == {"a": both, "b": both, "c": ["c"]}


def test_deep_chains_and_wide_cycles() -> None:
    names = [f"n{number:03}" for number in range(500)]
    chain = {name: names[position + 1 : position + 2] for position, name in enumerate(names)}
    assert components(chain) == {name: [name] for name in names}
    assert components({**chain, names[-1]: [names[0]]}) == dict.fromkeys(names, names)
    backwards = {name: names[max(position - 1, 0) : position] for position, name in enumerate(names)}
    assert components(backwards) == {name: [name] for name in names}
    dense = names[:60]
    assert components(dict.fromkeys(dense, dense)) == dict.fromkeys(dense, dense)


# --- environments --------------------------------------------------------------------------------------------------


def tellable(*declared: ShortEnvironment | RawEnvironment) -> Any:
    """What Bazel can tell of environments, by way of the resolver's own expansion and its lock."""
    from resolver.environments.expand import expand

    found = {e.name: Resolution(environment=e, pins={}, notices=()) for e in expand(declared)}
    lock = merge(spec(), found, BuildPlan(builds={}, notices=()), {})
    return function("environments/decode", "decode_environments")(decoded(dumps(lock)))


def facts(declared: ShortEnvironment | RawEnvironment) -> tuple[str, ...]:
    (found,) = tellable(declared).values()
    return tuple(found[aspect] for aspect in ("os", "cpu", "libc", "python"))


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (LINUX, ("linux", "x86_64", "glibc", "3.11")),
        (ALPINE, ("linux", "aarch64", "musl", "3.12")),
        (MAC, ("osx", "aarch64", "", "3.12")),
        (WINDOWS, ("windows", "x86_64", "", "3.13")),
        (short("e", "3.13t", "linux", "arm64"), ("linux", "aarch64", "glibc", "3.13")),
        (short("e", "pypy3.10", "linux", "riscv64", "glibc 2.39"), ("linux", "riscv64", "glibc", "3.10")),
        (short("e", "3.9", "linux", "i686", "musl 1.1"), ("linux", "x86_32", "musl", "3.9")),
        (short("e", "3.11.7", "macos 10.15", "x86_64"), ("osx", "x86_64", "", "3.11")),
        (short("e", "3.11", "windows", "arm64"), ("windows", "aarch64", "", "3.11")),
        (short("e", "3.11", "windows", "x86"), ("windows", "x86_32", "", "3.11")),
    ],
)  # fmt: skip
def test_what_bazel_can_tell(declared: ShortEnvironment, expected: tuple[str, ...]) -> None:
    assert facts(declared) == expected


@pytest.mark.parametrize(
    ("declared", "interpreter", "described"),
    [
        (LINUX, {"version": "3.11", "implementation": "cpython", "abi": "cp311"}, "cpython 3.11 (cp311)"),
        (
            short("e", "3.13t", "linux", "arm64"),
            {"version": "3.13", "implementation": "cpython", "abi": "cp313t"},
            "cpython 3.13 (cp313t)",
        ),
        (
            short("e", "pypy3.10", "linux", "x86_64"),
            {"version": "3.10", "implementation": "pypy", "abi": "pypy310_pp73"},
            "pypy 3.10 (pypy310_pp73)",
        ),
        (
            short("e", "3.7", "windows", "x86"),
            {"version": "3.7", "implementation": "cpython", "abi": "cp37m"},
            "cpython 3.7 (cp37m)",
        ),
    ],
)
def test_the_python_of_an_environment(declared: ShortEnvironment, interpreter: dict[str, str], described: str) -> None:
    (found,) = tellable(declared).values()
    assert function("environments/decode", "interpreter_of")(found) == interpreter
    assert function("environments/decode", "described_interpreter")(interpreter) == described


def test_a_python_of_which_a_raw_environment_tells_little() -> None:
    (found,) = tellable(raw("py3-none-any", python_version="3.12")).values()
    interpreter = function("environments/decode", "interpreter_of")(found)
    assert "abi" not in interpreter
    assert interpreter["version"] == "3.12"
    (found,) = tellable(raw("cp38-abi3-manylinux2014_x86_64")).values()
    assert found["abi"] == ""
    described = function("environments/decode", "described_interpreter")
    assert described({}) == "Python of any version"
    assert described({"version": "3.12"}) == "Python 3.12"


def raw(*tags: str, **markers: str) -> RawEnvironment:
    values = {
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "python_version": "3.12",
        "python_full_version": "3.12.1",
        **markers,
    }
    return RawEnvironment(name="e", origin=HERE, markers=values, tags=tags)


def test_raw_environments() -> None:
    assert facts(raw("cp312-cp312-manylinux_2_28_x86_64"))[2] == "glibc"
    assert facts(raw("cp312-cp312-manylinux2014_x86_64"))[2] == "glibc"
    assert facts(raw("cp312-cp312-linux_x86_64", "cp312-cp312-musllinux_1_1_x86_64"))[2] == "musl"
    assert facts(raw("py3-none-any"))[2] == "glibc"  # nothing tells, and most are
    strange = raw("py3-none-any", sys_platform="freebsd14", platform_machine="mips")
    assert facts(strange) == ("freebsd14", "mips", "", "3.12")


def test_every_machine_that_a_spec_can_name_is_told_apart() -> None:
    """ppc64le has no name in the oldest supported release of the module platforms, and fits nothing else."""
    told: dict[str, set[str]] = {}
    for system, machines in MACHINES.items():
        for machine in machines:
            os = {"macos": "macos 14"}.get(system, system)
            found = facts(short("e", "3.12", os, machine, "glibc 2.39" if system == "linux" else None))
            told.setdefault(found[1], set()).add(machine)
            assert found[0]
    assert told["ppc64le"] == {"ppc64le"}
    assert "" not in told


def test_constraints() -> None:
    constraints = function("environments/decode", "constraints_of")
    ours = "@rules_wheelhouse//rules/private/environments:"
    assert constraints({"os": "linux", "cpu": "aarch64", "libc": "musl", "python": "3.12"}) == [
        "@platforms//os:linux",
        "@platforms//cpu:aarch64",
        f"{ours}musl",
        f"{ours}python_3.12",
    ]
    assert constraints({"os": "", "cpu": "", "libc": "", "python": "4.0"}) == []
    assert constraints({"os": "freebsd14", "cpu": "ppc64le", "libc": "", "python": "4.0"}) == []


# --- which environment is meant ------------------------------------------------------------------------------------

LINUX_X86 = {"os": "linux", "cpu": "x86_64", "libc": "glibc"}
NOTHING = {"os": "", "cpu": "", "libc": ""}


def chosen(
    environments: Any, machine: dict[str, str], python: str = "", default: str = "", *, firm: bool = False
) -> tuple[str | None, str]:
    choose = function("environments/choose", "choose")
    name, why = choose(environments, machine, python, default, "pip", "a flag", firm)
    assert (name is None) == bool(why)
    return name, why


def several() -> Any:
    named = [
        short("linux310", "3.10"),
        short("linux311", "3.11"),
        short("musl311", "3.11", libc="musl 1.2"),
        short("arm311", "3.11", arch="aarch64"),
        short("mac312", "3.12", "macos 14", "arm64"),
        short("windows313", "3.13", "windows", "amd64"),
    ]
    return tellable(*named)


@pytest.mark.parametrize(
    ("machine", "python", "default", "expected"),
    [
        (LINUX_X86, "3.10", "", "linux310"),
        (LINUX_X86, "3.11", "3.10", "linux311"),  # what is asked for goes first
        (LINUX_X86, "", "3.11", "linux311"),
        (LINUX_X86, "3.9", "3.11", "linux311"),  # the Python of Bazel's own default, which the lock does not have
        ({**LINUX_X86, "libc": "musl"}, "", "", "musl311"),
        ({**LINUX_X86, "cpu": "aarch64"}, "", "", "arm311"),
        ({"os": "osx", "cpu": "aarch64", "libc": "glibc"}, "", "", "mac312"),  # libc's default says nothing of a Mac
        ({"os": "windows", "cpu": "x86_64", "libc": "glibc"}, "3.13", "", "windows313"),
    ],
)
def test_the_environment_that_fits(machine: dict[str, str], python: str, default: str, expected: str) -> None:
    assert chosen(several(), machine, python, default) == (expected, "")


def test_an_environment_that_is_of_no_machine_fits_all() -> None:
    anywhere = tellable(raw("py3-none-any", sys_platform="", platform_machine=""))
    assert chosen(anywhere, NOTHING) == ("e", "")
    assert chosen(anywhere, LINUX_X86) == ("e", "")


def test_an_environment_that_no_constraint_tells_fits_by_its_name_alone() -> None:
    strange = tellable(raw("py3-none-any", sys_platform="freebsd14", platform_machine="mips"))
    name, why = chosen(strange, LINUX_X86)
    assert name is None
    assert "e: os is linux here, freebsd14 there; cpu is x86_64 here, mips there" in why


HOW = (
    "--@pip//:environment=NAME",
    "--platforms=@pip//:platform_NAME",
    "--@rules_wheelhouse//rules:python_version=X.Y",
    "`python_version` of the lock",
    "add what is missing to the spec and resolve.",
)


@pytest.mark.parametrize(
    ("machine", "python", "default", "essentials"),
    [
        (
            {**LINUX_X86, "cpu": "s390x"}, "3.11", "",
            ("fits this configuration: linux s390x glibc, Python 3.11 (that is what a flag says).",
             "\n  linux310: cpu is s390x here, x86_64 there; Python is 3.11 here, 3.10 there\n",
             "\n  linux311: cpu is s390x here, x86_64 there\n",
             "\n  musl311: cpu is s390x here, x86_64 there; libc is glibc here, musl there\n",
             "\n  mac312: os is linux here, osx there; cpu is s390x here, aarch64 there;"),
        ),
        (
            NOTHING, "", "",
            ("fits this configuration: a machine of which nothing is known, Python of any version.",
             "\n  windows313: os is not known here, windows there; cpu is not known here, x86_64 there\n"),
        ),
        (
            {"os": "osx", "cpu": "x86_64", "libc": "glibc"}, "", "3.12",
            ("fits this configuration: osx x86_64, Python 3.12 (that is what `python_version` of the lock says).",
             "\n  mac312: cpu is x86_64 here, aarch64 there\n"),
        ),
        (
            LINUX_X86, "3.9", "",
            ("fits this configuration: linux x86_64 glibc, Python 3.9 (that is what a flag says).",
             "\n  linux311: Python is 3.9 here, 3.11 there\n"),
        ),
        (
            LINUX_X86, "", "3.8",
            ("configuration: linux x86_64 glibc, Python 3.8 (that is what `python_version` of the lock says).",
             "\n  linux310: Python is 3.8 here, 3.10 there\n"),
        ),
        (
            LINUX_X86, "", "",
            ("of several Pythons for this machine (linux310, linux311), and nothing says which is meant.",),
        ),
    ],
    ids=["cpu", "nothing", "mac", "python", "default", "several"],
)  # fmt: skip
def test_why_there_is_none(machine: dict[str, str], python: str, default: str, essentials: tuple[str, ...]) -> None:
    name, why = chosen(several(), machine, python, default)
    assert name is None
    for essential in (*essentials, *HOW):
        assert essential in why


def test_a_python_that_somebody_asked_for_is_not_replaced_by_the_default() -> None:
    arm = {**LINUX_X86, "cpu": "aarch64"}
    assert chosen(several(), arm, "3.10", "3.11") == ("arm311", "")
    name, why = chosen(several(), arm, "3.10", "3.11", firm=True)
    assert name is None
    assert "fits this configuration: linux aarch64 glibc, Python 3.10 (that is what a flag says)." in why
    assert "\n  arm311: Python is 3.10 here, 3.11 there\n" in why
    assert chosen(several(), arm, "3.11", "3.10", firm=True) == ("arm311", "")


def test_where_no_machine_fits_the_python_that_is_meant_is_told() -> None:
    mips = {**LINUX_X86, "cpu": "s390x"}
    _, why = chosen(several(), mips, "3.8", "3.11")
    assert "linux s390x glibc, Python 3.11 (that is what `python_version` of the lock says)." in why
    _, why = chosen(several(), mips, "3.8", "3.11", firm=True)
    assert "linux s390x glibc, Python 3.8 (that is what a flag says)." in why


@pytest.mark.parametrize("other", ["3.13t", "pypy3.10"])
def test_constraints_cannot_tell_builds_of_one_python_apart(other: str) -> None:
    python = other.removeprefix("pypy").removesuffix("t")
    name, why = chosen(tellable(short("plain", python), short("other", other)), LINUX_X86, python)
    assert name is None
    assert why.startswith("more than one environment fits this machine (other, plain): constraints cannot tell")
    assert all(essential in why for essential in HOW)


_FACTS = st.fixed_dictionaries(
    {
        "os": st.sampled_from(["linux", "osx", ""]),
        "cpu": st.sampled_from(["x86_64", "aarch64", ""]),
        "libc": st.sampled_from(["glibc", "musl", ""]),
        "python": st.sampled_from(["3.11", "3.12"]),
    }
)
_PYTHONS = st.sampled_from(["", "3.11", "3.12", "3.13"])


@given(st.dictionaries(st.sampled_from("abc"), _FACTS), _FACTS, _PYTHONS, _PYTHONS)
def test_what_is_chosen_is_the_only_one_that_fits(
    environments: dict[str, dict[str, str]], machine: dict[str, str], python: str, default: str
) -> None:
    machine = {aspect: machine[aspect] for aspect in ("os", "cpu", "libc")}
    fits = {n: e for n, e in environments.items() if all(e[a] in ("", machine[a]) for a in machine)}
    meant = [n for n, e in fits.items() if e["python"] == python]
    if not meant:
        wanted = default or python
        meant = [n for n, e in fits.items() if not wanted or e["python"] == wanted]
    name, _ = chosen(environments, machine, python, default)
    assert name == (meant[0] if len(meant) == 1 else None)


# --- text of Starlark ----------------------------------------------------------------------------------------------

_WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.sampled_from("\n\t"), max_size=6)
_ATOMS = _WORDS | st.booleans() | st.integers(-9, 9)
_ROWS = _ATOMS | st.lists(_ATOMS, max_size=3)
_VALUES = _ROWS | st.dictionaries(_WORDS, _ROWS | st.dictionaries(_WORDS, _ROWS, max_size=3), max_size=3)


@given(_VALUES)
def test_a_value_reads_back(value: object) -> None:
    text = function("hub/starlark", "rendered")(value)
    assert ast.literal_eval(text) == value
    assert evaluated(f"value = {text}\n", {"value": None})["value"] == value
    assert not text.endswith("\n")


def test_control_characters_of_a_log_are_not_rendered() -> None:
    text = function("hub/starlark", "rendered")("\x1b[31mred\x7f\ttab\n")
    assert evaluated(f"value = {text}\n", {"value": None})["value"] == "?[31mred?\ttab\n"


@given(st.dictionaries(st.from_regex(r"a_[a-z]{1,5}", fullmatch=True), st.none() | _VALUES, max_size=4))
def test_a_call_has_the_arguments_that_say_something(arguments: dict[str, object]) -> None:
    text = function("hub/starlark", "call")("targets_of", arguments)
    (statement,) = ast.parse(text).body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    found = {keyword.arg: ast.literal_eval(keyword.value) for keyword in statement.value.keywords}
    assert found == {name: value for name, value in arguments.items() if value is not None and value not in ([], {})}
    assert list(found) == [name for name in arguments if name in found]
    assert text.endswith(")\n")


def test_false_and_empty_strings_are_said() -> None:
    assert function("hub/starlark", "call")("f", {"a": False, "b": "", "c": 0, "d": None, "e": [], "f": {}}) == (
        'f(\n    a = False,\n    b = "",\n    c = 0,\n)\n'
    )


def test_a_dict_is_in_the_order_of_its_keys() -> None:
    render = function("hub/starlark", "rendered")
    assert render({"b": ["x"], "a": {"d": ["1", "2"], "c": []}}) == (
        '{\n    "a": {\n        "c": [],\n        "d": [\n            "1",\n            "2",\n        ],\n    },\n'
        '    "b": ["x"],\n}'
    )


# --- what a workspace says of a project ----------------------------------------------------------------------------


def override(project: str, **kwargs: object) -> Any:
    return json.loads(function("hub/override", "wheelhouse_override")(project, **kwargs))


PROJECTS = {"app": {"keel": True, "mast-tools": True}, "tools": {"keel": True}, "unread": None}


@pytest.mark.parametrize(
    ("project", "lock", "expected"),
    [
        ("Keel", "", ["app", "tools"]),
        ("mast_tools", "", ["app"]),
        ("keel", "tools", ["tools"]),
        ("mast-tools", "tools", ["tools"]),  # whose repository then says that it has no such project
        ("harbor", "", ["unread"]),
    ],
)
def test_locks_of_an_override(project: str, lock: str, expected: list[str]) -> None:
    found = function("hub/override", "overrides_by_lock")([[project, lock, "it"]], PROJECTS, "shop")
    assert found == {name: ["it"] if name in expected else [] for name in PROJECTS}


def test_an_override_of_what_no_lock_has_is_for_all_of_them() -> None:
    projects = {"app": {"keel": True}, "tools": {"mast-tools": True}}
    found = function("hub/override", "overrides_by_lock")([["harbor", "", "it"]], projects, "shop")
    assert found == {"app": ["it"], "tools": ["it"]}


@pytest.mark.parametrize(("locks", "listed"), [(PROJECTS, "app, tools, unread"), ({}, "none")])
def test_an_override_for_a_lock_that_is_not_there(locks: dict[str, object], listed: str) -> None:
    said = rf'override\(project = "keel", lock = "ap"\): the module shop has no such lock; it has: {listed}$'
    with pytest.raises(Failed, match=said):
        function("hub/override", "overrides_by_lock")([["keel", "ap", "it"]], locks, "shop")


def test_override() -> None:
    assert override("Keel") == {
        "compiler": True,
        "env": {},
        "patch_strip": 0,
        "patches": [],
        "project": "Keel",
        "pure": False,
        "system": {},
    }
    found = override(
        "keel",
        patches=["//patches:a.patch", "@other//:b.patch", "@@//:c.patch"],
        patch_strip=1,
        system={"//tools:pg_config": "pg_config"},
        env={"A": "1"},
        pure=True,
        compiler=False,
    )
    assert found["patches"] == ["@//patches:a.patch", "@other//:b.patch", "@@//:c.patch"]
    assert found["system"] == {"@//tools:pg_config": "pg_config"}
    assert (found["patch_strip"], found["env"], found["pure"], found["compiler"]) == (1, {"A": "1"}, True, False)


@pytest.mark.parametrize("arguments", [{"patches": [":a.patch"]}, {"system": {"tools/x": "x"}}])
def test_an_override_names_files_from_the_root(arguments: dict[str, object]) -> None:
    with pytest.raises(Failed, match="name it from the root of the workspace, //package:name"):
        override("keel", **arguments)


# --- where the resolver is -----------------------------------------------------------------------------------------


def tool(**said: str) -> dict[str, str | None]:
    return {"file": None, "sha256": "", "url": "", **said}


AT_A_URL = tool(url="https://x.example/wheelhouse.pyz", sha256="0" * 64)


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        ([], {}),
        ([("shop", []), ("lib", [])], {}),
        ([("shop", []), ("lib", [tool(file="//tools:w.pyz")])], tool(file="//tools:w.pyz")),
        ([("shop", [AT_A_URL]), ("lib", [tool(file="//a:w.pyz"), tool(file="//b:w.pyz")])], AT_A_URL),
        ([("shop", [tool()])], tool()),
    ],
)
def test_the_tool_that_counts(modules: object, expected: object) -> None:
    assert function("resolver/declared", "declared_tool")(modules) == expected


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ([tool(file="//a:w.pyz"), tool(file="//b:w.pyz")], "there are 2; the resolver is one file"),
        ([{**AT_A_URL, "file": "//a:w.pyz"}], "it names a file and a URL"),
        (
            [{**AT_A_URL, "sha256": ""}],
            "what lies at https://x.example/wheelhouse.pyz is a program that runs here: give its",
        ),
        ([tool(file="//a:w.pyz", sha256="0" * 64)], "sha256 is that of what lies at a URL"),
    ],
)
def test_what_is_wrong_with_a_tool(tags: object, said: str) -> None:
    with pytest.raises(Failed, match=re.escape("wheelhouse.tool of the module shop: " + said)):
        function("resolver/declared", "declared_tool")([("shop", tags)])
