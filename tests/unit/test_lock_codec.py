"""The lock's format: its golden bytes, its schema, its round trip, and every way in which it can be wrong."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example as with_example
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from resolver.errors import LockError
from resolver.lock.codec import dumps, loads
from resolver.lock.model import Lock
from tests.unit.lock_examples import example, locks, sha256

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "lock.json"
SCHEMA = json.loads((ROOT / "resolver" / "lock.schema.json").read_text())


def closed(schema: Any) -> Any:
    """The schema with every record closed, so that a key which it does not describe is found."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(part) for key, part in schema.items()}
    return {**made, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else made


STRICT = Draft202012Validator(closed(SCHEMA))


def test_golden_bytes() -> None:
    assert dumps(example()) == GOLDEN.read_text(encoding="ascii")
    assert loads(GOLDEN.read_text(encoding="ascii")) == example()


def test_schema_is_valid_and_describes_the_golden_lock() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    STRICT.validate(json.loads(GOLDEN.read_text()))


@given(locks())
@settings(max_examples=40)
def test_round_trip(lock: Lock) -> None:
    text = dumps(lock)
    assert loads(text) == lock
    assert dumps(loads(text)) == text
    assert text.isascii()
    STRICT.validate(json.loads(text))


def test_the_order_in_which_a_lock_was_made_does_not_show() -> None:
    def backwards(value: Any) -> Any:
        return dict(reversed(value.items())) if isinstance(value, dict) else value

    lock = example()
    turned = replace(lock, **{name: backwards(getattr(lock, name)) for name in Lock.__dataclass_fields__})
    assert list(turned.artifacts) != list(lock.artifacts)
    assert dumps(turned) == dumps(lock)


def test_which_input_is_the_spec_stands_there_where_more_than_one_could_be() -> None:
    lock = replace(example(), inputs=replace(example().inputs, spec="spec.yaml"))
    assert loads(dumps(lock)) == lock
    STRICT.validate(json.loads(dumps(lock)))
    assert '"spec"' not in dumps(example()).partition('"environments"')[0]
    assert [lock.inputs.are_of(name) for name in ("spec.yaml", "requirements/base.in")] == [True, False]
    assert [example().inputs.are_of(name) for name in ("spec.yaml", "requirements/base.in", "x")] == [True, True, False]


def test_one_record_a_line() -> None:
    lines = [line.strip().rstrip(",") for line in dumps(example()).splitlines()]
    for name in (*example().artifacts, "mast-tools"):
        rows = [line for line in lines if line.startswith(f'"{name}": {{"')]
        assert all(json.loads("{" + row + "}")[name] for row in rows)
        assert rows
    assert sum(line.startswith('"tags": [') and line.endswith("]") for line in lines) == 2
    assert '"harbor[rig]>=2"' in lines
    assert sum('"closure": "c1"' in line for line in lines) == 1


def test_keys_of_later_releases_are_passed_over() -> None:
    document = json.loads(dumps(example()))
    document["novelty"] = document["indexes"]["corp"]["novelty"] = [1]
    assert loads(json.dumps(document)) == example()


# --- what can be wrong ----------------------------------------------------------------------------------------------

WHEEL = "keel-1.4-cp313-cp313-win_amd64.whl"
SDIST = "keel-1.4.tar.gz"


def put(*path: Any) -> Callable[[Any], None]:
    """Set the value at ``path[:-1]`` to the last of ``path``."""

    def edit(document: Any) -> None:
        *parents, key, value = path
        for parent in parents:
            document = document[parent]
        document[key] = value

    return edit


def drop(*path: str | int) -> Callable[[Any], None]:
    def edit(document: Any) -> None:
        *parents, key = path
        for parent in parents:
            document = document[parent]
        del document[key]

    return edit


def rename(section: str, old: str, new: str) -> Callable[[Any], None]:
    def edit(document: Any) -> None:
        document[section][new] = document[section].pop(old)

    return edit


def artifact(key: str, value: Any, name: str = WHEEL) -> Callable[[Any], None]:
    return put("artifacts", name, key, value)


AT = f'artifacts["{WHEEL}"]'
BUILT = f'builds["{SDIST}"].environments["linux-py311"]'

FAULTS: dict[str, tuple[Callable[[Any], None], str]] = {
    "newer": (put("lock_version", 2), "lock_version: the lock has version 2"),
    "older": (put("lock_version", 0), "lock_version: no release of wheelhouse has written version 0"),
    "version of another type": (put("lock_version", True), "lock_version: should be a whole number, not a boolean"),
    "no version": (drop("lock_version"), "the key 'lock_version' is missing"),
    "no section": (drop("closures"), "the key 'closures' is missing"),
    "no key": (drop("artifacts", WHEEL, "sha256"), f"{AT}: the key 'sha256' is missing"),
    "section of another type": (put("artifacts", []), "artifacts: should be an object, not an array"),
    "size of another type": (artifact("size", "9"), f"{AT}.size: should be a whole number, not a string"),
    "negative size": (artifact("size", -1), f"{AT}.size: should be a number of bytes, not -1"),
    "null": (artifact("yanked", None), f"{AT}.yanked: should be a string, not null"),
    "string in an array": (
        put("environments", "linux-py311", "tags", 1, 7),
        'environments["linux-py311"].tags[1]: should be a string, not a number',
    ),
    "a tag of one part": (
        put("environments", "linux-py311", "tags", 0, "py3"),
        "environments[\"linux-py311\"].tags[0]: 'py3' is not a tag (PEP 425)",
    ),
    "a Python in words": (
        put("environments", "linux-py311", "markers", "python_version", "three"),
        "environments[\"linux-py311\"].markers.python_version: 'three' is not a Python version",
    ),
    "array for a string": (put("inputs", "sha256", ["x"]), "inputs.sha256: should be a string, not an array"),
    "kind": (artifact("kind", "egg"), f"{AT}.kind: should be one of wheel, sdist, not 'egg'"),
    "kind of another file": (artifact("kind", "sdist"), f"{AT}.kind: a file of this name is no sdist"),
    "origin": (
        put("builds", SDIST, "environments", "linux-py311", "requires", 1, "from", "guess"),
        f"{BUILT}.requires[1].from: should be one of",
    ),
    "short sha256": (artifact("sha256", "ab12"), f"{AT}.sha256: 'ab12' is not a sha256"),
    "words for a version": (artifact("version", "1.0 x"), f"{AT}.version: '1.0 x' is not a version"),
    "version in another form": (
        artifact("version", "v1.0"),
        f"{AT}.version: 'v1.0' is not a version in its normal form",
    ),
    "version of a long number": (artifact("version", "9" * 640), f"{AT}.version: '999"),
    "upper-case sha256": (artifact("sha256", sha256("x").upper()), f"{AT}.sha256: "),
    "digest of other inputs": (put("inputs", "sha256", sha256("")), "inputs.sha256: it is not the digest of"),
    "a spec that is no input": (put("inputs", "spec", "x.yaml"), "inputs.spec: there is no input 'x.yaml'"),
    "a mark that says no": (put("inputs", "combined", False), "inputs.combined: should be true, or absent"),
    "absolute input": (put("inputs", "files", "/home/spec.yaml", sha256("")), 'inputs.files["/home/spec.yaml"]: '),
    "nowhere": (drop("artifacts", WHEEL, "path"), f"{AT}: it has neither `path` (with `index`) nor `url`"),
    "two places": (artifact("url", "https://x.example/y"), f"{AT}: it has both `path` and `url`"),
    "path without index": (drop("artifacts", WHEEL, "index"), f"{AT}: it has `path` but not the `index`"),
    "relative url": (
        artifact("url", "files/y.whl", "sail-0.9-py3-none-any.whl"),
        'artifacts["sail-0.9-py3-none-any.whl"].url: ',
    ),
    "scheme": (put("indexes", "corp", "url", "ftp://index.example/"), "indexes.corp.url: "),
    "base without a slash": (put("indexes", "corp", "files", "https://x.example"), "indexes.corp.files: "),
    "credentials": (
        put("indexes", "corp", "files", "https://me:hunter2@x.example/"),
        "indexes.corp.files: the URL at x.example holds credentials",
    ),
    "name that is no project": (artifact("project", "../keel"), f"{AT}.project: '../keel' is not a normalised"),
    "name of a project that climbs": (
        rename("resolutions", "linux-py311", "../up"),
        'resolutions["../up"]: ',
    ),
    "filename with a slash": (rename("artifacts", WHEEL, f"../{WHEEL}"), f'artifacts["../{WHEEL}"]: '),
    "hidden filename": (rename("artifacts", WHEEL, f".{WHEEL}"), f'artifacts[".{WHEEL}"]: '),
    "no index": (artifact("index", "other"), f"{AT}.index: there is no index 'other'"),
    "no artifact": (drop("artifacts", WHEEL), f"artifact: there is no artifact '{WHEEL}'"),
    "another project's artifact": (
        put("resolutions", "windows-py313", "keel", "artifact", "harbor-2.1.0-py3-none-any.whl"),
        'resolutions["windows-py313"].keel.artifact: harbor-2.1.0-py3-none-any.whl is of harbor 2.1.0',
    ),
    "another version": (put("closures", "c2", "anvil", "version", "9"), "closures.c2.anvil.artifact: "),
    "no dependency": (
        drop("resolutions", "windows-py313", "sail"),
        'resolutions["windows-py313"].harbor.dependencies: there is no pin beside this one',
    ),
    "no closure": (drop("closures", "c1"), f"{BUILT}.closure: there is no closure 'c1'"),
    "no build": (
        drop("builds", SDIST),
        f"resolutions[\"linux-py311\"]: there is no entry in `builds` for linux-py311 of the sdist '{SDIST}'",
    ),
    "no build in a closure": (drop("builds", "forge-3.2.tar.gz"), f"{BUILT}.closure: there is no entry in `builds`"),
    "build of a wheel": (
        put("builds", WHEEL, {"backend": "b", "environments": {}}),
        f'builds["{WHEEL}"]: only an sdist is built',
    ),
    "a check that nobody knows": (put("attestations", "", "check", "hope"), 'attestations[""].check: should be one of'),
    "publisher of no kind": (
        drop("attestations", "harbor", "publisher", "kind"),
        "attestations.harbor.publisher: the key 'kind' is missing",
    ),
    "credentials in a provenance": (
        artifact("provenance", "https://me:hunter2@x.example/p"),
        f"{AT}.provenance: the URL at x.example holds credentials",
    ),
    "age in months": (put("exclude_newer", {"P1M": "2026-11-17T12:00:00Z"}), "exclude_newer.P1M: 'P1M' is not an age"),
    "instant that does not exist": (
        put("exclude_newer", "P7D", "2026-02-30T12:00:00Z"),
        "exclude_newer.P7D: '2026-02-30T12:00:00Z' is not a time in UTC",
    ),
    "instant elsewhere": (put("exclude_newer", "P7D", "2026-02-03T12:00:00+01:00"), "exclude_newer.P7D: "),
    "no environment": (drop("environments", "windows-py313"), "there is no environment 'windows-py313'"),
    "no resolution": (drop("resolutions", "windows-py313"), "there is no resolution for the environment"),
}


@pytest.mark.parametrize(("edit", "message"), FAULTS.values(), ids=FAULTS)
def test_faults(edit: Callable[[Any], None], message: str) -> None:
    document = copy.deepcopy(json.loads(dumps(example())))
    edit(document)
    with pytest.raises(LockError) as caught:
        loads(json.dumps(document), "some/lock.json")
    told = str(caught.value)
    assert message in told
    assert told.startswith("some/lock.json")
    assert "\n    " in told  # what to do
    assert "hunter2" not in told


@pytest.mark.parametrize(
    "path",
    ["../x.whl", "a/../../x.whl", "/x.whl", "//evil.example/x.whl", "https://evil.example/x", "a\\..\\x", "%2e%2e/x",
     "a/%2E%2e%2fx", "..?q", "a/./x", "a\nb", "a%0Ab", "C:/x", "%2fx", ""],
)  # fmt: skip
def test_paths_that_escape(path: str) -> None:
    document = json.loads(dumps(example()))
    document["artifacts"][WHEEL]["path"] = path
    with pytest.raises(LockError) as caught:
        loads(json.dumps(document))
    assert f"{AT}.path: " in str(caught.value)


@pytest.mark.parametrize(
    "path", ["packages/ab/x-1.0+local.whl", "x.whl?signature=a/b", "a/%20b/..x/x.whl", "~u/x..whl"]
)
def test_paths_that_do_not(path: str) -> None:
    document = json.loads(dumps(example()))
    document["artifacts"][WHEEL]["path"] = path
    assert loads(json.dumps(document)).artifacts[WHEEL].path == path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lock.json:1: is not JSON"),
        ('{\n"lock_version": 1,,\n}', "lock.json:2: is not JSON"),
        ("{\n<<<<<<< ours\n", "unresolved merge"),
        ("<<<<<<< ours\n{}", "unresolved merge"),
        ('{"lock_version": 1, "lock_version": 1}', "'lock_version' is there twice"),
        ('{"lock_version": NaN}', "NaN is not JSON"),
        ('{"lock_version": "\\ud83d"}', "surrogate"),
        ("[" * 200_000, "depth"),
        ("9" * 10_000, "number"),
        ("\ufeff{}", "is not JSON"),
        ("[]", "should be an object, not an array"),
    ],
)
def test_what_is_no_lock_at_all(text: str, message: str) -> None:
    with pytest.raises(LockError) as caught:
        loads(text)
    assert message in str(caught.value)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data(), value=_json)
@with_example(data=None, value=None)
@settings(max_examples=80)
def test_nothing_but_a_lock_error(data: Any, value: Any) -> None:
    """Any value in any place gives a lock or a `LockError`, never another exception."""
    document = json.loads(dumps(example()))
    place = document
    while data is not None and place:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or data.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    try:
        loads(json.dumps(document))
    except LockError as error:
        str(error).encode()


def test_loading_stays_light() -> None:
    """Every command reads a lock: no validator, no parser of requirements, nothing that writes code is imported."""
    heavy = {"jsonschema", "packaging", "requests", "dataclasses", "inspect"}
    code = f"import sys; import resolver.lock.codec, resolver.lock.parsing; print({heavy} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}; {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "set()\n"
