"""The outcome of an exchange over HTTP, after redirects and retries, and the sink that its body goes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from resolver.records import record


@record
class Reply:
    """An answer: ``url`` after redirects, names of ``headers`` in lower case, no ``content`` unless 200 or 206."""

    status: int
    url: str
    headers: Mapping[str, str]
    content: bytes = b""


class Sink(Protocol):
    """Where a body goes. ``restart`` comes before every try, also the first."""

    def restart(self) -> None: ...
    def write(self, chunk: bytes, /) -> object: ...
