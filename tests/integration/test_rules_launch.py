"""The test that keeps spec and lock together, as Bazel starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.rule_tools import RULES, written

MADE_FROM = {"inputs": {"files": dict.fromkeys(("spec.yaml", "../machines.yaml", "more/reqs.in"), "0" * 64)}}


@pytest.mark.parametrize(
    ("lock", "given", "missing"),
    [
        (json.dumps(MADE_FROM), ("ext/spec.yaml", "machines.yaml", "ext/more/reqs.in"), ""),
        (json.dumps(MADE_FROM), ("ext/spec.yaml", "machines.yaml"), "ext/more/reqs.in"),
        (json.dumps(MADE_FROM), ("ext/spec.yaml",), "machines.yaml, ext/more/reqs.in"),
        ("<<<<<<< HEAD", ("ext/spec.yaml",), ""),
        ("[]", ("ext/spec.yaml",), ""),
        (None, ("ext/spec.yaml",), ""),
    ],
)
def test_a_check_names_files_that_it_was_not_given(
    tmp_path: Path, lock: str | None, given: tuple[str, ...], missing: str
) -> None:
    shop = tmp_path / "shop"
    written(shop, dict.fromkeys(given, b""))
    written(tmp_path / "tool", {"wheelhouse.pyz": b"import sys; print(sys.argv[1:])"})
    if lock is not None:
        (shop / "ext/lock.json").write_text(lock, encoding="utf-8")
    text = (RULES / "resolver" / "launch.py").read_text(encoding="utf-8")
    for name, value in {
        "tool": "tool/wheelhouse.pyz", "main": "shop/ext/e.check.main.py", "spec": "shop/ext/spec.yaml",
        "lock": "ext/lock.json", "mode": "check",
    }.items():  # fmt: skip
        text = text.replace(f"{{{name}}}", value)
    main = shop / "ext/e.check.main.py"
    main.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-B", str(main)], capture_output=True, text=True, check=False)
    if missing:
        assert done.returncode == 1
        assert f"the lock was made from {missing}, which this test was not given" in done.stderr
        assert "`data` of wheelhouse_requirements" in done.stderr
    else:
        asked = ["resolve", "--check", "--spec", "ext/spec.yaml", "--lock", "ext/lock.json"]
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{asked}\n", "")
