"""Sdists that build themselves by a backend in their own tree (PEP 517): no index has to have anything for that."""

from __future__ import annotations

from tests.support.archives import metadata, sdist

_PYPROJECT = '[build-system]\nrequires = {requires!r}\nbuild-backend = "backend"\nbackend-path = ["."]\n'
_BACKEND = """\
import os, zipfile

def get_requires_for_build_wheel(config_settings=None):
{hook}
    return {answer!r}

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
{build}
    name = {wheel!r}
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
        archive.writestr("{module}.py", "")
        archive.writestr("{info}/METADATA", {metadata!r})
        archive.writestr("{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr("{info}/RECORD", "")
    return name
"""


def self_building(
    name: str,
    version: str = "1.0",
    *,
    requires: tuple[str, ...] = (),
    answer: tuple[str, ...] = (),
    hook: str = "pass",
    build: str = "pass",
    built_version: str = "",
    claims: tuple[str, ...] = (),
) -> bytes:
    """An sdist. ``requires``: of [build-system]; ``answer``: of the hook; ``hook`` and ``build``: code that they run.

    ``built_version``: of the wheel that it builds; ``claims``: the wheel's requirements.
    """
    made = built_version or version
    backend = _BACKEND.format(
        hook=_indented(hook),
        build=_indented(build),
        answer=list(answer),
        wheel=f"{name}-{made}-py3-none-any.whl",
        module=name,
        info=f"{name}-{made}.dist-info",
        metadata=metadata(name, made, *claims).decode(),
    )
    info = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n" + "".join(
        f"Requires-Dist: {c}\n" for c in claims
    )
    files = {"pyproject.toml": _PYPROJECT.format(requires=list(requires)), "backend.py": backend, "PKG-INFO": info}
    return sdist(name, version, {path: text.encode() for path, text in files.items()})


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.splitlines())
