"""Invalid metadata, and the line of the spec that says what it was meant to say."""

from __future__ import annotations

import pytest

from resolver.resolution.restated import how_to_replace, how_to_state_python
from resolver.spec.load import load


@pytest.mark.parametrize(
    ("invalid", "stated"),
    [
        ("PyYAML (>=5.1.*)", "PyYAML>=5.1"),
        ("extract-msg (<=0.29.*)", "extract-msg<0.30"),
        ("six>1.*", "six>=2"),
        ('torch (>=1.8.*) ; python_version >= "3.6"', 'torch>=1.8; python_version >= "3.6"'),
    ],
)
def test_a_requirement_is_shown_as_the_spec_takes_it(invalid: str, stated: str) -> None:
    told = how_to_replace(invalid)
    assert told.startswith("an entry in `overrides` can replace it: ")
    machine = "{python: '3.11', os: linux, arch: x86_64, libc: glibc 2.28}"
    spec = f"version: 1\nenvironments: {{l: {machine}}}\nrequirements: [a]\n{told.split('`')[3]}\n"
    (override,) = load("spec.yaml", lambda _: spec.encode()).overrides
    assert str(override.requirement) == stated


@pytest.mark.parametrize(
    "invalid",
    [
        "pytz>dev",
        "opencv-python>=3. ; extra == 'all'",
        "six>=1.* ; extra == 'x'",
        f"six>=1.* {'x' * 300}",
        f"a>={'9' * 99}" * 9,
    ],
)
def test_where_nobody_can_tell_or_it_is_an_extras_no_line_is_shown(invalid: str) -> None:
    assert how_to_replace(invalid) == "an entry in `overrides` can replace it"


def test_requires_python_is_shown_as_an_override_takes_it() -> None:
    assert how_to_state_python(">=3.6.*") == 'an entry in `overrides` can state it as `requires_python: ">=3.6"`'
    assert how_to_state_python("three") == "an entry in `overrides` can state it"
