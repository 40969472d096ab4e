"""Runs the resolver for `bazel run` and `bazel test`; the constants are filled in by the rule `launcher`.

They are paths below the runfiles, but for that of the lock, which lies below the root of the repository: where the lock
is made, it need not be there yet.
"""

import json
import os
import subprocess
import sys

TOOL = "{tool}"
MAIN = "{main}"
SPEC = "{spec}"
LOCK = "{lock}"
MODE = "{mode}"


def absent(folder):
    """The files that the lock was made from and that this test was not given."""
    place, name = os.path.split(os.path.join(folder, SPEC.split("/", 1)[1]))
    try:
        with open(os.path.join(folder, LOCK), encoding="utf-8") as file:
            files = sorted(json.load(file)["inputs"]["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return []  # the resolver says what is wrong with it
    paths = [os.path.normpath(os.path.join(place, one)) for one in files if one != name]
    return [os.path.relpath(path, folder) for path in paths if not os.path.exists(path)]


def main():
    """Run `wheelhouse resolve` in the source tree, or on the files of a test."""
    if sys.version_info < (3, 10):
        sys.exit(
            "error: the resolver needs Python 3.10 or newer; that of the toolchain is %d.%d" % sys.version_info[:2]
        )
    check = MODE == "check"
    runfiles = os.path.abspath(__file__)[: -len(MAIN)]
    folder = runfiles
    options = ["--check"] if check else []
    if not check:
        folder = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
        if folder is None:
            sys.exit("error: it writes the lock into the source tree: start it by `bazel run`")
    scratch = os.environ.get("TEST_TMPDIR")
    environment = dict(os.environ, SHIV_ROOT=scratch) if scratch else os.environ
    command = [sys.executable, os.path.join(runfiles, TOOL), "resolve", *options]
    command += ["--spec", SPEC.split("/", 1)[1], "--lock", LOCK, *sys.argv[1:]]
    if check:
        folder = os.path.join(runfiles, SPEC.split("/", 1)[0])
        missing = absent(folder)
        if missing:
            sys.exit(
                "error: the lock was made from %s, which this test was not given: name what the spec includes and "
                "extends in `data` of wheelhouse_requirements; if it is gone, resolve again" % ", ".join(missing)
            )
    sys.exit(subprocess.run(command, cwd=folder, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
