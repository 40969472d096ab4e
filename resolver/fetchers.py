"""Build requirements that stand for a program: a backend asks for them where it finds no such program.

They would fetch it from the network while the build runs, and behind an air gap there is none.
"""

from __future__ import annotations

FETCHERS = {"puccinialin": "cargo"}
"""Projects, by their normalized names -> the program that each of them fetches."""
