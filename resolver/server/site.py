"""The site: requests become answers."""

from __future__ import annotations

import contextlib
import json
import os
import posixpath
import re
import threading
from typing import Any, Dict, Iterator, Optional, Union
from urllib.parse import quote, unquote_to_bytes

from resolver.server.access import Access
from resolver.server.answers import (
    ASK_AGAIN,
    PAGE_CACHE,
    Answer,
    Gone,
    failure,
    page,
    plain,
    scheme_of,
    with_charset,
)
from resolver.server.front_page import Overview, front_page, overview, script_hash
from resolver.server.layout import UPLOADS
from resolver.server.limits import MAX_UPLOAD, MAX_UPLOADS
from resolver.server.messages import log
from resolver.server.metrics import Metrics
from resolver.server.multipart import boundary_of
from resolver.server.names import normalized
from resolver.server.negotiation import HTML_TYPE, JSON_TYPE, PLAIN_HTML, negotiate
from resolver.server.pages import html_list, html_page, json_list, json_page
from resolver.server.receiving import Upload
from resolver.server.requests import Refused, Request, decode_path, split_target
from resolver.server.stored_files import cache_of, content_type, stored_file
from resolver.server.tokens import Tokens, TokensError
from resolver.server.tree import Tree, TreeError
from resolver.server.uploads import Uploads, locked_already

UPLOAD_PATHS = ("/legacy/", "/legacy")
HEALTH = "/-/health"
SWITCHING = (
    "another state of this tree is being put in its place; ask again in a moment. "
    "If no `wheelhouse unpack` is at work, one was killed: `wheelhouse verify` on the tree puts the rest in place"
)


class Site:
    """Requests -> answers, for one tree. Knows nothing of sockets.

    ``tokens``: without any, nothing is taken. ``private``: whoever reads needs a token too. ``max_upload``: bytes.
    """

    def __init__(
        self,
        tree: Tree,
        tokens: Optional[Tokens] = None,
        *,
        private: bool = False,
        read_only: bool = False,
        max_upload: int = MAX_UPLOAD,
    ) -> None:
        self.tree = tree
        self.uploads = Uploads(tree)
        self.max_upload = max_upload
        self.metrics = Metrics()
        self.metrics.gauges["wheelhouse_tree_files"] = lambda: len(tree.refresh())
        self.metrics.gauges["wheelhouse_private_projects"] = lambda: len(self.uploads.projects())
        self.metrics.gauges["wheelhouse_uploads_in_progress"] = lambda: self._arriving
        self._access = Access(tokens, private=private, read_only=read_only)
        self._known_overview: Optional[Overview] = None
        self._arriving = 0
        self._counting = threading.Lock()

    @property
    def uses_tokens(self) -> bool:
        """Whether anybody is asked for a token."""
        return self._access.writable or self._access.private

    @property
    def writable(self) -> bool:
        """Whether anybody may upload."""
        return self._access.writable

    def answer(self, request: Request) -> Answer:
        """The answer to a request without a body; errors are answers too."""
        try:
            path = decode_path(request.target)
            if path is None:
                raise Refused(404, "nothing is here")
            if path in UPLOAD_PATHS:
                raise Refused(405, "uploads are sent here by POST", {"Allow": "POST"})
            reader = self._access.reader(request, health=path == HEALTH)
            return self._route(path, request)._replace(user=reader)
        except Exception as error:  # noqa: BLE001  (whatever the tree holds, a client gets an answer)
            return self.failed(error, request)

    def failed(self, error: Exception, request: Optional[Request]) -> Answer:
        """An error as an answer to a request, or to what was none."""
        user = ""
        if request is not None:
            with contextlib.suppress(TokensError):
                user = self._access.user(request)
        answer = failure(error)
        if (answer.status == 500 or isinstance(error, TreeError)) and self.tree.switching():
            answer = plain(503, SWITCHING, {"Retry-After": "5"})
            log("error: {}: {}".format(request.target if request else "-", SWITCHING))
        elif not isinstance(error, Refused):
            told = error if isinstance(error, (TreeError, TokensError, OSError)) else repr(error)
            log("error: {}: {}".format(request.target if request else "-", told))
        return answer._replace(user=user)

    # Taking.

    @contextlib.contextmanager
    def upload(self, request: Request) -> Iterator[Upload]:
        """Where the body of a POST goes; what is not published in this block leaves nothing behind.

        Raises Refused, TreeError, TokensError and OSError.
        """
        if decode_path(request.target) not in UPLOAD_PATHS:
            raise Refused(405, "only GET and HEAD are answered here; uploads go to /legacy/", {"Allow": "GET, HEAD"})
        token = self._access.uploader(request)
        boundary = boundary_of(request.headers.get("content-type", ""))
        with self._counting:
            if self._arriving >= MAX_UPLOADS:
                raise Refused(503, "{} uploads arrive already".format(MAX_UPLOADS), {"Retry-After": "5"})
            self._arriving += 1
        upload, result = Upload(self.uploads, token, boundary, self.max_upload), "broken off"
        try:
            yield upload
            result = "published"
        except Exception as error:
            if not isinstance(error, Gone):
                result = "refused" if isinstance(error, Refused) else "failed"
            raise
        finally:
            with self._counting:
                self._arriving -= 1
            upload.close()
            self.metrics.count_upload(result)

    # Giving.

    def _route(self, path: str, request: Request) -> Answer:
        if path == "/":
            return self._front(request)
        if path == HEALTH:
            return self._health()
        if path == "/-/metrics":
            kind = "text/plain; version=0.0.4; charset=utf-8"
            return Answer(200, {"Content-Type": kind, "Cache-Control": "no-store"}, self.metrics.render().encode())
        if path == "/manifest.json":
            return self._manifest(request)
        entry = self.tree.find(path[1:])
        if entry is None and path.startswith("/files/") and path.count("/") == 4:
            entry = self.uploads.entry(path[1:])
        if entry is not None:
            return stored_file(self.tree, entry, request, content_type(entry.path), cache_of(path))
        if path in ("/simple", "/simple/"):
            return self._list(path, request)
        found = re.match(r"/simple/([^/]+)/?\Z", path)
        if found is None:
            raise Refused(404, "nothing is here")
        return self._project(normalized(found.group(1)), path, request)

    def _health(self) -> Answer:
        document: Dict[str, Any] = {"status": "ok", "files": len(self.tree.refresh())}
        shadowed = [] if self._access.private else self.uploads.shadowed()  # anybody may ask
        if shadowed:
            document["shadowed"] = shadowed
        body = json.dumps(document) + "\n"
        return Answer(200, {"Content-Type": "application/json", "Cache-Control": "no-store"}, body.encode())

    def _list(self, path: str, request: Request) -> Answer:
        """The list of projects: the lock's page, or with uploads one of both."""
        private = self.uploads.projects()
        if not private:
            return self._page("simple", "/simple/", path, request)
        kind = self._kind("/simple/", path, request)
        if isinstance(kind, Answer):
            return kind
        entry = self.tree.find("simple/index.json")
        content = self.tree.read(entry) if entry is not None else b'{"projects": []}'
        if content is None:
            raise Refused(500, "the file on disk is not what the manifest names")
        locked = [str(row["name"]) for row in json.loads(content.decode("utf-8"))["projects"]]
        names = sorted(locked + private)
        return self._made(kind, json_list(names) if kind == JSON_TYPE else html_list(names), request)

    def _project(self, name: str, path: str, request: Request) -> Answer:
        """A project's page. Those of the lock come first: what is uploaded stands in for none of them."""
        canonical = "/simple/{}/".format(name)
        if self.tree.find("simple/{}/index.html".format(name)) is not None:
            return self._page("simple/" + name, canonical, path, request)
        files = self.uploads.files(name)
        if not files:
            raise Refused(404, "there is no such project here")
        kind = self._kind(canonical, path, request)
        if isinstance(kind, Answer):
            return kind
        return self._made(kind, json_page(name, files) if kind == JSON_TYPE else html_page(name, files), request)

    def _kind(self, canonical: str, path: str, request: Request) -> Union[str, Answer]:
        """The representation that the client likes best (PEP 691), or the way to where the page is."""
        query = split_target(request.target)[1]
        if path != canonical:
            # Relative, because a proxy may have a prefix before both, and an encoded slash is refused.
            way = posixpath.relpath(canonical, posixpath.dirname(path)) + "/"
            return plain(301, "moved", {"Location": quote(way) + ("?" + query if query else "")})
        wanted = re.search(r"(?:^|&)format=([^&]*)", query)
        accept = request.headers.get("accept")
        if wanted is not None:
            accept = unquote_to_bytes(wanted.group(1).replace("+", "%2B")).decode("ascii", "replace")
        kind = negotiate(accept, (PLAIN_HTML, JSON_TYPE, HTML_TYPE))
        if kind is None:
            raise Refused(406, "offered: {}, {}, {}".format(JSON_TYPE, HTML_TYPE, PLAIN_HTML), {"Vary": "Accept"})
        return kind

    def _page(self, folder: str, canonical: str, path: str, request: Request) -> Answer:
        """A page that lies in the tree."""
        if self.tree.find(folder + "/index.html") is None:
            raise Refused(404, "there is no such project here")
        kind = self._kind(canonical, path, request)
        if isinstance(kind, Answer):
            return kind
        entry = self.tree.find(folder + ("/index.json" if kind == JSON_TYPE else "/index.html"))
        if entry is None:
            raise Refused(404, "there is no such project here")
        answer = stored_file(self.tree, entry, request, with_charset(kind), PAGE_CACHE)
        answer.headers["Vary"] = "Accept"
        return answer

    def _made(self, kind: str, body: bytes, request: Request) -> Answer:
        """A page that was made just now."""
        return page(body, {"Content-Type": with_charset(kind), "Cache-Control": ASK_AGAIN, "Vary": "Accept"}, request)

    def _manifest(self, request: Request) -> Answer:
        self.tree.refresh()
        return page(self.tree.manifest, {"Content-Type": "application/json", "Cache-Control": PAGE_CACHE}, request)

    def _front(self, request: Request) -> Answer:
        host = request.headers.get("host") or "127.0.0.1"
        private = {name: self.uploads.files(name) for name in self.uploads.projects()}
        body = front_page(self._overview(), private, scheme_of(request), host, takes=self.writable).encode()
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-cache",
            "Content-Security-Policy": (
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ).format(script_hash()),
        }
        return page(body, headers, request)

    def _overview(self) -> Overview:
        """What the lock gives to the page for people, read once for each manifest: a lock may have megabytes."""
        known, entries = self._known_overview, self.tree.refresh()
        if known is None or known.entries is not entries:
            known = self._known_overview = overview(entries, self.tree.lock())
        return known


def open_site(
    directory: str,
    *,
    tokens: Optional[str] = None,
    private: bool = False,
    read_only: bool = False,
    max_upload: int = MAX_UPLOAD,
) -> Site:
    """A site for a tree, ready to take uploads where there are ``tokens``. Raises TreeError, TokensError, OSError."""
    tree = Tree(directory)
    if private and tokens is None:
        raise TokensError("who may read is said in a file of tokens; name it by --tokens")
    if tokens is not None and (os.path.realpath(tokens) + os.sep).startswith(tree.root + os.sep):
        raise TokensError("{}: lies in the tree, which is carried and served; keep it elsewhere".format(tokens))
    known = Tokens(tokens) if tokens is not None else None
    site = Site(tree, known, private=private, read_only=read_only, max_upload=max_upload)
    if site.writable:
        try:
            site.uploads.prepare()
        except TreeError:
            if not tree.switching():
                raise
    if tree.switching():  # its lock may not be the manifest's
        log("warning: {}: {}".format(tree.root, SWITCHING))
        return site
    for project in site.uploads.shadowed():
        log("error: {}/files/{} is not served: {}".format(UPLOADS, project, locked_already(project)))
    return site
