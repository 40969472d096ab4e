"""A document against the JSON Schema of specs: its errors as sentences for a person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from resolver.errors import Problem
from resolver.spec.document import Document

TYPES = {
    "object": "a mapping (key: value)",
    "array": "a list ([a, b])",
    "string": "a string",
    "boolean": "true or false",
}


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The JSON Schema of specs (draft 2020-12)."""
    loaded: dict[str, Any] = json.loads(files("resolver").joinpath("spec.schema.json").read_text(encoding="utf-8"))
    return loaded


def shape_problems(document: Document) -> Iterator[Problem]:
    """Everything in ``document`` that the schema does not allow."""
    errors = Draft202012Validator(schema()).iter_errors(document.data)
    for error in _leaves(errors):
        yield from _told(error, document)


def _leaves(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Errors as deep as they go: of alternatives, the one that was most likely meant."""
    for error in errors:
        if error.validator != "anyOf" or not error.context:
            yield error
            continue
        branches: dict[object, list[ValidationError]] = {}
        for inner in error.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        typed = [b for b in branches.values() if not any(e.validator == "type" and not e.path for e in b)]
        if typed:
            yield from _leaves(min(typed, key=lambda b: sum(_weight(e) for e in b)))
        else:
            yield error


def _weight(error: ValidationError) -> int:
    """How much an error speaks against an alternative: keys that it does not know weigh most."""
    unknown = len(_unknown_keys(error)) if error.validator == "additionalProperties" else 0
    return 10 * unknown + (3 if error.validator == "required" else 1)


def _unknown_keys(error: ValidationError) -> list[str]:
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    patterns = error.schema.get("patternProperties", {}) if isinstance(error.schema, dict) else {}
    validator = Draft202012Validator
    return [
        key
        for key in cast("dict[str, object]", error.instance)
        if key not in known and not any(validator({"pattern": p}).is_valid(key) for p in patterns)
    ]


def _told(error: ValidationError, document: Document) -> Iterator[Problem]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", ())) if isinstance(error.schema, dict) else []
        for key in _unknown_keys(error):
            near = get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}" if known else ""
            message = f"unknown key {key!r}" if known else f"{key!r} is not a name: letters, digits, '.', '_' and '-'"
            yield document.problem((*path, key), message, hint)
        return
    message, hint = _sentence(error, document)
    yield document.problem(path, message, hint)


def _sentence(error: ValidationError, document: Document) -> tuple[str, str]:
    raw = document.raw.get(tuple(error.absolute_path))
    shown = repr(raw if raw is not None else error.instance)[:80]
    value: Any = error.validator_value
    if error.validator == "required":
        missing = [key for key in value if key not in cast("dict[str, object]", error.instance)]
        return f"{' and '.join(map(repr, missing[:1]))} is missing", ""
    if error.validator == "enum":
        near = get_close_matches(str(error.instance), [str(v) for v in value], 1)
        return f"{shown} is not one of {', '.join(map(str, value))}", f"did you mean {near[0]!r}?" if near else ""
    if error.validator == "const":
        return f"{shown} is not {value!r}", f"write {value}"
    if error.validator in {"type", "anyOf"}:
        return _type_sentence(error, shown, raw)
    if error.validator in {"minItems", "minProperties", "minLength"}:
        return "is empty", "state at least one, or remove the key"
    if error.validator == "uniqueItems":
        return "names something twice", "remove one of them"
    if error.validator == "pattern":
        examples = error.schema.get("examples", ()) if isinstance(error.schema, dict) else ()
        return f"{shown} is not of the right form", f"such as {', '.join(map(str, examples))}" if examples else ""
    return error.message, ""


def _common_type(error: ValidationError) -> str:
    """The scalar type among alternatives; a list or a mapping is the longer way to write the same."""
    wanted = {str(e.validator_value) for e in error.context or () if e.validator == "type" and not e.path}
    return "string" if "string" in wanted else ""


def _type_sentence(error: ValidationError, shown: str, raw: str | None) -> tuple[str, str]:
    wanted = error.validator_value if error.validator == "type" else _common_type(error)
    if (
        wanted == "string"
        and raw is not None
        and isinstance(error.instance, int | float)
        and not isinstance(error.instance, bool)
    ):
        return f"{shown} is a number here, and a string is wanted", f'quote it: "{raw}"'
    name = TYPES.get(str(wanted), "something else")
    return f"{shown} is not {name}" if wanted else f"{shown} does not fit here", ""
