"""YAML text -> plain data with the line of every value. A strict subset of YAML: what a person writes, and no more.

Refused: aliases and anchors, tags, merge keys, duplicate keys, keys that are no strings, several documents, input that
is too large or too deep. Scalars are read as the core schema of YAML 1.2 reads them: ``no`` is a string, and so are
dates and sexagesimal numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import yaml

from resolver.errors import Problem, SpecError

MAX_BYTES = 1 << 20
MAX_DEPTH = 50

Data = dict[str, "Data"] | list["Data"] | str | int | float | bool | None
Path = tuple[str | int, ...]

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_STANDARD = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """``data``: the document; ``lines``: 1-based line of every value by its path; ``raw``: scalars as written."""

    file: str
    data: Data
    lines: dict[Path, int] = field(default_factory=dict)
    raw: dict[Path, str] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, message: str, hint: str = "") -> Problem:
        """A problem at a path of this document."""
        return Problem(file=self.file, line=self.line(path), path=dotted(path), message=message, hint=hint)


def dotted(path: Path) -> str:
    """``environments.linux.python[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_document(file: str, content: bytes) -> Document:
    """Parse one YAML document. Raises `SpecError` with every problem that can be told at once."""
    if len(content) > MAX_BYTES:
        raise SpecError((_at(file, 0, f"is larger than {MAX_BYTES} bytes", "a spec is short: include files instead"),))
    try:
        text = content.decode("utf-8-sig")
        nodes = _nodes(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SpecError((_at(file, line, "is not UTF-8", "save the file as UTF-8"),)) from None
    except yaml.YAMLError as error:
        raise SpecError((_syntax(file, error),)) from None
    except RecursionError:
        raise SpecError((_at(file, 0, f"is nested deeper than {MAX_DEPTH} levels", "a spec is flat"),)) from None
    if not nodes:
        raise SpecError((_at(file, 1, "is empty", "`wheelhouse init` writes a starter spec"),))
    builder = _Builder(file)
    data = builder.value(nodes[0], ())
    if len(nodes) > 1:
        builder.refuse(nodes[1], (), "a second document begins here", "one file holds one spec: remove the `---`")
    if builder.problems:
        raise SpecError(tuple(sorted(builder.problems, key=lambda p: p.line)))
    return Document(file=file, data=data, lines=builder.lines, raw=builder.raw)


def _at(file: str, line: int, message: str, hint: str) -> Problem:
    return Problem(file=file, line=line, path="", message=message, hint=hint)


def _syntax(file: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "a character that YAML does not allow"
    line = mark.line + 1 if mark is not None else 0
    where = f" (column {mark.column + 1})" if mark is not None else ""
    return _at(file, line, f"is not YAML{where}: {what}", "quote the value, or check its indentation")


def _nodes(text: str) -> list[yaml.Node]:
    """Up to two documents; aliases stay visible as events, so that none is ever expanded."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused("anchors and aliases are not allowed", event)
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise _refused(f"the tag {tag} is not allowed", event)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _refused(f"deeper than {MAX_DEPTH} levels", event)
    found: Iterator[yaml.Node] = yaml.compose_all(text, Loader=yaml.SafeLoader)
    return [node for node, _ in zip(found, range(2), strict=False)]


def _refused(problem: str, event: yaml.Event) -> yaml.YAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=cast("yaml.Mark", event.start_mark))


class _Builder:
    """Nodes -> data, collecting problems instead of stopping at the first."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.lines: dict[Path, int] = {}
        self.raw: dict[Path, str] = {}
        self.problems: list[Problem] = []

    def refuse(self, node: yaml.Node, path: Path, message: str, hint: str) -> None:
        line = node.start_mark.line + 1
        self.problems.append(Problem(file=self._file, line=line, path=dotted(path), message=message, hint=hint))

    def value(self, node: yaml.Node, path: Path) -> Data:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        self.raw[path] = node.value
        if node.style is not None or node.tag == f"{_STANDARD}str":
            return str(node.value)
        return self._plain(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Data]:
        data: dict[str, Data] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or (key.tag not in {f"{_STANDARD}str", f"{_STANDARD}bool"} and key.style is None):
                shown = "a key" if name is None else f"the key {name!r}"
                self.refuse(key, path, f"{shown} is not a string", "quote it")
                continue
            place = (*path, name)
            if name in data:
                self.refuse(key, place, f"the key {name!r} stands here a second time", "merge the two")
                continue
            self.lines[place] = key.start_mark.line + 1
            data[name] = self.value(value, place)
        return data

    def _plain(self, node: yaml.ScalarNode, path: Path) -> Data:
        """An unquoted scalar by the core schema of YAML 1.2."""
        text = str(node.value)
        if text in {"", "~", "null", "Null", "NULL"}:
            return None
        if text in {"true", "True", "TRUE", "false", "False", "FALSE"}:
            return text.lower() == "true"
        if _INT.fullmatch(text):
            return int(text) if len(text) < 20 else text
        if _FLOAT.fullmatch(text):
            return float(text)
        if text.lstrip("+-").lower() in {".inf", ".nan"}:
            self.refuse(node, path, f"{text} is not a value that a spec can hold", "remove it")
        return text
