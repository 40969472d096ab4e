"""Artifacts -> a vendored tree, by the resolver's own `vendor`.

Parameters: ``wheelhouse`` (its file), ``lock``, ``files`` (file name -> path), ``environments`` (none: all), ``tree``
(to fill).
"""

import os
import shutil
import subprocess
import sys
import tempfile

from wheelhouse_tools.failure import Failure, main


def run(parameters):
    """Make the tree."""
    if sys.version_info < (3, 10):
        raise Failure("the resolver needs Python 3.10 or newer; that of the toolchain is %d.%d" % sys.version_info[:2])
    work = tempfile.mkdtemp(prefix="wheelhouse-")
    try:
        _vendor(parameters, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _vendor(parameters, work):
    carried = os.path.join(work, "files")
    os.mkdir(carried)
    for name, path in parameters["files"].items():
        os.symlink(os.path.abspath(path), os.path.join(carried, name))
    command = [sys.executable, "-E", "-s", parameters["wheelhouse"], "vendor", parameters["tree"], "--quiet"]
    command += ["--lock", parameters["lock"], "--from", carried, "--no-attestations"]  # Bazel fetches by digest alone
    for environment in parameters["environments"]:
        command += ["--environment", environment]
    variables = {"HOME": work, "PATH": os.environ.get("PATH", os.defpath), "SHIV_ROOT": os.path.join(work, "shiv")}
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Failure("the index cannot be made:\n" + done.stdout.decode("utf-8", "replace"))


if __name__ == "__main__":
    main(run)
