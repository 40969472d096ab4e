"""Reads what the files of an sdist say: a class, so that another one can remember what was read."""

from __future__ import annotations

from collections.abc import Callable

from packaging.utils import NormalizedName
from packaging.version import Version

from resolver.metadata.model import SdistFiles, StaticBuild, StaticMetadata, Unknown


class SdistReader:
    """Reads anew each time. ``sha256`` is the sdist's digest; ``files`` gives its answering files when called."""

    def build(self, sha256: str, files: Callable[[], SdistFiles]) -> StaticBuild:  # noqa: ARG002  (for who remembers)
        """As `static_build`."""
        from resolver.metadata.static import static_build  # noqa: PLC0415  (most locks have no sdist)

        return static_build(files())

    def metadata(
        self,
        sha256: str,  # noqa: ARG002  (for who remembers)
        files: Callable[[], SdistFiles],
        *,
        project: NormalizedName,
        version: Version,
    ) -> StaticMetadata | Unknown:
        """As `static_metadata`."""
        from resolver.metadata.static import static_metadata  # noqa: PLC0415  (most locks have no sdist)

        return static_metadata(files(), project=project, version=version)
