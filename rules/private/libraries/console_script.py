"""Runs a console script of an installed distribution (entry points specification)."""

import sys

try:
    from importlib import metadata
except ImportError:  # Python 3.7
    import importlib_metadata as metadata

PROJECT = "{project}"
SCRIPT = "{script}"


def find():
    """The entry point: the one that was asked for; else that of the project's name, or the only one."""
    scripts = {
        point.name: point for point in metadata.distribution(PROJECT).entry_points if point.group == "console_scripts"
    }
    wanted = SCRIPT or (PROJECT if PROJECT in scripts else "")
    if not wanted and len(scripts) == 1:
        wanted = list(scripts)[0]
    if wanted not in scripts:
        sys.exit(
            "error: %s has no console script %s; it has: %s. Name one with console_script(script = ...)"
            % (PROJECT, wanted or "of its own name", ", ".join(sorted(scripts)) or "none")
        )
    return scripts[wanted]


if __name__ == "__main__":
    point = find()
    sys.argv[0] = point.name
    sys.exit(point.load()())
