"""Lock -> the requirements file of one environment, with a hash for every line (pip's requirements file format)."""

from __future__ import annotations

from collections.abc import Collection

from resolver.lock.model import Lock


def requirements(lock: Lock, environment: str, *, kinds: Collection[str] = ("wheel", "sdist")) -> str:
    """Every project of ``environment`` as ``name==version --hash=sha256:...``, one a line, in order of name.

    ``kinds`` leaves out what an installer cannot use, such as sdists for a machine that is not the one installing.
    Raises KeyError for an unknown environment.
    """
    rows = []
    for name, pin in sorted(lock.resolutions[environment].items()):
        artifact = lock.artifacts[pin.artifact]
        if artifact.kind in kinds:
            rows.append(f"{name}=={pin.version} --hash=sha256:{artifact.sha256}\n")
    return "".join(rows)
