"""Carries out the .pth files of the wheels on the path, as the module site does for site-packages, when a program starts.

A wheel's folder with such files names them in ``.wheelhouse-pth``. A ``sitecustomize`` further along the path still runs.
"""

import importlib.machinery
import importlib.util
import os
import site
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def _carry_out():
    for directory in list(sys.path):
        if os.path.exists(os.path.join(directory, ".wheelhouse-pth")):
            site.addsitedir(directory)


def _run_next():
    others = [entry for entry in sys.path if os.path.abspath(entry) != _HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_carry_out()
_run_next()
