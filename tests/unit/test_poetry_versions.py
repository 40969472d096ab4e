"""Constraints of Poetry in the forms of the standards. What is right was asked of poetry-core."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from resolver.spec.poetry_versions import python_marker, specifiers
from resolver.spec.report import Invalid

SPECIFIERS = {
    "": "",
    " * ": "",
    "^1.2.3": ">=1.2.3,<2",
    "^1": ">=1,<2",
    "^0.2.3": ">=0.2.3,<0.3",
    "^0.0.3": ">=0.0.3,<0.0.4",
    "^0.0": ">=0.0,<0.1",
    "^0": ">=0,<1",
    "^1.0a1": ">=1.0a1,<2",
    "^1!2.0": ">=1!2.0,<1!3",
    "~1.2.3": ">=1.2.3,<1.3",
    "~1.2": ">=1.2,<1.3",
    "~1": ">=1,<2",
    "~=1.2": "~=1.2",
    "1.2.3": "==1.2.3",
    "= 1.2": "==1.2",
    "24.*": "==24.*",
    "!=1.2.*": "!=1.2.*",
    ">= 1.0, < 2": ">=1.0,<2",
    ">=1.0 !=1.2.3 <3": ">=1.0,!=1.2.3,<3",
}


@pytest.mark.parametrize(("constraint", "expected"), SPECIFIERS.items())
def test_a_constraint_as_a_specifier(constraint: str, expected: str) -> None:
    assert specifiers(constraint) == expected


@pytest.mark.parametrize("constraint", ["latest", "^", ">=", "1.2 || 3", "^1.x", ">>1", ">=1.*", "a b"])
def test_a_constraint_that_has_no_specifier(constraint: str) -> None:
    with pytest.raises(Invalid) as refused:
        specifiers(constraint)
    assert constraint in refused.value.message
    assert refused.value.hint


MARKERS = {
    "*": "",
    "^3.8": 'python_version >= "3.8" and python_version < "4.0"',
    "~3.9": 'python_version >= "3.9" and python_version < "3.10"',
    "<3.11": 'python_version < "3.11"',
    "3.9.*": 'python_version == "3.9"',
    ">3.8": 'python_full_version > "3.8.0"',
    "<=3": 'python_full_version <= "3.0.0"',
    ">=3.7.2": 'python_full_version >= "3.7.2"',
    "~2.7 || >=3.5": '(python_version >= "2.7" and python_version < "2.8") or (python_version >= "3.5")',
    "<3|*": "",
}


@pytest.mark.parametrize(("constraint", "expected"), MARKERS.items())
def test_the_pythons_of_a_dependency_as_a_marker(constraint: str, expected: str) -> None:
    assert python_marker(constraint) == expected


@given(st.text("0123456789.^~=<>!*|, abx", max_size=12))
def test_any_text_becomes_what_the_standards_can_read_or_is_refused(text: str) -> None:
    for read, check in ((specifiers, SpecifierSet), (python_marker, lambda marker: marker and Marker(marker))):
        try:
            found = read(text)
        except Invalid:
            continue
        check(found)
