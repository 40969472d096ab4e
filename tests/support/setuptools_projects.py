"""Projects for setuptools, with what its hook answers for them.

The answers are recorded: what ``get_requires_for_build_wheel`` of setuptools 58.0.4, 65.5.1, 70.0.0 and 80.9.0 says (on
CPython 3.8, 3.11 and 3.12, Linux), without the ``wheel`` of those before 70.1; None where it fails, or says what is no
requirement. All four agree, and so does 40.8.0, except where it cannot parse a comment or has no default setup.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_CFG = "[metadata]\nname = p\n[options]\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """``answer``: of the hook. ``files`` by their path."""

    answer: list[str] | None
    files: Mapping[str, str]


def _script(answer: list[str], *lines: str) -> Project:
    """A setup.py of these lines."""
    return Project(answer=answer, files={"setup.py": "".join(f"{line}\n" for line in lines)})


def _calls(answer: list[str], *lines: str) -> Project:
    """A setup.py that imports ``setup`` before these lines."""
    return _script(answer, "from setuptools import setup", *lines)


def _options(answer: list[str] | None, *lines: str, call: str = "setup()") -> Project:
    """A setup.cfg with these lines under ``[options]``, and a setup.py that makes the ``call``."""
    return Project(
        answer=answer, files={**_calls([], call).files, "setup.cfg": _CFG + "".join(f"{line}\n" for line in lines)}
    )


PROJECTS = {
    "plain": _calls([], "setup(name='p')"),
    "list": _calls(
        ["pbr>=1", 'six; python_version<"3"'], "setup(name='p', setup_requires=['pbr>=1', \"six; python_version<'3'\"])"
    ),
    "text": _calls(["pbr>=1", "six"], "setup(name='p', setup_requires='''", "# c", "pbr>=1  # why", "six", "''')"),
    "empty": _calls([], "setup(name='p', setup_requires=[])"),
    "none": _calls([], "setup(name='p', setup_requires=None)"),
    "tuple of variables": _calls(["a", "b"], "A = ['a']", "setup(name='p', setup_requires=A + ['b'])"),
    "alias": _script(["a"], "from setuptools import setup as s", 's(name="p", setup_requires=["a"])'),
    "module alias": _script(["a"], "import setuptools as st", 'st.setup(name="p", setup_requires=["a"])'),
    "star": _script(["a"], "from setuptools import *", 'setup(name="p", setup_requires=["a"])'),
    "distutils": _script([], "from distutils.core import setup", 'setup(name="p", setup_requires=["a"])'),
    "try distutils": _script(
        ["a"],
        "try:",
        "    from setuptools import setup",
        "except ImportError:",
        "    from distutils.core import setup",
        'setup(name="p", setup_requires=["a"])',
    ),
    "kwargs": _calls(["a"], "kw = dict(name='p', setup_requires=['a'])", "setup(**kw)"),
    "kwargs display": _calls(["a"], "setup(**{'name': 'p', 'setup_requires': ['a']})"),
    "kwargs changed": _calls(["a"], "kw = {'name': 'p'}", "kw['setup_requires'] = ['a']", "setup(**kw)"),
    "kwargs updated": _calls(["a"], "kw = {'name': 'p'}", "kw.update(setup_requires=['a'])", "setup(**kw)"),
    "kwargs renamed": _calls(
        ["a"], "kw = {'name': 'p'}", "other = kw", "other['setup_requires'] = ['a']", "setup(**kw)"
    ),
    "kwargs elsewhere": _calls(
        [], "kw = {'name': 'p'}", "kw['ext_modules'] = []", "kw.update(version='1')", "setup(**kw)"
    ),
    "kwargs of a function": _calls(
        ["a"], "def kw():", "    return {'name': 'p', 'setup_requires': ['a']}", "setup(**kw())"
    ),
    "appended by platform": _calls(
        ["a"],
        "import sys",
        "r = []",
        "if sys.platform != 'win32':",
        "    r.append('a')",
        "setup(name='p', setup_requires=r)",
    ),
    "appended under another name": _calls(
        ["a"], "r = []", "q = r", "q.append('a')", "setup(name='p', setup_requires=r)"
    ),
    "appended by a function": _calls(
        ["a"], "def add(to):", "    to.append('a')", "r = []", "add(r)", "setup(name='p', setup_requires=r)"
    ),
    "appended in a dict": _calls(
        ["a"], "r = []", "d = {'k': r}", "d['k'].append('a')", "setup(name='p', setup_requires=r)"
    ),
    "appended in a loop": _calls(
        ["a"], "r = []", "for q in (r, []):", "    q.append('a')", "setup(name='p', setup_requires=r)"
    ),
    "augmented": _calls(["a"], "r = []", "r += ['a']", "setup(name='p', setup_requires=r)"),
    "walrus": _calls(["a"], "(r := []).append('a')", "setup(name='p', setup_requires=r)"),
    "imported": _calls(
        ["a"],
        "try:",
        "    from nowhere import r",
        "except ImportError:",
        "    r = ['a']",
        "setup(name='p', setup_requires=r)",
    ),
    "shadowed": _calls(["a"], "r = ['b']", "def go(r):", "    setup(name='p', setup_requires=r)", "go(['a'])"),
    "own setup": _calls(
        ["a"],
        "real = setup",
        "def setup(**kw):",
        "    kw.setdefault('setup_requires', []).append('a')",
        "    real(**kw)",
        "setup(name='p')",
    ),
    "two calls": _calls(
        ["a"], "import sys", "if sys.argv:", "    setup(name='p', setup_requires=['a'])", "else:", "    setup(name='p')"
    ),
    "two same calls": _calls(
        ["a"],
        "try:",
        "    setup(name='p', setup_requires=['a'], ext_modules=[])",
        "except KeyError:",
        "    setup(name='p', setup_requires=['a'])",
    ),
    "distribution": _calls(
        [],
        "from setuptools import Distribution",
        "class D(Distribution):",
        "    def finalize_options(self):",
        "        self.install_requires = ['z']",
        "        Distribution.finalize_options(self)",
        "setup(name='p', distclass=D)",
    ),
    "pytest runner": _calls(
        [],
        "import sys",
        "n = {'pytest', 'test'}.intersection(sys.argv)",
        "r = ['pytest-runner'] if n else []",
        "setup(name='p', setup_requires=r)",
    ),
    "publish": _calls(
        ["a"],
        "import os, sys",
        "if sys.argv[-1] == 'publish':",
        "    os.system('true')",
        "    sys.exit()",
        "if sys.version_info < (3, 0):",
        "    sys.exit('no')",
        "setup(name='p', setup_requires=['a'])",
    ),
    "cfg lines": _options(["a>=1", 'b; python_version<"3"'], "setup_requires =", "  a>=1", "  b; python_version<'3'"),
    "cfg semicolons": _options(["a", "b"], "setup_requires = a; b"),
    "cfg and py": _options(["a"], "setup_requires = b", call="setup(setup_requires=['a'])"),
    "cfg and empty py": _options(["b"], "setup_requires = b", call="setup(setup_requires=[])"),
    "cfg dashes": _options(["b"], "setup-requires = b"),
    "cfg file": _options(None, "setup_requires = file: r.txt"),
    "cfg twice": _options(None, "setup_requires = a", "[options]", "setup_requires = b"),
    "cfg alone": Project(
        answer=["b"],
        files={
            "setup.cfg": f"{_CFG}setup_requires = b\n",
            "pyproject.toml": "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n",
        },
    ),
    "cfg comment": _options(["a", "c"], "setup_requires =", "  a", "  # b", "  c  # d"),
}
