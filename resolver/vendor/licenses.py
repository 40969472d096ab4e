"""The licences of a vendored tree's files, read from the metadata that they carry."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from resolver.errors import InputError, InvalidMetadata
from resolver.licenses.model import License
from resolver.licenses.stated import stated_license
from resolver.lock.model import Artifact
from resolver.metadata.archives import sdist_files
from resolver.metadata.wheels import wheel_metadata
from resolver.vendor.layout import FILES
from resolver.vendor.regular import open_regular, regular_bytes


def read_licenses(tree: Path, artifacts: Iterable[Artifact]) -> dict[str, License]:
    """File name -> licence. Raises `InputError` for a file that the tree does not have, or that cannot be read."""
    found: dict[str, License] = {}
    for artifact in artifacts:
        path = tree / FILES / artifact.filename
        try:
            found[artifact.filename] = stated_license(_metadata(path, artifact))
        except FileNotFoundError:
            hint = "`wheelhouse vendor` brings it, -e names the environments that the tree has"
            raise InputError(f"{tree}: has no {FILES}/{artifact.filename}; {hint}") from None
        except OSError as error:
            raise InputError(
                f"{path}: cannot be read: {error.strerror}; `wheelhouse verify {tree}` says more"
            ) from None
        except InvalidMetadata as error:
            raise InputError(f"{path}: {error}; `wheelhouse verify {tree}` says more") from None
    return found


def _metadata(path: Path, artifact: Artifact) -> bytes:
    """METADATA of a wheel, from beside it or out of it; PKG-INFO of an sdist, which old ones may lack."""
    if artifact.kind == "wheel":
        beside = regular_bytes(path.with_name(f"{path.name}.metadata"))
        if beside is not None:
            return beside
        with open_regular(path) as stream:
            return wheel_metadata(stream, artifact.filename)
    with open_regular(path) as stream:
        return sdist_files(stream, artifact.filename).files.get("PKG-INFO", b"")
