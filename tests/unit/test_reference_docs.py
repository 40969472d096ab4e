"""The reference of spec, lock and command line says what schemas and parser say."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "reference_docs.py"


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    return importlib.import_module("reference_docs")


def test_the_pages_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_schema(reference: ModuleType) -> None:
    wheel = {"description": "A wheel.", "properties": {"size": {"description": "Bytes.", "type": "integer"}}}
    schema = {
        "description": "A cart.",
        "required": ["kind"],
        "properties": {
            "kind": {"description": "Its kind.", "enum": ["hand", "horse"], "default": "hand"},
            "front": {"$ref": "#/$defs/wheel"},
            "rear": {"description": "By side.", "type": "object", "additionalProperties": {"$ref": "#/$defs/wheel"}},
        },
        "$defs": {"wheel": wheel},
    }
    assert reference.schema_page("Carts", schema, "").splitlines()[4:] == [
        "A cart.",
        "",
        "| key | value | what it is |",
        "|---|---|---|",
        "| `kind` | `hand`, `horse` | **Required.** Its kind. Default: `hand`. |",
        "| `front` | [`front`](#front) | A wheel. |",
        "| `rear` | mapping to [`front`](#front) | By side. |",
        "",
        "## `front`",
        "",
        "A wheel.",
        "",
        "| key | value | what it is |",
        "|---|---|---|",
        "| `size` | number | Bytes. |",
    ]


def test_what_nobody_describes_is_an_error(reference: ModuleType) -> None:
    schema = {"description": "A cart.", "properties": {"kind": {"type": "string"}}}
    with pytest.raises(reference.Undescribed, match="kind"):
        reference.schema_page("Carts", schema, "")
