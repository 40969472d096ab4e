"""A project page in JSON (PEP 691, with PEP 592, 700, 714 and 740) to its value. Raises `Malformed` alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from packaging.utils import canonicalize_name

from resolver.simple.checks import (
    Malformed,
    check_api_version,
    check_filename,
    check_hashes,
    check_upload_time,
    check_url,
)
from resolver.simple.model import File, ProjectPage
from resolver.simple.usual import usual_files

_KINDS: dict[type, str] = {dict: "an object", list: "a list", str: "a string", int: "a whole number"}


def page_from_json(content: bytes, *, project: str) -> ProjectPage:
    """Read a page whose ``name`` must mean ``project``."""
    try:
        document = json.loads(content)
    except RecursionError:
        raise Malformed("its JSON is nested too deeply") from None
    except ValueError as error:
        raise Malformed(f"it is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise Malformed("its JSON is not an object")
    _check_meta(document)
    name = _need(document, "name", str)
    if canonicalize_name(name) != canonicalize_name(project):
        raise Malformed(f"it is the page of another project, {name!r}")
    files = _need(document, "files", list)
    usual = usual_files(files)
    if usual is not None:
        return ProjectPage(name=name, files=usual)
    return ProjectPage(name=name, files=tuple(_file(number, entry) for number, entry in enumerate(files, start=1)))


def _check_meta(document: Mapping[str, Any]) -> None:
    """PEP 629's version, where the page states one; where it does not, the content type has said that it is 1."""
    meta = _may(document, "meta", dict) or {}
    version = _may(meta, "api-version", str)
    if version is not None:
        check_api_version(version)


def _file(number: int, entry: object) -> File:
    if not isinstance(entry, dict):
        raise Malformed(f"file {number} is not an object")
    try:
        return file_from_json(entry)
    except Malformed as error:
        raise Malformed(f"file {number} ({entry.get('filename', 'unnamed')!r}): {error}") from None


def file_from_json(entry: Mapping[str, Any]) -> File:
    """Read one entry of ``files``. Raises `Malformed`."""
    upload_time = _may(entry, "upload-time", str)
    provenance = _may(entry, "provenance", str)
    return File(
        filename=check_filename(_need(entry, "filename", str)),
        url=check_url(_need(entry, "url", str).partition("#")[0]),
        hashes=_hashes(_need(entry, "hashes", dict), "hashes"),
        requires_python=_may(entry, "requires-python", str),
        yanked=_yanked(entry),
        metadata=_sidecar(entry),
        size=_size(entry),
        upload_time=None if upload_time is None else check_upload_time(upload_time),
        provenance=None if provenance is None else check_url(provenance),
    )


def _hashes(hashes: Mapping[str, object], key: str) -> dict[str, str]:
    for algorithm, digest in hashes.items():
        if not isinstance(digest, str):
            raise Malformed(f"`{key}` gives {algorithm} as {digest!r}, which is not a string")
    return check_hashes(cast("Mapping[str, str]", hashes))


def _yanked(entry: Mapping[str, Any]) -> str | None:
    """PEP 691: yanked where the value is truthy; a string is the reason."""
    value = entry.get("yanked")
    if value is not None and not isinstance(value, (bool, str)):
        raise Malformed("`yanked` is neither true, false nor a string")
    if not value:
        return None
    return value if isinstance(value, str) else ""


def _sidecar(entry: Mapping[str, Any]) -> dict[str, str] | None:
    """PEP 714: ``core-metadata`` wins over the older ``dist-info-metadata``; true or hashes where it exists."""
    key = "core-metadata" if entry.get("core-metadata") is not None else "dist-info-metadata"
    value = entry.get(key)
    if value is None or value is False:
        return None
    if value is True:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"`{key}` is neither true, false nor an object of hashes")
    return _hashes(value, key)


def _size(entry: Mapping[str, Any]) -> int | None:
    value = _may(entry, "size", int)
    if value is not None and (isinstance(value, bool) or value < 0):
        raise Malformed(f"`size` is {value!r}, which is not a number of bytes")
    return value


def _may(entry: Mapping[str, Any], key: str, kind: type) -> Any:  # noqa: ANN401 - JSON: the caller names the type
    """The value at ``key``, which must be of ``kind``; None where it is absent or null."""
    value = entry.get(key)
    if value is not None and not isinstance(value, kind):
        raise Malformed(f"`{key}` is not {_KINDS[kind]}")
    return value


def _need(entry: Mapping[str, Any], key: str, kind: type) -> Any:  # noqa: ANN401 - JSON: the caller names the type
    value = _may(entry, key, kind)
    if value is None:
        raise Malformed(f"`{key}` is missing")
    return value
