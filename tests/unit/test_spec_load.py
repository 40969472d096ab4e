"""Specs to values: what each part becomes, and that all problems are told at once, each with its line."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from resolver.environments.expand import check_named, expand
from resolver.errors import SpecError
from resolver.spec.document import Parts
from resolver.spec.load import load
from resolver.spec.model import IndexSpec, Policy, RawEnvironment, ShortEnvironment
from resolver.spec.schema_errors import spec_schema
from tests.unit.spec_files import DESIGN, HEAD, loaded, problems, told

GOLDEN = Path(__file__).parents[1] / "golden" / "spec"


def test_the_example_of_the_design_becomes_what_it_says() -> None:
    spec = loaded(DESIGN)
    linux, legacy = spec.environments[0], spec.environments[4]
    assert isinstance(linux, ShortEnvironment)
    assert (linux.name, linux.python, linux.os, linux.arch) == ("linux", ("3.11", "3.12"), "linux", "x86_64")
    assert (linux.libc, linux.origin.line) == ("glibc 2.28", 4)
    assert isinstance(legacy, RawEnvironment)
    assert legacy.tags == ("cp38-cp38-manylinux2014_x86_64", "py3-none-any")
    assert legacy.markers == {"python_version": "3.8", "sys_platform": "linux"}
    assert [str(d.requirement) for d in spec.requirements] == [
        "requests[socks]>=2.31",
        'numpy<2.3; python_version < "3.13"',
    ]
    assert str(spec.requirements[1].origin) == "spec.yaml:11"
    assert [str(d.requirement) for d in spec.groups[canonicalize_name("dev")]] == ["pytest"]
    assert spec.indexes[1] == IndexSpec(name="corp", url="https://index.example/simple/", projects=("corp-*",))
    assert [str(d.requirement) for d in spec.build.requires[canonicalize_name("fasttext")]] == ["pybind11"]
    day = datetime(2026, 11, 1, tzinfo=timezone.utc)
    assert spec.policy == Policy(yanked="never", exclude_newer=day)
    assert spec.policy_for(canonicalize_name("numpy")) == Policy(yanked="never", exclude_newer=day, sdists="always")
    assert spec.inputs == {"spec.yaml": hashlib.sha256(DESIGN.encode()).hexdigest()}


def test_all_problems_of_the_worst_spec_are_told_at_once() -> None:
    """To renew the golden file after a change of words, write what this test says it got, and read the difference."""
    files = {p.name: p.read_text(encoding="utf-8") for p in GOLDEN.iterdir() if p.name != "problems.txt"}
    found = told(files.pop("spec.yaml"), files)
    assert found == (GOLDEN / "problems.txt").read_text(encoding="utf-8").splitlines()
    assert len(found) > 50
    assert not [line for line in found if "secret" in line or "me:pw" in line], "credentials stay out of messages"


ONE_PROBLEM = {
    "no environments": ("version: 1\nenvironments: {}\n", 2, "is empty; at least one is needed"),
    "no environments key": ("version: 1\n", 1, '"environments" is missing'),
    "not a mapping": ("- version\n", 1, "expected a mapping, not a list"),
    "neither short nor raw": ('version: 1\nenvironments:\n  e: {python: "3.12"}\n', 3, '"os" is missing'),
    "raw with a key of short": (
        "version: 1\nenvironments:\n  e: {markers: {python_version: '3.8'}, tags: [py3-none-any], os: linux}\n",
        3,
        'unknown key "os"',
    ),
    "unquoted 3.10": (
        "version: 1\nenvironments:\n  e:\n    os: windows\n    arch: amd64\n    python: [3.10]\n",
        6,
        "3.10 is a number here, not text",
    ),
    "name with a line break": (
        'version: 1\nenvironments:\n  "e\\n": {python: "3.12", os: windows, arch: amd64}\n',
        3,
        '"e\\n" is no name of an environment',
    ),
    "extras in a list": (f"{HEAD}requirements: requests\n", 3, 'expected a list, not "requests"'),
    "a key with nothing": (f"{HEAD}requirements:\n", 3, "is empty; expected a list"),
    "deep parentheses": (f"{HEAD}requirements: ['a; {'(' * 1500}']\n", 3, "nested"),
    "too long": (f"{HEAD}requirements: [a=={'9' * 5000}]\n", 3, "characters long; the limit is 2000"),
    "a local file": (f"{HEAD}requirements: ['a @ file:///tmp/a.whl']\n", 3, "a file is named by https: here"),
    "two default indexes": (
        f"{HEAD}indexes: [{{name: pypi}},\n  {{name: b, url: wheels}}]\n",
        4,
        "a second index without `projects`; the one on line 3 has the rest already",
    ),
    "pypi bound": (f"{HEAD}indexes: [{{name: pypi, projects: [a]}}]\n", 3, "no index is left for any other"),
    "one credential variable for two": (
        f"{HEAD}indexes: [{{name: a-b, url: w, projects: [a]}}, {{name: a_b, url: v, projects: [b]}}]\n",
        3,
        'a second index is called "a_b"',
    ),
    "index with a query": (f"{HEAD}indexes: [{{name: a, url: 'https://i.example/?t=1'}}]\n", 3, "has a query"),
    "index with a bad port": (f"{HEAD}indexes: [{{name: a, url: 'https://i.example:x/'}}]\n", 3, "is not a URL"),
    "no projects at all": (f"{HEAD}indexes: [{{name: a, url: w, projects: []}}]\n", 3, "is empty; at least one"),
    "project under another spelling": (
        f"{HEAD}projects:\n  Zope.Interface: {{sdists: never}}\n  zope_interface: {{sdists: never}}\n",
        5,
        '"zope_interface" is the project zope-interface again; see line 4',
    ),
    "leap second": (f"{HEAD}policy:\n  exclude_newer: 2026-06-30T23:59:60Z\n", 4, "is not a time that exists"),
    "offset beyond the calendar": (f"{HEAD}policy:\n  exclude_newer: 0001-01-01T00:00:00+01:00\n", 4, "is not a time"),
    "publisher of nothing": (
        f"{HEAD}projects: {{a: {{publisher: {{kind: GitHub, repository: o/a}}}}}}\n",
        3,
        "a publisher is stated, and attestations are ignored",
    ),
    "publisher with no name": (
        f"{HEAD}projects: {{a: {{attestations: require, publisher: {{kind: Google}}}}}}\n",
        3,
        "the publisher has no `email`",
    ),
    "publisher with a key of another kind": (
        f"{HEAD}projects: {{a: {{attestations: require, publisher: {{kind: GitLab, repository: b, workflow: x}}}}}}\n",
        3,
        "a publisher at GitLab has no `workflow`",
    ),
    "publisher with an empty name": (
        f"{HEAD}projects: {{a: {{attestations: require, publisher: {{kind: GitHub, repository: ''}}}}}}\n",
        3,
        "`repository` is empty",
    ),
    "publisher of another kind": (
        f"{HEAD}projects: {{a: {{attestations: require, publisher: {{kind: Nobody}}}}}}\n",
        3,
        "Nobody",
    ),
    "age in months": (f"{HEAD}policy: {{exclude_newer: 1 month}}\n", 3, "is neither a date, a time nor an age"),
    "age with no unit": (f"{HEAD}policy: {{exclude_newer: '7'}}\n", 3, "is neither a date, a time nor an age"),
    "age of centuries": (f"{HEAD}policy: {{exclude_newer: 99999 weeks}}\n", 3, "is longer than a hundred years"),
    "age beyond numbers": (f"{HEAD}policy: {{exclude_newer: P999999999W}}\n", 3, "is longer than a hundred years"),
    "policy misplaced": (f"{HEAD}prereleases: allow\n", 3, 'unknown key "prereleases"'),
    "wrong boolean": (f"{HEAD}policy: {{align: no}}\n", 3, 'expected true or false, not "no"'),
}


@pytest.mark.parametrize(("text", "line", "message"), ONE_PROBLEM.values(), ids=ONE_PROBLEM)
def test_a_mistake_is_named_with_its_line(text: str, line: int, message: str) -> None:
    found = problems(text)
    assert [p for p in found if p.line == line and message in p.message], found


@pytest.mark.parametrize("case", sorted(ONE_PROBLEM.keys() - {"neither short nor raw"}))
def test_one_mistake_is_one_problem(case: str) -> None:
    assert len(problems(ONE_PROBLEM[case][0])) == 1


def test_hints_say_what_to_write() -> None:
    hints = {p.path: p.hint for p in problems((GOLDEN / "spec.yaml").read_text(encoding="utf-8"))}
    assert hints["environments.linux.python"] == 'write python: "3.10"'
    assert hints["enviroments"] == 'did you mean "environments"?'
    assert hints["sdists"] == 'it belongs under "policy"'
    assert hints["requirements[0]"] == 'did you mean "requests==2.31"?'
    assert "WHEELHOUSE_INDEX_CORP_PASSWORD" in hints["indexes[0].url"]


def test_a_spec_that_is_not_there() -> None:
    def read(name: str) -> bytes:
        raise FileNotFoundError(name)

    with pytest.raises(SpecError, match=r'^sub/a\.yaml: there is no file "sub/a\.yaml"\n    `wheelhouse init`'):
        load("sub/a.yaml", read)


def test_overrides_are_requirements_or_metadata() -> None:
    spec = loaded(
        f"{HEAD}overrides:\n  - numpy==1.26.4\n"
        "  - {project: Celery, versions: ==4.0.2, dependencies: [pytz, \"redis ; extra == 'redis'\"]}\n"
        "  - {project: gssapi, requires_python: '>=3.6'}\n"
    )
    assert [str(d.requirement) for d in spec.overrides] == ["numpy==1.26.4"]
    celery, gssapi = spec.metadata_overrides
    assert (celery.project, celery.versions, celery.requires_python) == ("celery", SpecifierSet("==4.0.2"), None)
    assert [str(r) for r in celery.dependencies or ()] == ["pytz", 'redis; extra == "redis"']
    assert (gssapi.versions, gssapi.dependencies) == (SpecifierSet(), None)
    assert gssapi.requires_python == SpecifierSet(">=3.6")


def test_pypi_takes_the_rest_where_every_index_is_bound() -> None:
    spec = loaded(f"{HEAD}indexes: [{{name: corp, url: ../wheels, projects: [Corp_*, zope.interface]}}]\n")
    assert spec.indexes == (
        IndexSpec(name="corp", url="../wheels", projects=("corp-*", "zope-interface")),
        IndexSpec(name="pypi"),
    )
    found = [spec.index_for(canonicalize_name(name)).name for name in ("corp-a", "zope-interface", "corp")]
    assert found == ["corp", "corp", "pypi"]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-01", "2026-11-01T00:00:00+00:00"),
        ("2026-11-01T12:30:00Z", "2026-11-01T12:30:00+00:00"),
        ("2026-11-01 12:30:00.75+02:00", "2026-11-01T10:30:00+00:00"),
        ("2026-01-01T00:00:00-05:30", "2026-01-01T05:30:00+00:00"),
    ],
)
def test_times_are_utc(text: str, utc: str) -> None:
    found = loaded(f"{HEAD}policy: {{exclude_newer: {text}}}\n").policy.exclude_newer
    assert found is not None
    assert found.isoformat() == utc


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("7 days", {"days": 7}),
        ("1 day", {"days": 1}),
        ("2 weeks", {"weeks": 2}),
        ("36 hours", {"hours": 36}),
        ("90 minutes", {"minutes": 90}),
        ("P7D", {"days": 7}),
        ("P2W", {"weeks": 2}),
        ("P1DT2H3M", {"days": 1, "hours": 2, "minutes": 3}),
        ("PT36H", {"hours": 36}),
    ],
)
def test_ages(text: str, age: dict[str, int]) -> None:
    policy = loaded(f"{HEAD}policy: {{exclude_newer: {text}}}\n").policy
    assert (policy.minimum_age, policy.exclude_newer) == (timedelta(**age), None)


@pytest.mark.parametrize("text", ["P", "PT", "P1DT", "P1Y", "P1M", "P1W2D", "7  days", "-7 days", "1.5 days", "None"])
def test_what_is_no_age(text: str) -> None:
    assert "is neither a date, a time nor an age" in str(problems(f"{HEAD}policy: {{exclude_newer: {text}}}\n"))


def test_the_nearest_bound_for_upload_times_counts() -> None:
    spec = loaded(
        f"{HEAD}policy: {{exclude_newer: 7 days, sdists: never}}\n"
        "indexes: [{name: pypi}, {name: corp, url: wheels/, projects: [corp-*], exclude_newer: none}]\n"
        "projects: {urgent: {exclude_newer: 1 day}, fixed: {exclude_newer: 2026-11-01}, corp-a: {sdists: always}}\n"
    )
    week = Policy(minimum_age=timedelta(days=7), sdists="never")
    day = datetime(2026, 11, 1, tzinfo=timezone.utc)
    assert {name: spec.policy_for(canonicalize_name(name)) for name in ("any", "urgent", "fixed")} == {
        "any": week,
        "urgent": replace(week, minimum_age=timedelta(days=1)),
        "fixed": replace(week, minimum_age=None, exclude_newer=day),
    }
    assert spec.policy_for(canonicalize_name("corp-b")) == Policy(sdists="never")
    assert spec.policy_for(canonicalize_name("corp-a")) == Policy(sdists="always")


def test_an_index_has_a_policy_for_its_projects() -> None:
    spec = loaded(
        f"{HEAD}policy: {{attestations: require, sdists: never, yanked: never}}\n"
        "indexes:\n"
        "  - {name: pypi}\n"
        "  - {name: corp, url: w/, projects: [corp-*], attestations: ignore, sdists: fallback, yanked: if-pinned}\n"
        "projects: {corp-a: {sdists: always}}\n"
    )
    corp = Policy(attestations="ignore", sdists="fallback", yanked="if-pinned")
    assert spec.policy_for(canonicalize_name("corp-b")) == corp
    assert spec.policy_for(canonicalize_name("corp-a")) == replace(corp, sdists="always")
    assert spec.policy_for(canonicalize_name("b")) == spec.policy


def test_attestations_of_a_project() -> None:
    spec = loaded(
        f"{HEAD}policy: {{attestations: if-present}}\n"
        "projects: {A.b: {publisher: {kind: GitHub, repository: o/a, workflow: w.yml}}, c: {attestations: ignore}}\n"
    )
    found = {name: spec.policy_for(canonicalize_name(name)) for name in ("a-b", "c", "d")}
    assert [policy.attestations for policy in found.values()] == ["if-present", "ignore", "if-present"]
    assert found["a-b"].publisher == {"kind": "GitHub", "repository": "o/a", "workflow": "w.yml"}


BUILD = """
version: 1
environments:
  linux: {python: ["3.11", "3.12"], os: linux, arch: x86_64, libc: glibc 2.28}
build:
  constraints: [cython<3]
  requires: {S: [general]}
  system: {psycopg2: [pg_config, pg_config]}
  environments:
    linux: {constraints: [numpy<2], requires: {s: [near]}, system: {psycopg2: [pg_config, cc]}}
    linux-py312: {requires: {s: []}}
"""


def test_builds_differ_by_environment() -> None:
    build = loaded(BUILD).build
    assert build.system == {"psycopg2": ("pg_config",)}
    stated = {
        name: [str(d.requirement) for d in build.for_environment(name, declaration).requires[canonicalize_name("s")]]
        for name, declaration in (("other", "other"), ("linux-py311", "linux"), ("linux-py312", "linux"))
    }
    assert stated == {"other": ["general"], "linux-py311": ["near"], "linux-py312": []}
    nearest = build.for_environment("linux-py312", "linux")
    assert [str(d.requirement) for d in nearest.constraints] == ["cython<3", "numpy<2"]
    assert nearest.system == {"psycopg2": ("pg_config", "cc")}
    assert nearest.environments == {}
    assert {str(d.requirement) for d in build.declared()} == {"cython<3", "general", "numpy<2", "near"}


def test_a_build_for_an_environment_that_there_is_not_names_its_line() -> None:
    spec = loaded(BUILD.replace("    linux-py312:", "    linux-py313:"))
    with pytest.raises(SpecError, match=r'spec.yaml:11 .*there is no environment "linux-py313"\n.*"linux-py312"'):
        check_named(spec.build, expand(spec.environments))


def test_a_name_that_could_mean_two_environments_is_refused() -> None:
    two = '  linux-py311: {python: ["3.9", "3.10"], os: linux, arch: x86_64, libc: glibc 2.28}\nbuild:'
    spec = loaded(BUILD.replace("build:", two, 1).replace("    linux-py312:", "    linux-py311:"))
    with pytest.raises(SpecError, match=r'"linux-py311" is a declaration and an environment of another one'):
        check_named(spec.build, expand(spec.environments))


KEYS = st.sampled_from(
    [
        *spec_schema()["properties"],
        *spec_schema()["$defs"]["short"]["properties"],
        *spec_schema()["$defs"]["raw"]["properties"],
        *spec_schema()["$defs"]["selection"]["properties"],
        *spec_schema()["$defs"]["metadata"]["properties"],
        *spec_schema()["$defs"]["index"]["properties"],
        *spec_schema()["$defs"]["build"]["properties"],
        *spec_schema()["properties"]["policy"]["properties"],
        "unknown",
    ]
)
LEAVES = st.sampled_from([1, "1", 3.1, True, None, "all", "a", "a.txt", "a.toml", "linux", "https://x.example", "a==1"])
DATA = st.recursive(
    LEAVES | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=120)
@given(st.dictionaries(KEYS, DATA, max_size=6))
def test_any_document_is_a_spec_or_a_list_of_problems(data: dict[str, object]) -> None:
    found = problems(json.dumps(data, ensure_ascii=True), {"a.txt": "a\n", "a.toml": "[project]\n"})
    assert all(problem.message and problem.file for problem in found)
    assert len(set(found)) == len(found)


@settings(max_examples=60)
@given(st.text(max_size=80))
def test_any_requirement_text_is_read_or_refused(text: str) -> None:
    problems(f"{HEAD}requirements: [{json.dumps(text)}]\n")


def test_the_order_of_problems_is_by_file_and_line() -> None:
    found = problems((GOLDEN / "spec.yaml").read_text(encoding="utf-8"))
    assert list(found) == sorted(found, key=lambda p: (p.file, p.line))


class Remembering:
    """A memory of documents that the schema fits."""

    def __init__(self) -> None:
        self.known: dict[bytes, Parts] = {}

    def get(self, content: bytes) -> Parts | None:
        return self.known.get(content)

    def add(self, content: bytes, document: Parts) -> None:
        self.known[content] = document


def test_a_document_that_fitted_is_neither_parsed_nor_held_against_the_schema_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = Remembering()
    first = load("spec.yaml", lambda _: HEAD.encode(), known)
    with monkeypatch.context() as patch:
        patch.setattr("resolver.spec.load._fitting", pytest.fail)
        assert load("spec.yaml", lambda _: HEAD.encode(), known) == first
    broken = HEAD + "requirement: [six]\n"
    for _ in range(2):
        with pytest.raises(SpecError, match="requirement"):
            load("spec.yaml", lambda _: broken.encode(), known)
    assert known.known.keys() == {HEAD.encode()}


def test_problems_of_one_line_stand_in_the_order_of_their_list() -> None:
    listed = ", ".join(f'"p{number}>="' for number in range(11))
    found = problems(f"{HEAD}requirements: [{listed}]\n")
    assert [problem.path for problem in found] == [f"requirements[{number}]" for number in range(11)]
