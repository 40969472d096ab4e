"""Lock -> the pages of the Simple API (PEP 503 and 691) of its vendored tree, with links that hold wherever it lies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from urllib.parse import quote

from packaging.version import Version

from resolver.lock.model import Artifact, Lock
from resolver.simple.model import File, ProjectPage
from resolver.simple.render import render_project_html, render_project_json, render_root_html, render_root_json


def files_of(lock: Lock, environments: Collection[str] | None = None) -> list[Artifact]:
    """The artifacts that these environments install or build with (None: all of the lock), by file name."""
    if environments is None:
        wanted = set(lock.artifacts)
    else:
        wanted = {filename for name in environments for filename in lock.files_for(name)}
    return [lock.artifacts[filename] for filename in sorted(wanted)]


def pages(
    lock: Lock,
    sidecars: Mapping[str, str],
    environments: Collection[str] | None = None,
    vouched: Collection[str] = (),
) -> dict[str, str]:
    """Path below the tree -> text.

    ``sidecars``: wheel file name -> sha256 of its ``.metadata``. ``vouched``: files with a ``.provenance`` beside them.
    """
    projects = by_project(files_of(lock, environments))
    found = root_pages(projects)
    for project, artifacts in sorted(projects.items()):
        found |= project_pages(project, artifacts, sidecars, vouched)
    return found


def by_project(artifacts: Iterable[Artifact]) -> dict[str, list[Artifact]]:
    """Project -> its artifacts, in the order in which they come."""
    found: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        found.setdefault(artifact.project, []).append(artifact)
    return found


def root_pages(projects: Collection[str]) -> dict[str, str]:
    """The list of projects; shaped as `pages`."""
    return {"simple/index.html": render_root_html(projects), "simple/index.json": render_root_json(projects)}


def project_pages(
    project: str, artifacts: Iterable[Artifact], sidecars: Mapping[str, str], vouched: Collection[str]
) -> dict[str, str]:
    """The pages of one project; shaped as `pages`."""
    ordered = sorted(artifacts, key=lambda a: (Version(a.version), a.filename))
    page = ProjectPage(name=project, files=tuple(_file(a, sidecars.get(a.filename), vouched) for a in ordered))
    return {
        f"simple/{project}/index.html": render_project_html(page),
        f"simple/{project}/index.json": render_project_json(page),
    }


def _file(artifact: Artifact, sidecar: str | None, vouched: Collection[str]) -> File:
    url = f"../../files/{quote(artifact.filename)}"
    return File(
        filename=artifact.filename,
        url=url,
        hashes={"sha256": artifact.sha256},
        requires_python=artifact.requires_python,
        yanked=artifact.yanked,
        metadata={"sha256": sidecar} if sidecar is not None else None,
        size=artifact.size,
        upload_time=artifact.upload_time,
        provenance=f"{url}.provenance" if artifact.filename in vouched else None,
    )
