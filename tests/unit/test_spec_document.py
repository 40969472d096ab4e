"""The strict YAML of specs: what is refused, on which line, and how unquoted scalars are read."""

from __future__ import annotations

import json
import marshal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resolver.spec.document import MAX_BYTES, node_of
from resolver.spec.report import Report
from resolver.spec.yaml_subset import MAX_DEPTH, read_document


def read(text: str | bytes) -> object:
    report = Report()
    node = read_document(text if isinstance(text, bytes) else text.encode(), "f", report)
    assert not report.problems()
    assert node is not None
    return node.plain()


REFUSED = {
    "alias": ("a: &x 1\nb: *x\n", [(1, "the anchor &x is not allowed"), (2, "the alias *x is not allowed")]),
    "alias as a key": ("a: 1\n*x : 2\n", [(2, "the alias *x is not allowed")]),
    "duplicate key": ("a: 1\nb: 2\n'a': 3\n", [(3, 'the key "a" stands on line 1 already')]),
    "nested duplicate": ("a:\n  b: {c: 1,\n      c: 2}\n", [(3, 'the key "c" stands on line 2 already')]),
    "local tag": ("a:\n- !env HOME\n", [(2, "the tag !env is not allowed")]),
    "standard tag": ("a: !!python/object:os.system x\n", [(1, "the tag tag:yaml.org,2002:python/object:os.system is")]),
    "merge key": ("a:\n  <<: {b: 1}\n", [(2, "the merge key << is not allowed")]),
    "two documents": ("a: 1\n---\nb: 2\n", [(3, "a second document begins here")]),
    "number as a key": ("a: 1\n3.10: 2\n", [(2, '"3.10" is not text, and a key must be')]),
    "boolean as a key": ("true: 2\n", [(1, '"true" is not text, and a key must be')]),
    "list as a key": ("? [a]\n: 2\n", [(1, "a key is a list or a mapping")]),
    "not a number": ("a: 1\nb: .nan\n", [(2, '".nan" is not a number that a spec can hold')]),
    "infinity": ("a: -.inf\n", [(1, '"-.inf" is not a number that a spec can hold')]),
    "infinity in disguise": ("a: 1e999\n", [(1, '"1e999" is not a number that a spec can hold')]),
    "tab": ("a:\n\tb: 1\n", [(2, "is not YAML (column 1): found character '\\t' that cannot start any token")]),
    "syntax": ("a: 1\nb: 2\n c: 3\n", [(3, "is not YAML (column 3): mapping values are not allowed here")]),
    "control character": ("a: 1\nb: \x07\n", [(2, "has the character U+0007, which YAML does not allow")]),
    "escape of no character": ('a: 1\nb: "\\U99999999"\n', [(2, "is not YAML: an escape names no character")]),
    "escape of half a character": ('a: 1\nb: "\\ud800"\n', [(2, '"\\ud800" holds half a character')]),
    "not UTF-8": (b"a: 1\nb: \xff\n", [(2, "is not UTF-8: byte 0xff")]),
    "UTF-16": ("a: 1\n".encode("utf-16"), [(1, "is not UTF-8: byte 0xff")]),
    "too large": (b"#" * (MAX_BYTES + 1), [(0, "is 1048577 bytes long; the limit is 1048576")]),
    "too deep": ("\n" + "[" * (MAX_DEPTH + 1), [(2, "is nested deeper than 50 levels")]),
    "too deep in keys": ("? " * (MAX_DEPTH + 1) + "a", [(1, "is nested deeper than 50 levels")]),
    "empty": ("# nothing\n", [(1, "is empty")]),
    "null": ("---\n", [(1, "is empty")]),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_a_person_would_not_write_is_refused_with_its_line(
    text: str | bytes, expected: list[tuple[int, str]]
) -> None:
    report = Report()
    read_document(text if isinstance(text, bytes) else text.encode(), "f", report)
    found = [(problem.line, problem.message) for problem in report.problems()]
    assert [line for line, _ in found] == [line for line, _ in expected]
    for (_, message), (_, beginning) in zip(found, expected, strict=True):
        assert message.startswith(beginning)


def test_the_limits_themselves_are_allowed() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert read(b"a: 1\n#".ljust(MAX_BYTES, b"-")) == {"a": 1}


def test_unquoted_scalars_follow_the_core_schema_of_yaml_1_2() -> None:
    text = "[no, on, 2026-11-01, 1:30, 0o17, 017, 0x1F, ~, True, 1_000, 3.10, '3.10', null, =, 9999999999999999999999]"
    expected = ["no", "on", "2026-11-01", "1:30", 15, 17, 31, None, True, "1_000", 3.1, "3.10", None, "="]
    assert read(text) == [*expected, "9999999999999999999999"]


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    assert read(b"\xef\xbb\xbfa: 1\r\nb: [2]\r\n") == {"a": 1, "b": [2]}


def test_the_line_of_a_member_is_that_of_its_key() -> None:
    node = read_document(b"a:\n\n  - x\n  -\n    y: 1\n", "f", Report())
    assert node is not None
    items = node.members["a"].items
    assert [node.members["a"].line, items[0].line, items[1].line, items[1].members["y"].line] == [1, 3, 5, 5]
    assert items[1].members["y"].origin.path == "a[1].y"


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b'"\\UFFFFFFFF"')
@example(b"%YAML 1.9\n--- a")
@example(b"\xef\xbb\xbf\xef\xbb\xbf")
def test_any_bytes_become_a_node_or_a_problem(data: bytes) -> None:
    report = Report()
    assert (read_document(data, "f", report) is not None) or report.problems()


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=6,
)


@given(NESTED)
def test_a_document_is_the_same_once_it_was_kept(document: object) -> None:
    node = read_document(json.dumps({"a": document}, indent=1).encode(), "f", Report())
    assert node is not None
    assert node_of(marshal.loads(marshal.dumps(node.parts())), "f") == node
