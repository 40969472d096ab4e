"""Whatever builds ask of each other: a lock is the same, and so is what is asked, whether backends are begun ahead."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from resolver.build.interview import Interview
from resolver.errors import BuildFailed
from resolver.index import Site
from resolver.lock.codec import dumps
from resolver.locking import lock
from resolver.previous import Previous
from resolver.records import record
from resolver.spec.model import Policy, Sdists
from tests.support.environments import LINUX, WINDOWS, spec
from tests.support.fake_hooks import FakeHooks
from tests.support.fake_index import FakeIndex

NAMES = ("a", "b", "c")
SITES = {"fake": Site(url="https://index.example/simple/")}


@record
class Source:
    """An sdist: what its files and its hooks ask for; None is a hook that fails."""

    requires: tuple[str, ...]
    answer: tuple[str, ...] | None
    describes: tuple[str, ...]
    is_dynamic: bool
    has_wheel: bool
    size: int


names = st.sampled_from([(), *((name,) for name in NAMES)])
sources = st.builds(
    Source,
    requires=names,
    answer=st.sampled_from([None, *((name,) for name in NAMES), ()]),
    describes=names,
    is_dynamic=st.booleans(),
    has_wheel=st.sampled_from([False, False, False, True]),
    size=st.integers(1, 4),
)


def source(*requires: str, is_dynamic: bool) -> Source:
    return Source(requires=requires, answer=(), describes=(), is_dynamic=is_dynamic, has_wheel=False, size=1)


LED_BACK = {"a": source("b", is_dynamic=False), "b": source("a", is_dynamic=True), "c": source(is_dynamic=False)}
"""The build of ``a`` takes ``b``, whose metadata has to be asked for, and for that ``a``."""


def locked(graph: dict[str, Source], policy: Policy) -> tuple[str, list[str], set[str]]:
    index = FakeIndex()
    for name, one in graph.items():
        files = {"pyproject.toml": f"[build-system]\nrequires = {list(one.requires)}\nbuild-backend = 'own'\n"}
        if one.is_dynamic:
            files["PKG-INFO"] = f"Metadata-Version: 2.2\nName: {name}\nVersion: 1\nDynamic: Requires-Dist\n"
        index.sdist(name, "1", files, size=one.size)
        if one.has_wheel:
            index.wheel(name, "1", *one.describes)
    hooks = FakeHooks(
        {f"{n}-1.tar.gz": BuildFailed("no") if s.answer is None else s.answer for n, s in graph.items()},
        {f"{n}-1.tar.gz": s.describes for n, s in graph.items()},
    )
    declared = spec("a", environments=(LINUX, WINDOWS), policy=policy)
    found = lock(declared, index, SITES, Previous(), hooks=hooks)
    return dumps(found.lock), [str(notice) for notice in found.notices], set(hooks.asked)


@example(LED_BACK, "fallback")
@given(st.fixed_dictionaries(dict.fromkeys(NAMES, sources)), st.sampled_from(["fallback", "always"]))
@settings(max_examples=40)
def test_nothing_hangs_on_what_is_begun_ahead(graph: dict[str, Source], sdists: Sdists) -> None:
    policy = Policy(sdists=sdists)
    begun = locked(graph, policy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Interview, "begin_requires", lambda *_: None)
        assert begun == locked(graph, policy)
