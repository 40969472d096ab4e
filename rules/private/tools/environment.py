"""Wheels -> a virtual environment that holds them, with their console scripts.

Parameters:
  wheels        files, or folders that hold one
  interpreter   what the Python that runs has to be (`wheelhouse_tools.interpreters`)
  environment   its name, for messages
  remedies      what a user of the rules can do: python
  compile       whether modules are compiled: what cannot be written later starts faster for it
  directory     to make
"""

import os
import subprocess
import sys

from wheelhouse_tools.environments import make_environment
from wheelhouse_tools.failure import main
from wheelhouse_tools.interpreters import check
from wheelhouse_tools.wheels import Held, wheel_in

SHOWN = 10
"""Of files that several wheels bring, how many are listed."""


def run(parameters):
    """Make the environment."""
    check(parameters["interpreter"], "environment %s" % parameters["environment"], parameters["remedies"]["python"])
    held = Held()
    python = make_environment(parameters["directory"], [wheel_in(path) for path in parameters["wheels"]], held)
    _tell(held.clashes, parameters["directory"])
    if parameters["compile"]:
        _compile(python, parameters["directory"])


def _tell(clashes, root):
    """A wheel's file that is not there is no error: pip has such environments, too, and many work."""
    for path, first, last in clashes[:SHOWN]:
        line = "warning: %s is in %s and in %s with different content; that of %s is there\n"
        sys.stderr.write(line % (os.path.relpath(path, root), first, last, last))
    if len(clashes) > SHOWN:
        sys.stderr.write("warning: and so are %d more files\n" % (len(clashes) - SHOWN))


def _compile(python, root):
    # Sets among constants are written in the order of their hashes. A store forgets times, so none are compared. Wheels
    # hold templates and modules of other Pythons, too: what does not compile stays as it is. Without the module site,
    # as a .pth file may import modules, which would be compiled by then, and with a time.
    command = [python, "-W", "ignore", "-S", "-B", "-m", "compileall", "-q", "-q"]
    command += ["--invalidation-mode", "unchecked-hash"]
    subprocess.run(
        [*command, os.path.join(root, "lib")],
        env={"PYTHONHASHSEED": "0"},
        stdout=subprocess.DEVNULL,
        check=False,
    )


if __name__ == "__main__":
    main(run)
