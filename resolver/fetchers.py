"""What fetches from the network while a build runs, and behind an air gap there is none.

Some build requirements stand for a program: a backend asks for them where it finds no such program. Some backends build
nothing, but fetch a wheel.
"""

from __future__ import annotations

FETCHERS = {"puccinialin": "cargo"}
"""Projects, by their normalized names -> the program that each of them fetches."""

STUBS = frozenset({"wheel_stub.buildapi"})
"""Backends that fetch the wheel from an index which the pyproject.toml of the sdist names."""
