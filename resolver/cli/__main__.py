"""``python -m resolver.cli``: the ``wheelhouse`` command where no script of it is installed."""

from __future__ import annotations

import sys

from resolver.cli.main import main

sys.exit(main())
