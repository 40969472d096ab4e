"""URLs that are made from others."""

from __future__ import annotations

import pytest

from resolver.http_index.urls import sidecar


@pytest.mark.parametrize(
    ("wheel", "beside"),
    [
        (
            "https://index.example/f/six-1.0-py3-none-any.whl",
            "https://index.example/f/six-1.0-py3-none-any.whl.metadata",
        ),
        ("https://index.example/six.whl?a=/b", "https://index.example/six.whl.metadata?a=/b"),
        ("https://index.example/six.whl#sha256=0", "https://index.example/six.whl.metadata#sha256=0"),
    ],
)
def test_metadata_lies_beside_the_wheel(wheel: str, beside: str) -> None:
    assert sidecar(wheel) == beside
