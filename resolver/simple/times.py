"""Upload times as PEP 700 gives them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_FRACTION = r"\.(\d{1,6})\d*"


def upload_moment(text: str) -> datetime:
    """An ISO 8601 time with ``Z`` as an aware datetime. Raises ValueError. (Python 3.10 wants six digits or none.)"""
    from datetime import datetime, timezone  # noqa: PLC0415  (few specs bound them)

    padded = re.sub(_FRACTION, lambda found: "." + found[1].ljust(6, "0"), text)
    moment = datetime.fromisoformat(padded.replace("Z", "+00:00"))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
