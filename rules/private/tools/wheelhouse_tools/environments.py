"""Virtual environments (PEP 405) of the Python that runs, with wheels in them and nothing else."""

import os
import shutil
import sys

from wheelhouse_tools.wheels import Held, install


def make_environment(root, wheels, held=None):
    """Install ``wheels`` into a virtual environment at ``root``; the path of its interpreter. ``held``: a `Held`."""
    version = "python%d.%d" % sys.version_info[:2]
    windows = os.name == "nt"
    scripts = os.path.join(root, "Scripts" if windows else "bin")
    site = os.path.join(root, "Lib" if windows else os.path.join("lib", version), "site-packages")
    for folder in (scripts, site):
        os.makedirs(folder)
    base = getattr(sys, "_base_executable", sys.executable) or sys.executable
    with open(os.path.join(root, "pyvenv.cfg"), "w", encoding="utf-8") as file:
        file.write(
            "home = %s\ninclude-system-site-packages = false\nversion = %d.%d.%d\n"
            % (os.path.dirname(base), *sys.version_info[:3])
        )
    python = os.path.join(scripts, "python.exe" if windows else "python")
    if windows:
        shutil.copy(base, python)
    else:
        for name in ("python", "python3", version):
            os.symlink(os.path.realpath(base), os.path.join(scripts, name))
    places = {
        "purelib": site,
        "platlib": site,
        "scripts": scripts,
        "headers": os.path.join(root, "include"),
        "data": root,
    }
    held = Held() if held is None else held
    for wheel in wheels:
        install(wheel, places, python, held)
    return python
