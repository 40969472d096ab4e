"""Run as the builder of a derivation: what it writes to $out is the result."""

import os
from pathlib import Path

import black
import docopt
import yaml

assert yaml.safe_load("a: [1, 2]") == {"a": [1, 2]}
assert docopt.docopt("Usage: app <name>", ["keel"]) == {"<name>": "keel"}
assert black.format_str("x=1", mode=black.Mode()) == "x = 1\n"
Path(os.environ["out"]).write_text("docopt %s, yaml %s\n" % (docopt.__version__, yaml.__version__), encoding="utf-8")
