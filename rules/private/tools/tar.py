"""A folder -> a tar file of it, for shipping.

Parameters: ``directory``, ``name`` (of the folder in the tar), ``archive``.
"""

import os

from wheelhouse_tools.archives import tarred
from wheelhouse_tools.failure import main


def run(parameters):
    """Pack every file of a folder."""
    entries = {}
    for folder, _, names in os.walk(parameters["directory"], followlinks=True):
        for name in names:
            path = os.path.join(folder, name)
            below = os.path.relpath(path, parameters["directory"]).replace(os.sep, "/")
            entries["%s/%s" % (parameters["name"], below)] = (path, False)
    tarred(parameters["archive"], entries, compressed=False)


if __name__ == "__main__":
    main(run)
