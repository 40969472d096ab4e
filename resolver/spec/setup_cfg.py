"""setup.cfg -> the tables of a pyproject.toml that say the same, as far as ``[metadata]`` and ``[options]`` do.

What a setup.py beside it passes to ``setup()`` is not seen, and goes before it.
"""

from __future__ import annotations

from typing import Any, Final

from resolver.setup_cfg import extra_in_metadata, read_options, split_option
from resolver.spec.document import Steps
from resolver.spec.dynamic_files import FromFiles
from resolver.spec.stated import Stated

_OPTIONS: Final = "options"
_EXTRAS: Final = "options.extras_require"
_FILE: Final = "file:"
_ELSEWHERE: Final = (_FILE, "attr:")


def as_pyproject(content: bytes) -> dict[str, Any] | None:
    """The tables, none where it states no requirements; None for a file that setuptools could not read either.

    ``options`` are as they stand, for `resolver.spec.unread`.
    """
    options, extras, metadata = (read_options(content, section) for section in (_OPTIONS, _EXTRAS, "metadata"))
    if options is None or extras is None or metadata is None:
        return None
    if "install_requires" not in options and not extras:
        return {}
    stated = (key for key in ("name", "version") if not metadata.get(key, _FILE).startswith(_ELSEWHERE))
    project: dict[str, Any] = {key: metadata[key] for key in stated}
    project["dependencies"] = _listed(options.get("install_requires", ""), (_OPTIONS, "install_requires"))
    project["optional-dependencies"] = {
        extra_in_metadata(name): _listed(value, (_EXTRAS, name)) for name, value in extras.items()
    }
    if "python_requires" in options:
        project["requires-python"] = Stated(value=options["python_requires"], steps=(_OPTIONS, "python_requires"))
    return {"project": project, _OPTIONS: options}


def _listed(value: str, steps: Steps) -> list[Stated | FromFiles]:
    if not value.strip().startswith(_FILE):
        return [Stated(value=text, steps=steps) for text in split_option(value)]
    named = value.strip().removeprefix(_FILE).replace("\n", ",").split(",")
    return [FromFiles(files=tuple(filter(None, map(str.strip, named))), steps=steps)]
