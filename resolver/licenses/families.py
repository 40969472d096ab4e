"""A name that may mean several licences -> all that it may mean, for those who must have none of them.

"GPL v3", "GNU General Public License (GPL)" and "LGPL" are what many projects state, and no identifier of SPDX. None of
them is taken for one licence; a pattern for what is not allowed has to find them all the same.
"""

from __future__ import annotations

import re
from functools import cache

_GNU = ("{}-{}", "{}-{}-only", "{}-{}-or-later")
_PLAIN = ("{}-{}",)
_CLAUSES = ("{}-{}-Clause",)

_FAMILIES = (
    ("AGPL", r"agpl|affero", ("1.0", "3.0"), _GNU),
    ("LGPL", r"lgpl|(lesser|library) (gpl|general public)", ("2.0", "2.1", "3.0"), _GNU),
    ("GPL", r"(?<!affero )(?<!lesser )(?<!library )((?<![al])gpl|general public)", ("1.0", "2.0", "3.0"), _GNU),
    ("Apache", r"apache", ("1.0", "1.1", "2.0"), _PLAIN),
    ("BSD", r"\bbsd", ("1", "2", "3", "4"), _CLAUSES),
    ("CDDL", r"cddl|common development and distribution", ("1.0", "1.1"), _PLAIN),
    ("EPL", r"\bepl|eclipse public", ("1.0", "2.0"), _PLAIN),
    ("EUPL", r"eupl|european union public", ("1.0", "1.1", "1.2"), _PLAIN),
    ("MPL", r"\bmpl|mozilla public", ("1.0", "1.1", "2.0"), _PLAIN),
)
"""Family, what tells it in a name without case, its versions, and the forms of its identifiers."""

_NUMBER = re.compile(r"\d+(?:\.\d+)*")


@cache
def may_mean(name: str) -> tuple[str, ...]:
    """Identifiers of SPDX that a stated name may mean: those of the versions that it names, or of all."""
    folded = " ".join(name.casefold().split())
    return tuple(
        form.format(family, version)
        for family, sign, versions, forms in _FAMILIES
        if re.search(sign, folded)
        for version in _named(folded, versions)
        for form in forms
    )


def _named(text: str, versions: tuple[str, ...]) -> tuple[str, ...]:
    """Of the versions of a family those that a text names, such as 3.0 by "v3"; all where it names none of them."""
    numbers = set(_NUMBER.findall(text))
    return tuple(one for one in versions if {one, one.removesuffix(".0")} & numbers) or versions
