"""A tool's error, said in a line and not as a traceback; its parameters."""

import json
import sys


class Failure(Exception):
    """What went wrong and what to do; ``str()`` is what a person reads."""


def main(run):
    """Call ``run(parameters)`` with the JSON of the file that the command line names; a `Failure` ends with code 1."""
    with open(sys.argv[1], encoding="utf-8") as file:
        parameters = json.load(file)
    try:
        run(parameters)
    except Failure as failure:
        sys.exit("\nerror: %s\n" % failure)
