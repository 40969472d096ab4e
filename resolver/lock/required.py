"""Which projects the requirements of a lock name. Only how a requirement begins is read: the resolver wrote it."""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name

from resolver.lock.model import BuildEnvironment


def project_of(requirement: str) -> str:
    """The project that a requirement names (PEP 508); empty where it begins with no name."""
    name = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement)
    return canonicalize_name(name[0]) if name else ""


def required_by(built: BuildEnvironment) -> set[str]:
    """The projects that a build requires."""
    return {project_of(one.requirement) for one in built.requires}
