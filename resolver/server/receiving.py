"""One upload as it arrives: a form, checked and published."""

from __future__ import annotations

import hashlib
import time
from typing import BinaryIO, Dict, Optional, cast

from resolver.server.agreement import check_digests, check_form, check_metadata
from resolver.server.archives import check_archive
from resolver.server.limits import MAX_FIELD
from resolver.server.members import BadArchive
from resolver.server.messages import readable, utc
from resolver.server.metadata import Metadata
from resolver.server.multipart import Fields, Multipart, Part
from resolver.server.names import Filename, read_filename
from resolver.server.requests import Refused
from resolver.server.staging import Conflict, Staging
from resolver.server.tokens import Token
from resolver.server.uploaded import Uploaded
from resolver.server.uploads import Uploads, locked_already

WANTED = {
    ":action",
    "protocol_version",
    "name",
    "version",
    "filetype",
    "pyversion",
    "requires_python",
    "md5_digest",
    "sha256_digest",
    "blake2_256_digest",
}


class Upload(Fields):
    """One upload as it arrives: a form by the legacy upload API. `close` must be called in the end."""

    def __init__(self, uploads: Uploads, token: Token, boundary: bytes, limit: int) -> None:
        self._uploads, self._token, self._limit = uploads, token, limit
        self._form = Multipart(boundary, self)
        self._fields: Dict[str, bytearray] = {}
        self._taking = ""  # the field that arrives, if it is wanted
        self._filename: Optional[Filename] = None
        self._staging: Optional[Staging] = None

    @property
    def by(self) -> str:
        """Whose token it is."""
        return self._token.name

    def feed(self, data: bytes) -> None:
        """Take more of the body. Raises Refused, and OSError."""
        self._form.feed(data)

    def close(self) -> None:
        """Leave nothing behind that was not published."""
        if self._staging is not None:
            self._staging.close()
            self._staging = None

    # What the form tells.

    def begin(self, part: Part) -> None:
        """See `Fields`."""
        self._taking = ""
        if part.name == "content":
            self._begin_file(part)
            self._taking = part.name
        elif part.name in WANTED:
            if part.name in self._fields:
                raise Refused(400, "the form has two fields {}".format(part.name))
            self._fields[part.name] = bytearray()
            self._taking = part.name

    def _begin_file(self, part: Part) -> None:
        """Refuse what can be refused before the bytes come."""
        if part.filename is None or self._staging is not None:
            raise Refused(400, "the form has one file, its field content")
        try:
            self._filename = read_filename(part.filename)
        except ValueError as error:
            raise Refused(400, str(error)) from None
        project = self._filename.project
        if not self._token.may_upload(project):
            raise Refused(403, "the token {} may not upload to {}".format(self._token.name, project))
        if project in self._uploads.tree.locked():
            raise Refused(403, locked_already(project))
        self._staging = self._uploads.stage()

    def data(self, content: bytes) -> None:
        """See `Fields`."""
        if self._taking == "content":
            staging = cast("Staging", self._staging)
            if staging.size + len(content) > self._limit:
                raise Refused(413, "the file is larger than {}".format(readable(self._limit)))
            staging.write(content)
        elif self._taking:
            self._fields[self._taking] += content
            if len(self._fields[self._taking]) > MAX_FIELD:
                raise Refused(400, "the field {} is too long".format(self._taking))

    # The end of it.

    def finish(self) -> str:
        """Check and publish. Returns what to tell the client; raises Refused, and OSError."""
        if not self._form.done:
            raise Refused(400, "the form has no end")
        form = {name: value.decode("utf-8", "replace").strip() for name, value in self._fields.items()}
        if form.get(":action") != "file_upload" or form.get("protocol_version", "1") != "1":
            raise Refused(400, "only :action file_upload of protocol_version 1 is accepted here")
        if self._staging is None or self._filename is None:
            raise Refused(400, "the form has no file content")
        try:
            check_form(form, self._filename)
            check_digests(form, self._staging)
            metadata = check_archive(cast("BinaryIO", self._staging.stream), self._filename)
            check_metadata(metadata, form, self._filename)
        except (ValueError, BadArchive) as error:
            raise Refused(400, "{}: {}".format(self._filename.text, error)) from None
        return self._publish(self._filename, self._staging, metadata)

    def _publish(self, name: Filename, staging: Staging, metadata: Metadata) -> str:
        sidecar = (hashlib.sha256(metadata.content).hexdigest(), len(metadata.content))
        uploaded = Uploaded(
            filename=name.text,
            project=name.project,
            version=name.version.text,
            key=name.key,
            sha256=staging.sha256,
            size=staging.size,
            upload_time=utc(time.time()),
            requires_python=metadata.requires_python,
            metadata=sidecar if name.kind == "wheel" else None,
            by=self._token.name,
        )
        staging.finish(uploaded, metadata.content)
        try:
            self._uploads.publish(staging, uploaded)
        except Conflict as conflict:
            # uv takes 409 for "there already", whatever the bytes are; twine takes both where it is told to skip.
            told = "with these bytes" if conflict.same else "with other bytes, and no file is replaced"
            raise Refused(409 if conflict.same else 400, "File already exists: {} {}".format(name.text, told)) from None
        return "{} is published".format(name.text)
