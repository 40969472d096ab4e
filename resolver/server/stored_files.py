"""Files of the tree as answers: whole, in part, or not again."""

from __future__ import annotations

import os

from resolver.server.answers import PAGE_CACHE, Answer
from resolver.server.limits import VERIFIED_SIZE
from resolver.server.messages import log
from resolver.server.negotiation import PLAIN_HTML, byte_range, matches
from resolver.server.requests import Refused, Request
from resolver.server.tree import Entry, Tree

FILE_CACHE = "max-age=31536000, immutable"
CONTENT_TYPES = {
    ".html": PLAIN_HTML,
    ".json": "application/json",
    ".metadata": "text/plain; charset=utf-8",
    ".provenance": "application/vnd.pypi.integrity.v1+json",
}


def content_type(path: str) -> str:
    """The type of a file by its ending."""
    return CONTENT_TYPES.get(os.path.splitext(path)[1], "application/octet-stream")


def cache_of(path: str) -> str:
    """Cache-Control of a path. What is in a distribution never changes; who vouches for it may (PEP 740)."""
    return FILE_CACHE if path.startswith("/files/") and not path.endswith(".provenance") else PAGE_CACHE


def stored_file(tree: Tree, entry: Entry, request: Request, kind: str, cache: str) -> Answer:
    """A file, a part of it, or 304. Raises Refused (416; 500 where the disk holds another), and OSError."""
    tag = '"{}"'.format(entry.sha256)
    headers = {
        "Content-Type": kind,
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Cache-Control": cache,
    }
    if matches(request.headers.get("if-none-match"), tag):
        return Answer(304, headers)
    first, end, status = 0, entry.size, 200
    asked = request.headers.get("range")
    condition = request.headers.get("if-range")
    if asked is not None and request.method == "GET" and condition in (None, tag):
        try:
            part = byte_range(asked, entry.size)
        except ValueError:
            raise Refused(416, "the file is shorter", {"Content-Range": "bytes */{}".format(entry.size)}) from None
        if part is not None:
            (first, end), status = part, 206
            headers["Content-Range"] = "bytes {}-{}/{}".format(first, end - 1, entry.size)
    if entry.size <= VERIFIED_SIZE:
        content = tree.read(entry)
        if content is not None:
            return Answer(status, headers, content[first:end])
    else:
        stream = tree.open(entry)
        if stream is not None:
            return Answer(status, headers, file=stream, start=first, length=end - first)
    log("error: {} on disk is not what is known of it; `wheelhouse verify` says more".format(entry.path))
    raise Refused(500, "the file on disk is not what the manifest names")
