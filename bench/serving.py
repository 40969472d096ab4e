"""How a vendored tree is served: its own server beside nginx over the same files and Morgan's server.

    python bench/serving.py FOLDER [--server NAME ...] [--clients N ...] [--seconds S] [--tree DIR]

The tree is that of `bench/vendoring.py`, made where it is not there, or DIR. wrk (Debian has it, and nginx) asks for
one thing at a time, again and again over connections that stay open where the server keeps them, for S seconds: the
page of the project with most files in HTML and in JSON, the same with the ETag that the server gave, the METADATA of a
wheel, and the largest file. All of it on the loopback of one machine, so wrk and the server share its cores. nginx
chooses no representation and is asked for each by its name; Morgan gives no ETags and ends each connection. Requests a
second, the time that half and 99 % of them took, MB/s, and MiB at the peak of all processes of a server go to
FOLDER/serving.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from peers import Tool, clean

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
CLIENTS = (1, 16, 200)
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "": 1.0, "K": 1e3, "M": 1e6, "G": 1e9}
_NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes auto;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port} backlog=1024; root {tree}; index index.html; }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for: a path, what is accepted; ``again``: with the ETag of an earlier answer."""

    name: str
    path: str
    accept: str = "*/*"
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class Server:
    """``command`` for a folder of its own and a port; ``asked``: where it has what is asked for."""

    name: str
    command: Callable[[Path, int], list[str]]
    asked: Sequence[Asked]


@dataclass(frozen=True, kw_only=True)
class Served:
    """Requests a second, milliseconds, MB/s, MiB."""

    server: str
    asked: str
    clients: int
    rate: float
    half: float
    most: float
    speed: float
    memory: float
    errors: str


def servers(tree: Path, folder: Path) -> list[Server]:
    """Those of this machine; Morgan's gets the same files, as links in folders of its kind."""
    rows = json.loads((tree / "lock.json").read_text(encoding="utf-8"))["artifacts"]
    projects = [row["project"] for row in rows.values()]
    project = max(sorted(set(projects)), key=projects.count)
    largest = max(sorted(rows), key=lambda name: rows[name].get("size") or 0)
    wheel = next(name for name in sorted(rows) if rows[name]["project"] == project and name.endswith(".whl"))
    nginx = f"/simple/{project}/"

    def asked(html: str, as_json: str, metadata: str, file: str) -> list[Asked]:
        pages = [Asked(name="HTML page", path=html), Asked(name="JSON page", path=as_json, accept=JSON_TYPE)]
        once_more = [Asked(name=f"{one.name}, known", path=one.path, accept=one.accept, again=True) for one in pages]
        return [*pages, *once_more, Asked(name="METADATA", path=metadata), Asked(name="largest file", path=file)]

    files = [f"/files/{wheel}.metadata", f"/files/{largest}"]
    found = [
        Server(
            name="server.py",
            command=lambda _, port: [sys.executable, str(tree / "server.py"), "--quiet", "--port", str(port)],
            asked=asked(nginx, nginx, *files),
        )
    ]
    if shutil.which("nginx"):
        found.append(
            Server(
                name="nginx",
                command=lambda place, port: _nginx(tree, place, port),
                asked=asked(nginx, f"{nginx}index.json", *files),
            )
        )
    found.append(
        Server(
            name="Morgan",
            command=lambda _, port: _morgan(tree, rows, folder, port),
            asked=asked(
                f"/{project}/", f"/{project}/", f"/{project}/{wheel}.metadata", f"/{rows[largest]['project']}/{largest}"
            ),
        )
    )
    return found


def _nginx(tree: Path, place: Path, port: int) -> list[str]:
    config = place / "nginx.conf"
    config.write_text(_NGINX.format(folder=place, tree=tree, port=port), encoding="utf-8")
    return [shutil.which("nginx") or "", "-p", str(place), "-c", str(config)]


def _morgan(tree: Path, rows: Mapping[str, Mapping[str, str]], folder: Path, port: int) -> list[str]:
    index = folder / "morgan"
    shutil.rmtree(index, ignore_errors=True)
    for name, row in rows.items():
        place = index / row["project"]
        place.mkdir(parents=True, exist_ok=True)
        for file in (name, f"{name}.metadata"):
            if (tree / "files" / file).exists():
                os.link(tree / "files" / file, place / file)
        (place / f"{name}.hash").write_text(f"sha256={row['sha256']}", encoding="utf-8")
    made = Tool(
        name="morgan", packages=("morgan",), write=lambda _: None, commands=lambda _, __: {}, lock="",
        variables=lambda _: {},
    )  # fmt: skip
    program = made.programs(folder.parent) / "morgan"
    return [str(program), "-i", str(index), "-H", "127.0.0.1", "-p", str(port), "serve"]


@contextmanager
def running(server: Server, folder: Path) -> Iterator[tuple[str, int]]:
    """Its URL without a slash at the end, and its process."""
    place = folder / "server"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    place.chmod(0o777)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (place / "said.log").open("wb") as log:
        process = subprocess.Popen(server.command(place, port), stdout=log, stderr=log, env=clean())
    try:
        for _ in range(100):
            time.sleep(0.1)
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait()


def etag(url: str, one: Asked) -> str | None:
    """What the server calls its answer; None where it gives no name. Raises OSError where there is no answer."""
    request = urllib.request.Request(url + one.path, headers={"Accept": one.accept})  # noqa: S310  (the loopback)
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310  (the loopback)
        found: str | None = response.headers["ETag"]
        return found


def load(url: str, one: Asked, clients: int, seconds: int, headers: Sequence[str]) -> dict[str, float | str]:
    """What wrk says of ``clients`` connections that ask for one thing."""
    words = [word for header in (f"Accept: {one.accept}", *headers) for word in ("-H", header)]
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "--latency", *words, url + one.path]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def number(pattern: str) -> float:
        found = re.search(pattern + r"\s+([\d.]+)([a-zA-Z]?)", said)
        return float(found[1]) * _UNITS[found[2]] if found else 0.0

    def milliseconds(percent: int) -> float:
        found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s|m)\b", said)
        return float(found[1]) * _UNITS[found[2]] if found else 0.0

    # wrk counts each connection that a server ends after its answer as an error of reading: Morgan's does.
    wrong = re.findall(r"(?:connect|write|timeout) [1-9]\d*|Non-2xx or 3xx responses: \d+", said)
    return {
        "rate": number("Requests/sec:"),
        "half": milliseconds(50),
        "most": milliseconds(99),
        "speed": number("Transfer/sec:") / 1e6,
        "errors": "; ".join(wrong),
    }


def peak(process: int) -> float:
    """MiB at the peak of a process and of each that it started, together."""
    total = 0
    pending = [process]
    while pending:
        one = Path("/proc", str(pending.pop()))
        found = re.search(r"VmHWM:\s+(\d+)", (one / "status").read_text(encoding="ascii"))
        total += int(found[1]) if found else 0
        pending += map(int, (one / "task" / one.name / "children").read_text(encoding="ascii").split())
    return total / 1024


def measure(server: Server, folder: Path, clients: Sequence[int], seconds: int) -> Iterator[Served]:
    """One server, started for each number of clients, so that its peak is that of so many."""
    for count in clients:
        with running(server, folder) as (url, process):
            for one in server.asked:
                try:
                    tag = etag(url, one)
                except urllib.error.HTTPError:
                    continue
                if one.again and tag is None:
                    continue
                told = load(url, one, count, seconds, [f"If-None-Match: {tag}"] if one.again else [])
                yield Served(
                    server=server.name, asked=one.name, clients=count, memory=peak(process), **told  # type: ignore[arg-type]
                )  # fmt: skip


def table(found: Sequence[Served]) -> str:
    """Markdown: a row for each thing, number of clients and server."""
    lines = ["| asked for | clients | server | requests/s | half, ms | 99 %, ms | MB/s | peak MiB |", "|---" * 8 + "|"]
    names = list(dict.fromkeys(one.asked for one in found))
    for one in sorted(found, key=lambda one: (names.index(one.asked), one.clients)):
        wrong = f" ({one.errors})" if one.errors else ""
        lines.append(
            f"| {one.asked} | {one.clients} | {one.server} | {one.rate:.0f}{wrong} | {one.half:.2f} | {one.most:.2f} "
            f"| {one.speed:.1f} | {one.memory:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--server", nargs="*", choices=("server.py", "nginx", "Morgan"))
    parser.add_argument("--clients", nargs="*", type=int, default=CLIENTS)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--tree", type=Path, help="a vendored tree (default: that of bench/vendoring.py)")
    args = parser.parse_args()
    if shutil.which("wrk") is None:
        parser.error("wrk is not on this machine: apt-get install wrk")
    root = args.folder.resolve()
    tree = (args.tree or root / "vendoring/recorded").resolve()
    if not (tree / "manifest.json").exists():
        vendoring = Path(__file__).with_name("vendoring.py")
        subprocess.run([sys.executable, vendoring, root, "--tool", "--rounds", "0"], check=True)
    folder = root / "serving"
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Served] = []
    for server in servers(tree, folder):
        if not args.server or server.name in args.server:
            for one in measure(server, folder, args.clients, args.seconds):
                found.append(one)
                print(one, file=sys.stderr, flush=True)
    (folder / "serving.json").write_text(json.dumps([vars(one) for one in found], indent=1), encoding="utf-8")
    text = table(found)
    (root / "serving.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
