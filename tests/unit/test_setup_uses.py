"""What is read from a setup.py, held against what it does: scripts that hide their changes are run, on two systems."""

from __future__ import annotations

import copy
import io
import random
import sys
import types
from unittest import mock

import pytest

from resolver.metadata.setup_py import read_setup_py

HEAD = "from setuptools import setup\nimport functools, os, sys\nWINDOWS = sys.platform == 'win32'\n"

NOT_STATED = {
    "an unbound method": "r = ['a']\nlist.append(r, 'b')\nsetup(install_requires=r)",
    "an operator's method": "r = ['a']\nr.__iadd__(['b'])\nsetup(install_requires=r)",
    "a method that is looked up": "r = ['a']\ngetattr(r, 'append')('b')\nsetup(install_requires=r)",
    "another order": "r = ['a', 'b']\nr.reverse()\nsetup(install_requires=r)",
    "a function that returns it": "R = ['a']\ndef reqs(): return R\nreqs().append('b')\nsetup(install_requires=R)",
    "a lambda that returns it": "R = ['a']\nreqs = lambda: R\nreqs().append('b')\nsetup(install_requires=R)",
    "a default": "r = ['a']\nf = lambda x=r: x\nf().append('b')\nsetup(install_requires=r)",
    "an attribute of a class": "r = ['a']\nclass C:\n    q = r\nC.q.append('b')\nsetup(install_requires=r)",
    "an attribute by name": "r = ['a']\nC = type('C', (), {'q': r})\nC.q.append('b')\nsetup(install_requires=r)",
    "an item of another list": "r = ['a']\nq = []\nq.append(r)\nq[0].append('b')\nsetup(install_requires=r)",
    "a sum of lists": "r = ['a']\nq = [r] + []\nq[0].append('b')\nsetup(install_requires=r)",
    "a loop over a variable": "r = ['a']\nrs = [r]\nfor q in rs: q.append('b')\nsetup(install_requires=r)",
    "a comprehension": "r = ['a']\nrs = [r]\n[q.append('b') for q in rs]\nsetup(install_requires=r)",
    "zip": "r = ['a']\nfor q, n in zip([r], ['b']): q.append(n)\nsetup(install_requires=r)",
    "a key": "r = ['a']\nsorted(['b'], key=r.append)\nsetup(install_requires=r)",
    "map": "r = ['a']\ndef add(x): x.append('b')\nlist(map(add, [r]))\nsetup(install_requires=r)",
    "a pattern": "r = ['a']\nmatch r:\n    case q: q.append('b')\nsetup(install_requires=r)",
    "a manager": "r = ['a']\nclass K:\n    def __enter__(self): return r\n    def __exit__(self, *_): pass\n"
    "with K() as q: q.append('b')\nsetup(install_requires=r)",
    "a function named like a built-in": "r = ['a']\ndef sorted(x): x.append('b')\nsorted(r)\nsetup(install_requires=r)",
    "a method named like a reader": "r = ['a']\nclass C:\n    def join(self, x): x.append('b')\nC().join(r)\n"
    "setup(install_requires=r)",
    "executed text": "r = ['a']\nexec('r.append(1)')\nsetup(install_requires=r)",
    "executed text and a namespace": "r = ['a']\nexec('q.append(1)', {'q': r})\nsetup(install_requires=r)",
    "its own module": "r = ['a']\nimport __main__\n__main__.r.append('b')\nsetup(install_requires=r)",
    "its own module by name": "r = ['a']\nsys.modules[__name__].r = ['b']\nsetup(install_requires=r)",
    "the variables of a function": "r = ['a']\ndef f(): pass\nf.__globals__['r'] = ['b']\nsetup(install_requires=r)",
    "a setup() put in its place": "import setuptools\nown = setuptools.setup\n"
    "def other(**k):\n    k['install_requires'] = ['b']\n    own(**k)\nsetuptools.setup = other\n"
    "setuptools.setup(install_requires=['a'])",
    "a dict that a function returns": "K = {'install_requires': ['a']}\ndef kw(): return K\n"
    "kw()['install_requires'] = ['b']\nsetup(**K)",
    "a dict's unbound method": "K = {'install_requires': ['a']}\ndict.update(K, install_requires=['b'])\nsetup(**K)",
    "a dict's values": "K = {'install_requires': ['a']}\nfor v in K.values(): v.append('b')\nsetup(**K)",
    "setup() under another name": "s = setup\nif WINDOWS: s(install_requires=['b'])\n"
    "else: setup(install_requires=['a'])",
    "setup() by its name": "import setuptools\nif WINDOWS: getattr(setuptools, 'setup')(install_requires=['b'])\n"
    "else: setup(install_requires=['a'])",
    "half of setup()": "s = functools.partial(setup, install_requires=['b'])\nif WINDOWS: s()\n"
    "else: setup(install_requires=['a'])",
}

OF_THE_MACHINE = {
    "a lambda": "r = ['a']\nf = lambda: r.append('b')\nif WINDOWS: f()\nsetup(install_requires=r)",
    "an argument of a lambda": "r = ['a']\nf = lambda x: r.append(x)\nf(sys.platform)\nsetup(install_requires=r)",
    "a method": "r = ['a']\nclass C:\n    def go(self): r.append('b')\nc = C()\nif WINDOWS: c.go()\n"
    "setup(install_requires=r)",
    "a method that is inherited": "r = ['a']\nclass B:\n    def go(self): r.append('b')\nclass C(B): pass\n"
    "if WINDOWS: C().go()\nsetup(install_requires=r)",
    "an argument of a class": "r = ['a']\nclass C:\n    def __init__(self, x): r.append(x)\nC(sys.platform)\n"
    "setup(install_requires=r)",
    "a property": "r = ['a']\nclass C:\n    @property\n    def p(self): r.append('b')\nif WINDOWS: C().p\n"
    "setup(install_requires=r)",
    "a decorator": "r = ['a']\ndef maybe(f):\n    if WINDOWS: f()\n@maybe\ndef add(): r.append('b')\n"
    "setup(install_requires=r)",
    "a function under another name": "r = ['a']\ndef add(): r.append('b')\ng = add\nif WINDOWS: g()\n"
    "setup(install_requires=r)",
    "a function in a dict": "r = ['a']\ndef add(): r.append('b')\nd = {'x': add}\nif WINDOWS: d['x']()\n"
    "setup(install_requires=r)",
    "a function that is given away": "r = ['a']\ndef add(x): r.append(x)\nif WINDOWS: list(map(add, ['b']))\n"
    "setup(install_requires=r)",
    "a function within one": "r = ['a']\ndef outer():\n    def inner(): r.append('b')\n    return inner\nf = outer()\n"
    "if WINDOWS: f()\nsetup(install_requires=r)",
    "what a function passes through": "r = ['a']\ndef same(x): return x\ny = same(r)\nif WINDOWS: y.append('b')\n"
    "setup(install_requires=r)",
    "a generator": "r = ['a']\ng = (r.append('b') for _ in [1])\nif WINDOWS: list(g)\nsetup(install_requires=r)",
    "a function that yields": "r = ['a']\ndef f():\n    r.append('b')\n    yield\ng = f()\nif WINDOWS: list(g)\n"
    "setup(install_requires=r)",
    "an early end": "r = ['a']\ndef add():\n    if not WINDOWS: return\n    r.append('b')\nadd()\n"
    "setup(install_requires=r)",
    "an early end of a loop": "r = ['a']\nfor x in 'b':\n    if not WINDOWS: continue\n    r.append(x)\n"
    "setup(install_requires=r)",
    "an assertion": "r = ['a']\ndef add():\n    assert WINDOWS\n    r.append('b')\ntry: add()\n"
    "except AssertionError: pass\nsetup(install_requires=r)",
    "an update under a condition": "K = {'install_requires': ['a']}\nif WINDOWS: K.update(install_requires=['b'])\n"
    "setup(**K)",
    "an update that is all there is": "K = {}\nif WINDOWS: K.update(install_requires=['b'])\nsetup(**K)",
    "a key of a dict": "k = 'install_requires' if WINDOWS else 'tests_require'\nsetup(**{k: ['b']})",
    "executed text": "r = ['a']\nexec('q = r')\nif WINDOWS: q.append('b')\nsetup(install_requires=r)",
    "the sys of another module": "import warnings\nsetup(install_requires=[warnings.sys.platform])",
}

STATED = {
    "what is read only": "r = ['a']\nq = r\nprint(len(q), ', '.join(q))\nif 'x' in r: pass\nsetup(install_requires=r)",
    "what two keywords have": "r = ['a']\nsetup(install_requires=r, tests_require=r, extras_require={'x': r})",
    "a loop that reads": "r = ['a']\nfor x in r: print(x)\nsetup(install_requires=r)",
    "a text": "v = 'a'\nf = len\nf(v)\nos.putenv('X', v)\nsetup(install_requires=[v])",
    "a tuple of a sum": "r = ('a',)\ns = r + ('b',)\ns += ('c',)\nsetup(install_requires=r)",
    "a version by exec": "about = {}\nexec('v = 1', about)\nr = ['a']\nsetup(version=about['v'], install_requires=r)",
    "keywords of their own": "kw = dict(name='p', install_requires=['a'])\nkw['version'] = '1'\nsetup(**kw)",
    "a function around it": "def main():\n    setup(install_requires=['a'])\nif __name__ == '__main__': main()",
}

ELSEWHERE = {
    "names from anywhere": "r = ['a']\nfrom requirements import *\nsetup(install_requires=r)",
    "a function named like a built-in": "from helper import print\nr = ['a']\nprint(r)\nsetup(install_requires=r)",
    "another setup()": "from skbuild import setup as other\nif WINDOWS: other(install_requires=['b'])\n"
    "else: setup(install_requires=['a'])",
    "a distribution of its own": "from setuptools import Distribution\nclass D(Distribution):\n"
    "    def __init__(self, attrs): attrs['install_requires'] = ['b']\nsetup(distclass=D, install_requires=['a'])",
    "a command": "from setuptools import Command\nclass C(Command):\n    def run(self):\n"
    "        setattr(self.distribution, 'install_requires', ['b'])\n"
    "setup(cmdclass={'build': C}, install_requires=['a'])",
    "a patched setuptools": "import setuptools.dist\nsetuptools.dist.Distribution.finalize_options = lambda _: None\n"
    "setup(install_requires=['a'])",
}


def _kind(script: str, keyword: str = "install_requires") -> str:
    return read_setup_py((HEAD + script).encode()).keyword(keyword).kind


@pytest.mark.parametrize("script", NOT_STATED.values(), ids=NOT_STATED)
def test_a_list_that_changes_is_not_stated(script: str) -> None:
    assert _kind(script) != "stated"
    _check(script)


@pytest.mark.parametrize("script", OF_THE_MACHINE.values(), ids=OF_THE_MACHINE)
def test_a_change_that_hides_its_condition(script: str) -> None:
    assert _kind(script) == "dependent"
    _check(script)


@pytest.mark.parametrize("script", STATED.values(), ids=STATED)
def test_what_is_only_read_stays_stated(script: str) -> None:
    assert _kind(script) == "stated"
    _check(script)


@pytest.mark.parametrize("script", ELSEWHERE.values(), ids=ELSEWHERE)
def test_code_from_elsewhere_is_asked_for(script: str) -> None:
    assert _kind(script) == "dependent"


def test_a_long_script_takes_no_longer_for_each_of_its_lines() -> None:
    """Each line is within what decides on all of them: to look at that for each would take minutes."""
    lines = "".join(f"        r.append('a{number}')\n        if late: return\n" for number in range(1000))
    script = f"late = False\nr = []\ndef main():\n    try:\n{lines}    except OSError: pass\nmain()\n"
    assert _kind(f"{script}setup(install_requires=r)") == "computed"


STATEMENTS = """\
{o}.append('b')|list.append({o}, 'b')|add({o})|w = {o}|w = [{o}]|w = {v}|q = {v}|q += {v}|{o}.extend({v})|k = K({o})
K.v = {o}|def fn(): return {o}|fn = lambda: {o}|pair = [{o}, q]|pair = ({o},)|h = [{o}] + []|d = dict(e)|k.go()
for w in [{o}]: w.append('c')|for w in pair: w.append('c')|list(map(add, [{o}]))|[add(w) for w in [{o}]]
e.update(x={v})|kw['extras_require'] = e|kw.update(extras_require={{'z': {o}}})|(w := {o}).append('d')|w, q = {o}, q
g = (w.append('z') for w in [{o}])|list(g)|f = {o}.append|f('y')|def f(z='k'): {o}.append(z)|f(sys.platform)
def f(z='k'):\\n    if not WINDOWS: return\\n    {o}.append(z)|f = functools.partial(add, {o})|f()|print({o}, len({o}))
del {o}[0]|{o}[:] = ['s']|w = sorted({o})|w += ['t']|match {o}:\\n    case w: w.append('m')|setattr(K, 'v', {o})
K.v.append('n')|def gen():\\n    yield {o}\\nw = next(gen())|w.append('e')|w.append('e')|e['x'] = {v}|d = {{'x': {o}}}
"""
OBJECTS = ["r", "r", "q", "e['x']", "e.get('x')", "k.z", "K.v", "fn()", "pair[0]", "h[0]", "d['x']", "same(r)", "w"]
VALUES = ["['b']", "[sys.platform]", "[x for x in r]", "r + ['c']", "list(r)", "r", "same(r)", "q", "['w'] * WINDOWS"]
BEGIN = """\
r = ['a']
e = {'x': ['a']}
kw = {'name': 'n'}
q = []
w = []
d = {'x': []}
pair = [[]]
h = [[]]
g = []
def same(z): return z
def add(z): z.append('b')
class K:
    v = []
    def __init__(self, z): self.z = z
    def go(self): self.z.append('b')
k = K([])
"""
ENDS = [
    "setup(install_requires=r, extras_require=e)",
    "setup(install_requires=r + q, extras_require=e)",
    "setup(install_requires=q)",
    "kw['install_requires'] = r\nsetup(**kw)",
    "kw = dict(install_requires=r, extras_require=e)\nsetup(**kw)",
    "def main():\n    setup(install_requires=r, extras_require=e)\nmain()",
    "setup(install_requires=[i for i in r])",
]


@pytest.mark.parametrize("seed", range(40))
def test_random_scripts(seed: int) -> None:
    chance = random.Random(seed)
    statements = [one.replace("\\n", "\n") for line in STATEMENTS.splitlines() for one in line.split("|")]
    for _ in range(10):
        lines = [BEGIN]
        for _ in range(chance.randint(1, 6)):
            line = chance.choice(statements).format(o=chance.choice(OBJECTS), v=chance.choice(VALUES))
            inner = line.replace("\n", "\n    ")
            lines.append(f"if WINDOWS:\n    {inner}" if chance.random() < 0.4 else line)
        _check("\n".join([*lines, chance.choice(ENDS)]))


def _check(script: str) -> None:
    """What is said to be stated is what comes out, and what is not said to depend on the machine is alike on both."""
    found = [_run(script, platform) for platform in ("linux", "win32")]
    if None in found:
        return
    linux, windows = (one for one in found if one is not None)
    read = read_setup_py((HEAD + script).encode())
    for keyword in ("install_requires", "extras_require"):
        finding = read.keyword(keyword)
        if finding.kind == "dependent":
            continue
        assert linux.get(keyword) == windows.get(keyword), script
        if finding.kind != "computed":
            stated = linux.get(keyword)
            assert finding.value == (list(stated) if isinstance(stated, tuple) else stated), script


def _run(script: str, platform: str) -> dict[str, object] | None:
    """The keywords that ``setup()`` gets at first, or None for a script that fails."""
    got: list[dict[str, object]] = []
    fake, main = types.ModuleType("setuptools"), types.ModuleType("__main__")
    vars(fake)["setup"] = lambda **keywords: got.append(copy.deepcopy(keywords))
    with (
        mock.patch.dict(sys.modules, {"setuptools": fake, "__main__": main}),
        mock.patch.object(sys, "platform", platform),
        mock.patch.object(sys, "stdout", io.StringIO()),
    ):
        try:
            exec(compile(HEAD + script, "setup.py", "exec"), vars(main))
        except (AttributeError, IndexError, KeyError, NameError, TypeError):
            return None
    return got[0] if got else None
