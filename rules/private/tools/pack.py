"""What was in an archive, patched -> the archive again.

Parameters: ``archive`` (to write), ``root`` (of what was in it), ``files`` (below the root).
"""

import os

from wheelhouse_tools.archives import tarred, zipped
from wheelhouse_tools.failure import main
from wheelhouse_tools.wheels import pack


def run(parameters):
    """Pack a wheel or a source distribution."""
    root, archive = parameters["root"], parameters["archive"]
    entries = {}
    for path in parameters["files"]:
        with open(path, "rb") as file:
            entries[os.path.relpath(path, root).replace(os.sep, "/")] = (file.read(), os.access(path, os.X_OK))
    if archive.endswith(".whl"):
        pack(entries, archive)
    elif archive.endswith(".zip"):
        zipped(archive, entries)
    else:
        tarred(archive, entries)


if __name__ == "__main__":
    main(run)
