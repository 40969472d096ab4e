"""What the tree's server stands: half-open connections beside many clients, with and without TLS, and large files.

    python bench/endurance.py FOLDER

Everything runs on the loopback: client and server share the machine. `tests/support/load.py` is the load, in a process
of its own. Memory is the server's peak (VmHWM), CPU time its user and system seconds. Rows go to FOLDER/endurance.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.archives import wheel
from tests.support.artifacts import vendored
from tests.support.certificates import write_certificate
from tests.support.uploads import Running, new_token, running, upload_form

LARGE = 200 << 20
LOAD = str(Path(__file__).parents[1] / "tests/support/load.py")
PAGE = "/simple/harbor/"


def cost(server: Running) -> Mapping[str, str]:
    """Peak memory and CPU time of a server until now."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    ticks = sum(map(int, Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(") ")[2].split()[11:13]))
    return {"memory": f"{int(peak) / 1024:.0f} MiB", "cpu": f"{ticks / os.sysconf('SC_CLK_TCK'):.1f} s"}


def loaded(server: Running, *options: str) -> Mapping[str, str]:
    """One run of the load on a page."""
    command = [sys.executable, LOAD, str(server.port), PAGE, *options]
    seen = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    told = {name: f"{1000 * seen[name]:.0f} ms" for name in ("p50", "p99", "p100")}
    rate = f"{seen['answers'] / seen['seconds']:.0f}/s"
    return {"answers": str(seen["answers"]), "errors": str(seen["errors"]), **told, "rate": rate, **cost(server)}


def transfers(tree: Path, tokens: Path, token: str) -> Mapping[str, str]:
    """A large upload, checked and published, and the way back."""
    content = wheel("acme", "1.0", padding=LARGE)
    body = upload_form("acme-1.0-py3-none-any.whl", content)
    with running(tree, "-q", "--tokens", str(tokens)) as server:
        began = time.perf_counter()
        status = server.post(body, token)
        up = time.perf_counter() - began
        began = time.perf_counter()
        found = server.get("/files/acme/acme-1-py3-none-any.whl/acme-1.0-py3-none-any.whl")
        down = time.perf_counter() - began
        if status[0] != 200 or hashlib.sha256(found[1]).digest() != hashlib.sha256(content).digest():
            raise SystemExit(f"the large file did not come back: {status}")
        return {"up": f"{LARGE / up / 1e6:.0f} MB/s", "down": f"{LARGE / down / 1e6:.0f} MB/s", **cost(server)}


def contest(tree: Path, tokens: Path, token: str) -> Mapping[str, str]:
    """A hundred uploads of one name at once."""
    bodies = [upload_form("acme-2.0-py3-none-any.whl", wheel("acme", "2.0", padding=n)) for n in range(100)]
    with running(tree, "-q", "--tokens", str(tokens)) as server, ThreadPoolExecutor(100) as clients:
        began = time.perf_counter()
        answers = Counter(clients.map(lambda body: server.post(body, token)[0], bodies))
        took = time.perf_counter() - began
        return {
            **{str(status): str(count) for status, count in answers.items()},
            "all": f"{took:.2f} s",
            **cost(server),
        }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder / "endurance"
    subprocess.run(["rm", "-rf", str(folder)], check=True)
    folder.mkdir(parents=True)
    tree, tokens = folder / "tree", folder / "tokens"
    vendored(tree)
    token = new_token(tree, tokens, "bench", "--upload", "acme")
    made = write_certificate(folder)
    tls = ("--tls-cert", str(made.certificate), "--tls-key", str(made.key))
    rows: dict[str, Mapping[str, str]] = {}
    for name, options, load in (
        ("200 clients", (), ("--half-open", "0")),
        ("200 clients, 2,000 half-open", (), ()),
        ("the same, connections kept", (), ("--keep",)),
        ("the same by TLS", tls, ("--keep", "--tls")),
    ):
        with running(tree, "-q", *options) as server:
            rows[name] = loaded(server, *load)
    rows["200 MiB up and down"] = transfers(tree, tokens, token)
    rows["100 uploads of one name"] = contest(tree, tokens, token)
    text = "".join(f"| {name} | {', '.join(f'{k} {v}' for k, v in row.items())} |\n" for name, row in rows.items())
    (folder.parent / "endurance.md").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
