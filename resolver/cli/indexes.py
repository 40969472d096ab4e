"""Spec -> the indexes that answer for it: HTTP for URLs, a directory for paths, each project routed to one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from resolver.http_index.cache import Cache
from resolver.http_index.index import HttpIndex, default_index_url
from resolver.http_index.transport import Transport
from resolver.index import Index, Routed
from resolver.local_index import LocalIndex
from resolver.spec.model import IndexSpec, Spec


@contextmanager
def indexes_of(spec: Spec, directory: Path, cache: Cache) -> Iterator[tuple[Index, dict[str, str]]]:
    """The index of a spec that lies in ``directory``, and by name what the lock calls each index's URL."""
    urls = {index.name: url_of(index) for index in spec.indexes}
    with ExitStack() as stack:
        made = {index.name: _make(index, urls[index.name], directory, cache, stack) for index in spec.indexes}
        default = next(index.name for index in spec.indexes if not index.projects)
        yield Routed(made, lambda project: spec.index_for(project).name, default), urls


def url_of(index: IndexSpec) -> str:
    """The index's URL with a final slash; PyPI's where the spec gives none."""
    return (index.url or default_index_url()).rstrip("/") + "/"


def is_remote(url: str) -> bool:
    """Whether an index is asked over HTTP."""
    return url.startswith(("http://", "https://"))


def _make(index: IndexSpec, url: str, directory: Path, cache: Cache, stack: ExitStack) -> Index:
    if not is_remote(url):
        path = Path(url.removeprefix("file://"))
        return LocalIndex(index.name, path if path.is_absolute() else directory / path, url)
    transport = stack.enter_context(Transport(index.name, url))
    return stack.enter_context(HttpIndex(index.name, url, transport=transport, cache=cache))
