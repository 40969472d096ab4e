"""Carries out the .pth files of the wheels on the path when a program starts, as the module site does.

A wheel's folder with such files names them in ``.wheelhouse-pth``. A ``sitecustomize`` further along the path still
runs.
"""

import glob
import importlib.machinery
import importlib.util
import os
import site
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))


def _carry_out():
    namespaces = set()
    for directory in list(sys.path):
        if os.path.exists(os.path.join(directory, ".wheelhouse-pth")):
            site.addsitedir(directory)
            namespaces.update(_namespaces(directory))
    for name in sorted(namespaces):  # a package before what is in it
        _complete(name)


def _namespaces(directory):
    """Names of the namespace packages of setuptools that a wheel has part of: a .pth file of its own makes them."""
    for path in glob.glob(os.path.join(glob.escape(directory), "*.dist-info", "namespace_packages.txt")):
        with open(path, encoding="utf-8") as file:
            yield from file.read().split()


def _complete(name):
    """Such a .pth file takes the wheels to be in one folder with its own: it makes the package of that folder alone."""
    module = sys.modules.get(name)
    parent, _, last = name.rpartition(".")
    path = getattr(sys.modules.get(parent), "__path__", ()) if parent else sys.path
    held = getattr(module, "__path__", None)
    if held is not None:
        for folder in [os.path.join(entry, last) for entry in path]:
            if folder not in held and os.path.isdir(folder):
                held.append(folder)


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
