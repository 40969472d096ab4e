"""Carries out the .pth files of the wheels on the path when a program starts, as the module site does.

A wheel's folder with such files names them in ``.wheelhouse-pth``. A ``sitecustomize`` further along the path still
runs.
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
    # Copies of this file may lie in several places of the path: each skips those that ran before it.
    ran = sys.__dict__.setdefault("_wheelhouse_sitecustomize", set())
    ran.add(_HERE)
    others = [entry for entry in sys.path if os.path.abspath(entry) not in ran]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_carry_out()
_run_next()
