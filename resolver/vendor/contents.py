"""What lies in a vendored tree besides its artifacts: pages, made from the lock and what was placed, and its server."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files as package_files

from resolver.emit.pages import pages
from resolver.joining.text import joined
from resolver.lock.model import Lock

SERVER_HEADER = """\
#!/usr/bin/env python3
# The server of a vendored tree, format 1: one file for Python 3.7 and newer, standard library only.
# It is joined from the modules of resolver/server in rules_wheelhouse: read and change it there.
"""


@cache
def server_bytes() -> bytes:
    """The server that every tree carries: the same bytes on every host and Python."""
    return joined("resolver.server", server_modules(), SERVER_HEADER).encode()


def server_modules() -> dict[str, str]:
    """Module of `resolver.server` -> its source."""
    folder = package_files("resolver").joinpath("server")
    sources = {path.name.removesuffix(".py"): path for path in folder.iterdir() if path.name.endswith(".py")}
    return {name: path.read_text("utf-8") for name, path in sources.items()}


def described(
    lock: Lock,
    sizes: Mapping[str, int],
    sidecars: Mapping[str, str],
    environments: Collection[str] | None,
    vouched: Collection[str] = (),
) -> dict[str, bytes]:
    """Path below the tree -> bytes, in the order of writing: the pages of projects before the list of them.

    ``sizes`` of all files and ``sidecars`` of wheels (sha256 of their METADATA) by file name; ``vouched``: those with a
    provenance object.
    """
    texts = pages(_with_sizes(lock, sizes), sidecars, environments, vouched)
    inner_first = sorted(texts.items(), key=lambda item: (-item[0].count("/"), item[0]))
    return {path: text.encode() for path, text in inner_first}


def _with_sizes(lock: Lock, sizes: Mapping[str, int]) -> Lock:
    """``lock`` with every size known: PEP 700 asks it of each file, and not each index tells it."""
    known = {filename: replace(lock.artifacts[filename], size=size) for filename, size in sizes.items()}
    return replace(lock, artifacts={**lock.artifacts, **known})
