"""Memory is a matter of the C library, and nothing depends on it."""

from __future__ import annotations

import sys

import pytest

from resolver.http_index.frugal import take_little_memory


def test_a_python_without_ctypes_goes_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setitem(sys.modules, "ctypes", None)
    take_little_memory()
