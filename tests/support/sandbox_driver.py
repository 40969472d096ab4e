"""Runs one job in a sandbox, as whoever runs ``python -m tests.support.sandbox_driver FOLDER``, and prints its outcome.

FOLDER holds ``hostile.py`` (a backend) and ``limits.json``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from resolver.errors import BuildFailed
from resolver.sandbox.model import Limits
from resolver.sandbox.runner import Sandbox
from tests.support import hostile


def outcome(folder: Path, code: str, limits: Limits) -> dict[str, object]:
    """What a backend of this code answers, or why it does not."""
    try:
        job = hostile.job(folder, hostile.sdist(folder / "p-1.tar.gz", code), limits=limits)
        return {"requires": list(Sandbox().run(job).requires)}
    except BuildFailed as error:
        return {"reason": error.reason, "missing": list(error.missing), "log": error.log, "kind": type(error).__name__}


if __name__ == "__main__":
    given = Path(sys.argv[1])
    limits = Limits(**json.loads((given / "limits.json").read_text()))
    print(json.dumps(outcome(given, (given / "hostile.py").read_text(), limits)))
