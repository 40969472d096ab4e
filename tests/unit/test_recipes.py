"""How a lock says that an sdist is built, as a recipe; and the environments that it keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from resolver.errors import BuildFailed
from resolver.lock.model import BuildEnvironment, Lock, Pin
from resolver.lock.recipes import recipe_of
from resolver.recipe import Recipe
from resolver.spec.model import ShortEnvironment
from resolver.verify.replay import environment_of
from tests.support.environments import ALPINE, LINUX, MAC, WINDOWS, environment, short
from tests.unit.lock_examples import FORGE, KEEL_SDIST, example

LINUX_NAME = "linux-py311"


def with_build(lock: Lock, sdist: str, **changes: Any) -> Lock:
    build = lock.builds[sdist]
    built = replace(build.environments[LINUX_NAME], **changes)
    return replace(lock, builds={**lock.builds, sdist: replace(build, environments={LINUX_NAME: built})})


def test_a_recipe_holds_what_the_closure_holds_and_recipes_for_sdists() -> None:
    found = recipe_of(example(), KEEL_SDIST.filename, LINUX_NAME)
    assert found.file.hashes == {"sha256": KEEL_SDIST.sha256}
    kinds = {p.file.filename if isinstance(p, Recipe) else p.filename: isinstance(p, Recipe) for p in found.parts}
    assert kinds[FORGE.filename]
    assert not all(kinds.values())


def test_its_digest_hangs_on_all_that_it_says() -> None:
    base = recipe_of(example(), KEEL_SDIST.filename, LINUX_NAME)
    others = [
        replace(base, backend="another"),
        replace(base, backend_path=("src",)),
        replace(base, system=("cc",)),
        replace(base, parts=base.parts[1:]),
        replace(base, file=replace(base.file, hashes={"sha256": "0" * 64})),
    ]
    assert len({base.digest, *(other.digest for other in others)}) == 6
    assert replace(base, parts=base.parts[::-1]).digest == base.digest
    assert replace(base, file=replace(base.file, filename="renamed.tar.gz")).digest == base.digest


@pytest.mark.parametrize("gap", ["unknown", "unbuildable"])
def test_a_gap_is_a_failure_with_its_reason_wherever_it_is(gap: str) -> None:
    lock = with_build(example(), FORGE.filename, **{gap: "nobody knows"}, system=("cargo",))
    for sdist in (FORGE.filename, KEEL_SDIST.filename):
        with pytest.raises(BuildFailed, match="nobody knows") as caught:
            recipe_of(lock, sdist, LINUX_NAME)
        assert caught.value.missing == ("cargo",)


def test_what_the_lock_does_not_build_is_said() -> None:
    with pytest.raises(BuildFailed, match=r"the lock does not say how nothing\.tar\.gz is built for linux-py311"):
        recipe_of(example(), "nothing.tar.gz", LINUX_NAME)


def test_a_lock_that_goes_round_in_a_circle_is_said_to() -> None:
    lock = example()
    closure = {"keel": Pin(version=KEEL_SDIST.version, artifact=KEEL_SDIST.filename)}
    built = BuildEnvironment(requires=(), closure="circle")
    build = replace(lock.builds[KEEL_SDIST.filename], environments={LINUX_NAME: built})
    lock = replace(lock, closures={**lock.closures, "circle": closure}, builds={KEEL_SDIST.filename: build})
    with pytest.raises(BuildFailed, match=r"keel-1\.4\.tar\.gz needs keel-1\.4\.tar\.gz"):
        recipe_of(lock, KEEL_SDIST.filename, LINUX_NAME)


@pytest.mark.parametrize("declared", [LINUX, ALPINE, MAC, WINDOWS, short("free", "3.13t"), short("exact", "3.11.7")])
def test_an_environment_comes_back_from_a_lock(declared: ShortEnvironment) -> None:
    from resolver.lock.model import EnvironmentEntry

    before = environment(declared)
    tags = tuple(str(tag) for tag in before.tags)
    after = environment_of(before.name, EnvironmentEntry(markers=before.markers, tags=tags, **before.declared))
    assert (after.markers, after.tags, after.declared) == (before.markers, before.tags, before.declared)
    assert ("python_full_version" in after.assumed) == ("python_full_version" in before.assumed)
