"""``python -m resolver.cli``: the ``wheelhouse`` command where no script of it is installed."""

from __future__ import annotations

from resolver.cli.main import program

program()
