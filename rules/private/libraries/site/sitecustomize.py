"""What makes the wheels on the path of a program one, though each has a folder of its own.

They are those of one environment of a lock. The file ``.wheelhouse-python`` beside this one describes its Python; where
another one runs, the program ends and says so. So it does where two locks bring different versions of a project.

Their .pth files are carried out, as the module site does it; a wheel's folder with such files names them in
``.wheelhouse-pth``. A package of which several wheels have parts has them all. A ``sitecustomize`` further along the
path still runs.
"""

import glob
import importlib.machinery
import importlib.util
import os
import re
import site
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_RAN = sys.__dict__.setdefault("_wheelhouse_sitecustomize", set())
"""Where copies of this file have run: only the first has anything to do."""
_PARENT = "_WHEELHOUSE_PARENT"
_BELOW = sys.__dict__.setdefault("_wheelhouse_below", _PARENT in os.environ)
"""Whether such a program started this one, which has its path for no other reason: it may be any Python."""
_OF_A_WHEEL = os.path.join(".d", "site-packages")


def _check_python():
    """End the program where its Python is another one than that of its environment."""
    expected = _described(_HERE)
    if _BELOW or expected is None:
        return
    os.environ[_PARENT] = "1"
    if not _fits(expected):
        here = "%s %s%s" % (sys.implementation.name, _VERSION, " (free-threaded)" if _FREE_THREADED else "")
        _end(_OTHER_PYTHON.format(**dict(expected, executable=sys.executable, here=here, version=_VERSION)))


def _described(folder):
    """What is said of the environment of the lock that brought a folder of the path; None for other folders."""
    try:
        with open(os.path.join(folder, ".wheelhouse-python"), encoding="utf-8") as file:
            return dict(line.split(None, 1) for line in file.read().splitlines())
    except OSError:  # a user's PYTHONPATH may have folders that cannot even be looked into
        return None


def _end(told):
    sys.stderr.write(told)
    sys.stderr.flush()
    os._exit(1)  # site, which imports this module, would only tell of an exception


def _check_versions():
    """End the program where its libraries are of several locks that have a project in different versions."""
    described = [] if _BELOW else [_described(entry) for entry in sys.path if not entry.endswith(_OF_A_WHEEL)]
    hubs = sorted({"@" + each["hub"] for each in described if each and "hub" in each})
    if len(hubs) < 2:
        return
    versions = {}
    for folder in _wheels():
        for path in glob.glob(os.path.join(glob.escape(folder), "*.dist-info")):
            name, _, version = os.path.basename(path)[: -len(".dist-info")].partition("-")
            versions.setdefault(re.sub("[-_.]+", "-", name).lower(), set()).add(version)
    several = [
        "%s (%s)" % (name, ", ".join(sorted(found))) for name, found in sorted(versions.items()) if len(found) > 1
    ]
    if several:
        _end(_SEVERAL_LOCKS.format(hubs=" and ".join(hubs), projects=", ".join(several)))


_SEVERAL_LOCKS = """
error: this program has packages of several locks, {hubs}, which have different versions of: {projects}.
Python would take parts of each. Let all libraries of a program depend on one lock: one spec can include what several
programs require, as groups, and `constraints` make the versions of two locks the same.

"""


_FREE_THREADED = "free-threading" in sys.version
_VERSION = "%d.%d" % sys.version_info[:2]
_OTHER_PYTHON = """
error: this program has the packages of @{hub} for the environment {environment}, which is for {described},
and it runs on {here} ({executable}). Flags and the platform choose the packages, the toolchain brings the Python.
Register a toolchain of {described}, or choose an environment of the Python that there is, by
--@rules_wheelhouse//rules:python_version={version} or by `python_version` of the lock.

"""


def _fits(expected):
    here = {"implementation": sys.implementation.name, "version": _VERSION}
    if any(expected.get(name, value) != value for name, value in here.items()):
        return False
    abi = expected.get("abi", "")
    return not abi.startswith("cp") or abi.endswith("t") == _FREE_THREADED


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


class _Whole:
    """Finds packages of which several wheels have parts: those behind the first are added to its path.

    Installers put all wheels into one folder, where that happens by itself; the first one's `__init__` would hide the
    others here. Packages without one are namespaces (PEP 420), which Python completes.
    """

    def __init__(self, folders):
        self._folders = folders
        self.names = _several(folders)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None and spec.submodule_search_locations:
            held = spec.submodule_search_locations
            parts = [
                os.path.join(entry, name.rpartition(".")[2]) for entry in (self._folders if path is None else path)
            ]
            if held[0] in parts:  # else it is a package of somebody else's with that name
                held.extend(part for part in parts if part not in held and os.path.isdir(part))
        return spec


def _several(folders):
    """Names of the packages that more than one folder has, and at least one with an `__init__`."""
    found = {}
    for folder in folders:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.isidentifier() and entry.is_dir():
                    found.setdefault(entry.name, []).append(entry.path)
    several = {name: places for name, places in found.items() if len(places) > 1}
    return {
        name
        for name, places in several.items()
        if any(os.path.isfile(os.path.join(place, "__init__.py")) for place in places)
    }


def _wheels():
    """The folders of wheels on the path."""
    return [entry for entry in sys.path if entry.endswith(_OF_A_WHEEL) and os.path.isdir(entry)]


def _join():
    whole = _Whole(_wheels())
    if whole.names:
        sys.meta_path.insert(0, whole)


def _run_next():
    # Copies of this file may lie in several places of the path: each skips those that ran before it.
    _RAN.add(_HERE)
    others = [entry for entry in sys.path if os.path.abspath(entry) not in _RAN]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_check_python()
if not _RAN:
    _check_versions()
    _join()  # before a .pth file imports a part of another wheel
    _carry_out()
_run_next()
