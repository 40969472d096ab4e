"""What a run assumed, replaced or passed over, and tells the user; never an error, never silent."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Literal

from resolver.records import record

Kind = Literal[
    "assumed",  # a marker depends on something that the spec leaves open
    "override",  # the spec replaced what a package claims
    "included",  # a dependency asks for a project that is included: no release of it is locked
    "yanked",  # a yanked file was chosen because it was pinned
    "prerelease",  # a pre-release was chosen because a dependency's specifier names one
    "skipped",  # a release that came first was passed over: invalid metadata, or no digest
    "agreed",  # an environment has another release than it would have by itself, because all have one
    "behind",  # another environment has a newer release, for which this one has no file
    "digest",  # a file that its index states no sha256 of was locked by that of the bytes that came
    "source",  # an environment builds a release whose wheels are for others
    "system",  # a build needs a program that no index has
    "sandbox",  # a program was not run, for want of a sandbox
    "unused",  # an entry of the spec matches nothing
    "unfollowed",  # an included file says to its tool what is for the spec to say: policy, Pythons, builds
    "empty",  # an environment, or the whole lock, gets no project
    "host",  # a backend was asked on a machine or a Python that is not the environment's
    "bootstrap",  # a cycle of builds was broken by a wheel
    "preference",  # a version that another tool's lock has was not taken, and how many were
    "extra",  # an extra was asked for that the release does not have
]


@record
class Notice:
    """One line of the report, in order of its fields. ``environment`` is empty where it is about all of them.

    ``subject`` is the part of the message that differs where the same is to be told of many.
    """

    kind: Kind
    project: str
    message: str
    environment: str = ""
    subject: str = ""

    def __lt__(self, other: Notice) -> bool:
        return _in_order(self) < _in_order(other)


_in_order = attrgetter("kind", "project", "message", "environment")


def unused_entry(place: str, name: str, why: str, near: Sequence[str]) -> Notice:
    """That the entry ``name`` at ``place`` of the spec matches nothing; ``near``: what it may be meant to be."""
    hint = f"; did you mean {near[0]}?" if near else ""
    return Notice(kind="unused", project=name, message=f"`{place}:` names {name}, and {why}{hint}")
