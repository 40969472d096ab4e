"""Locks of several specs as one: every environment keeps what it had, and what cannot be one lock is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resolver.errors import LockError
from resolver.lock.codec import dumps, loads
from resolver.lock.combine import Part, combined, of_several_indexes
from resolver.lock.inputs import inputs_digest
from resolver.lock.model import Attestations, IndexEntry, Lock
from tests.unit.lock_examples import HARBOR, KEEL_SDIST, example, sha256

FILES = {"web/lock.json": sha256("web"), "ml/lock.json": sha256("ml")}
HERE = IndexEntry(url="wheels/", files="wheels/")


def one_of(web: Lock, ml: Lock) -> Lock:
    return combined({"web": Part(lock=web, folder="web"), "ml": Part(lock=ml, folder="../ml")}, FILES)


def test_each_environment_keeps_all_that_it_had() -> None:
    lock = one_of(example(), example())
    assert list(lock.environments) == ["web-linux-py311", "web-windows-py313", "ml-linux-py311", "ml-windows-py313"]
    for name in ("web", "ml"):
        for environment in example().environments:
            there = f"{name}-{environment}"
            assert lock.environments[there] == example().environments[environment]
            assert lock.roots[there] == example().roots[environment]
            assert lock.resolutions[there] == example().resolutions[environment]
            assert lock.files_for(there) == example().files_for(environment)
    assert lock.artifacts == example().artifacts
    assert lock.builds[KEEL_SDIST.filename].environments.keys() == {"web-linux-py311", "ml-linux-py311"}
    assert (lock.inputs.files, lock.inputs.sha256) == (FILES, inputs_digest(FILES))
    assert lock.inputs.combined
    assert not lock.inputs.are_of("web/lock.json")
    assert lock.exclude_newer == {}
    assert loads(dumps(lock)) == lock, "it keeps the contract of locks"


def test_an_index_is_renamed_where_its_name_is_taken_by_another() -> None:
    other = replace(
        example(), indexes={"corp": IndexEntry(url="https://other.example/", files="https://other.example/")}
    )
    lock = one_of(example(), other)
    assert lock.indexes.keys() == {"corp", "ml-corp"}
    assert {artifact.index for artifact in lock.artifacts.values()} == {"corp", None}, "the rows of the first lock"
    alone = replace(other, artifacts={"x.whl": replace(HARBOR, filename="x.whl")})
    assert one_of(example(), alone).artifacts["x.whl"].index == "ml-corp"
    assert one_of(example(), example()).indexes == example().indexes
    shouted = {"x.whl": replace(HARBOR, filename="x.whl", index="Corp")}
    likewise = replace(other, indexes={"Corp": other.indexes["corp"]}, artifacts=shouted)
    assert one_of(example(), likewise).indexes.keys() == {"corp", "ml-Corp"}, "or each would get the login of the other"
    same = replace(likewise, indexes={"CORP": example().indexes["corp"]}, artifacts={})
    assert one_of(example(), same).indexes == example().indexes
    with pytest.raises(LockError, match=r"web-corp; give this lock another name"):
        combined(
            {
                "a": Part(lock=replace(example(), indexes={**example().indexes, "web-corp": HERE}, artifacts={})),
                "web": Part(lock=other),
            },
            FILES,
        )


def test_directories_are_named_as_seen_from_the_combined_lock() -> None:
    local = replace(example(), indexes={"corp": HERE})
    lock = one_of(local, local)
    assert lock.indexes == {
        "corp": IndexEntry(url="web/wheels/", files="web/wheels/"),
        "ml-corp": IndexEntry(url="../ml/wheels/", files="../ml/wheels/"),
    }
    assert combined({"a": Part(lock=local)}, FILES).indexes == {"corp": HERE}
    quoted = IndexEntry(url="100%25%20a/wheels/", files="100%25%20a/wheels/")
    assert combined({"a": Part(lock=local, folder="100% a")}, FILES).indexes == {"corp": quoted}, "URLs, not paths"


@pytest.mark.parametrize(
    ("web", "ml", "asked"),
    [
        ({}, {}, None),
        ({"": "if-present"}, {}, "if-present"),
        ({"": "if-present"}, {"harbor": "require"}, "require"),
        ({"": "require", "harbor": "ignore"}, {}, None),
    ],
)
def test_the_strictest_of_what_is_asked_of_attestations(
    web: dict[str, str], ml: dict[str, str], asked: str | None
) -> None:
    both = [
        replace(example(), attestations={name: Attestations(check=check) for name, check in one.items()})  # type: ignore[arg-type]
        for one in (web, ml)
    ]
    found = one_of(*both).attestations
    assert "" not in found
    assert (found["harbor"].check if "harbor" in found else None) == asked


def test_a_file_has_the_row_of_the_lock_that_knows_who_vouches_for_it() -> None:
    """Another lock had it from a mirror that tells of no attestations, and asks for none."""
    artifacts = {**example().artifacts, HARBOR.filename: replace(HARBOR, provenance=None)}
    mirrored = replace(example(), artifacts=artifacts)
    for lock in (one_of(mirrored, example()), one_of(example(), mirrored)):
        assert lock.artifacts[HARBOR.filename] == HARBOR
        assert list(lock.artifacts) == list(artifacts)


def test_a_build_has_the_backend_that_any_lock_knows() -> None:
    build = example().builds[KEEL_SDIST.filename]
    unknown = replace(example(), builds={**example().builds, KEEL_SDIST.filename: replace(build, backend="")})
    for lock in (one_of(unknown, example()), one_of(example(), unknown)):
        assert lock.builds[KEEL_SDIST.filename].backend == build.backend


def test_a_file_is_yanked_where_any_lock_says_so() -> None:
    before = replace(
        example(), artifacts={name: replace(one, yanked=None) for name, one in example().artifacts.items()}
    )
    for lock in (one_of(before, example()), one_of(example(), before)):
        assert lock.artifacts == example().artifacts


def test_what_cannot_be_one_lock_is_refused() -> None:
    artifacts = {**example().artifacts, HARBOR.filename: replace(HARBOR, sha256=sha256("other"))}
    with pytest.raises(LockError, match=f"web and ml: two files are called {HARBOR.filename} and differ: .*hold both"):
        one_of(example(), replace(example(), artifacts=artifacts))
    with pytest.raises(LockError, match="two closures are called c1 and differ"):
        one_of(example(), replace(example(), closures={**example().closures, "c1": {}}))
    entry = example().environments["linux-py311"]
    short, long = (
        Lock(inputs=example().inputs, indexes={}, environments={name: entry}, artifacts={}, resolutions={name: {}})
        for name in ("b-c", "c")
    )
    with pytest.raises(LockError, match="a-b: another lock has an environment called a-b-c here; rename one"):
        combined({"a": Part(lock=short), "a-b": Part(lock=long)}, FILES)
    signed = [
        replace(example(), attestations={"harbor": Attestations(check="require", publisher={"kind": kind})})
        for kind in ("GitHub", "GitLab")
    ]
    with pytest.raises(LockError, match="web and ml want harbor to be signed by different publishers"):
        one_of(*signed)


def test_projects_of_several_indexes_are_known() -> None:
    elsewhere = IndexEntry(url="https://other.example/", files="https://other.example/")
    newer = replace(HARBOR, filename="harbor-9-py3-none-any.whl", version="9")
    other = replace(
        example(), indexes={"corp": elsewhere}, artifacts={newer.filename: newer}, resolutions={}, builds={}
    )
    assert of_several_indexes(one_of(example(), other)) == {("corp", "ml-corp"): ["harbor"]}
    assert of_several_indexes(one_of(example(), example())) == {}
    renamed = replace(
        other,
        indexes={"mirror": example().indexes["corp"]},
        artifacts={newer.filename: replace(newer, index="mirror")},
    )
    assert of_several_indexes(one_of(example(), renamed)) == {}
