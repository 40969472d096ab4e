"""What the lock says is what runs."""

from importlib.metadata import version

import docopt
import markupsafe._speedups
import requests
import socks

assert docopt.__version__ == version("docopt") == "0.6.2"
assert requests.__version__ == version("requests")
assert socks.__version__ == version("pysocks")
assert markupsafe._speedups.__file__.endswith((".so", ".pyd"))
