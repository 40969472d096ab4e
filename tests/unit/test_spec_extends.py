"""A spec that extends another: what each key of the two becomes, and what is wrong with either is told at its place."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from packaging.utils import canonicalize_name

from resolver.environments.expand import check_named, expand
from resolver.spec.model import Declared, Spec
from tests.unit.spec_files import loaded, told

BASE = """\
version: 1
environments:
  linux: {python: ["3.11", "3.12"], os: linux, arch: x86_64, libc: glibc 2.28}
  mac: {python: "3.12", os: macos 14, arch: arm64}
requirements: [certifi]
groups: {Dev_Tools: [pytest]}
constraints: [idna<4]
overrides: [chardet>=5, six==1.16, {project: celery, requires_python: ">=3.8"}]
indexes:
  - {name: corp, url: "https://index.example/simple/", projects: ["corp-*"]}
  - {name: mirror, url: "https://mirror.example/simple/"}
build:
  constraints: [cython<3]
  requires: {Fast_Text: [pybind11], numpy: [ninja]}
  environments: {linux-py311: {system: {psycopg2: [pg_config]}}, mac: {requires: {numpy: [meson]}}}
policy: {sdists: never, prereleases: allow}
projects: {NumPy: {sdists: always, align: false}}
"""


def texts(declared: tuple[Declared, ...]) -> list[str]:
    return [str(one.requirement) for one in declared]


def spec_of(own: str, base: str = BASE, others: Mapping[str, str] | None = None) -> Spec:
    return loaded(f"version: 1\nextends: base.yaml\n{own}", {"base.yaml": base, **(others or {})})


def test_a_spec_that_says_nothing_has_all_of_its_base() -> None:
    found, base = spec_of(""), loaded(BASE, path="base.yaml")
    assert found.environments == base.environments
    assert found.requirements == base.requirements
    assert found.indexes == base.indexes
    assert found.policy == base.policy
    assert found.projects == base.projects
    assert sorted(found.inputs) == ["base.yaml", "spec.yaml"]
    assert (found.own_file, base.own_file) == ("spec.yaml", None)
    assert {one.origin.file for one in found.environments} == {"base.yaml"}


def test_lists_are_joined_with_the_own_entries_first() -> None:
    found = spec_of("requirements: [six, certifi]\nconstraints: [urllib3<3]\ngroups: {dev-tools: [coverage]}\n")
    assert texts(found.requirements) == ["six", "certifi"]
    assert texts(found.constraints) == ["urllib3<3", "idna<4"]
    assert {name: texts(group) for name, group in found.groups.items()} == {"dev-tools": ["coverage", "pytest"]}


def test_a_mapping_adds_environments_and_replaces_those_of_the_same_name() -> None:
    own = (
        'environments:\n  mac: {python: "3.13", os: macos 15, arch: arm64}\n'
        '  win: {python: "3.12", os: windows, arch: amd64}\n'
    )
    assert [(e.name, e.origin.file) for e in spec_of(own).environments] == [
        ("mac", "spec.yaml"),
        ("win", "spec.yaml"),
        ("linux", "base.yaml"),
    ]


def test_a_list_chooses_environments_and_what_is_said_of_their_builds() -> None:
    found = spec_of("environments: [mac]\n")
    assert [environment.name for environment in found.environments] == ["mac"]
    assert found.build.environments.keys() == {"mac"}
    check_named(found.build, expand(found.environments))


@pytest.mark.parametrize(
    ("own", "remaining"),
    [
        ("environments: {linux: {python: '3.12', os: linux, arch: x86_64, libc: musl 1.2}}", {"mac"}),
        ("environments: {mac: {python: '3.13', os: macos 14, arch: arm64}}", {"linux-py311", "mac"}),
    ],
)
def test_an_environment_that_is_declared_anew_loses_what_was_said_of_single_pythons(
    own: str, remaining: set[str]
) -> None:
    found = spec_of(own)
    assert found.build.environments.keys() == remaining
    check_named(found.build, expand(found.environments))


def test_the_nearest_override_of_a_project_stands_alone() -> None:
    found = spec_of("overrides: [chardet<5, {project: celery, dependencies: []}]\n")
    assert texts(found.overrides) == ["chardet<5", "six==1.16"]
    assert [one.dependencies for one in found.metadata_overrides] == [(), None], "the first that fits counts"


def test_indexes_of_the_same_name_and_the_one_for_the_rest_are_replaced() -> None:
    plain = spec_of("indexes: [{name: near, url: 'https://near.example/simple/', projects: [six]}]\n")
    assert [index.name for index in plain.indexes] == ["near", "corp", "mirror"]
    default = spec_of("indexes: [{name: pypi}]\n")
    assert [index.name for index in default.indexes] == ["pypi", "corp"]
    renamed = spec_of("indexes: [{name: CORP, url: wheels, projects: [corp-*]}]\n")
    assert [index.name for index in renamed.indexes] == ["CORP", "mirror"]
    assert renamed.indexes[0].url == "wheels"
    bound = spec_of("indexes: [{name: near, url: wheels, projects: [corp-*]}]\n")
    assert bound.index_for(canonicalize_name("corp-x")).name == "near"


def test_policies_are_joined_key_by_key() -> None:
    found = spec_of("policy: {sdists: fallback, yanked: never}\nprojects: {numpy: {align: true, prereleases: never}}\n")
    assert (found.policy.sdists, found.policy.prereleases, found.policy.yanked) == ("fallback", "allow", "never")
    numpy = found.projects[next(iter(found.projects))]
    assert (numpy.sdists, numpy.align, numpy.prereleases, numpy.yanked) == ("always", True, "never", "never")


def test_builds_are_joined_and_the_nearest_entry_of_a_project_stands_alone() -> None:
    own = (
        "build:\n  constraints: [wheel<1]\n  requires: {numpy: [cython]}\n"
        "  environments: {mac: {requires: {numpy: [own]}, constraints: [flit]}}\n"
    )
    build = spec_of(own).build
    assert texts(build.constraints) == ["wheel<1", "cython<3"]
    assert {name: texts(one) for name, one in build.requires.items()} == {
        "numpy": ["cython"],
        "fast-text": ["pybind11"],
    }
    mac = build.environments["mac"]
    assert ({name: texts(one) for name, one in mac.requires.items()}, texts(mac.constraints)) == (
        {"numpy": ["own"]},
        ["flit"],
    )
    assert build.inherited == {"fast-text", "cython"}
    assert build.environments["linux-py311"].inherited == {"psycopg2"}
    beside = BASE.replace("  constraints: [cython<3]\n", "  system: {numpy: [gfortran]}\n")
    assert spec_of(own, beside).build.inherited == {"fast-text"}, "the spec's own entry is of another key"


def test_paths_are_relative_to_the_file_that_names_them() -> None:
    files = {
        "../site/base.yaml": (
            "version: 1\nextends: deeper/machines.yaml\ninclude: [dev.in, {file: pyproject.toml, extras: all}]\n"
            "indexes:\n  - {name: wheels, url: ./wheels}\n"
            "  - {name: far, url: 'https://index.example/simple/', projects: [x]}\n"
        ),
        "../site/deeper/machines.yaml": BASE.replace("requirements: [certifi]", "include: [../top.in]").partition(
            "indexes"
        )[0],
        "../site/dev.in": "six",
        "../site/top.in": "idna",
        "../site/pyproject.toml": "[project]\nname = 'a'\ndependencies = ['attrs']\n",
    }
    found = loaded("version: 1\nextends: ../site/base.yaml\nenvironments: [linux]\n", files, "team/spec.yaml")
    assert texts(found.requirements) == ["six", "attrs", "idna"]
    assert [index.url for index in found.indexes] == ["../site/wheels", "https://index.example/simple/"]
    assert sorted(found.inputs) == sorted(["spec.yaml", *files])
    assert found.environments[0].origin.file == "site/deeper/machines.yaml"


REFUSED: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "a base that is not there": (
        "version: 1\nextends: no.yaml\n",
        {},
        'spec.yaml:2 extends: there is no file "no.yaml" | paths are relative to the file that names them',
    ),
    "a path that is none": (
        "version: 1\nextends: /etc/base.yaml\n",
        {},
        'spec.yaml:2 extends: "/etc/base.yaml" is not a relative path | a path relative to the file that names it',
    ),
    "itself": (
        "version: 1\nextends: spec.yaml\n",
        {},
        "spec.yaml:2 extends: the spec extends itself: spec.yaml -> spec.yaml | break the circle",
    ),
    "a circle": (
        "version: 1\nextends: base.yaml\n",
        {"base.yaml": "version: 1\nextends: ./base.yaml\n"},
        "base.yaml:2 extends: the spec extends itself: base.yaml -> base.yaml | break the circle",
    ),
    "a fault in the base": (
        "version: 1\nextends: base.yaml\n",
        {"base.yaml": BASE + "polcy: {}\n"},
        'base.yaml:18 polcy: unknown key "polcy" | did you mean "policy"?',
    ),
    "an environment that the base has not": (
        "version: 1\nextends: base.yaml\nenvironments: [linx]\n",
        {"base.yaml": BASE},
        'spec.yaml:3 environments[0]: "linx" is no environment of the extended spec | did you mean "linux"?',
    ),
    "a choice among none": (
        "version: 1\nextends: base.yaml\nenvironments: [linux]\n",
        {"base.yaml": "version: 1\n"},
        'spec.yaml:3 environments[0]: "linux" is no environment of the extended spec | it declares none',
    ),
    "a choice without a base": (
        "version: 1\nenvironments: [linux]\n",
        {},
        "spec.yaml:2 environments: a list chooses from a spec that is extended | `extends` is missing",
    ),
    "no environments anywhere": (
        "version: 1\nextends: base.yaml\n",
        {"base.yaml": "version: 1\n"},
        'spec.yaml:1 : "environments" is missing | such as environments: {linux: {python: "3.12", os: linux',
    ),
    "a base that cannot be read": (
        "version: 1\nextends: base.yaml\n",
        {"base.yaml": "version: 1\nenvironments\n"},
        "base.yaml:3 : ",
    ),
    "the same requirement twice in the base": (
        "version: 1\nextends: base.yaml\nrequirements: [six]\n",
        {"base.yaml": BASE.replace("[certifi]", "[six, six]")},
        'base.yaml:5 requirements[1]: "six" stands on line 5 already | remove one of them',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_told_once_and_at_its_place(case: str) -> None:
    text, files, problem = REFUSED[case]
    assert [line[: len(problem)] for line in told(text, files)] == [problem]


def test_the_directory_of_a_base_is_quoted_in_the_url_of_an_index() -> None:
    text = BASE.replace("https://mirror.example/simple/", "wheels/")
    found = loaded("version: 1\nextends: 100% a/base.yaml\n", {"100% a/base.yaml": text})
    assert [index.url for index in found.indexes] == ["https://index.example/simple/", "100%25%20a/wheels"]
    assert "100% a/base.yaml" in found.inputs


def test_a_spec_that_ignores_attestations_of_a_project_has_no_publisher_of_its_base() -> None:
    signed = "{attestations: require, publisher: {kind: GitHub, repository: numpy/numpy}}"
    base = BASE.replace("{sdists: always, align: false}", signed)
    found = spec_of("projects: {numpy: {attestations: ignore}}\n", base).projects[canonicalize_name("numpy")]
    assert (found.attestations, found.publisher) == ("ignore", None)
    found = spec_of("projects: {numpy: {attestations: if-present}}\n", base).projects[canonicalize_name("numpy")]
    assert found.publisher is not None
