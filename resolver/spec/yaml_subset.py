"""YAML text -> a tree of nodes that know their line. A strict subset of YAML: what a person writes, and no more.

Refused: aliases and anchors, tags, merge keys, duplicate keys, keys that are not text, several documents, NaN and
infinity, and input that is too large, too deep or not UTF-8. Unquoted scalars are read by the core schema of YAML 1.2
(https://yaml.org/spec/1.2.2/#103-core-schema): ``no`` and dates are text. Nothing here knows what a spec is.

PyYAML's own parser is used, not libyaml: both read the same files, but messages and corner cases differ, and a spec has
to mean the same on every host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from resolver.spec.document import Node, Scalar, Steps, decode, dotted, place
from resolver.spec.model import Origin
from resolver.spec.report import Report, shown

MAX_DEPTH = 50

# Compiled when one is first asked for: to compile all of them takes longer than reading most specs.
_INTEGER = r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_NOT_FINITE = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_BEGINS_A_NUMBER = "+-.0123456789"
_SURROGATE = "[\ud800-\udfff]"  # an escape can make one, and no UTF-8 can hold it
_LONGEST_NUMBER = 18  # longer ones stay text: nothing in a spec counts that far


def read_document(data: bytes, file: str, report: Report) -> Node | None:
    """The one document in ``data``. Notes what is refused in ``report``; None where nothing could be read at all."""
    text = decode(data, file, report)
    if text is None:
        return None
    try:
        return _Builder(file, report).document(_events(text, file, report))
    except _Unreadable:
        return None
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        character = f"U+{ord(text[error.position]):04X}"
        report.add(place(file, line), f"has the character {character}, which YAML does not allow", "remove it")
    except yaml.MarkedYAMLError as error:
        line, column = _mark(error)
        what = error.problem or error.context or "syntax error"
        report.add(place(file, line), f"is not YAML (column {column}): {what}", _syntax_hint(what))
    return None


def _mark(error: yaml.MarkedYAMLError) -> tuple[int, int]:
    mark = error.problem_mark or error.context_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)


def _syntax_hint(problem: str) -> str:
    if r"'\t'" in problem:
        return "indent with spaces, not with tabs"
    if "'['" in problem:
        return 'quote what has brackets of its own, as in ["requests[socks]"]'
    return "does a value need quotes, or a line other indentation?"


def _events(text: str, file: str, report: Report) -> Iterator[yaml.Event]:
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
    except (ValueError, OverflowError):  # PyYAML lets out what chr() says of an escape such as "\U99999999"
        report.add(
            place(file, loader.line + 1), "is not YAML: an escape names no character", "write the character itself"
        )
        raise _Unreadable from None


class _Unreadable(Exception):
    """Nothing can be read; the report says why."""


class _Builder:
    """Events -> nodes. Works on the events because there alone aliases and tags are still to be seen."""

    def __init__(self, file: str, report: Report) -> None:
        self._file = file
        self._report = report

    def document(self, events: Iterator[yaml.Event]) -> Node | None:
        """The first document; a second one is refused."""
        root: Node | None = None
        for event in events:
            if not isinstance(event, yaml.NodeEvent):
                continue
            if root is not None:
                self._refuse(event, (), "a second document begins here", "one file holds one spec: remove the `---`")
                break
            root = self._node(event, events, (), 0)
        if root is None or (root.value is None and not root.text):
            self._report.add(place(self._file, 1), "is empty", "`wheelhouse init` writes a starter spec")
            return None
        return root

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], steps: Steps, line: int) -> Node:
        self._check_plain(event, steps)
        line = line or _line(event)
        value: Mapping[str, Node] | tuple[Node, ...] | Scalar = None
        text = ""
        if isinstance(event, yaml.ScalarEvent):
            text, value = event.value, self._scalar(event, steps)
        elif isinstance(event, yaml.MappingStartEvent):
            value = self._mapping(events, steps)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(events, steps)
        return Node(file=self._file, line=line, steps=steps, value=value, text=text)

    def _check_plain(self, event: yaml.Event, steps: Steps) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, steps, f"the alias *{event.anchor} is not allowed", "write the value out")
            return
        if isinstance(event, yaml.CollectionStartEvent) and len(steps) >= MAX_DEPTH:
            self._refuse(event, (), f"is nested deeper than {MAX_DEPTH} levels", "a spec is flat")
            raise _Unreadable
        if isinstance(event, yaml.ScalarEvent) and not event.value.isascii() and re.search(_SURROGATE, event.value):
            self._refuse(event, steps, f"{shown(event.value)} holds half a character", "write the character itself")
        if getattr(event, "anchor", None):
            self._refuse(event, steps, f"the anchor &{event.anchor} is not allowed", "remove it")  # type: ignore[attr-defined]  # asked for above
        if getattr(event, "tag", None):
            self._refuse(event, steps, f"the tag {event.tag} is not allowed", "remove it")  # type: ignore[attr-defined]  # asked for above

    def _sequence(self, events: Iterator[yaml.Event], steps: Steps) -> tuple[Node, ...]:
        items: list[Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, events, (*steps, len(items)), 0))
        return tuple(items)

    def _mapping(self, events: Iterator[yaml.Event], steps: Steps) -> dict[str, Node]:
        members: dict[str, Node] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, events, steps)
            name = key if key is not None else "?"
            value = self._node(next(events), events, (*steps, name), _line(event))
            if key is None:
                continue
            if key in members:
                first = members[key].line
                self._refuse(event, value.steps, f"the key {shown(key)} stands on line {first} already", "keep one")
                continue
            members[key] = value
        return members

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], steps: Steps) -> str | None:
        """The text of a key, or None where it is refused (its events are used up all the same)."""
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, events, (*steps, "?"), 0)
            if not isinstance(event, yaml.AliasEvent):
                self._refuse(event, steps, "a key is a list or a mapping", "a key is text, as in `key: value`")
            return None
        self._check_plain(event, steps)
        if event.style is None and event.value == "<<":
            self._refuse(event, steps, "the merge key << is not allowed", "write the values out")
            return None
        if event.style is None and not isinstance(_core(event.value), str):
            said = shown(event.value) if event.value else "an empty key"
            self._refuse(event, steps, f"{said} is not text, and a key must be", f"quote it: {shown(event.value)}")
            return None
        return event.value

    def _scalar(self, event: yaml.ScalarEvent, steps: Steps) -> Scalar:
        if event.style is not None:
            return event.value
        value = _core(event.value)
        if isinstance(value, float) and not float("-inf") < value < float("inf"):
            self._refuse(event, steps, f"{shown(event.value)} is not a number that a spec can hold", "quote it if text")
            return None
        return value

    def _refuse(self, event: yaml.Event, steps: Steps, message: str, hint: str) -> None:
        self._report.add(Origin(file=self._file, line=_line(event), path=dotted(steps)), message, hint)


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None, "every event of a parser has its place"
    return event.start_mark.line + 1


def _core(text: str) -> Scalar:
    """An unquoted scalar by the core schema of YAML 1.2."""
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
        return text in {"true", "True", "TRUE"}
    if text[0] not in _BEGINS_A_NUMBER:
        return text
    if len(text) <= _LONGEST_NUMBER and re.fullmatch(_INTEGER, text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if len(text) <= _LONGEST_NUMBER and re.fullmatch(_FLOAT, text):
        return float(text)
    if re.fullmatch(_NOT_FINITE, text):
        return float(text.replace(".", "").lower())
    return text
