"""Run as the builder of a derivation, whose result is what it writes to the file that the command line names."""

import sys
from pathlib import Path

import black
import docopt
import markupsafe._speedups

assert docopt.docopt("Usage: app <name>", ["keel"]) == {"<name>": "keel"}
assert black.format_str("x=1", mode=black.Mode()) == "x = 1\n"
Path(sys.argv[1]).write_text(f"docopt {docopt.__version__}, {markupsafe._speedups.__name__}\n", encoding="utf-8")
