"""An index on the loopback that records what is asked of a real one once, and replays it with the same headers.

    python -m bench.replay FOLDER [--upstream URL] [--port PORT]

Pages are had as JSON (PEP 691) and served as JSON or HTML by what is accepted, gzipped, with ETag and max-age; METADATA
(PEP 658) and files by GET, HEAD and ranges. The URL that it listens on is printed. It begins by replaying alone, and
is steered while it runs: `/-/steer?record=1&latency=20&bandwidth=25&metadata=0`. `/-/requests` tells how many were
answered since it was last asked.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import gzip
import hashlib
import html
import json
import os
import tempfile
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

Handler = Callable[[web.Request], Awaitable[web.Response]]
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]
JSON = "application/vnd.pypi.simple.v1+json"
MAX_AGE = "max-age=600, public"


class Recording:
    """Pages, metadata and files below a folder; what is missing is had from ``upstream`` while ``records``."""

    def __init__(self, folder: Path, upstream: str) -> None:
        self._folder = folder
        self._upstream = upstream
        self._session: ClientSession | None = None
        self._busy: dict[Path, asyncio.Lock] = {}
        self.records = False

    async def page(self, project: str) -> dict[str, Any] | None:
        """The page of a project as JSON, with the URLs that the index gave."""
        path = await self._had(self._folder / "pages" / project, f"{self._upstream}{project}/", {"Accept": JSON})
        content = path.read_bytes() if path is not None else b""
        found: dict[str, Any] | None = json.loads(content) if content else None
        return found

    async def file(self, url: str) -> Path | None:
        """Where the file of a page's URL is kept, if there is one."""
        path = await self._had(self._place("files", url), url, {})
        return path if path is not None and path.stat().st_size else None

    async def metadata(self, url: str) -> Path | None:
        """Where METADATA of the wheel at a URL is kept: what PyPI serves beside it, and not every mirror of it does."""
        kept = self._place("metadata", url)
        if not kept.exists():
            wheel = await self.file(url)
            if wheel is None:
                return None
            with zipfile.ZipFile(wheel) as archive:
                [name] = [n for n in archive.namelist() if n.count("/") == 1 and n.endswith(".dist-info/METADATA")]
                _keep(kept, archive.read(name))
        return kept

    def stated(self, url: str) -> dict[str, str] | bool:
        """What PyPI says of METADATA beside a wheel, and not every mirror of it does: its digest, if that is here."""
        kept = self._place("metadata", url)
        return {"sha256": hashlib.sha256(kept.read_bytes()).hexdigest()} if kept.exists() else True

    def _place(self, kind: str, url: str) -> Path:
        name = hashlib.sha256(url.encode()).hexdigest()
        return self._folder / kind / name[:2] / name

    async def _had(self, path: Path, url: str, headers: dict[str, str]) -> Path | None:
        """Where the answer is kept; an empty one says that there is none, which is recorded too."""
        if path.exists():
            return path
        if not self.records:
            return None
        async with self._busy.setdefault(path, asyncio.Lock()):
            if path.exists():
                return path
            self._session = self._session or ClientSession(trust_env=True)
            async with self._session.get(url, headers=headers) as response:
                if response.status not in {200, 404}:
                    response.raise_for_status()
                content = await response.read() if response.status == 200 else b""
            _keep(path, content)
            return path

    async def close(self) -> None:
        """Let go of the connections to the real index."""
        if self._session is not None:
            await self._session.close()


def _keep(path: Path, content: bytes) -> None:
    """The whole file or none of it: a recording that was stopped is gone on with."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(name).replace(path)


class Line:
    """What all answers share: ``rate`` bytes a second, a piece of each in turn."""

    PIECE = 1 << 16

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free = 0.0

    async def send(self, request: web.Request, whole: web.Response) -> web.StreamResponse:
        """The answer, no faster than the line is."""
        body = whole.body if isinstance(whole.body, bytes) else b""
        if not body:
            return whole
        response = web.StreamResponse(status=whole.status, headers=whole.headers)
        response.content_length = len(body)
        await response.prepare(request)
        now = asyncio.get_running_loop().time
        for start in range(0, len(body), self.PIECE):
            piece = body[start : start + self.PIECE]
            self._free = max(self._free, now()) + len(piece) / self._rate
            await asyncio.sleep(self._free - now())
            await response.write(piece)
        await response.write_eof()
        return response


class Index:
    """The handlers. A page is rendered once for each way to have it. ``base``: the URL that it is reached at."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._latency = 0.0
        self._line: Line | None = None
        self._metadata = True
        self._rendered: dict[tuple[str, bool, bool], tuple[bytes, bytes, str]] = {}
        self._requests = 0
        self.base = ""

    def counted(self, handler: Handler) -> Answering:
        """``handler``, counted, late and slow where it is to be."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if self._latency:
                await asyncio.sleep(self._latency)
            self._requests += 1
            answer = await handler(request)
            return answer if self._line is None else await self._line.send(request, answer)

        return handle

    async def steer(self, request: web.Request) -> web.Response:
        """``record``, ``latency`` in ms, ``bandwidth`` in MB/s (0: the loopback's), ``metadata``: from the query."""
        self._recording.records = request.query["record"] == "1"
        self._latency = float(request.query["latency"]) / 1000
        bandwidth = float(request.query["bandwidth"])
        self._line = Line(bandwidth * 1e6) if bandwidth else None
        self._metadata = request.query["metadata"] == "1"
        return await self.requests(request)

    async def requests(self, _: web.Request) -> web.Response:
        """How many were answered since this was last asked."""
        told, self._requests = self._requests, 0
        return web.json_response({"requests": told})

    async def page(self, request: web.Request) -> web.Response:
        """A project's page, as JSON or HTML."""
        project = request.match_info["project"]
        as_json = "json" in request.headers.get("Accept", "")
        way = (project, as_json, self._metadata)
        if way not in self._rendered:
            data = await self._recording.page(project)
            if data is None:
                raise web.HTTPNotFound
            self._rendered[way] = self._render(data, as_json=as_json)
        plain, packed, tag = self._rendered[way]
        headers = {
            "Cache-Control": MAX_AGE,
            "Content-Type": JSON if as_json else "text/html; charset=utf-8",
            "ETag": tag,
            "Vary": "Accept, Accept-Encoding",
        }
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=packed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=plain, headers=headers)

    def _render(self, data: dict[str, Any], *, as_json: bool) -> tuple[bytes, bytes, str]:
        for file in data["files"]:
            url = file["url"]
            folder, _, name = url.rpartition("/")
            file["url"] = f"{self.base}/files/{base64.urlsafe_b64encode(folder.encode()).decode()}/{name}"
            file.pop("data-dist-info-metadata", None)
            if not self._metadata:
                file.pop("core-metadata", None)
            elif name.endswith(".whl") and file.get("core-metadata") in (None, True):
                file["core-metadata"] = self._recording.stated(url)
        text = json.dumps(data) if as_json else "<!DOCTYPE html>" + "".join(map(_anchor, data["files"]))
        plain = text.encode()
        return plain, gzip.compress(plain, 6, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:32]}"'

    async def file(self, request: web.Request) -> web.Response:
        """A file, a part of it, or the METADATA beside it."""
        folder = base64.urlsafe_b64decode(request.match_info["folder"]).decode()
        name = request.match_info["name"]
        if not name.endswith(".metadata"):
            path = await self._recording.file(f"{folder}/{name}")
        elif self._metadata:
            path = await self._recording.metadata(f"{folder}/{name.removesuffix('.metadata')}")
        else:
            path = None
        if path is None:
            raise web.HTTPNotFound
        headers = {
            "Accept-Ranges": "bytes",
            "Cache-Control": "max-age=365000000, immutable, public",
            "Content-Type": "binary/octet-stream",
            "ETag": f'"{path.name[:32]}"',
        }
        size, part = path.stat().st_size, request.http_range
        start, stop, _ = part.indices(size)
        with path.open("rb") as stream:
            stream.seek(start)
            body = stream.read(stop - start)
        if part.start is None and part.stop is None:
            return web.Response(body=body, headers=headers)
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        return web.Response(status=206, body=body, headers=headers)


def _anchor(file: dict[str, Any]) -> str:
    digest = "".join(f"#{name}={value}" for name, value in list(file["hashes"].items())[:1])
    said = ""
    if file.get("requires-python"):
        said += f' data-requires-python="{html.escape(file["requires-python"])}"'
    if (metadata := file.get("core-metadata")) is not None and metadata:
        value = f"sha256={metadata['sha256']}" if isinstance(metadata, dict) else "true"
        said += f' data-core-metadata="{value}" data-dist-info-metadata="{value}"'
    if file.get("yanked"):
        said += f' data-yanked="{html.escape(str(file["yanked"]))}"'
    return f'<a href="{html.escape(file["url"] + digest)}"{said}>{html.escape(file["filename"])}</a><br>\n'


async def serve(folder: Path, upstream: str, port: int) -> None:
    """Serve ``folder`` on the loopback until it is stopped; ``port`` 0 is any that is free."""
    recording = Recording(folder, upstream)
    index = Index(recording)
    app = web.Application()
    app.router.add_get("/-/steer", index.steer)
    app.router.add_get("/-/requests", index.requests)
    app.router.add_get("/simple/{project}/", index.counted(index.page))
    app.router.add_get("/files/{folder}/{name}", index.counted(index.file))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    address: tuple[str, int] = runner.addresses[0]
    index.base = f"http://{address[0]}:{address[1]}"
    print(index.base, flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
        await recording.close()


def main() -> None:
    """Serve what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what is recorded: pages, METADATA, files")
    parser.add_argument("--upstream", metavar="URL", required=True, help="the Simple API to record, with a slash")
    parser.add_argument("--port", type=int, default=0, help="default: any that is free")
    args = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(args.folder, args.upstream, args.port))


if __name__ == "__main__":
    main()
