"""Core metadata that is kept as it was parsed: nothing is lost, and nothing is parsed again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import Requirement

from resolver.metadata.core import parse_core
from resolver.metadata.known import dump_core, load_core, marker_text
from tests.support.archives import metadata

LINES = [
    "six",
    "Foo_Bar[b,a]>=1,!=1.5 ; python_version < '3.9' and extra == 'X_y'",
    "pip @ https://index.example/pip-1.0-py3-none-any.whl ; os_name == 'nt' or extra == 'z'",
    "a===1.0-what",
    "not valid at all",
    "b>=2b1",
]


@given(st.lists(st.sampled_from(LINES), max_size=6), st.sampled_from(["", ">=3.8,<4", "!nonsense"]))
def test_metadata_reads_back(lines: list[str], python: str) -> None:
    text = metadata("foo", "1.0", *lines).decode().rstrip("\n")
    more = f"\nProvides-Extra: X_y\nRequires-Python: {python}\n\n" if python else "\n\n"
    parsed = parse_core((text + more).encode())
    again = load_core(dump_core(parsed))
    assert again == parsed
    assert [str(one) for one in again.requires_dist] == [str(one) for one in parsed.requires_dist]
    assert [marker_text(one) for one in again.requires_dist] == [marker_text(one) for one in parsed.requires_dist]
    assert [one.marker for one in again.requires_dist] == [one.marker for one in parsed.requires_dist]


def test_the_marker_of_any_requirement_is_had_as_text() -> None:
    assert marker_text(Requirement("six")) is None
    assert marker_text(Requirement("six; extra == 'A'")) == str(Marker("extra == 'a'"))
