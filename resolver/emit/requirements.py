"""Lock -> requirements files with a hash for every line (pip's format), one for each environment.

A file holds exactly what its environment installs, so that it needs no markers; whatever something depends on stands
above it, so that each line can be installed by itself (``--no-deps``).
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator
from itertools import chain, repeat
from shlex import quote

from resolver.emit.places import Places, is_url
from resolver.emit.selection import Selection, dependents, ordered
from resolver.lock.model import Artifact

_OPTIONS = "--no-deps --require-hashes"
"""Whatever is needed has a line; by itself pip would ask for what the spec has taken away or replaced, too."""


def requirements_files(chosen: Selection, places: Places, default_index: str = "") -> dict[str, str]:
    """File name -> text, for every environment of the selection; see `requirements`."""
    return {
        f"requirements.{name}.txt": requirements(chosen, name, places, default_index=default_index)
        for name in chosen.environments
    }


def requirements(
    chosen: Selection,
    environment: str,
    places: Places,
    *,
    kinds: Collection[str] = ("wheel", "sdist"),
    default_index: str = "",
) -> str:
    """Every project of ``environment`` with its hash, after what it depends on.

    ``kinds`` leaves out what an installer cannot use, such as sdists for a machine that is not the one installing.
    ``default_index``: the URL that installers ask by themselves. It is left to them: what a file says goes before what
    their command line and settings say, and on a closed network those name another.
    """
    lock, pins, roots = chosen.lock, chosen.pins(environment), chosen.roots(environment)
    askers = dependents(pins)
    rows = [f"# {environment}: made by `wheelhouse export requirements`, to be installed with {_OPTIONS}\n"]
    files = {name: lock.artifacts[pin.artifact] for name, pin in pins.items()}
    rows += _sources(chosen, [one for one in files.values() if one.kind in kinds], places, default_index)
    for name in ordered(pins):
        artifact = files[name]
        if artifact.kind in kinds:
            wanted = f"{name}=={artifact.version}"
            if artifact.index is None and places.tree is None:
                wanted = f"{name} @ {places.file(lock, artifact)}"
            via = ", ".join([*(["the spec"] if name in roots else []), *askers[name]])
            rows.append(f"{wanted} \\\n    --hash=sha256:{artifact.sha256}\n" + (f"    # via {via}\n" if via else ""))
    return "".join(rows)


def _sources(chosen: Selection, files: Collection[Artifact], places: Places, default_index: str) -> Iterator[str]:
    """The options that say where the files lie. Several indexes are safe to name: every file has its hash."""
    if places.tree is not None and not places.is_served:
        yield f"--no-index\n--find-links {quote(places.tree.rstrip('/'))}/files\n"
        return
    places_of = {
        artifact: (places.file(chosen.lock, artifact), places.index(chosen.lock, artifact)) for artifact in files
    }
    urls = sorted({index for _, index in places_of.values() if index is not None and is_url(index)})
    folders = sorted({posixpath.dirname(file) for file, _ in places_of.values() if not is_url(file)})
    options = chain([] if default_index in urls else ["--index-url"], repeat("--extra-index-url"))
    named = (url for url in urls if url != default_index)
    yield from (f"{option} {url}\n" for option, url in zip(options, named, strict=False))
    if folders and not urls:
        yield "--no-index\n"
    yield from (f"--find-links {quote(folder)}\n" for folder in folders)
