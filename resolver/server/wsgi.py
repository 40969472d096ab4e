"""The WSGI entry, for those who run the site in gunicorn, uWSGI or mod_wsgi: `gunicorn server:application`."""

from __future__ import annotations

import io
import os
import threading
import time
from typing import Any, BinaryIO, Callable, Dict, Iterable, Iterator, Mapping, Optional
from urllib.parse import quote

from resolver.server.access_log import Done
from resolver.server.answers import REASONS, Answer, plain
from resolver.server.bodies import Body
from resolver.server.connections import Pace
from resolver.server.limits import BLOCK, BODY_SECONDS, MAX_FORM, MAX_UPLOAD
from resolver.server.requests import Refused, Request
from resolver.server.site import Site, open_site


class Application:
    """WSGI (PEP 3333). Configured by the environment when it is asked first:

    WHEELHOUSE_TREE (default: ``home``), WHEELHOUSE_TOKENS, WHEELHOUSE_PRIVATE, WHEELHOUSE_READ_ONLY,
    WHEELHOUSE_MAX_UPLOAD (MiB). Raises TreeError, TokensError and OSError there.
    """

    def __init__(self, home: str) -> None:
        self._home = home
        self._site: Optional[Site] = None
        self._lock = threading.Lock()

    def __call__(self, environ: Dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        began = time.monotonic()
        with self._lock:
            site = self._site = self._site or site_of_environment(os.environ, self._home)
        request: Optional[Request] = None
        received = Pace(BODY_SECONDS)
        try:
            request = request_of(environ)
            if request.method == "POST":
                answer = self._upload(site, request, environ["wsgi.input"], received)
            else:
                answer = site.answer(request)
        except Exception as error:  # noqa: BLE001  (whatever came, the client gets an answer)
            answer = site.failed(error, request)
        body = environ["REQUEST_METHOD"] != "HEAD" and answer.status != 304
        headers = [*answer.headers.items(), ("X-Content-Type-Options", "nosniff")]
        if answer.status != 304:
            headers.append(("Content-Length", str(answer.size)))
        target = request.target if request else "-"
        done = Done(
            str(environ.get("REMOTE_ADDR", "-")), answer.user, environ["REQUEST_METHOD"], target, "-", "",
            answer.status, received.moved, answer.size if body else 0, time.monotonic() - began,
        )  # fmt: skip
        site.metrics.count(done)
        reason = answer.reason or REASONS.get(answer.status, "-")
        start_response("{} {}".format(answer.status, reason), headers)
        if answer.file is None:
            return [answer.body if body else b""]
        return _pieces(answer.file, answer.start, answer.length if body else 0)

    def _upload(self, site: Site, request: Request, stream: BinaryIO, pace: Pace) -> Answer:
        limit = MAX_FORM + site.max_upload
        with site.upload(request) as upload:
            Body(request.length, limit).check()
            while request.length is None or pace.moved < request.length:
                left = BLOCK if request.length is None else request.length - pace.moved
                data = stream.read(min(left, BLOCK))
                if not data:
                    break
                pace.moved += len(data)
                if pace.moved > limit:
                    raise Refused(413, "the body is larger than is taken here")
                upload.feed(data)
            return plain(200, upload.finish())._replace(user=upload.by)


def _pieces(file: io.FileIO, start: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while length > 0:
            content = file.read(min(length, BLOCK))
            if not content:
                raise OSError("the file was cut while it was sent")
            length -= len(content)
            yield content


def request_of(environ: Dict[str, Any]) -> Request:
    """The request of a WSGI environment, which whoever called has parsed. Raises Refused (405, 411)."""
    method = environ["REQUEST_METHOD"]
    headers = {key[5:].replace("_", "-").lower(): str(value) for key, value in environ.items() if key[:5] == "HTTP_"}
    headers["content-type"] = str(environ.get("CONTENT_TYPE") or "")
    length = str(environ.get("CONTENT_LENGTH") or "")
    if method not in ("GET", "HEAD", "POST"):
        raise Refused(405, "only GET and HEAD are answered here", {"Allow": "GET, HEAD"})
    chunked = "chunked" in headers.get("transfer-encoding", "") or environ.get("wsgi.input_terminated")
    if method == "POST" and not length.isdigit() and not chunked:
        raise Refused(411, "an upload tells its length")
    path = quote(environ.get("PATH_INFO", "/").encode("latin-1", "replace"))
    target = path + ("?" + environ["QUERY_STRING"] if environ.get("QUERY_STRING") else "")
    size = int(length) if length.isdigit() else None
    scheme = str(environ.get("wsgi.url_scheme", "http"))
    return Request(method, target, "HTTP/1.1", headers, size if method == "POST" else 0, scheme)


def site_of_environment(given: Mapping[str, str], home: str) -> Site:
    """The site that environment variables describe. Raises TreeError, TokensError, OSError and ValueError."""
    tokens, limit = given.get("WHEELHOUSE_TOKENS"), given.get("WHEELHOUSE_MAX_UPLOAD")
    return open_site(
        given.get("WHEELHOUSE_TREE") or home,
        tokens=tokens or None,
        private=given.get("WHEELHOUSE_PRIVATE", "") not in ("", "0"),
        read_only=given.get("WHEELHOUSE_READ_ONLY", "") not in ("", "0"),
        max_upload=int(limit) << 20 if limit else MAX_UPLOAD,
    )
