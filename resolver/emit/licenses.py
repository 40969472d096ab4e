"""Lock and licences -> the licence report: a row for each release, with what it is used for and where."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

from resolver.emit.selection import Selection
from resolver.licenses.model import License
from resolver.lock.describe import counted
from resolver.records import record


@record
class Row:
    """A file of a release. ``use``: ``run`` where an environment installs it, ``build`` where builds alone do."""

    project: str
    version: str
    license: License
    use: Literal["run", "build"]
    environments: tuple[str, ...]
    filename: str


def license_rows(chosen: Selection, licenses: Mapping[str, License]) -> list[Row]:
    """The rows by project, version and file. Files of a release that say the same, for the same use, share a row."""
    used: dict[str, dict[str, set[str]]] = {}
    for name in chosen.environments:
        installed = {pin.artifact for pin in chosen.pins(name).values()}
        for filename in chosen.files(name):
            uses = used.setdefault(filename, {"run": set(), "build": set()})
            uses["run" if filename in installed else "build"].add(name)
    rows: dict[tuple[str, str, str, License], Row] = {}
    for filename in sorted(used):
        artifact, uses = chosen.lock.artifacts[filename], used[filename]
        use: Literal["run", "build"] = "run" if uses["run"] else "build"
        names = uses["run"] | uses["build"]
        key = (artifact.project, artifact.version, use, licenses[filename])
        if key in rows:
            names |= set(rows[key].environments)
            filename = rows[key].filename  # noqa: PLW2901  (the first one stands for the row)
        rows[key] = Row(
            project=artifact.project,
            version=artifact.version,
            license=licenses[filename],
            use=use,
            environments=tuple(sorted(names)),
            filename=filename,
        )
    return sorted(rows.values(), key=lambda row: (row.project, row.version, row.filename))


def licenses_csv(rows: list[Row]) -> str:
    """The report as CSV (RFC 4180), with a header."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["project", "version", "license", "source", "use", "environments", "file"])
    for row in rows:
        where = " ".join(row.environments)
        told = [row.project, row.version, str(row.license), row.license.source, row.use, where, row.filename]
        writer.writerow([_harmless(cell) for cell in told])
    return stream.getvalue()


def licenses_json(rows: list[Row]) -> list[dict[str, Any]]:
    """The report as data that json can write."""
    return [{**asdict(row), "license": {**asdict(row.license), "text": str(row.license)}} for row in rows]


def summary(rows: list[Row]) -> str:
    """How many of what, in a line."""
    unknown = sum(not row.license.is_known for row in rows)
    tail = f", {unknown} of them unknown" if unknown else ""
    releases = len({(row.project, row.version) for row in rows})
    more = (
        f", {counted(len(rows), 'row')}" if len(rows) != releases else ""
    )  # the files of one may state different ones
    return f"{counted(releases, 'release')}{more}{tail}"


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: the text comes from packages."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell
