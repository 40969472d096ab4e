"""What decides how kept metadata reads, besides its bytes; nothing is imported for it."""

from __future__ import annotations

import sys

READER = f"3 {sys.version}"
"""To be raised whenever metadata is parsed otherwise, or kept otherwise."""
