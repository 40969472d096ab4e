"""Files from which a build backend takes what ``project.dynamic`` leaves to it, as far as tables name them.

That is ``[tool.setuptools.dynamic]``, and the metadata hook ``requirements_txt`` of hatchling. What a backend computes
in any other way is known to nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from resolver.records import record
from resolver.spec.document import Steps
from resolver.toml import table, texts

_SETUPTOOLS: Final[Steps] = ("tool", "setuptools", "dynamic")
_HOOK: Final[Steps] = ("tool", "hatch", "metadata", "hooks", "requirements_txt")
_EXTRAS: Final = "optional-dependencies"


@record
class FromFiles:
    """Requirements that stand in requirements files, by their paths as written; ``steps`` is what names these."""

    files: tuple[str, ...]
    steps: Steps


def from_files(data: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of ``[project]`` that are taken from files: ``dependencies``, and extras by their names."""
    found: dict[str, Any] = {}
    hook = table(data, *_HOOK[:-1]).get(str(_HOOK[-1]))
    for files, steps in (*_of_setuptools(table(data, *_SETUPTOOLS)), *_of_hook(hook)):
        taken = FromFiles(files=files, steps=steps)
        if steps[-2] == _EXTRAS:
            found.setdefault(_EXTRAS, {}).setdefault(str(steps[-1]), [taken])
        else:
            found.setdefault("dependencies", [taken])
    return found


def _of_setuptools(dynamic: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Steps]]:
    extras = table(dynamic, _EXTRAS)
    stated = [(dynamic.get("dependencies"), (*_SETUPTOOLS, "dependencies"))]
    stated += [(extras[name], (*_SETUPTOOLS, _EXTRAS, name)) for name in extras]
    for value, steps in stated:
        if isinstance(value, dict) and texts(value.get("file")):
            yield texts(value["file"]), steps


def _of_hook(hook: object) -> Iterator[tuple[tuple[str, ...], Steps]]:
    if not isinstance(hook, dict):
        return
    files = texts(hook.get("files")) + texts(hook.get("filename"))
    yield files or ("requirements.txt",), (*_HOOK, "files")
    extras = table(hook, _EXTRAS)
    for name in extras:
        if texts(extras[name]):
            yield texts(extras[name]), (*_HOOK, _EXTRAS, name)
