"""``[tool.flit.metadata]`` of a pyproject.toml -> the keys of ``[project]`` (PEP 621) that say the same.

Before flit 3.2 it was the only place of a project's requirements, and flit still takes it where no ``[project]`` is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resolver.spec.document import Steps
from resolver.spec.report import Invalid
from resolver.spec.stated import Stated
from resolver.toml import table

_TABLE: Final[Steps] = ("tool", "flit", "metadata")
_DEV: Final = "dev-requires"  # an extra of this name, but for its second half


def project_table(flit: Mapping[str, Any]) -> dict[str, Any]:
    """What ``[tool.flit]`` states; what it does not is absent. A version stands in the module alone."""
    metadata = table(flit, "metadata")
    extras = {
        name: _listed(listed, (*_TABLE, "requires-extra", name))
        for name, listed in table(metadata, "requires-extra").items()
    }
    if _DEV in metadata:
        extras.setdefault("dev", _listed(metadata[_DEV], (*_TABLE, _DEV)))
    python = metadata.get("requires-python")
    found = {
        "name": metadata.get("dist-name", metadata.get("module")),
        "requires-python": None if python is None else Stated(value=python, steps=(*_TABLE, "requires-python")),
        "dependencies": _listed(metadata.get("requires", []), (*_TABLE, "requires")) if metadata else None,
        "optional-dependencies": extras or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _listed(listed: object, steps: Steps) -> list[Stated]:
    if not isinstance(listed, list):
        return [Stated(value=Invalid("is not a list", 'such as ["requests>=2.31"]'), steps=steps)]
    return [Stated(value=item, steps=(*steps, number)) for number, item in enumerate(listed)]
