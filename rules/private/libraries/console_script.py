"""Runs a console script of an installed distribution (entry points specification), on Python 3.7 and up."""

import configparser
import glob
import importlib
import os
import re
import sys

PROJECT = "{project}"
SCRIPT = "{script}"


def scripts():
    """The console scripts of the project: name -> what its metadata says."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str
    for folder in sys.path:
        for metadata in sorted(glob.glob(os.path.join(glob.escape(folder), "*.dist-info"))):
            if normalised(os.path.basename(metadata).partition("-")[0]) == normalised(PROJECT):
                parser.read(os.path.join(metadata, "entry_points.txt"), encoding="utf-8")
                return dict(parser.items("console_scripts")) if parser.has_section("console_scripts") else {}
    return {}


def normalised(name):
    """The name of a project as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def chosen(found):
    """The script that was asked for; else that of the project's name, or the only one."""
    wanted = SCRIPT or (PROJECT if PROJECT in found else "")
    if not wanted and len(found) == 1:
        wanted = next(iter(found))
    if wanted not in found:
        sys.exit(
            "error: %s has no console script %s; it has: %s. Name one with console_script(script = ...)"
            % (PROJECT, wanted or "of its own name", ", ".join(sorted(found)) or "none")
        )
    return wanted


def main():
    """Call what the entry point names, as an installed script does."""
    found = scripts()
    sys.argv[0] = chosen(found)
    module, _, attributes = found[sys.argv[0]].partition("[")[0].strip().partition(":")
    function = importlib.import_module(module.strip())
    for attribute in attributes.strip().split("."):
        function = getattr(function, attribute)
    sys.exit(function())


if __name__ == "__main__":
    main()
