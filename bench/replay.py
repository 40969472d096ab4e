"""An index on the loopback that records what is asked of a real one once, and replays it with the same headers.

    python bench/replay.py FOLDER PORT [--record URL] [--latency MS] [--bandwidth MB] [--no-metadata]

Pages are had as JSON (PEP 691) and served as JSON or HTML by what is accepted, gzipped, with ETag and max-age; METADATA
(PEP 658) and files by GET, HEAD and ranges. `/stats` tells requests and bytes since it was last asked.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gzip
import hashlib
import html
import json
import zipfile
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

JSON = "application/vnd.pypi.simple.v1+json"
MAX_AGE = "max-age=600, public"


class Recording:
    """Pages, metadata and files below a folder; what is missing is had from ``upstream``, where there is one."""

    def __init__(self, folder: Path, upstream: str | None) -> None:
        self._folder = folder
        self._upstream = upstream
        self._session: ClientSession | None = None
        self._busy: dict[Path, asyncio.Lock] = {}

    async def page(self, project: str) -> dict[str, Any] | None:
        """The page of a project as JSON, with the URLs that the index gave."""
        path = await self._had(self._folder / "pages" / project, f"{self._upstream}{project}/", {"Accept": JSON})
        content = path.read_bytes() if path is not None else b""
        return json.loads(content) if content else None

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
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(archive.read(name))
        return kept

    def _place(self, kind: str, url: str) -> Path:
        name = hashlib.sha256(url.encode()).hexdigest()
        return self._folder / kind / name[:2] / name

    async def _had(self, path: Path, url: str, headers: dict[str, str]) -> Path | None:
        """Where the answer is kept; an empty one says that there is none, which is recorded too."""
        if path.exists():
            return path
        if self._upstream is None:
            return None
        async with self._busy.setdefault(path, asyncio.Lock()):
            if path.exists():
                return path
            self._session = self._session or ClientSession(trust_env=True)
            async with self._session.get(url, headers=headers) as response:
                if response.status not in {200, 404}:
                    response.raise_for_status()
                content = await response.read() if response.status == 200 else b""
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            return path

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class Link:
    """A line that all answers share: ``rate`` bytes a second, a piece of each in turn."""

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
    """The handlers. A page is rendered once for each way to have it."""

    def __init__(self, recording: Recording, base: str, latency: float, link: Link | None, *, metadata: bool) -> None:
        self._recording = recording
        self._base = base
        self._latency = latency
        self._link = link
        self._metadata = metadata
        self._rendered: dict[tuple[str, bool], tuple[bytes, bytes, str]] = {}
        self.requests = 0
        self.sent = 0

    @web.middleware
    async def counted(self, request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401
        if request.path == "/stats":
            return await handler(request)
        if self._latency:
            await asyncio.sleep(self._latency)
        response = await handler(request)
        self.requests += 1
        self.sent += len(response.body or b"")
        return response if self._link is None else await self._link.send(request, response)

    async def stats(self, _: web.Request) -> web.Response:
        told = {"requests": self.requests, "bytes": self.sent}
        self.requests = self.sent = 0
        return web.json_response(told)

    async def page(self, request: web.Request) -> web.Response:
        project = request.match_info["project"]
        as_json = "json" in request.headers.get("Accept", "")
        if (project, as_json) not in self._rendered:
            data = await self._recording.page(project)
            if data is None:
                raise web.HTTPNotFound
            self._rendered[project, as_json] = self._render(data, as_json=as_json)
        plain, packed, tag = self._rendered[project, as_json]
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
            folder, _, name = file["url"].rpartition("/")
            file["url"] = f"{self._base}/files/{base64.urlsafe_b64encode(folder.encode()).decode()}/{name}"
            file.pop("data-dist-info-metadata", None)
            if not self._metadata:
                file.pop("core-metadata", None)
            elif name.endswith(".whl"):
                file.setdefault("core-metadata", True)
        text = json.dumps(data) if as_json else "<!DOCTYPE html>" + "".join(map(_anchor, data["files"]))
        plain = text.encode()
        return plain, gzip.compress(plain, 6, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:32]}"'

    async def file(self, request: web.Request) -> web.Response:
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


def application(
    folder: Path, port: int, upstream: str | None, latency: float, link: Link | None, *, metadata: bool
) -> web.Application:
    """The index as an application of aiohttp; ``latency`` in seconds, ``upstream`` with a slash at its end."""
    recording = Recording(folder, upstream)
    index = Index(recording, f"http://127.0.0.1:{port}", latency, link, metadata=metadata)
    app = web.Application(middlewares=[index.counted])
    app.router.add_get("/stats", index.stats)
    app.router.add_get("/simple/{project}/", index.page)
    app.router.add_get("/files/{folder}/{name}", index.file)

    async def close(_: web.Application) -> None:
        await recording.close()

    app.on_cleanup.append(close)
    return app


def main() -> None:
    """Serve until it is stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--record", metavar="URL")
    parser.add_argument("--latency", type=float, default=0)
    parser.add_argument("--bandwidth", type=float, metavar="MB", help="a second, of all answers together")
    parser.add_argument("--no-metadata", action="store_true")
    args = parser.parse_args()
    link = Link(args.bandwidth * 1e6) if args.bandwidth else None
    metadata = not args.no_metadata
    app = application(args.folder, args.port, args.record, args.latency / 1000, link, metadata=metadata)
    web.run_app(app, host="127.0.0.1", port=args.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
