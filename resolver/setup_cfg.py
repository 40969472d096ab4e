"""The ``[options]`` of a setup.cfg, and requirements spelled the way setuptools reads them.

Held against what setuptools 40.8 to 80 answer (see tests/unit/test_backends.py). Nothing is parsed as PEP 508 here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError

_NOT_IN_EXTRAS = re.compile(r"[^A-Za-z0-9.-]+")


def read_setup_cfg(content: bytes) -> ConfigParser | None:
    """A setup.cfg, or None where setuptools could not parse it either; ``%(dev)s`` is the value of ``dev``."""
    config = ConfigParser()
    config.optionxform = str  # type: ignore[assignment,method-assign]  # setuptools minds the case
    try:
        config.read_string(content.decode("utf-8", "replace"))
    except ConfigError:
        return None
    return config


def read_options(content: bytes, section: str = "options") -> Mapping[str, str] | None:
    """A section, its options spelled with ``_``; empty where it is not there, None for a file that cannot be read."""
    config = read_setup_cfg(content)
    if config is None:
        return None
    try:
        items = config.items(section) if config.has_section(section) else []
    except ConfigError:
        return None
    return {name.replace("-", "_"): value for name, value in items}


def extra_in_metadata(name: str) -> str:
    """What setuptools makes of the name of an extra: ``numpy input`` is ``numpy_input``."""
    return _NOT_IN_EXTRAS.sub("_", name.strip())


def split_option(value: str) -> list[str]:
    """The items of a list in setup.cfg: one on each line, or all on one line with semicolons between."""
    texts = value.splitlines() if "\n" in value else value.split(";")
    return _uncommented(texts)


def as_lines(value: object) -> list[str] | None:
    """A keyword of ``setup()``: text with one requirement a line, or a list of such; None for anything else."""
    if value is None:
        return []
    listed = value if isinstance(value, list) else [value]
    texts = [text for text in listed if isinstance(text, str)]
    if len(texts) < len(listed):
        return None
    return _uncommented([line for text in texts for line in text.splitlines()])


def _uncommented(texts: list[str]) -> list[str]:
    cut = (text.partition(" #")[0].strip() for text in texts)
    return [text for text in cut if text and not text.startswith("#")]
