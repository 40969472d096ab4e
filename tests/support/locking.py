"""Locks of specs and indexes in memory, and what is read from them."""

from __future__ import annotations

from resolver.index import Site
from resolver.lock.codec import dumps, loads
from resolver.locking import Locked, lock
from resolver.previous import Previous
from resolver.spec.model import Spec
from tests.support.fake_hooks import FakeHooks
from tests.support.fake_index import FakeIndex

SITES = {"fake": Site(url="https://index.example/simple/")}


def run(declared: Spec, index: FakeIndex, hooks: FakeHooks | None = None, previous: Previous | None = None) -> Locked:
    locked = lock(declared, index, SITES, previous or Previous(), hooks=hooks)
    assert loads(dumps(locked.lock)) == locked.lock
    return locked


def pins(locked: Locked, environment: str = "linux") -> dict[str, str]:
    return {name: pin.version for name, pin in locked.lock.resolutions[environment].items()}


def messages(locked: Locked, kind: str) -> list[str]:
    return [notice.message for notice in locked.notices if notice.kind == kind]
