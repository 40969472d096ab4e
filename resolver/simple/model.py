"""The Simple repository API as values (PEP 503, 592, 658, 691, 700, 714, 792)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a project page.

    ``url``           as the page gives it (it may be relative) after ``parse``; absolute once an index answers.
    ``hashes``        algorithm to lower-case hex digest; empty where the page gives none.
    ``requires_python``  verbatim, None where absent; it may be invalid.
    ``yanked``        None: not yanked; else the reason, which may be empty.
    ``metadata``      hashes of the sidecar ``<url>.metadata`` (empty mapping: it exists, unhashed); None: no sidecar.
    ``size``          bytes.   ``upload_time``  ISO 8601 with ``Z``, verbatim.
    """

    filename: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    requires_python: str | None = None
    yanked: str | None = None
    metadata: Mapping[str, str] | None = None
    size: int | None = None
    upload_time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPage:
    """A project's page: the name as the page has it, and its files in the order of the page."""

    name: str
    files: tuple[File, ...]
