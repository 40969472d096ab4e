"""The run-time requirements that setup.py, setup.cfg and pyproject.toml state for setuptools, as far as text shows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from packaging.utils import NormalizedName, canonicalize_name

from resolver.metadata.build_system import build_system
from resolver.metadata.extras import extra_and_marker, with_marker
from resolver.metadata.model import SdistFiles, Unknown
from resolver.metadata.pyproject import read_toml
from resolver.metadata.setup_py import ABSENT, COMPUTED, Finding, read_setup_py
from resolver.records import record
from resolver.setup_cfg import as_lines, read_options, split_option
from resolver.toml import table

_KEY_WITHOUT_EXTRA = re.compile(rb"""(?:^|[\s({\[,=+%])[rRbBuUfF]{0,2}['"]{1,3}:""")
"""A string that begins with a colon."""


_NO_PLUGINS = frozenset({
    "setuptools", "wheel", "setuptools-scm", "cython", "numpy", "cffi", "pybind11", "packaging", "ninja", "cmake",
})  # fmt: skip
"""Build requirements that are known to add no run-time requirements."""


@record
class SetupKeywords:
    """``texts`` (Requires-Dist) and ``extras`` where the text states them, None where it computes them.

    ``uncertain`` where they may differ from machine to machine, ``uncertain_extras`` where those of extras alone may;
    ``python`` is a stated Requires-Python, or empty.
    """

    texts: tuple[str, ...] | None
    extras: frozenset[NormalizedName] = frozenset()
    python: str = ""
    uncertain: Unknown | None = None
    uncertain_extras: Unknown | None = None


def asked_of_setuptools(files: SdistFiles) -> SetupKeywords:
    """What setuptools would find stated. Raises `InvalidMetadata`, for an extra whose name is invalid as well."""
    findings = {name: _finding(files, name) for name in ("install_requires", "extras_require", "python_requires")}
    doubts = {name: Unknown(reason=found.reason) for name, found in findings.items() if found.kind == "dependent"}
    extras_alone = doubts.pop("extras_require") if _only_extras_depend(doubts, files) else None
    python = findings["python_requires"].value
    asked = SetupKeywords(
        texts=None,
        python=python if isinstance(python, str) else "",
        uncertain=next(iter(doubts.values()), None),
        uncertain_extras=extras_alone,
    )
    if any(finding.kind in {"computed", "dependent"} for finding in findings.values()) or _has_plugins(files):
        return asked
    base = as_lines(findings["install_requires"].value)
    extras = _extras(findings["extras_require"].value)
    if base is None or extras is None:
        return asked
    texts, names = extras
    return SetupKeywords(texts=(*base, *texts), extras=names, python=asked.python)


def _only_extras_depend(doubts: Mapping[str, Unknown], files: SdistFiles) -> bool:
    """Whether nothing but extras is in doubt. A key such as ``:marker`` is no extra: what it has is always required."""
    return list(doubts) == ["extras_require"] and not _KEY_WITHOUT_EXTRA.search(files.files.get("setup.py", b""))


def _finding(files: SdistFiles, name: str) -> Finding:
    """What is stated for a keyword: setup.py comes before setup.cfg, unless its value is empty.

    pyproject.toml comes before both, for the releases of setuptools that read it: then nothing is stated.
    """
    found = ABSENT
    if "setup.py" in files.files:
        found = read_setup_py(files.files["setup.py"]).keyword(name)
    if found.kind == "dependent":
        return found
    data = read_toml(files)
    if "project" in data or table(data, "tool", "setuptools", "dynamic"):
        return COMPUTED
    if found.kind == "computed" or (found.kind == "stated" and found.value):
        return found
    return _configured(files.files.get("setup.cfg", b""), name) or ABSENT


def _configured(content: bytes, name: str) -> Finding | None:
    options = read_options(content, "options.extras_require" if name == "extras_require" else "options")
    if options is None:
        return COMPUTED
    if name == "extras_require":
        values: object = {extra: split_option(value) for extra, value in options.items()}
        strings = list(options.values())
    else:
        strings = [options[name]] if name in options else []
        values = strings[0] if name == "python_requires" and strings else split_option("".join(strings))
    if not strings:
        return None
    if any(value.strip().startswith(("file:", "attr:")) for value in strings):
        return COMPUTED
    return Finding(kind="stated", value=values)


def _has_plugins(files: SdistFiles) -> bool:
    """Whether the build installs what may be a plug-in of setuptools that adds requirements (as pbr does)."""
    if not _NO_PLUGINS.issuperset(canonicalize_name(one.name) for one in build_system(files).requires):
        return True
    if "setup.py" not in files.files:
        return False
    found = read_setup_py(files.files["setup.py"]).keyword("setup_requires")
    return found.kind != "absent" and bool(found.kind != "stated" or found.value)


def _extras(value: object) -> tuple[list[str], frozenset[NormalizedName]] | None:
    """``extras_require``, with keys ``extra``, ``:marker`` and ``extra:marker``; None where it is no such dict."""
    if not value:
        return [], frozenset()
    if not isinstance(value, dict):
        return None
    texts: list[str] = []
    names: set[NormalizedName] = set()
    for key, listed in value.items():
        name, marker = extra_and_marker(str(key), "extras_require")
        names.update([name] if name else [])
        lines = as_lines(listed)
        if lines is None:
            return None
        texts += [with_marker(line, marker) for line in lines]
    return texts, frozenset(names)
