"""The published JSON Schema: valid, closed, described, and failing only in ways that we can put into words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from resolver.spec.report import Report
from resolver.spec.schema_errors import _SENTENCES, spec_schema
from resolver.spec.yaml_subset import read_document
from tests.unit.spec_files import DESIGN

ANNOTATIONS = {"$schema", "$comment", "$defs", "$ref", "title", "description", "examples", "default"}
STRUCTURE = {"properties", "additionalProperties", "propertyNames", "items"}


def parts(schema: dict[str, Any], path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every subschema with its path."""
    yield path, schema
    for key in ("properties", "$defs"):
        for name, inner in schema.get(key, {}).items():
            yield from parts(inner, f"{path}/{key}/{name}")
    for key in ("additionalProperties", "propertyNames", "items"):
        if isinstance(schema.get(key), dict):
            yield from parts(schema[key], f"{path}/{key}")
    for i, inner in enumerate(schema.get("anyOf", ())):
        yield from parts(inner, f"{path}/anyOf/{i}")


PARTS = dict(parts(spec_schema()))


def test_it_is_a_valid_schema_and_accepts_the_example_of_the_design() -> None:
    Draft202012Validator.check_schema(spec_schema())
    node = read_document(DESIGN.encode(), "spec.yaml", Report())
    assert node is not None
    Draft202012Validator(spec_schema()).validate(node.plain())


@pytest.mark.parametrize("path", PARTS)
def test_every_part_helps_an_editor_and_can_be_put_into_words(path: str) -> None:
    part = PARTS[path]
    assert part.keys() <= ANNOTATIONS | STRUCTURE | _SENTENCES.keys(), "a keyword without a sentence for its failure"
    if part.get("type") == "object":
        assert "additionalProperties" in part, "open to unknown keys"
    if "anyOf" not in path.rpartition("/")[0].rpartition("/")[2]:
        whole = {**_target(part), **part}
        assert whole["title"]
        assert whole["description"]


def _target(part: dict[str, Any]) -> dict[str, Any]:
    return spec_schema()["$defs"][part["$ref"].removeprefix("#/$defs/")] if "$ref" in part else {}


@pytest.mark.parametrize("path", [path for path, part in PARTS.items() if "examples" in part])
def test_every_example_is_valid(path: str) -> None:
    schema = {**PARTS[path], "$defs": spec_schema()["$defs"]}
    for example in PARTS[path]["examples"]:
        Draft202012Validator(schema).validate(example)


def test_every_property_has_an_example() -> None:
    for path, part in PARTS.items():
        for name, inner in part.get("properties", {}).items():
            assert inner.get("examples") or _target(inner).get("examples"), f"{path}: {name}: {json.dumps(inner)}"
