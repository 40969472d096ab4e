"""A wheel -> the folder that a program gets on its path, and the folder of its metadata beside it.

Parameters: ``wheel`` (a file, or a folder that holds one), ``site_packages`` and ``dist_info`` (folders to fill). A
program has no prefix: scripts lie in ``bin`` of its folder, headers in ``include``, data beside the modules.
"""

import os
import shutil

from wheelhouse_tools.failure import main
from wheelhouse_tools.wheels import install, wheel_in

MARK = ".wheelhouse-pth"
"""Names in site-packages the .pth files there, which `sitecustomize` carries out when a program starts."""


def run(parameters):
    """Install a wheel below ``site_packages``."""
    site = parameters["site_packages"]
    wheel = wheel_in(parameters["wheel"])
    data = os.path.join(site, "bin")
    places = {"purelib": site, "platlib": site, "scripts": data, "headers": os.path.join(site, "include"), "data": site}
    os.makedirs(site, exist_ok=True)
    tops = install(wheel, places)
    paths = sorted(name for name in tops if name.endswith(".pth"))
    if paths:
        with open(os.path.join(site, MARK), "w", encoding="utf-8") as file:
            file.write("".join(name + "\n" for name in paths))
    metadata = [name for name in tops if name.endswith(".dist-info")]
    shutil.copytree(os.path.join(site, metadata[0]), os.path.join(parameters["dist_info"], metadata[0]))


if __name__ == "__main__":
    main(run)
