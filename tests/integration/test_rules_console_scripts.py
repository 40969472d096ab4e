"""Console scripts of distributions, as Bazel runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.machine import every_python
from tests.support.rule_tools import RULES, installed
from tests.support.wheels import wheel_with


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Runs the console script of a distribution that has ``points``."""

    def run(
        project: str,
        wanted: str,
        points: str,
        *arguments: str,
        python: str = sys.executable,
        files: Mapping[str, bytes] | None = None,
    ) -> tuple[int, str, str]:
        code = (
            b"import sys\ndef main():\n    print(sys.argv)\n    return 3\nclass Other:\n    main = staticmethod(main)\n"
        )
        wheel = wheel_with(tmp_path, "my_keel", {"keel.py": code, **(files or {})}, entry_points=points, record=True)
        installed(tmp_path, wheel)
        text = (RULES / "libraries" / "console_script.py").read_text(encoding="utf-8")
        main = tmp_path / "main.py"
        main.write_text(text.replace("{project}", project).replace("{script}", wanted), encoding="utf-8")
        variables = {**os.environ, "PYTHONPATH": str(tmp_path / "site-packages")}
        done = subprocess.run(
            [python, "-B", str(main), *arguments], env=variables, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return run


Runs = Callable[..., tuple[int, str, str]]

TWO = "[console_scripts]\nmy-keel = keel:main\nother = keel:Other.main\n[gui_scripts]\nwindow = keel:main\n"

ONE = "[console_scripts]\nother = keel:main [extra]\n"


@pytest.mark.parametrize(
    ("points", "wanted", "expected"),
    [(TWO, "", "my-keel"), (TWO, "other", "other"), (ONE, "", "other"), (ONE, "other", "other")],
)
def test_the_console_script_that_is_meant(script: Runs, points: str, wanted: str, expected: str) -> None:
    assert script("my-keel", wanted, points, "--flag", "a b") == (3, f"['{expected}', '--flag', 'a b']\n", "")


@pytest.mark.parametrize(
    ("points", "wanted", "said"),
    [
        (TWO, "window", "my-keel has no console script window; it has: my-keel, other."),
        (TWO.replace("my-keel", "third"), "", "has no console script of its own name; it has: other, third."),
        ("", "", "has no console script of its own name; it has: none."),
    ],
)
def test_no_console_script(script: Runs, points: str, wanted: str, said: str) -> None:
    code, printed, told = script("my-keel", wanted, points)
    assert (code, printed) == (1, "")
    assert told.startswith("error: my-keel has no console script")
    assert said in told
    assert "console_script(script = ...)" in told


PROGRAMS = {
    "my_keel-1.data/scripts/weigh.py": b"#!python\nimport sys, keel\nprint(sys.argv[1:], __name__)\nsys.exit(5)\n",
    "my_keel-1.data/scripts/weigh": b'#!/bin/sh\necho "$1" "$2"\nexit 6\n',
}

"""What a wheel brings for the folder of programs: Python and not."""


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("weigh.py", "weigh.py", (5, "['--flag', 'a b'] __main__\n", "")),
        ("weigh.py", "", (5, "['--flag', 'a b'] __main__\n", "")),
        ("weigh", "weigh", (6, "--flag a b\n", "")),
        ("weigh", "", (6, "--flag a b\n", "")),
    ],
)
def test_a_program_that_the_wheel_brings_is_a_script_of_it(
    script: Runs, name: str, wanted: str, expected: tuple[int, str, str]
) -> None:
    files = {path: content for path, content in PROGRAMS.items() if path.endswith(f"/{name}")}
    assert script("my-keel", wanted, "", "--flag", "a b", files=files) == expected


OTHER = {"my_keel-1.data/scripts/other": b"#!/bin/sh\nexit 9\n"}


def test_programs_and_entry_points_are_named_together(script: Runs) -> None:
    code, _, said = script("my-keel", "none", TWO, files={**PROGRAMS, **OTHER})
    assert (code, "it has: my-keel, other, weigh, weigh.py." in said) == (1, True)


def test_an_entry_point_comes_before_a_program_of_its_name(script: Runs) -> None:
    assert script("my-keel", "other", TWO, files=OTHER)[0] == 3


@every_python
def test_console_scripts_on_every_python(script: Runs, python: Path) -> None:
    assert script("my-keel", "", TWO, python=str(python)) == (3, "['my-keel']\n", "")
