"""Spec -> the indexes that answer for it: HTTP for URLs, a directory for paths, each project routed to one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from resolver.cli.files import seen_from
from resolver.errors import InputError
from resolver.evidence import Evidence
from resolver.http_index.assistant import Assistant
from resolver.http_index.default_index import default_index_url
from resolver.http_index.index import HttpIndex
from resolver.http_index.transport import Transport
from resolver.index import Index, Routed, Site
from resolver.spec.model import IndexSpec, Spec


@contextmanager
def indexes_of(
    spec: Spec, directory: Path, lock: Path, assistant: Assistant, evidence: Evidence
) -> Iterator[tuple[Index, dict[str, Site]]]:
    """The index of a spec in ``directory``, and by name where each of its indexes lies as seen from ``lock``.

    ``assistant`` reads for them, and ``evidence`` is given what they read.
    """
    sites = {index.name: _site(index, directory, lock.parent) for index in spec.indexes}
    with ExitStack() as stack:
        made = {index.name: _make(index, sites[index.name], assistant, evidence, stack) for index in spec.indexes}
        default = next(index.name for index in spec.indexes if not index.projects)
        # That asks for direct URLs too, unless it is a directory, which cannot.
        is_able = not sites[default].root or not spec.stated_urls()
        elsewhere = made[default] if is_able else _over_http("", "", assistant, evidence, stack)
        yield Routed(made, lambda project: spec.index_for(project).name, elsewhere), sites


def _site(index: IndexSpec, directory: Path, beside: Path) -> Site:
    url = (index.url or default_index_url()).rstrip("/") + "/"
    if url.startswith(("http://", "https://")):
        return Site(url=url)
    if url.startswith("file:"):
        from resolver.local_index import path_of

        return Site(url=url, root=_as_root(path_of(url)))
    path = directory / unquote(url)
    if directory.resolve() != beside.resolve():  # a lock is read without its spec: it names the way from itself
        relative = seen_from(beside, path.resolve())
        if relative is None:
            raise InputError(
                f"index {index.name!r}: is on another drive than the lock, which names it by a relative path"
            )
        url = f"{quote(relative)}/"
    return Site(url=url, root=_as_root(path))


def _as_root(path: Path) -> str:
    return Path(os.path.normpath(path.absolute())).as_uri().rstrip("/") + "/"


def _make(index: IndexSpec, site: Site, assistant: Assistant, evidence: Evidence, stack: ExitStack) -> Index:
    made = _bare(index, site, assistant, evidence, stack)
    if index.digests == "stated":
        return made
    from resolver.digested import Digested

    return Digested(made, evidence)


def _bare(index: IndexSpec, site: Site, assistant: Assistant, evidence: Evidence, stack: ExitStack) -> Index:
    if site.root:
        from resolver.local_index import LocalIndex, path_of

        evidence.unrepeatable()  # directories state no age
        return LocalIndex(index.name, path_of(site.root), site.url)
    return _over_http(index.name, site.url, assistant, evidence, stack)


def _over_http(name: str, url: str, assistant: Assistant, evidence: Evidence, stack: ExitStack) -> HttpIndex:
    transport = stack.enter_context(Transport(name, url))
    return stack.enter_context(
        HttpIndex(name, url, transport=transport, cache=assistant.cache, evidence=evidence, assistant=assistant)
    )
