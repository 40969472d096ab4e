"""Bills of materials: valid by the standard's own validator, the same in every run, run time told from builds."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings

from resolver.emit.bom import boms
from resolver.emit.selection import selection
from resolver.errors import InputError
from resolver.lock.model import Lock, Pin
from tests.support.exports import locks
from tests.unit.lock_examples import KEEL_SDIST, example, wheel

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def made(lock: Lock) -> dict[str, Any]:
    texts = boms(selection(lock), {}, version="1")
    for text in texts.values():
        assert VALIDATOR.validate_str(text) is None
    return {name.removesuffix(".cdx.json"): json.loads(text) for name, text in texts.items()}


def scopes(document: dict[str, Any]) -> dict[str, str]:
    return {component["bom-ref"]: component["scope"] for component in document.get("components", [])}


def edges(document: dict[str, Any]) -> dict[str, list[str]]:
    return {row["ref"]: row.get("dependsOn", []) for row in document["dependencies"]}


@settings(max_examples=12)
@given(locks())
def test_any_lock_gives_valid_documents_that_hold_what_it_installs(lock: Lock) -> None:
    for name, document in made(lock).items():
        found = {f"pkg:pypi/{p}@{pin.version}" for p, pin in lock.resolutions[name].items()}
        assert {component["purl"].partition("?")[0] for component in document.get("components", [])} == found
        assert set(scopes(document).values()) <= {"required"}


def test_builds_are_told_from_what_runs_and_are_in_the_graph() -> None:
    documents = made(example())
    corp = "?repository_url=https://index.example/simple/"
    linux = documents["linux-py311"]
    assert scopes(linux) == {
        f"pkg:pypi/anvil@1.0{corp}": "excluded",
        f"pkg:pypi/forge@3.2{corp}": "excluded",
        f"pkg:pypi/harbor@2.1.0{corp}": "required",
        f"pkg:pypi/keel@1.4{corp}": "required",
        f"pkg:pypi/mast-tools@5.0{corp}": "required",
        "pkg:pypi/sail@0.9?download_url=https://files.example/direct/sail-0.9-py3-none-any.whl": "required",
    }
    below = edges(linux)
    assert below[f"pkg:pypi/keel@1.4{corp}"] == [f"pkg:pypi/anvil@1.0{corp}", f"pkg:pypi/forge@3.2{corp}"]
    assert below[f"pkg:pypi/forge@3.2{corp}"] == [f"pkg:pypi/anvil@1.0{corp}"]
    assert below["environment:linux-py311"] == [f"pkg:pypi/harbor@2.1.0{corp}", f"pkg:pypi/mast-tools@5.0{corp}"]
    assert "excluded" not in scopes(documents["windows-py313"]).values()


def test_two_files_of_a_release_in_one_environment_are_two_components() -> None:
    """A build takes the wheel of what the environment installs from source."""
    lock = example()
    other = wheel("keel", "1.4")
    lock = replace(lock, artifacts={**lock.artifacts, other.filename: other})
    closure = {**lock.closures["c1"], "keel": Pin(version="1.4", artifact=other.filename)}
    found = scopes(made(replace(lock, closures={**lock.closures, "c1": closure}))["linux-py311"])
    told = {ref.rpartition("file_name=")[2].partition("&")[0]: scope for ref, scope in found.items()}
    assert told[KEEL_SDIST.filename] == "required"
    assert told[other.filename] == "excluded"


def test_the_serial_number_is_a_digest_and_there_is_no_clock() -> None:
    lock = example()
    assert made(lock) == made(lock)
    documents = made(lock)
    serials = {document["serialNumber"] for document in documents.values()}
    assert len(serials) == 2
    assert all("timestamp" not in document["metadata"] for document in documents.values())
    moved = made(replace(lock, inputs=replace(lock.inputs, sha256="0" * 64)))
    assert not serials & {document["serialNumber"] for document in moved.values()}


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyclonedx.output.json", None)
    with pytest.raises(InputError, match=r"pip install 'rules-wheelhouse\[sbom\]'"):
        boms(selection(example()), {}, version="1")
