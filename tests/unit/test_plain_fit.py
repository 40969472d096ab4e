"""What is said to fit, fits, and a spec as people write it is not left to jsonschema."""

from __future__ import annotations

import copy
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from resolver.spec.plain_fit import PlainFit
from resolver.spec.schema_errors import spec_schema

FULL: dict[str, Any] = {
    "version": 1,
    "environments": {
        "linux": {"python": ["3.11", "3.12"], "os": "linux", "arch": "x86_64", "libc": "glibc 2.28"},
        "raw": {"markers": {"python_version": "3.8", "sys_platform": "linux"}, "tags": ["py3-none-any"]},
    },
    "requirements": ["six"],
    "groups": {"dev": ["pytest"]},
    "include": ["pyproject.toml", {"file": "other.toml", "extras": "all", "groups": ["dev"]}],
    "overrides": ["six==1", {"project": "celery", "dependencies": ["pytz"]}],
    "indexes": [{"name": "corp", "url": "wheels", "projects": ["corp-*"]}],
    "build": {"requires": {"a": ["b"]}, "system": {"a": ["cc"]}, "environments": {"linux": {"constraints": ["c<3"]}}},
    "policy": {"prereleases": "allow", "align": False},
    "projects": {"six": {"sdists": "never", "publisher": {"kind": "GitHub", "repository": "a/b"}}},
}
VALIDATOR = Draft202012Validator(spec_schema())
_KEYS = ["version", "environments", "requirements", "python", "os", "tags", "name", "file", "kind", "odd", "a\n"]
_SCALARS = st.none() | st.booleans() | st.sampled_from([0, 1, 1.0, 2]) | st.sampled_from(["all", "3.12", "", "a\n"])
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=3)
)


def places(value: object) -> list[tuple[Any, Any]]:
    """Every container in a document, with every key or position in it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    here: list[tuple[Any, Any]] = [(value, key) for key, _ in inside]
    return here + [place for container, key in here for place in places(container[key])]


@given(st.data())
def test_what_is_sure_to_fit_fits(data: st.DataObject) -> None:
    document = copy.deepcopy(FULL)
    container, key = data.draw(st.sampled_from(places(document)))
    change = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if change == "replace":
        container[key] = data.draw(_VALUES)
    elif change == "remove":
        del container[key]
    elif isinstance(container, dict):
        container[data.draw(st.sampled_from(_KEYS))] = data.draw(_VALUES)
    else:
        container.append(data.draw(_VALUES))
    sure, fits = PlainFit(spec_schema()).is_sure(document), VALIDATOR.is_valid(document)
    assert sure <= fits
    if type(document.get("version")) is not float:  # 1.0 is 1 in JSON, and nobody writes it
        assert sure == fits, "nothing else in our schema takes jsonschema to say yes"


def test_a_keyword_that_is_not_known_is_no_reason_to_say_yes() -> None:
    assert PlainFit(spec_schema()).is_sure(FULL)
    for value in ("a", ["a"], {"a": "a"}, 1):
        assert not PlainFit({"maxLength": 9}).is_sure(value)


@pytest.mark.parametrize(("line", "loaded"), [("requirements: [six]", "False"), ("requirments: [six]", "True")])
def test_jsonschema_is_loaded_for_what_does_not_fit(line: str, loaded: str) -> None:
    program = f"""
        import sys
        from resolver.errors import SpecError
        from resolver.spec.load import load
        text = "version: 1\\nenvironments: {{a: {{python: '3.12', os: windows, arch: amd64}}}}\\n{line}\\n"
        try:
            load("spec.yaml", lambda _: text.encode())
        except SpecError:
            pass
        print("jsonschema" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=True, text=True)
    assert done.stdout == f"{loaded}\n"
