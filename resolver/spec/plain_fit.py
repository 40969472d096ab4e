"""Whether a document is seen at once to fit a schema. It says yes or nothing: what does not fit, jsonschema tells.

Most specs fit, and importing jsonschema takes longer than all else that reading one takes. Known are the keywords that
the schema of specs has (JSON Schema, draft 2020-12); another one is a reason to say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TYPES: Mapping[str, type] = {"object": dict, "array": list, "string": str, "boolean": bool}
_SAYS_NOTHING = frozenset({"$comment", "$defs", "$schema", "default", "description", "examples", "title"})
_REFERENCE = "#/$defs/"

_Schema = Mapping[str, Any]


class PlainFit:
    """Judges values by parts of the schema ``root``."""

    def __init__(self, root: _Schema) -> None:
        self._root = root

    def is_sure(self, value: object, schema: _Schema | None = None) -> bool:
        """Whether ``value`` surely fits ``schema``, a part of the root, or the root itself."""
        here = self._root if schema is None else schema
        return all(key in _SAYS_NOTHING or self._keeps(value, key, said, here) for key, said in here.items())

    def _keeps(self, value: object, key: str, said: Any, schema: _Schema) -> bool:  # noqa: ANN401  (JSON of the schema)
        if key == "$ref":
            return said.startswith(_REFERENCE) and self.is_sure(value, self._root["$defs"][said[len(_REFERENCE) :]])
        if key == "anyOf":
            return any(self.is_sure(value, one) for one in said)
        if key == "type":
            return type(value) is _TYPES.get(said)
        if key in ("const", "enum"):
            # As Python has it, 1 is True.
            return any(type(one) is type(value) and one == value for one in ([said] if key == "const" else said))
        if key == "pattern":
            return not isinstance(value, str) or re.search(said, value) is not None
        if isinstance(value, list):
            return self._keeps_list(value, key, said)
        return self._keeps_object(value if isinstance(value, dict) else {}, key, said, schema)

    def _keeps_list(self, value: list[Any], key: str, said: Any) -> bool:  # noqa: ANN401  (as above)
        if key == "items":
            return all(self.is_sure(one, said) for one in value)
        if key == "uniqueItems":
            return all(type(one) is str for one in value) and len(set(value)) == len(value)
        return key == "minItems" and len(value) >= said

    def _keeps_object(self, value: dict[str, Any], key: str, said: Any, schema: _Schema) -> bool:  # noqa: ANN401  (as above)
        if key == "properties":
            return all(self.is_sure(value[name], one) for name, one in said.items() if name in value)
        if key == "additionalProperties":
            others = [one for name, one in value.items() if name not in schema.get("properties", ())]
            return not others if said is False else all(self.is_sure(one, said) for one in others)
        if key == "propertyNames":
            return all(self.is_sure(name, said) for name in value)
        if key == "required":
            return all(name in value for name in said)
        return key == "minProperties" and len(value) >= said
