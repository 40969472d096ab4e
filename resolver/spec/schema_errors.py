"""A document against the JSON Schema of specs: what does not fit, in sentences, and the document without it.

What does not fit is cut out, so that the rest can still be read and all problems be told at once. No rule that the
schema cannot state is checked here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from resolver.spec.document import Node, Steps
from resolver.spec.plain_fit import PlainFit
from resolver.spec.report import Report, near, nearest, shown

if TYPE_CHECKING:
    from jsonschema import ValidationError

_KINDS = {"object": "a mapping", "array": "a list", "string": "text", "boolean": "true or false"}


@cache
def spec_schema() -> dict[str, Any]:
    """The JSON Schema of specs (draft 2020-12), as published in ``resolver/spec.schema.json``."""
    from pkgutil import get_data  # noqa: PLC0415  (only the reader of a spec that is new pays for it)

    content = get_data("resolver", "spec.schema.json")
    assert content is not None, "every loader of ours can read data"
    loaded: dict[str, Any] = json.loads(content)
    return loaded


def fitting(root: Node, report: Report) -> Node | None:
    """``root`` without all that the schema refuses; None where nothing is left. What goes is noted in ``report``.

    Cutting may leave a mapping without a key that it must have; it goes too, without a further note.
    """
    if PlainFit(spec_schema()).is_sure(root.plain()):
        return root
    from jsonschema import Draft202012Validator  # noqa: PLC0415  # 70 ms, which a good spec need not take

    validator = Draft202012Validator(spec_schema())
    for error in _meant(validator.iter_errors(root.plain())):
        _tell(_find(root, error), error, report)
    rest: Node | None = root
    while rest is not None:
        current = rest
        errors = _meant(validator.iter_errors(current.plain()))
        bad = {node.steps for error in errors for node in _culprits(current, error)}
        if not bad:
            break
        rest = _without(current, bad)
    return rest


def _meant(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """The errors themselves; of alternatives, the errors of the one that was most likely meant."""
    for error in errors:
        branches: dict[object, list[ValidationError]] = {}
        for inner in error.context or ():
            branches.setdefault(inner.schema_path[0], []).append(inner)
        of_its_type = [
            b for b in branches.values() if not any(e.validator in {"type", "const"} and not e.path for e in b)
        ]
        if not of_its_type:
            yield error
        elif error.instance:
            yield from _meant(min(of_its_type, key=lambda branch: sum(map(_weight, branch))))
        else:
            yield from _meant(of_its_type[0])


def _weight(error: ValidationError) -> int:
    return len(_unknown(error)) if error.validator == "additionalProperties" else 1


def _schema(error: ValidationError) -> dict[str, Any]:
    """The part of the schema that failed; never one of the schemas ``true`` and ``false``, which ours does not use."""
    assert isinstance(error.schema, dict)
    return error.schema


def _value(error: ValidationError) -> Any:  # noqa: ANN401  # JSON of the schema
    """The value of the keyword that failed."""
    return error.validator_value


def _unknown(error: ValidationError) -> list[str]:
    known = _schema(error).get("properties", {})
    instance: Any = error.instance
    return [key for key in instance if key not in known]


def _find(root: Node, error: ValidationError) -> Node:
    node = root
    for step in error.absolute_path:
        node = node.items[step] if isinstance(step, int) else node.members[step]
    return node


def _is_key(error: ValidationError) -> bool:
    return "propertyNames" in list(error.absolute_schema_path)[-3:]


def _culprits(root: Node, error: ValidationError) -> list[Node]:
    """What has to go for ``error`` to vanish."""
    node = _find(root, error)
    if error.validator == "additionalProperties":
        return [node.members[key] for key in _unknown(error)]
    if _is_key(error):
        return [node.members[str(error.instance)]]
    if node is root and error.validator == "required":
        return []  # what is there can be read all the same
    return [node]


def _without(node: Node, bad: set[Steps]) -> Node | None:
    if node.steps in bad:
        return None
    if isinstance(node.value, Mapping):
        kept = {key: _without(member, bad) for key, member in node.value.items()}
        return replace(node, value={key: member for key, member in kept.items() if member is not None})
    if isinstance(node.value, tuple):
        rest = (_without(item, bad) for item in node.value)
        return replace(node, value=tuple(item for item in rest if item is not None))
    return node


def _tell(node: Node, error: ValidationError, report: Report) -> None:
    """Note one error of the schema."""
    if error.validator == "additionalProperties":
        known = list(_schema(error)["properties"])
        for key in _unknown(error):
            hint = _belongs(key) if not node.steps else ""
            report.add(node.members[key].origin, f"unknown key {shown(key)}", hint or near(key, known))
    elif _is_key(error):
        what, rule = _schema(error)["title"], _schema(error)["description"]
        report.add(node.members[str(error.instance)].origin, f"{shown(error.instance)} is no {what.lower()}", rule)
    else:
        message, hint = _SENTENCES[str(error.validator)](node, error)
        report.add(node.origin, message, hint)


def _belongs(key: str) -> str:
    """A hint where a key of one of the top-level mappings stands at the top itself."""
    for section, rule in spec_schema()["properties"].items():
        inner = rule.get("properties") or spec_schema()["$defs"].get(section, {}).get("properties", {})
        if key in inner:
            return f"it belongs under {shown(section)}"
    return ""


def _missing(_node: Node, error: ValidationError) -> tuple[str, str]:
    key = next(key for key in _value(error) if f"'{key}' is a required" in error.message)
    rule = _schema(error)["properties"][key]
    example = json.dumps(rule["examples"][0], ensure_ascii=False)
    return f"{shown(key)} is missing", f"such as {key}: {example}"


def _wrong_kind(node: Node, error: ValidationError) -> tuple[str, str]:
    """For ``type``, and for ``anyOf`` where the kind fits no alternative."""
    failed = [error] if error.validator == "type" else list(error.context or ())
    wanted = dict.fromkeys(shown(_value(e)) if e.validator == "const" else _KINDS[_value(e)] for e in failed)
    expected = " or ".join(wanted)
    if node.value is None:
        return f"is empty; expected {expected}", "give it a value, or remove it"
    if isinstance(node.value, int | float) and _KINDS["string"] in wanted:
        kind = "a boolean" if isinstance(node.value, bool) else "a number"
        key = node.steps[-1] if node.steps else 0
        written = f"{key}: {shown(node.text)}" if isinstance(key, str) else shown(node.text)
        return f"{node.text} is {kind} here, not text", f"write {written}"
    return f"expected {expected}, not {_said(node)}", ""


def _said(node: Node) -> str:
    if isinstance(node.value, Mapping):
        return "a mapping"
    return "a list" if isinstance(node.value, tuple) else shown(node.text)


def _not_among(node: Node, error: ValidationError) -> tuple[str, str]:
    return f"{_said(node)} is not one of {', '.join(_value(error))}", nearest(node.text, _value(error))


def _other_version(node: Node, error: ValidationError) -> tuple[str, str]:
    return f"{_said(node)} is not {_value(error)}, the only value known", f"write {_value(error)}"


def _empty(_node: Node, _error: ValidationError) -> tuple[str, str]:
    return "is empty; at least one is needed", "name one, or remove the key"


def _twice(_node: Node, _error: ValidationError) -> tuple[str, str]:
    return "lists something twice", "remove one of them"


def _ill_formed(node: Node, error: ValidationError) -> tuple[str, str]:
    rule = _schema(error)
    return f"{_said(node)} is no {rule['title'].lower()}", rule["description"]


_SENTENCES: Mapping[str, Callable[[Node, ValidationError], tuple[str, str]]] = {
    "anyOf": _wrong_kind,
    "const": _other_version,
    "enum": _not_among,
    "minItems": _empty,
    "minProperties": _empty,
    "pattern": _ill_formed,
    "required": _missing,
    "type": _wrong_kind,
    "uniqueItems": _twice,
}
"""For each keyword of the schema that can fail (besides ``additionalProperties``): what is wrong, and a hint."""
