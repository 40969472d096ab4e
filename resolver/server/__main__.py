"""What server.py is: a program when it is run, and for WSGI a module with an `application`."""

from __future__ import annotations

import os
import sys

from resolver.server.command import main
from resolver.server.wsgi import Application

HERE = os.path.dirname(os.path.abspath(__file__))
application = Application(HERE)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], HERE))
