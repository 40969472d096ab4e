"""Small real wheels and sdists, and the pages that list them.

The same arguments give the same bytes at any time: the names of tests hold digests of them, and every worker of
pytest-xdist has to collect the same names.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import io
import json
import random
import tarfile
import zipfile
from collections.abc import Mapping


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def metadata(name: str, version: str, *requires: str) -> bytes:
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {name}",
        f"Version: {version}",
        *(f"Requires-Dist: {r}" for r in requires),
    ]
    return "\n".join(lines).encode() + b"\n\n"


def wheel(name: str, version: str, *requires: str, padding: int = 0, members: int = 0) -> bytes:
    """A wheel with ``padding`` bytes that do not compress, and ``members`` files to make its central directory long."""
    return wheel_of(name, version, metadata(name, version, *requires), padding=padding, members=members)


def wheel_of(name: str, version: str, claims: bytes, *, padding: int = 0, members: int = 0) -> bytes:
    """A wheel whose METADATA is ``claims``."""
    stream = io.BytesIO()
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, f"{name}/data.bin", random.Random(0).randbytes(padding))
        for number in range(members):
            _add(archive, f"{name}/a_rather_long_name_of_a_module_{number:06}.py", b"")
        _add(archive, f"{info}/METADATA", claims)
        _add(archive, f"{info}/WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        _add(archive, f"{info}/RECORD", b"")
    return stream.getvalue()


def _add(archive: zipfile.ZipFile, path: str, content: bytes) -> None:
    """As `writestr`, but dated 1980 as a `ZipInfo` is, and not today."""
    member = zipfile.ZipInfo(path)
    member.external_attr = 0o600 << 16
    archive.writestr(member, content, compress_type=archive.compression)


def sdist(name: str, version: str, files: Mapping[str, bytes]) -> bytes:
    """A ``.tar.gz`` with PKG-INFO and these files below its top folder."""
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in {"PKG-INFO": metadata(name, version), **files}.items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def json_page(name: str, *files: Mapping[str, object]) -> bytes:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "versions": [], "files": files}).encode()


def html_page(links: Mapping[str, str]) -> bytes:
    """A page of PEP 503: file name to URL."""
    anchors = "".join(f'<a href="{html.escape(url)}">{name}</a>\n' for name, url in links.items())
    return f"<!DOCTYPE html><html><body>{anchors}</body></html>".encode()
