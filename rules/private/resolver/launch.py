"""Runs the resolver for `bazel run` and `bazel test`; the constants are filled in by the rule `launcher`.

They are paths below the runfiles, but for that of the lock, which lies below the root of the repository: where the lock
is made, it need not be there yet.
"""

import os
import subprocess
import sys

TOOL = "{tool}"
MAIN = "{main}"
SPEC = "{spec}"
LOCK = "{lock}"
MODE = "{mode}"


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
    sys.exit(subprocess.run(command, cwd=folder, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
