"""How many connections a process can have open."""

from __future__ import annotations

import pytest

from resolver.server import descriptors as module

resource = pytest.importorskip("resource", reason="bounds on descriptors, as POSIX has them")


def test_the_descriptors_of_the_process_bound_the_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    def limit(soft: int) -> int:
        monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, soft))
        return module.connection_limit(32)

    assert limit(1024) == 1024 - 96
    assert limit(64) == module.MIN_CONNECTIONS
    assert limit(resource.RLIM_INFINITY) == limit(1 << 20) == module.MAX_CONNECTIONS
