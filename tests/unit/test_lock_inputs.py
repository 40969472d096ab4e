"""The digest of the inputs, held against the tool whose format it borrows, and staleness."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from resolver.errors import InputError
from resolver.lock.inputs import inputs_digest, stale
from tests.unit.lock_examples import inputs, sha256


def test_digest_is_that_of_what_sha256sum_prints(tmp_path: Path) -> None:
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum here")
    contents = {"spec.yaml": b"version: 1\n", "Base.in": b"", "a-b/été.in": b"harbor\n", "a/z.in": b"keel\n"}
    for path, content in contents.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    done = subprocess.run(["sha256sum", "--", *sorted(contents)], cwd=tmp_path, capture_output=True, check=True)
    digest = inputs_digest({path: hashlib.sha256(content).hexdigest() for path, content in contents.items()})
    assert digest == hashlib.sha256(done.stdout).hexdigest()


def test_digest_ignores_the_order_of_the_mapping_and_sees_all_else() -> None:
    one, two = {"a": sha256("1"), "b": sha256("2")}, {"b": sha256("2"), "a": sha256("1")}
    assert inputs_digest(one) == inputs_digest(two)
    assert len({inputs_digest(f) for f in ({}, one, {"a": sha256("2"), "b": sha256("1")}, {"a": sha256("1")})}) == 4


@pytest.mark.parametrize("path", ["a\nb", "sub\\a.in", "sp\udcff.yaml"])
def test_paths_that_the_format_cannot_state(path: str) -> None:
    with pytest.raises(InputError, match="rename the file"):
        inputs_digest({path: sha256("")})


def test_stale_names_what_changed_and_what_vanished() -> None:
    files = {"spec.yaml": b"spec", "base.in": b"other", "dev.in": b"dev"}
    lock = inputs(**{"spec.yaml": sha256("spec"), "base.in": sha256("base"), "dev.in": sha256("dev")})
    assert stale(lock, {**files, "base.in": b"base"}.__getitem__) == []

    def read(path: str) -> bytes:
        if path == "dev.in":
            raise FileNotFoundError(path)
        return files[path]

    assert stale(lock, read) == ["base.in has changed", "dev.in has vanished"]
