"""Counts of what was done, for Prometheus."""

from __future__ import annotations

import collections
import contextlib
import itertools
import re
import threading
import time
from typing import Callable, Dict

from resolver.server.access_log import Done
from resolver.server.tree import TreeError

SECONDS = (0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 30.0)
HELP = {
    "wheelhouse_requests_total": ("counter", "Requests that were answered."),
    "wheelhouse_sent_bytes_total": ("counter", "Bytes of bodies that were sent."),
    "wheelhouse_received_bytes_total": ("counter", "Bytes of bodies that were received."),
    "wheelhouse_uploads_total": ("counter", "Uploads, by how they ended."),
    "wheelhouse_request_seconds": ("histogram", "From the whole head of a request to the end of its answer."),
    "wheelhouse_connections": ("gauge", "Open connections."),
    "wheelhouse_workers_busy": ("gauge", "Connections that workers are busy with, or that wait for one."),
    "wheelhouse_uploads_in_progress": ("gauge", "Uploads that arrive at this moment."),
    "wheelhouse_tree_files": ("gauge", "Files that the manifest names."),
    "wheelhouse_private_projects": ("gauge", "Projects that were uploaded."),
    "wheelhouse_start_time_seconds": ("gauge", "When this process began to serve, in seconds since 1970."),
}
METHODS = ("GET", "HEAD", "POST")


class Metrics:
    """Counts what is done, in the text format of Prometheus. ``gauges`` are asked when somebody looks."""

    def __init__(self) -> None:
        began = time.time()
        self.gauges: Dict[str, Callable[[], float]] = {"wheelhouse_start_time_seconds": lambda: began}
        self._lock = threading.Lock()
        self._counts: collections.Counter[str] = collections.Counter()
        self._buckets = [0] * (len(SECONDS) + 1)
        self._seconds = 0.0

    def count(self, done: Done) -> None:
        """Take note of a request."""
        method = done.method if done.method in METHODS else "other"
        key = 'wheelhouse_requests_total{{method="{}",status="{}"}}'.format(method, done.status)
        place = next((number for number, bound in enumerate(SECONDS) if done.seconds <= bound), len(SECONDS))
        with self._lock:
            self._counts[key] += 1
            self._counts["wheelhouse_sent_bytes_total"] += done.sent
            self._counts["wheelhouse_received_bytes_total"] += done.received
            self._buckets[place] += 1
            self._seconds += done.seconds

    def count_upload(self, result: str) -> None:
        """Take note of an upload that was published, refused or broken off."""
        with self._lock:
            self._counts['wheelhouse_uploads_total{{result="{}"}}'.format(result)] += 1

    def render(self) -> str:
        """All of it."""
        with self._lock:
            counts, buckets, seconds = dict(self._counts), list(self._buckets), self._seconds
        lines: Dict[str, float] = dict(counts)
        for bound, total in zip([*map(str, SECONDS), "+Inf"], itertools.accumulate(buckets)):  # noqa: B905  (3.7)
            lines['wheelhouse_request_seconds_bucket{{le="{}"}}'.format(bound)] = total
        lines["wheelhouse_request_seconds_sum"] = round(seconds, 6)
        lines["wheelhouse_request_seconds_count"] = sum(buckets)
        for name, gauge in self.gauges.items():
            with contextlib.suppress(TreeError, OSError):  # what cannot be told now is not told
                lines[name] = gauge()
        text = []
        for name, (kind, told) in HELP.items():
            found = [
                (key, value) for key, value in lines.items() if re.match(name + r"(_bucket|_sum|_count)?(\{|\Z)", key)
            ]
            if found:
                text += ["# HELP {} {}".format(name, told), "# TYPE {} {}".format(name, kind)]
                text += ["{} {}".format(key, value) for key, value in found]
        return "\n".join(text) + "\n"
