"""What flows into ``install_requires`` of a setup.py: stated, computed alike everywhere, or asked of the machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.metadata.model import SdistFiles
from resolver.metadata.setup_keywords import SetupKeywords, asked_of_setuptools
from resolver.metadata.setup_py import read_setup_py

SETUP = "from setuptools import setup\nimport os, sys, re, io, platform\n"

ALIKE_EVERYWHERE = {
    "read from a file": "def read(p):\n    with open(os.path.join(os.path.dirname(__file__), p)) as f:\n"
    "        return f.read()\nsetup(install_requires=read('requirements.txt').splitlines())",
    "a comprehension": "setup(install_requires=[l.strip() for l in open('r.txt') if not l.startswith('#')])",
    "split": "setup(install_requires='a b'.split())",
    "text put together": "v = '1'\nsetup(install_requires=[f'a=={v}', 'b==%s' % v, 'c=={}'.format(v)])",
    "an extra that joins others": "e = {'x': ['a'], 'y': ['b']}\ne['all'] = sum(e.values(), [])\n"
    "setup(install_requires=e['all'])",
    "a version by regular expression": "v = re.search('v = (.*)', io.open('p.py').read()).group(1)\n"
    "setup(version=v, install_requires=['a==' + v])",
    "the machine decides on something else": "ext = []\nif sys.platform == 'win32':\n    ext.append(1)\n"
    "kw = dict(ext_modules=ext, install_requires=['a'] * 1)\nkw['data_files'] = os.environ.get('X')\nsetup(**kw)",
    "too old a Python is refused": "if sys.version_info < (3, 6):\n    sys.exit('no')\n"
    "setup(install_requires=['a'] + list(('b',)))",
    "a readme that may be missing": "try:\n    long = open('README').read()\nexcept IOError:\n    long = ''\n"
    "setup(long_description=long, install_requires=['a' for _ in range(1)])",
    "a version by exec": "about = {}\nexec(open('v.py').read(), about)\nr = ['a']\nr.append('b')\n"
    "setup(version=about['v'], install_requires=r)",
}

OF_THE_MACHINE = {
    "by system": "r = []\nif sys.platform == 'win32':\n    r.append('a')\nsetup(install_requires=r)",
    "by system, in one expression": "setup(install_requires=['a'] if os.name == 'nt' else [])",
    "by Python, in a function": "def r():\n    if sys.version_info < (3,):\n        return ['a']\n    return []\n"
    "setup(install_requires=r())",
    "by a flag from elsewhere": "from six import PY2\nsetup(install_requires=['a'] if PY2 else [])",
    "by a name imported alone": "from sys import platform as p\nr = [x for x in ['a'] if p]\nsetup(install_requires=r)",
    "by what is installed": "try:\n    import cv2\n    r = []\nexcept ImportError:\n    r = ['opencv']\n"
    "setup(install_requires=r)",
    "by what is installed, through a flag": "try:\n    import json, cv2\n    has = True\nexcept ImportError:\n"
    "    has = False\nr = []\nif not has:\n    r += ['opencv']\nsetup(install_requires=r)",
    "by a file of the system": "r = ['a'] if os.path.exists('/etc/redhat-release') else []\nsetup(install_requires=r)",
    "by environment variable, under another name": "r = []\nq = r\nif os.environ.get('X'):\n    q.append('a')\n"
    "setup(install_requires=r)",
    "by a parameter": "def go(r):\n    setup(install_requires=r)\ngo([platform.system()])",
    "in a dict of keywords": "kw = {'name': 'p'}\nif sys.maxsize > 2**32:\n    kw['install_requires'] = ['a']\n"
    "setup(**kw)",
    "under a key that is computed": "kw = {}\nfor k in ['install_requires']:\n    kw[k] = [sys.platform]\nsetup(**kw)",
    "through another dict": "kw = {}\nmore = {'install_requires': [platform.machine()]}\nkw.update(more)\nsetup(**kw)",
    "from its own package": "import p\nsetup(install_requires=p.requires)",
    "from a name that exec sets": "exec(open('r.py').read())\nsetup(install_requires=requires)",
    "in one of two calls": "if os.name == 'nt':\n    setup(install_requires=['a'])\nelse:\n"
    "    setup(install_requires=['b'])",
    "in the condition of a call to a helper": "r = []\ndef add():\n    r.append('a')\nif sys.argv:\n    add()\n"
    "setup(install_requires=r)",
    "by a pattern": "match sys.platform:\n    case 'win32':\n        r = ['a']\n    case _:\n        r = []\n"
    "setup(install_requires=r)",
    "by a pattern that binds": "r = ['a']\nmatch [['b']] if sys.maxsize > 2**32 else 0:\n    case [r]:\n        pass\n"
    "setup(install_requires=r)",
    "by what is and": "r = []\nsys.platform == 'win32' and r.append('a')\nsetup(install_requires=r)",
    "by how often": "r = []\n[r.append('a') for _ in range(os.name == 'nt')]\nsetup(install_requires=r)",
    "in a coroutine": "r = []\nasync def add():\n    r.append('a')\nimport asyncio\nif os.name == 'nt':\n"
    "    asyncio.run(add())\nsetup(install_requires=r)",
    "by an attribute of the distribution": "from setuptools.command.build import build\nclass B(build):\n"
    "    def run(self):\n        self.distribution.install_requires.append('a')\n"
    "setup(cmdclass={'build': B}, install_requires=[])",
    "by a home directory": "from pathlib import Path\nsetup(install_requires=(Path.home() / 'r').read_text())",
    "by how paths are written": "setup(install_requires=['a'] if os.sep == '/' else [])",
    "by getattr": "setup(install_requires=[getattr(sys, 'platform')])",
    "under a loop's variable": "a, b = [], []\nfor q in (a, b):\n    q.append(sys.platform)\nsetup(install_requires=a)",
}


@pytest.mark.parametrize(
    "script",
    [
        "k = 'name'\nsetup(**{k: 'p'})",
        "kw = {'install_requires': ['a']}\nsetup(**{**kw})",
        "kw = {'install_requires': ['a']}\nmore = kw\nsetup(**more)",
        "r = ['a']\ndef add(to=r):\n    to.append('b')\nadd()\nsetup(install_requires=r)",
        "r = ['a']\nadd = r.append\nadd('b')\nsetup(install_requires=r)",
        "r = ['a']\nlist(map(r.append, ['b']))\nsetup(install_requires=r)",
    ],
)
def test_what_is_only_seen_in_part_is_not_stated(script: str) -> None:
    assert read_setup_py((SETUP + script).encode()).keyword("install_requires").kind == "computed"


@pytest.mark.parametrize("script", ALIKE_EVERYWHERE.values(), ids=ALIKE_EVERYWHERE)
def test_computed_alike_on_every_machine(script: str) -> None:
    found = read_setup_py((SETUP + script).encode()).keyword("install_requires")
    assert found.kind == "computed", found.reason


@pytest.mark.parametrize("script", OF_THE_MACHINE.values(), ids=OF_THE_MACHINE)
def test_asked_of_the_machine(script: str) -> None:
    found = read_setup_py((SETUP + script).encode()).keyword("install_requires")
    assert found.kind == "dependent"
    assert "setup.py" in found.reason


def test_a_cookie_is_heeded() -> None:
    script = "# -*- coding: latin-1 -*-\n" + SETUP + "setup(author='Jörg', install_requires=['a'])"
    for encoding in ("latin-1", "utf-8"):
        assert read_setup_py(script.encode(encoding)).keyword("install_requires").value == ["a"]
    undeclared = (SETUP + "setup(author='Jörg', install_requires=['a'])").encode("latin-1")
    assert read_setup_py(undeclared).keyword("install_requires").value == ["a"]


def test_python_2_is_absent_only_where_nothing_is_mentioned() -> None:
    found = read_setup_py(b"from setuptools import setup\nprint 'x'\nsetup(install_requires=['a'])")
    assert found.keyword("install_requires").kind == "dependent"
    assert found.keyword("setup_requires").kind == "absent"


FRAGMENTS = st.lists(st.sampled_from([*ALIKE_EVERYWHERE.values(), *OF_THE_MACHINE.values(), "x = 1", "del r"])).map(
    "\n".join
)


@given(st.binary() | FRAGMENTS.map(str.encode) | FRAGMENTS.map(lambda text: text[: len(text) // 2].encode()))
def test_it_never_raises(source: bytes) -> None:
    read_setup_py(source)


EXTRAS = """
import sys
from setuptools import setup
ssl = []
if sys.hexversion < 0x03050000:
    ssl.append('ipaddress')
setup(name='s', install_requires=['six'], extras_require={'ssl': ssl, %s})
"""


def test_extras_that_depend_on_the_machine_leave_the_rest_sure() -> None:
    def asked(more: str) -> SetupKeywords:
        return asked_of_setuptools(SdistFiles(files={"setup.py": (EXTRAS % more).encode()}))

    alone = asked("'x': ['y']")
    assert alone.uncertain is None
    assert alone.uncertain_extras is not None
    # A key that begins with a colon is no extra's: what it holds is for everybody.
    assert asked("""':python_version < "3"': ssl""").uncertain is not None
