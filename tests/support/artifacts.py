"""Tiny real artifacts with the lock that names them, and a hand-written `Fetch` that brings them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

from resolver.errors import IndexFailure
from resolver.lock.codec import dumps
from resolver.lock.inputs import inputs_digest
from resolver.lock.model import (
    Artifact,
    Build,
    BuildEnvironment,
    EnvironmentEntry,
    IndexEntry,
    Inputs,
    Lock,
    Pin,
    Pins,
)
from resolver.vendor.job import Job
from resolver.vendor.ports import Partial
from resolver.vendor.run import Vendored, vendor
from tests.support.archives import sdist, sha256, wheel

HARBOR = "harbor-2.1.0-py3-none-any.whl"
KEEL = "keel-1.4-py3-none-any.whl"
MAST = "mast_tools-5.0.tar.gz"
FORGE = "forge-3.2-py3-none-any.whl"
FILES: Mapping[str, bytes] = {
    HARBOR: wheel("harbor", "2.1.0", "keel>=1", padding=2000),
    KEEL: wheel("keel", "1.4", padding=50_000),
    MAST: sdist("mast-tools", "5.0", {"pyproject.toml": b"[build-system]\nrequires = ['forge']\n"}),
    FORGE: wheel("forge", "3.2"),
}
EXTRA: Mapping[str, Mapping[str, Any]] = {
    HARBOR: {"requires_python": ">=3.7", "upload_time": "2026-01-02T03:04:05.678Z"},
    KEEL: {"yanked": "a leak below the <water> line"},
    "harbor-3.0-py3-none-any.whl": {"requires_python": ">=99"},
}
BASE = "https://files.index.example/"


def artifact(filename: str, content: bytes) -> Artifact:
    """The row of a lock for a file."""
    is_wheel = filename.endswith(".whl")
    name, version, *_ = parse_wheel_filename(filename) if is_wheel else parse_sdist_filename(filename)
    row = Artifact(
        filename=filename,
        project=canonicalize_name(name),
        version=str(version),
        kind="wheel" if is_wheel else "sdist",
        sha256=sha256(content),
        index="corp",
        path=f"packages/{filename}",
        size=len(content),
    )
    return replace(row, **EXTRA.get(filename, {}))


def lock_of(files: Mapping[str, bytes], windows: Sequence[str] = (HARBOR, KEEL)) -> Lock:
    """Linux needs all of ``files`` (forge builds mast-tools), Windows only ``windows``."""
    rows = {name: artifact(name, content) for name, content in sorted(files.items())}
    needed = {name for name in rows if not (name == FORGE and MAST in rows)}
    environment = EnvironmentEntry(markers={"sys_platform": "linux"}, tags=("py3-none-any",))
    inputs = {"spec.yaml": sha256(b"spec")}
    builds = {}
    if {MAST, FORGE} <= rows.keys():
        builds = {MAST: Build(backend="forge", environments={"linux": BuildEnvironment(requires=(), closure="c1")})}
    return Lock(
        inputs=Inputs(sha256=inputs_digest(inputs), files=inputs),
        indexes={"corp": IndexEntry(url="https://index.example/simple/", files=BASE)},
        environments={"linux": environment, "windows": environment},
        artifacts=rows,
        resolutions={
            "linux": _pins(rows[name] for name in sorted(needed)),
            "windows": _pins(rows[name] for name in windows if name in rows),
        },
        builds=builds,
        closures={"c1": _pins([rows[FORGE]])} if builds else {},
    )


def _pins(rows: Iterable[Artifact]) -> Pins:
    return {row.project: Pin(version=row.version, artifact=row.filename) for row in rows}


@dataclass(slots=True, kw_only=True)
class FakeFetch:
    """Adds what is missing of ``partial``, as a server with ranges does, and counts.

    ``broken``: file names that fail after half of what is missing. ``before`` runs at the start of each fetch.
    """

    files: Mapping[str, bytes]
    broken: set[str] = field(default_factory=set)
    before: Callable[[str], None] = lambda filename: None
    asked: list[str] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)
    stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self, artifact: Artifact, url: str, partial: Partial) -> None:
        name = artifact.filename
        assert url == f"{BASE}packages/{name}"
        with self._lock:
            self.asked.append(name)
        self.before(name)
        if name not in self.files:
            raise IndexFailure(f"index 'corp' answers 404 for {url}")
        rest = self.files[name][partial.size :]
        if name in self.broken:
            rest = rest[: len(rest) // 2]
        partial.write(rest)
        with self._lock:
            self.sent[name] = self.sent.get(name, 0) + len(rest)
        if name in self.broken:
            raise IndexFailure("the connection broke off")

    def place(self, url: str) -> str:
        return url

    def stop(self) -> None:
        self.stopped = True


def vendored(tree: Path, files: Mapping[str, bytes] = FILES, fetch: FakeFetch | None = None, **more: Any) -> Vendored:
    """Vendor the lock of ``files`` into ``tree``."""
    lock = lock_of(files)
    bring = fetch or FakeFetch(files=files)
    return vendor(Job(lock=lock, lock_bytes=dumps(lock).encode(), tree=tree, fetch=bring, **more))
