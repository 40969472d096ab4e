"""Serves a vendored index for `bazel run`; the constants are filled in by the rule `launcher`."""

import os
import runpy
import sys

MAIN = "{main}"
TREE = "{tree}"


def main():
    """Run the server that lies in the tree."""
    server = os.path.join(os.path.abspath(__file__)[: -len(MAIN)], TREE, "server.py")
    sys.argv[0] = server
    runpy.run_path(server, run_name="__main__")


if __name__ == "__main__":
    main()
