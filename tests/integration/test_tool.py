"""The resolver as one file, `dist/wheelhouse.pyz`, on the Pythons of the machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.machine import every_python


@every_python
def test_a_python_that_is_too_old_is_told_which_one_is_wanted(python: Path, tool: Path) -> None:
    done = subprocess.run([python, tool, "--version"], capture_output=True, text=True, check=False)
    minor = int(python.name.rpartition(".")[2])
    if minor >= 10:
        assert (done.returncode, done.stderr) == (0, "")
        assert re.fullmatch(r"wheelhouse \S+\n", done.stdout)
    else:
        said = f"error: wheelhouse wants Python 3.10 or newer, and this is 3.{minor} ("
        assert (done.returncode, done.stdout, done.stderr.startswith(said)) == (2, "", True), done.stderr
        assert done.stderr.count("\n") == 1


def test_where_it_cannot_unpack_itself_it_says_so(tool: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    place = tmp_path / "file" / "root"
    done = subprocess.run(
        [sys.executable, tool, "--version"],
        env={**os.environ, "SHIV_ROOT": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1), done.stderr
    assert done.stderr.startswith(f"error: {place}"), done.stderr
    assert "unpacks itself into ~/.shiv, or into the directory that SHIV_ROOT names" in done.stderr
