"""Teams whose specs extend one: the command as they run it, against a directory of tiny packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.desk import SPEC, add, furnish, wheelhouse

TEAM = "version: 1\nextends: {base}\nenvironments: [linux]\nrequirements: [beta]\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """What all share: ``site/machines.yaml`` and an index beside it; and the folder of a team."""
    site = furnish(tmp_path / "site", SPEC.partition("requirements")[0] + "indexes: [{name: local, url: wheels/}]\n")
    (site / "spec.yaml").rename(site / "machines.yaml")
    (tmp_path / "team").mkdir()
    (tmp_path / "team/spec.yaml").write_text(TEAM.format(base="../site/machines.yaml"))
    return site


def test_a_team_has_the_machines_and_the_index_of_all(site: Path) -> None:
    team = site.parent / "team"
    done = wheelhouse(team, "resolve")
    assert done.returncode == 0, done.stderr
    lock = json.loads((team / "lock.json").read_text())
    assert lock["environments"].keys() == {"linux"}
    assert lock["indexes"] == {"local": {"url": "../site/wheels/", "files": "../site/wheels/"}}
    assert lock["inputs"]["spec"] == "spec.yaml"
    assert lock["inputs"]["files"].keys() == {"spec.yaml", "../site/machines.yaml"}
    assert wheelhouse(team, "resolve", "--check").returncode == 0
    done = wheelhouse(team, "vendor", "tree")
    assert done.stdout.startswith("tree: 1 file, "), done.stderr


def test_a_change_of_what_all_share_makes_the_lock_stale(site: Path) -> None:
    team = site.parent / "team"
    assert wheelhouse(team, "resolve").returncode == 0
    add(site, "beta", "2.0")
    machines = site / "machines.yaml"
    machines.write_text(machines.read_text() + "constraints: [beta>=2]\n")
    done = wheelhouse(team, "resolve", "--check")
    assert (done.returncode, "../site/machines.yaml has changed" in done.stderr) == (1, True)
    assert wheelhouse(team, "resolve").returncode == 0
    assert "2.0" in wheelhouse(team, "show", "beta").stdout
    machines.unlink()
    done = wheelhouse(team, "resolve")
    assert done.returncode == 2
    assert 'spec.yaml:2 at extends: there is no file "../site/machines.yaml"' in done.stderr


def test_the_lock_of_a_spec_is_not_that_of_the_one_it_extends(site: Path) -> None:
    (site / "spec.yaml").write_text(TEAM.format(base="machines.yaml"))
    assert wheelhouse(site, "resolve").returncode == 0
    before = (site / "lock.json").read_bytes()
    for _ in range(2):  # the second time, the lock is known to be current
        done = wheelhouse(site, "resolve", "--check", "--spec", "machines.yaml")
        assert done.returncode == 1
        assert "machines.yaml is not what the lock was made from (spec.yaml)" in done.stderr
        assert wheelhouse(site, "resolve", "--check").returncode == 0
    done = wheelhouse(site, "resolve", "--spec", "machines.yaml")
    assert done.returncode == 2
    assert "lock.json: is the lock of spec.yaml" in done.stderr
    assert (site / "lock.json").read_bytes() == before
    (site / "lock.json").unlink()
    machines = site / "machines.yaml"
    machines.write_text(machines.read_text() + "requirements: [beta]\n")
    assert wheelhouse(site, "resolve", "--spec", "machines.yaml").returncode == 0
    done = wheelhouse(site, "resolve")
    assert (done.returncode, "lock.json: is the lock of machines.yaml" in done.stderr) == (2, True), done.stderr
