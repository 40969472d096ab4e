"""Projects for setuptools, with what its hook answers for them.

``ANSWERS`` is recorded: what ``get_requires_for_build_wheel`` of setuptools 58.0.4, 65.5.1, 70.0.0 and 80.9.0 says (on
CPython 3.8, 3.11 and 3.12, Linux), without the ``wheel`` of those before 70.1; None where it fails, or says what is no
requirement. All four agree, and so does 40.8.0, except where it cannot parse a comment or has no default setup.py.
"""

from __future__ import annotations

PROJECTS: dict[str, dict[str, str]] = {
    "plain": {
        "setup.py": """\
from setuptools import setup
setup(name='p')
""",
    },
    "list": {
        "setup.py": """\
from setuptools import setup
setup(name='p', setup_requires=['pbr>=1', "six; python_version<'3'"])
""",
    },
    "text": {
        "setup.py": """\
from setuptools import setup
setup(name='p', setup_requires='''
# c
pbr>=1  # why
six
''')
""",
    },
    "empty": {
        "setup.py": """\
from setuptools import setup
setup(name='p', setup_requires=[])
""",
    },
    "none": {
        "setup.py": """\
from setuptools import setup
setup(name='p', setup_requires=None)
""",
    },
    "tuple of variables": {
        "setup.py": """\
from setuptools import setup
A = ['a']
setup(name='p', setup_requires=A + ['b'])
""",
    },
    "alias": {
        "setup.py": """\
from setuptools import setup as s
s(name="p", setup_requires=["a"])
""",
    },
    "module alias": {
        "setup.py": """\
import setuptools as st
st.setup(name="p", setup_requires=["a"])
""",
    },
    "star": {
        "setup.py": """\
from setuptools import *
setup(name="p", setup_requires=["a"])
""",
    },
    "distutils": {
        "setup.py": """\
from distutils.core import setup
setup(name="p", setup_requires=["a"])
""",
    },
    "try distutils": {
        "setup.py": """\
try:
    from setuptools import setup
except ImportError:
    from distutils.core import setup
setup(name="p", setup_requires=["a"])
""",
    },
    "kwargs": {
        "setup.py": """\
from setuptools import setup
kw = dict(name='p', setup_requires=['a'])
setup(**kw)
""",
    },
    "kwargs display": {
        "setup.py": """\
from setuptools import setup
setup(**{'name': 'p', 'setup_requires': ['a']})
""",
    },
    "kwargs changed": {
        "setup.py": """\
from setuptools import setup
kw = {'name': 'p'}
kw['setup_requires'] = ['a']
setup(**kw)
""",
    },
    "kwargs updated": {
        "setup.py": """\
from setuptools import setup
kw = {'name': 'p'}
kw.update(setup_requires=['a'])
setup(**kw)
""",
    },
    "kwargs renamed": {
        "setup.py": """\
from setuptools import setup
kw = {'name': 'p'}
other = kw
other['setup_requires'] = ['a']
setup(**kw)
""",
    },
    "kwargs elsewhere": {
        "setup.py": """\
from setuptools import setup
kw = {'name': 'p'}
kw['ext_modules'] = []
kw.update(version='1')
setup(**kw)
""",
    },
    "kwargs of a function": {
        "setup.py": """\
from setuptools import setup
def kw():
    return {'name': 'p', 'setup_requires': ['a']}
setup(**kw())
""",
    },
    "appended by platform": {
        "setup.py": """\
from setuptools import setup
import sys
r = []
if sys.platform != 'win32':
    r.append('a')
setup(name='p', setup_requires=r)
""",
    },
    "appended under another name": {
        "setup.py": """\
from setuptools import setup
r = []
q = r
q.append('a')
setup(name='p', setup_requires=r)
""",
    },
    "appended by a function": {
        "setup.py": """\
from setuptools import setup
def add(to):
    to.append('a')
r = []
add(r)
setup(name='p', setup_requires=r)
""",
    },
    "appended in a dict": {
        "setup.py": """\
from setuptools import setup
r = []
d = {'k': r}
d['k'].append('a')
setup(name='p', setup_requires=r)
""",
    },
    "appended in a loop": {
        "setup.py": """\
from setuptools import setup
r = []
for q in (r, []):
    q.append('a')
setup(name='p', setup_requires=r)
""",
    },
    "augmented": {
        "setup.py": """\
from setuptools import setup
r = []
r += ['a']
setup(name='p', setup_requires=r)
""",
    },
    "walrus": {
        "setup.py": """\
from setuptools import setup
(r := []).append('a')
setup(name='p', setup_requires=r)
""",
    },
    "imported": {
        "setup.py": """\
from setuptools import setup
try:
    from nowhere import r
except ImportError:
    r = ['a']
setup(name='p', setup_requires=r)
""",
    },
    "shadowed": {
        "setup.py": """\
from setuptools import setup
r = ['b']
def go(r):
    setup(name='p', setup_requires=r)
go(['a'])
""",
    },
    "own setup": {
        "setup.py": """\
from setuptools import setup
real = setup
def setup(**kw):
    kw.setdefault('setup_requires', []).append('a')
    real(**kw)
setup(name='p')
""",
    },
    "two calls": {
        "setup.py": """\
from setuptools import setup
import sys
if sys.argv:
    setup(name='p', setup_requires=['a'])
else:
    setup(name='p')
""",
    },
    "two same calls": {
        "setup.py": """\
from setuptools import setup
try:
    setup(name='p', setup_requires=['a'], ext_modules=[])
except KeyError:
    setup(name='p', setup_requires=['a'])
""",
    },
    "distribution": {
        "setup.py": """\
from setuptools import setup
from setuptools import Distribution
class D(Distribution):
    def finalize_options(self):
        self.install_requires = ['z']
        Distribution.finalize_options(self)
setup(name='p', distclass=D)
""",
    },
    "pytest runner": {
        "setup.py": """\
from setuptools import setup
import sys
n = {'pytest', 'test'}.intersection(sys.argv)
r = ['pytest-runner'] if n else []
setup(name='p', setup_requires=r)
""",
    },
    "publish": {
        "setup.py": """\
from setuptools import setup
import os, sys
if sys.argv[-1] == 'publish':
    os.system('true')
    sys.exit()
if sys.version_info < (3, 0):
    sys.exit('no')
setup(name='p', setup_requires=['a'])
""",
    },
    "cfg lines": {
        "setup.py": """\
from setuptools import setup
setup()
""",
        "setup.cfg": """\
[metadata]
name = p
[options]
setup_requires =
  a>=1
  b; python_version<'3'
""",
    },
    "cfg semicolons": {
        "setup.py": """\
from setuptools import setup
setup()
""",
        "setup.cfg": """\
[metadata]
name = p
[options]
setup_requires = a; b
""",
    },
    "cfg and py": {
        "setup.py": """\
from setuptools import setup
setup(setup_requires=['a'])
""",
        "setup.cfg": """\
[metadata]
name = p
[options]
setup_requires = b
""",
    },
    "cfg and empty py": {
        "setup.py": """\
from setuptools import setup
setup(setup_requires=[])
""",
        "setup.cfg": """\
[metadata]
name = p
[options]
setup_requires = b
""",
    },
    "cfg dashes": {
        "setup.py": """\
from setuptools import setup
setup()
""",
        "setup.cfg": """\
[metadata]
name = p
[options]
setup-requires = b
""",
    },
    "cfg file": {
        "setup.py": """\
from setuptools import setup
setup()
""",
        "setup.cfg": """\
[metadata]
name = p
[options]
setup_requires = file: r.txt
""",
    },
    "cfg twice": {
        "setup.py": """\
from setuptools import setup
setup()
""",
        "setup.cfg": """\
[metadata]
name = p
[options]
setup_requires = a
[options]
setup_requires = b
""",
    },
    "cfg alone": {
        "setup.cfg": """\
[metadata]
name = p
[options]
setup_requires = b
""",
        "pyproject.toml": """\
[build-system]
requires = ['setuptools']
build-backend = 'setuptools.build_meta'
""",
    },
    "cfg comment": {
        "setup.py": """\
from setuptools import setup
setup()
""",
        "setup.cfg": """\
[metadata]
name = p
[options]
setup_requires =
  a
  # b
  c  # d
""",
    },
}

ANSWERS: dict[str, list[str] | None] = {
    "plain": [],
    "list": ["pbr>=1", 'six; python_version<"3"'],
    "text": ["pbr>=1", "six"],
    "empty": [],
    "none": [],
    "tuple of variables": ["a", "b"],
    "alias": ["a"],
    "module alias": ["a"],
    "star": ["a"],
    "distutils": [],
    "try distutils": ["a"],
    "kwargs": ["a"],
    "kwargs display": ["a"],
    "kwargs changed": ["a"],
    "kwargs updated": ["a"],
    "kwargs renamed": ["a"],
    "kwargs elsewhere": [],
    "kwargs of a function": ["a"],
    "appended by platform": ["a"],
    "appended under another name": ["a"],
    "appended by a function": ["a"],
    "appended in a dict": ["a"],
    "appended in a loop": ["a"],
    "augmented": ["a"],
    "walrus": ["a"],
    "imported": ["a"],
    "shadowed": ["a"],
    "own setup": ["a"],
    "two calls": ["a"],
    "two same calls": ["a"],
    "distribution": [],
    "pytest runner": [],
    "publish": ["a"],
    "cfg lines": ["a>=1", 'b; python_version<"3"'],
    "cfg semicolons": ["a", "b"],
    "cfg and py": ["a"],
    "cfg and empty py": ["b"],
    "cfg dashes": ["b"],
    "cfg file": None,
    "cfg twice": None,
    "cfg alone": ["b"],
    "cfg comment": ["a", "c"],
}
