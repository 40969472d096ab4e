"""Core metadata -> the licence that it states: PEP 639's expression, the older ``License`` field, classifiers.

Nothing is guessed: a name that may mean several licences ("BSD License") stays a name.
"""

from __future__ import annotations

from collections.abc import Sequence

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from resolver.licenses.model import License, Source
from resolver.metadata.headers import fields

_FIELDS = frozenset({"license-expression", "license", "classifier"})
_PREFIX = "License :: "
_LONGEST = 80
"""Characters of a ``License`` field that are shown; some hold the text of a whole licence."""

_SAYS_NOTHING = frozenset(
    {"", "unknown", "none", "dual license", "other/proprietary license", "osi approved", "license"}
)

_SPDX = {
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache 2": "Apache-2.0",
    "BSD 2-Clause": "BSD-2-Clause",
    "Simplified BSD": "BSD-2-Clause",
    "BSD 3-Clause": "BSD-3-Clause",
    "3-Clause BSD": "BSD-3-Clause",
    "Modified BSD": "BSD-3-Clause",
    "New BSD": "BSD-3-Clause",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "Common Development and Distribution License 1.0 (CDDL-1.0)": "CDDL-1.0",
    "Eclipse Public License 1.0 (EPL-1.0)": "EPL-1.0",
    "Eclipse Public License 2.0 (EPL-2.0)": "EPL-2.0",
    "European Union Public Licence 1.2 (EUPL 1.2)": "EUPL-1.2",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 (LGPLv2)": "LGPL-2.0-only",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "The MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 1.1 (MPL 1.1)": "MPL-1.1",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "MPL 2.0": "MPL-2.0",
    "PostgreSQL License": "PostgreSQL",
    "Python Software Foundation License": "PSF-2.0",
    "PSF": "PSF-2.0",
    "PSFL": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Universal Permissive License (UPL)": "UPL-1.0",
    "University of Illinois/NCSA Open Source License": "NCSA",
    "Zero-Clause BSD (0BSD)": "0BSD",
    "ZPL 2.1": "ZPL-2.1",
    "zlib/libpng License": "Zlib",
}
"""Names that mean one licence: those of trove classifiers, and what authors write in their place."""

_BY_NAME = {name.casefold(): spdx for name, spdx in _SPDX.items()}


def stated_license(content: bytes) -> License:
    """The licence that METADATA or PKG-INFO states. Raises `InvalidMetadata` for headers that are broken off."""
    found = fields(content, _FIELDS)
    for text in found.get("license-expression", ()):
        expression = _expression(text)
        if expression is not None:
            return License(expression=expression, source="License-Expression")
    field = " ".join(found.get("license", ()))
    expression = _expression(field) or _spdx(field)
    if expression is not None:
        return License(expression=expression, source="License")
    names = tuple(dict.fromkeys(_classified(found.get("classifier", ()))))
    if len(names) == 1 and _expression(names[0]) is not None:
        return License(expression=names[0], source="Classifier")
    if names:
        return License(names=names, source="Classifier")
    text = " ".join([*found.get("license-expression", ()), field]).strip()
    if text.casefold() in _SAYS_NOTHING:
        return License()
    source: Source = "License-Expression" if "license-expression" in found else "License"
    return License(names=(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...",), source=source)


def _classified(classifiers: Sequence[str]) -> list[str]:
    """The licences that classifiers name, by SPDX where that is sure."""
    names = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith(_PREFIX)]
    return [_spdx(name) or name for name in names if name.casefold() not in _SAYS_NOTHING]


def _spdx(name: str) -> str | None:
    folded = name.casefold().strip(" .")
    return _BY_NAME.get(folded) or _BY_NAME.get(folded.removesuffix("license").removesuffix("licence").strip(" ,"))


def _expression(text: str) -> str | None:
    try:
        return str(canonicalize_license_expression(text)) if text else None
    except (InvalidLicenseExpression, RecursionError):
        return None
