"""What a client is given of what there is: a representation, a range, or nothing that it has already. Pure."""

from __future__ import annotations

import re
from typing import Dict, Iterable, Optional, Tuple

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"
PLAIN_HTML = "text/html"
LATEST = {
    "application/vnd.pypi.simple.latest+json": JSON_TYPE,
    "application/vnd.pypi.simple.latest+html": HTML_TYPE,
}


def negotiate(accept: Optional[str], offered: Iterable[str]) -> Optional[str]:
    """The best of ``offered`` (the server's favourite first) for an Accept header (RFC 9110, 12.5.1), or None."""
    choices = list(offered)
    if not accept or not accept.strip():
        return choices[0]
    weights: Dict[str, float] = {}
    for clause in accept.split(","):
        parts = [part.strip() for part in clause.split(";")]
        weight = 1.0
        for parameter in parts[1:]:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == "q":
                try:
                    weight = min(1.0, max(0.0, float(value.strip())))
                except ValueError:
                    weight = 0.0
        kind = parts[0].lower()
        kind = LATEST.get(kind, kind)
        weights[kind] = max(weight, weights.get(kind, 0.0))

    def weight_of(offer: str) -> float:
        for pattern in (offer, offer.partition("/")[0] + "/*", "*/*"):
            if pattern in weights:
                return weights[pattern]
        return 0.0

    best = max(choices, key=weight_of)
    return best if weight_of(best) > 0 else None


def byte_range(header: str, size: int) -> Optional[Tuple[int, int]]:
    """``(first, last + 1)`` of a Range header with one range; None to ignore it. Raises ValueError for a 416."""
    found = re.match(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z", header.strip())
    if found is None or not (found.group(1) or found.group(2)):
        return None
    if not found.group(1):
        length = int(found.group(2))
        if length == 0 or size == 0:
            raise ValueError("unsatisfiable")
        return max(0, size - length), size
    first = int(found.group(1))
    last = int(found.group(2)) if found.group(2) else size - 1
    if found.group(2) and last < first:
        return None
    if first >= size:
        raise ValueError("unsatisfiable")
    return first, min(last + 1, size)


def matches(header: Optional[str], tag: str) -> bool:
    """Whether an If-None-Match header names ``tag`` (weak comparison, RFC 9110, 13.1.2)."""
    if header is None:
        return False
    return any(one.strip() in ("*", tag, "W/" + tag) for one in header.split(","))
