"""What `make quickstart` runs, on real packages, as it is run on a fresh machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_quickstart_ends_with_an_installation_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHEELHOUSE_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "examples/quickstart").mkdir(parents=True)
    shutil.copy(ROOT / "examples/quickstart/spec.yaml", tmp_path / "examples/quickstart")
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    command = ["sh", "scripts/quickstart.sh", str(Path(sys.executable).parent)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert "installed" in said.partition("== 3.")[2].partition("== 4.")[0]
    assert "none wrong" in said
    assert (tmp_path / "examples/quickstart/lock.json").is_file()
