"""What uv, PDM and Poetry say of how releases are chosen is told where the spec says nothing, and never followed."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name

from resolver.spec.model import Policy
from resolver.spec.starter import starter
from tests.support.fake_index import FakeIndex
from tests.support.locking import messages, run
from tests.unit.spec_files import loaded, told
from tests.unit.test_spec_starter import BASE, uncommented

PROJECT = '[project]\nname = "x"\ndependencies = ["rich"]\n'
ENVIRONMENTS = "environments:\n  e: {python: '3.11', os: windows, arch: amd64}\n"
SPEC = f"version: 1\n{ENVIRONMENTS}include: [pyproject.toml]\n"

URL = "url: 'https://index.example/'"

SETTINGS = {
    "a day, which ends": ('[tool.uv]\nexclude-newer = "2024-01-31"', [("", "exclude_newer", "2024-02-01")]),
    "a time": (
        '[tool.uv]\nexclude-newer = "2024-01-31T10:00:00Z"',
        [("", "exclude_newer", "2024-01-31T10:00:00Z")],
    ),
    "a time of TOML": (
        "[tool.uv]\nexclude-newer = 2024-01-31T10:00:00Z",
        [("", "exclude_newer", "2024-01-31T10:00:00+00:00")],
    ),
    "a day of TOML": ("[tool.uv]\nexclude-newer = 2024-01-31", [("", "exclude_newer", "2024-02-01")]),
    "the last day": ('[tool.uv]\nexclude-newer = "9999-12-31"', [("", "exclude_newer", "none")]),
    "a name that YAML reads otherwise": ('[tool.uv]\nno-build-package = ["null"]', [("null", "sdists", "never")]),
    "a name of digits": ('[tool.uv]\nno-build-package = ["1"]', [("1", "sdists", "never")]),
    "an age": ('[tool.uv]\nexclude-newer = "7 days"', [("", "exclude_newer", "7 days")]),
    "what no policy says": ('[tool.uv]\nexclude-newer = "1 month"', [("", "exclude_newer", "")]),
    "times of projects": (
        '[tool.uv]\nexclude-newer-package = {Rich = "2024-01-31", six = false, "no name!" = false}',
        [("rich", "exclude_newer", "2024-02-01"), ("six", "exclude_newer", "none")],
    ),
    "pre-releases": ('[tool.uv]\nprerelease = "allow"', [("", "prereleases", "allow")]),
    "no pre-releases": ('[tool.uv]\nprerelease = "disallow"', [("", "prereleases", "never")]),
    "named pre-releases": ('[tool.uv]\nprerelease = "explicit"', [("", "prereleases", "")]),
    "the lowest": ('[tool.uv]\nresolution = "lowest-direct"', [("", "strategy", "lowest-direct")]),
    "no sdists": ("[tool.uv]\nno-build = true", [("", "sdists", "never")]),
    "no wheels": ("[tool.uv]\nno-binary = true", [("", "sdists", "always")]),
    "files of projects": (
        '[tool.uv]\nno-binary-package = ["Rich"]\nno-build-package = ["six"]',
        [("six", "sdists", "never"), ("rich", "sdists", "always")],
    ),
    "PDM": ("[tool.pdm.resolution]\nallow-prereleases = true", [("", "prereleases", "allow")]),
    "Poetry": (
        '[tool.poetry.group.dev.dependencies]\nBlack = {version = "*", allow-prereleases = true}',
        [("black", "prereleases", "allow")],
    ),
    "one form of several in Poetry": (
        '[tool.poetry.dependencies]\nb = [{version = "1", python = "<3"}, {version = "2", allow-prereleases = true}]',
        [("b", "prereleases", "allow")],
    ),
    "what uv does by itself": (
        '[tool.uv]\nprerelease = "if-necessary-or-explicit"\nresolution = "highest"\nno-build = false',
        [],
    ),
    "what PDM does by itself": ("[tool.pdm.resolution]\nallow-prereleases = false", []),
    "what Poetry does by itself": (
        '[tool.poetry.group.dev.dependencies]\nblack = {version = "*", allow-prereleases = false}',
        [],
    ),
    "what no tool reads": ('[tool.uv]\nprerelease = ["allow"]\nresolution = 3\nno-build-package = "six"', []),
}


def files(settings: str) -> dict[str, bytes]:
    return {"pyproject.toml": f"{PROJECT}{settings}\n".encode()}


@pytest.mark.parametrize(("settings", "expected"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_is_told_in_the_words_of_a_policy(settings: str, expected: list[tuple[str, str, str]]) -> None:
    spec = loaded(SPEC, files(settings))
    assert [(one.project, one.key, one.value) for one in spec.unfollowed] == expected
    assert (spec.policy, spec.projects) == (Policy(), {}), "and not followed"


@pytest.mark.parametrize("settings", [settings for settings, _ in SETTINGS.values()], ids=SETTINGS)
def test_a_starter_follows_what_a_policy_can_say(settings: str) -> None:
    included = files(settings)
    text = starter(included)
    assert told(text, included) == []
    assert [one.value for one in loaded(text, included).unfollowed if one.value] == []
    assert told(uncommented(text), {**included, **BASE, "requirements.in": b""}) == []


def test_a_starter_has_what_is_stated_in_force_and_all_else_commented_out() -> None:
    included = files(SETTINGS["the lowest"][0] + "\n" + "no-binary-package = ['rich']")
    spec = loaded(starter(included), included)
    assert spec.policy == Policy(strategy="lowest-direct")
    assert spec.projects == {canonicalize_name("rich"): Policy(strategy="lowest-direct", sdists="always")}


def test_where_two_files_disagree_a_starter_takes_no_side() -> None:
    included = {
        "a/pyproject.toml": b'[project]\nname = "a"\n[tool.uv]\nresolution = "lowest"\nno-build = true',
        "b/pyproject.toml": b'[project]\nname = "b"\n[tool.uv]\nresolution = "lowest-direct"',
    }
    spec = loaded(starter(included), included)
    assert spec.policy == Policy(sdists="never")
    assert [one.value for one in spec.unfollowed] == ["lowest", "lowest-direct"]


@pytest.mark.parametrize(
    ("own", "left"),
    [
        ("policy: {strategy: highest}", ["no-build-package"]),
        ("projects: {six: {sdists: fallback}}", ["resolution"]),
        ("projects: {rich: {sdists: never}}", ["resolution", "no-build-package"]),
        ("policy: {sdists: never}", ["resolution"]),
        ("policy: {sdists: always}", ["resolution", "no-build-package"]),
        ("indexes: [{name: pypi, sdists: never}]", ["resolution"]),
        (f"indexes: [{{name: corp, {URL}, projects: [six], sdists: never}}]", ["resolution"]),
    ],
)
def test_what_the_spec_decides_is_not_told(own: str, left: list[str]) -> None:
    included = files('[tool.uv]\nresolution = "lowest"\nno-build-package = ["Six"]')
    spec = loaded(f"{SPEC}{own}\n", included)
    assert [one.origin.path.rpartition(".")[2] for one in spec.unfollowed] == left


@pytest.mark.parametrize(("main", "left"), [("sdists: fallback", []), ("yanked: never", ["no-build"])])
def test_an_index_decides_for_all_unless_it_is_that_of_some_projects(main: str, left: list[str]) -> None:
    corp = f"{{name: corp, {URL}, projects: [corp-*], sdists: fallback}}"
    spec = loaded(f"{SPEC}indexes: [{{name: pypi, {main}}}, {corp}]\n", files("[tool.uv]\nno-build = true"))
    assert [one.origin.path.rpartition(".")[2] for one in spec.unfollowed] == left


def test_each_is_a_notice_with_what_would_say_it() -> None:
    settings = 'exclude-newer = "1 month"\nresolution = "lowest"\nno-build = true\nno-build-package = ["rich", "s"]'
    where = "of pyproject.toml is not followed"
    locked = run(loaded(SPEC, files(f"[tool.uv]\n{settings}")), FakeIndex().wheel("rich", "1"))
    assert messages(locked, "unfollowed") == [
        f"tool.uv.exclude-newer {where}; a policy has nothing like it",
        f"tool.uv.no-build {where}; in the spec it is `policy: {{sdists: never}}`",
        f"tool.uv.resolution {where}; in the spec it is `policy: {{strategy: lowest}}`",
        f"tool.uv.no-build-package {where}; in the spec it is `projects: {{rich: {{sdists: never}}}}`",
    ]


@pytest.mark.parametrize(
    ("project", "place"),
    [
        (f'{PROJECT}requires-python = ">=3.12"\n', "pyproject.toml:4"),
        (
            '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = ">=3.12"\nrich = "*"\n',
            "pyproject.toml:4",
        ),
        (
            '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = "^3.12"\nrich = "*"\n',
            "pyproject.toml (tool.poetry.dependencies.python)",
        ),
    ],
    ids=["standard", "Poetry", "Poetry's form"],
)
def test_a_python_that_the_project_itself_refuses_is_told(project: str, place: str) -> None:
    index = FakeIndex().wheel("rich", "1")
    locked = run(loaded(SPEC.replace("'3.11'", "['3.11', '3.12']"), {"pyproject.toml": project}), index)
    asked = "<4,>=3.12" if "^" in project else ">=3.12"
    assert [(one.environment, one.message) for one in locked.notices if one.kind == "unfollowed"] == [
        (
            "e-py311",
            f"{place} asks for Python {asked}: what the project requires is locked, and it cannot be installed itself",
        )
    ]


_BUILDS = '[tool.uv.extra-build-dependencies]\nRich = ["a", {requirement = "b", match-runtime = true}]\nsix = ["c"]\n'
_METADATA = '[[tool.uv.dependency-metadata]]\nname = "rich"\nrequires-dist = ["six"]\nversion = "1"\n'
_CLAIMS = '{"project": "rich", "versions": "==1", "dependencies": ["six"]}'
UNREAD = {
    "environments of hatch": (
        '[tool.hatch.envs.test]\nextra-dependencies = ["pytest"]\n[tool.hatch.envs.docs]\nfeatures = ["a"]',
        "tool.hatch.envs",
        "is not read: what the environment test asks for beyond extras and dependency groups goes under `groups`",
    ),
    "several of them": (
        '[tool.hatch.envs]\na = {dependencies = ["b"]}\nc = {dependencies = ["d"]}',
        "tool.hatch.envs",
        "is not read: what environments a, c ask for beyond extras and dependency groups goes under `groups`",
    ),
    "extras of Poetry": (
        '[tool.poetry.dependencies]\na = {version = "1", optional = true}\n[tool.poetry.extras]\nb = ["c"]\n',
        "tool.poetry.extras.b",
        'names "c", which is no dependency: as in Poetry, it adds nothing',
    ),
    "builds of uv": (
        _BUILDS,
        "tool.uv.extra-build-dependencies.Rich",
        'is not followed; in the spec it is `build: {requires: {Rich: ["a", "b"]}}`',
    ),
    "metadata of uv": (
        _METADATA,
        "tool.uv.dependency-metadata[0]",
        f"is not followed; in the spec it is `overrides: [{_CLAIMS}]`",
    ),
}


@pytest.mark.parametrize(("text", "place", "told"), UNREAD.values(), ids=UNREAD.keys())
def test_what_is_not_read_is_a_notice(text: str, place: str, told: str) -> None:
    locked = run(loaded(SPEC, {"pyproject.toml": f"{PROJECT}{text}"}), FakeIndex().wheel("rich", "1"))
    assert messages(locked, "unfollowed") == [f"{place} of pyproject.toml {told}"]


def test_what_the_spec_states_itself_is_no_notice() -> None:
    text = f"{PROJECT}{_METADATA}"
    own = f"{SPEC}overrides: [{{project: rich, dependencies: []}}]\n"
    assert messages(run(loaded(own, {"pyproject.toml": text}), FakeIndex().wheel("rich", "1")), "unfollowed") == []


@pytest.mark.parametrize(("stated", "line"), [('">=3.8.*"', 4), ("3.8", 0)])
def test_a_requires_python_that_is_none_is_a_problem(stated: str, line: int) -> None:
    found = told(SPEC, {"pyproject.toml": f"{PROJECT}requires-python = {stated}\n"})
    assert [one.partition(": ")[0] for one in found] == [f"pyproject.toml:{line} project.requires-python"]
