"""The licence of a distribution, as far as its metadata tells."""

from __future__ import annotations

from typing import Literal

from resolver.records import record

Source = Literal["License-Expression", "License", "Classifier", "nothing"]

UNKNOWN = "unknown"


@record
class License:
    """``expression``: an SPDX expression (PEP 639), where one is stated or follows from what is.

    ``names``: otherwise, what is stated, as it stands; how several of them go together nobody says. Both are empty
    where nothing is stated. ``source``: the field of the metadata that says so.
    """

    expression: str | None = None
    names: tuple[str, ...] = ()
    source: Source = "nothing"

    @property
    def is_known(self) -> bool:
        """Whether anything is stated."""
        return self.expression is not None or bool(self.names)

    def __str__(self) -> str:
        return self.expression or ", ".join(self.names) or UNKNOWN
