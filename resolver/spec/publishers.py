"""``publisher`` of a project -> the identity that its attestations must have been signed by."""

from __future__ import annotations

from resolver.spec.document import Node
from resolver.spec.report import Report

_NEEDED = {"GitHub": "repository", "GitLab": "repository", "Google": "email"}
_MAY = {"GitHub": {"workflow"}, "GitLab": {"workflow_filepath"}, "Google": set[str]()}


def read_publisher(node: Node, report: Report) -> dict[str, str]:
    """What a publisher of its ``kind`` states; keys of other kinds, and a missing name, are problems."""
    stated = {key: str(member.value) for key, member in node.members.items()}
    kind = stated["kind"]
    needed = _NEEDED[kind]
    if needed not in stated:
        report.add(node.origin, f"the publisher has no `{needed}`", f"a publisher at {kind} is known by it")
    for key in (key for key, value in stated.items() if not value):
        report.add(node.members[key].origin, f"`{key}` is empty", "state it, or leave it out")
    for key in sorted(stated.keys() - {"kind", needed} - _MAY[kind]):
        known = ", ".join(sorted({needed} | _MAY[kind]))
        report.add(node.members[key].origin, f"a publisher at {kind} has no `{key}`", f"known here: {known}")
    return stated
