"""Wheels: one .dist-info of the release that the file name says, and a RECORD that holds."""

from __future__ import annotations

import csv
import email.parser
import io
import re
import zipfile
from typing import BinaryIO, Dict

from resolver.server.members import BadArchive, safe_path
from resolver.server.metadata import Metadata, read_metadata
from resolver.server.names import Filename, Version, normalized
from resolver.server.zips import Stated, check_contents, open_zip, zip_members, zip_text


def check_wheel(stream: BinaryIO, filename: Filename) -> Metadata:
    """Read all of a wheel. Raises BadArchive, and what `zipfile` and `csv` raise."""
    with open_zip(stream) as archive:
        infos = zip_members(stream, archive)
        info = _dist_info(infos, filename)
        texts = {}
        for name in ("METADATA", "WHEEL", "RECORD"):
            if info + "/" + name not in infos:
                raise BadArchive("the wheel has no {}/{}".format(info, name))
            texts[name] = zip_text(archive, infos[info + "/" + name])
        generation = email.parser.BytesHeaderParser().parsebytes(texts["WHEEL"]).get("Wheel-Version", "")
        if not re.match(r"1\.[0-9]+\Z", str(generation).strip()):
            raise BadArchive("its WHEEL names no Wheel-Version 1")
        check_contents(archive, infos, _record(texts["RECORD"], infos, info))
    return read_metadata(texts["METADATA"], "METADATA")


def _dist_info(infos: Dict[str, zipfile.ZipInfo], filename: Filename) -> str:
    """The wheel's only ``NAME-VERSION.dist-info``, which must be that of its file name."""
    found = {path.partition("/")[0] for path in infos if path.partition("/")[0].endswith(".dist-info")}
    if len(found) != 1:
        raise BadArchive("a wheel has one .dist-info folder, and this one has {}".format(len(found) or "none"))
    [folder] = found
    name, _, version = folder[: -len(".dist-info")].rpartition("-")
    if normalized(name) != filename.project or Version(version).key != filename.version.key:
        raise BadArchive("its folder {!r} is that of another release than its file name".format(folder))
    return folder


def _record(content: bytes, infos: Dict[str, zipfile.ZipInfo], info: str) -> Dict[str, Stated]:
    """Path -> hash and size that RECORD states. What it states must be there, and it must state everything or nothing.

    Nothing: by hand one may write an empty one, and installers make their own.
    """
    rows = {}
    for row in csv.reader(io.StringIO(content.decode("utf-8"))):
        if row:
            rows[safe_path(row[0])] = (row[1] if len(row) > 1 else "", row[2] if len(row) > 2 else "")
    missing = sorted(rows.keys() - infos.keys())
    if missing:
        raise BadArchive("its RECORD names {!r}, which is not in it".format(missing[0]))
    signatures = {info + "/RECORD", info + "/RECORD.jws", info + "/RECORD.p7s"}
    unnamed = sorted(infos.keys() - rows.keys() - signatures)
    if rows and unnamed:
        raise BadArchive("its RECORD does not name {!r}".format(unnamed[0]))
    return rows
