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

from wheelhouse_tools.environments import make_environment
from wheelhouse_tools.failure import main
from wheelhouse_tools.interpreters import check
from wheelhouse_tools.wheels import wheel_in


def run(parameters):
    """Make the environment."""
    check(parameters["interpreter"], "environment %s" % parameters["environment"], parameters["remedies"]["python"])
    python = make_environment(parameters["directory"], [wheel_in(path) for path in parameters["wheels"]])
    if parameters["compile"]:
        _compile(python, parameters["directory"])


def _compile(python, root):
    # Sets among constants are written in the order of their hashes. A store forgets times, so none are compared. Wheels
    # hold templates and modules of other Pythons, too: what does not compile stays as it is.
    command = [python, "-W", "ignore", "-s", "-m", "compileall", "-q", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run(
        [*command, os.path.join(root, "lib")],
        env={"PYTHONHASHSEED": "0"},
        stdout=subprocess.DEVNULL,
        check=False,
    )


if __name__ == "__main__":
    main(run)
