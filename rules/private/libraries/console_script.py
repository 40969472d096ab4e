"""Runs a script of an installed distribution, on Python 3.7 and up.

That is a console script (entry points specification), or a file that the wheel brings for the folder of programs
(`.data/scripts` of the binary distribution format), such as the program that `ruff` is.
"""

import configparser
import csv
import functools
import glob
import importlib
import os
import re
import runpy
import subprocess
import sys

PROJECT = "{project}"
SCRIPT = "{script}"


def scripts():
    """The scripts of the project: name -> what runs it."""
    for folder in sys.path:
        for metadata in sorted(glob.glob(os.path.join(glob.escape(folder), "*.dist-info"))):
            if normalised(os.path.basename(metadata).partition("-")[0]) == normalised(PROJECT):
                return dict(programs(folder, metadata), **entry_points(metadata))
    return {}


def entry_points(metadata):
    """Those that are a function of a module."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str
    parser.read(os.path.join(metadata, "entry_points.txt"), encoding="utf-8")
    points = parser.items("console_scripts") if parser.has_section("console_scripts") else ()
    return {name: functools.partial(call, point) for name, point in points}


def programs(folder, metadata):
    """Those that are files, which lie in ``bin`` where the wheel is installed."""
    record = os.path.join(metadata, "RECORD")
    if not os.path.exists(record):
        return {}
    prefix = os.path.basename(metadata)[: -len(".dist-info")] + ".data/scripts/"
    with open(record, encoding="utf-8", newline="") as file:
        names = [row[0][len(prefix) :] for row in csv.reader(file) if row and row[0].startswith(prefix)]
    return {re.sub(r"\.exe$", "", name): functools.partial(start, os.path.join(folder, "bin", name)) for name in names}


def call(point):
    """Call what an entry point names, as an installed script does; its exit code."""
    module, _, attributes = point.partition("[")[0].strip().partition(":")
    function = importlib.import_module(module.strip())
    for attribute in attributes.strip().split("."):
        function = getattr(function, attribute)
    return function()


def start(path):
    """Run a file: one of Python here, with the path of this program; its exit code."""
    with open(path, "rb") as file:
        first = file.readline(256)
    if first.startswith(b"#!") and b"python" in first:
        sys.argv[0] = path
        runpy.run_path(path, run_name="__main__")
        return 0
    command = [path, *sys.argv[1:]]
    if os.name == "nt":
        return subprocess.run(command, check=False).returncode
    return os.execv(path, command)  # noqa: S606 - the program that was asked for, in place of this one


def normalised(name):
    """The name of a project as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def chosen(found):
    """The script that was asked for; else that of the project's name, or the only one."""
    own = [name for name in sorted(found) if len(found) == 1 or normalised(name) == normalised(PROJECT)]
    wanted = SCRIPT or "".join(own[:1])
    if wanted not in found:
        sys.exit(
            "error: %s has no console script %s; it has: %s. Name one with console_script(script = ...)"
            % (PROJECT, wanted or "of its own name", ", ".join(sorted(found)) or "none")
        )
    return wanted


def main():
    """Run the script that is meant."""
    found = scripts()
    sys.argv[0] = chosen(found)
    sys.exit(found[sys.argv[0]]())


if __name__ == "__main__":
    main()
