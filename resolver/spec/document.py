"""A document as a tree of nodes that know their line, and the text of a file that a person wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping

from resolver.records import record
from resolver.spec.model import Origin
from resolver.spec.report import Report, shown

MAX_BYTES = 1 << 20

Steps = tuple["str | int", ...]
Scalar = str | int | float | bool | None
Parts = tuple[int, "dict[str, Parts] | list[Parts] | Scalar", str]
"""A node but for its place: its line, its value (a dict or a list of parts, or a scalar), and its text."""

_PLAIN_KEY = r"[\w.*-]+"


@record
class Node:
    """One value of the document.

    ``steps`` are the keys and positions that lead to it; ``line`` is 1-based, for a value of a mapping that of its key;
    ``text`` is a scalar as written, without its quotes.
    """

    file: str
    line: int
    steps: Steps
    value: Mapping[str, Node] | tuple[Node, ...] | Scalar
    text: str = ""

    @property
    def origin(self) -> Origin:
        return Origin(file=self.file, line=self.line, path=dotted(self.steps))

    @property
    def items(self) -> tuple[Node, ...]:
        """The items of a list; none for anything else."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def members(self) -> Mapping[str, Node]:
        """The members of a mapping; none for anything else."""
        return self.value if isinstance(self.value, Mapping) else {}

    def plain(self) -> object:
        """The value as JSON has it: dict, list and scalars."""
        if isinstance(self.value, Mapping):
            return {key: member.plain() for key, member in self.value.items()}
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        return self.value

    def parts(self) -> Parts:
        """The node as values that any format can hold."""
        if isinstance(self.value, Mapping):
            return self.line, {key: member.parts() for key, member in self.value.items()}, self.text
        if isinstance(self.value, tuple):
            return self.line, [item.parts() for item in self.value], self.text
        return self.line, self.value, self.text


def node_of(parts: Parts, file: str, steps: Steps = ()) -> Node:
    """The inverse of `Node.parts`, for the node at ``steps`` of ``file``."""
    line, found, text = parts
    value: Mapping[str, Node] | tuple[Node, ...] | Scalar
    if isinstance(found, dict):
        value = {key: node_of(member, file, (*steps, key)) for key, member in found.items()}
    elif isinstance(found, list):
        value = tuple(node_of(item, file, (*steps, number)) for number, item in enumerate(found))
    else:
        value = found
    return Node(file=file, line=line, steps=steps, value=value, text=text)


def dotted(steps: Steps) -> str:
    """``environments.linux.python[0]``; a key that would be unclear stands in brackets and quotes."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(_PLAIN_KEY, step):
            text += f".{step}" if text else step
        else:
            text += f"[{shown(step)}]"
    return text


def decode(data: bytes, file: str, report: Report) -> str | None:
    """The text of a file that a person wrote, or None and a problem in ``report``. A byte order mark is passed over."""
    if len(data) > MAX_BYTES:
        report.add(place(file, 0), f"is {len(data)} bytes long; the limit is {MAX_BYTES}", "is it the right file?")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        report.add(place(file, line), f"is not UTF-8: byte 0x{data[error.start]:02x}", "save the file as UTF-8")
        return None


def place(file: str, line: int) -> Origin:
    """A line of a file, or, where that is 0, all of it."""
    return Origin(file=file, line=line, path="")
