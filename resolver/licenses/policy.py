"""Whether a licence is allowed: by patterns of names, one for each licence of an expression.

Of ``A OR B`` one suffices, of ``A AND B`` both are needed, and so are all of several names. Patterns are those of a
shell and have no case: ``GPL-*``, ``BSD License``, ``unknown``. A pattern that fits ``A`` fits ``A WITH E`` too, but in
an SPDX expression only: of a name such as "MIT with Commons Clause" nobody knows what it adds. A name that may mean
several licences, such as "GPL", is denied where one of them is, and allowed by its own name alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from fnmatch import fnmatchcase

from resolver.licenses.families import may_mean
from resolver.licenses.model import UNKNOWN, License
from resolver.records import record

_TOKEN = re.compile(r"[()]|[^\s()]+")


@record
class LicensePolicy:
    """``allow``: the patterns that are allowed, everything where empty; ``deny``: those that are not, in any case."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    def permits(self, license: License) -> bool:  # noqa: A002  (the thing's name)
        """Whether a licence can be complied with under this policy."""
        if license.expression is not None:
            return _holds(license.expression, self._permits)
        return all(self._permits([name], may_mean(name)) for name in license.names or (UNKNOWN,))

    def _permits(self, names: Collection[str], perhaps: Collection[str] = ()) -> bool:
        """Whether one licence, which patterns may call by any of ``names``, is allowed; ``perhaps``: what it may be."""
        return not _fit([*names, *perhaps], self.deny) and (not self.allow or _fit(names, self.allow))


def _fit(names: Collection[str], patterns: Collection[str]) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for name in names for pattern in patterns)


def _holds(expression: str, permits: Callable[[Collection[str]], bool]) -> bool:
    """A valid SPDX expression, judged: OR binds least, WITH most. ``permits`` is given the names of one licence."""
    tokens = _TOKEN.findall(expression)[::-1]

    def alternatives() -> bool:
        found = all_of_it()
        while tokens and tokens[-1] == "OR":
            tokens.pop()
            found = all_of_it() or found
        return found

    def all_of_it() -> bool:
        found = one()
        while tokens and tokens[-1] == "AND":
            tokens.pop()
            found = one() and found
        return found

    def one() -> bool:
        token = tokens.pop()
        if token == "(":  # noqa: S105  (a parenthesis is no password)
            found = alternatives()
            tokens.pop()
            return found
        if tokens and tokens[-1] == "WITH":
            tokens.pop()
            return permits([token, f"{token} WITH {tokens.pop()}"])
        return permits([token])

    return alternatives()
