"""One file from the modules of a package: it means what they mean, or is refused."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from resolver.joining.heads import CannotJoin
from resolver.joining.meaning import check
from resolver.joining.text import joined
from resolver.vendor.contents import server_bytes, server_modules

FUTURE = "from __future__ import annotations\n"
MODULES = {
    "__init__": '"""A program.\n\nMore of it.\n"""\n',
    "__main__": '"""Entry."""\n\n'
    + FUTURE
    + "import sys\nfrom os import path\nfrom a.b.second import (\n    two,\n)\n\n"
    + "HERE = path.dirname(__file__)\nif __name__ == '__main__':\n    sys.stdout.write(two())\n",
    "first": f'"""Ground."""\n\n{FUTURE}import os.path\n\nONE = os.path.sep  # a comment stays\n',
    "second": '"""Above."""\n\n'
    + FUTURE
    + "import os\nfrom a.b.first import ONE\n\n\ndef two():\n    return ONE + os.sep\n",
}
JOINED = """\
# made
\"\"\"A program.

More of it.
\"\"\"

from __future__ import annotations

import os
import os.path
import sys
from os import path


# ------------------------------------------------------------------------------------------------------------- first.py
# Ground.


ONE = os.path.sep  # a comment stays


# ------------------------------------------------------------------------------------------------------------ second.py
# Above.


def two():
    return ONE + os.sep


# ---------------------------------------------------------------------------------------------------------- __main__.py
# Entry.


HERE = path.dirname(__file__)
if __name__ == '__main__':
    sys.stdout.write(two())
"""


def test_modules_become_one_file() -> None:
    check("a.b", MODULES)
    assert joined("a.b", MODULES, "# made\n") == JOINED
    assert joined("a.b", dict(reversed(MODULES.items())), "# made\n") == JOINED


def with_first(head: str = "", body: str = "", *, future: str = FUTURE) -> Mapping[str, str]:
    return {**MODULES, "first": f'"""Ground."""\n\n{future}{head}\nONE = "1"\n{body}'}


HEADS = {
    "relative": (with_first("from . import second\n"), "first: from . import second: only absolute"),
    "of the package itself": (with_first("from a.b import second\n"), "imports from no module of a.b"),
    "as a module": (with_first("import a.b.second\n"), "imports a.b.second: of a only"),
    "of ours elsewhere": (with_first("from a.lock import x\n"), "imports a.lock: of a only"),
    "of a module that is not there": (with_first("from a.b.third import x\n"), "imports from no module"),
    "a second name of ours": (with_first("from a.b.second import two as x\n"), "a second name"),
    "a second name of a module": (with_first("import json as os\n"), "import json as os"),
    "a second name of a name": (with_first("from json import dumps as d\n"), "a second name"),
    "a star": (with_first("from json import *\n"), "a star"),
    "a circle": (
        with_first("from a.b.second import two\n"),
        "first -> second -> first: these import each other|second",
    ),
    "one name for two things": (with_first("from json import path\n"), "imports a path that is not"),
    "a module and a name": (with_first("from json import sys\n"), "imports a sys that is not"),
    "code on the line of an import": (with_first("import json; x = 2\n"), "only absolute imports"),
    "two things in one module": (with_first("import json\nfrom x import json\n"), "imports a json that is not"),
    "other futures": (with_first(future=""), "not the same"),
    "no docstring": ({**MODULES, "first": "ONE = 1\n"}, "does not begin with a docstring"),
    "nobody needs it": (
        {**MODULES, "third": MODULES["first"].replace("ONE", "THREE")},
        "third: is imported by no module",
    ),
    "no entry": ({"__init__": MODULES["__init__"]}, "__main__: is missing"),
}
BODIES = {
    "two definitions": (with_first(body="two = 2\n"), "two: is defined by first and by second"),
    "by a global statement": (with_first(body="def f():\n    global two\n    two = 2\n"), "two: is defined by"),
    "what changes": (with_first(body="def f():\n    global ONE\n    ONE = 2\n"), "imports ONE, which first changes"),
    "a loop's variable": (with_first(body="for two in (1, 2):\n    pass\n"), "two: is defined by first"),
    "under a condition": (with_first(body="if ONE:\n    import two\n"), "two: is defined by first"),
    "an import of another": (with_first(body="sys = 2\n"), "sys: is defined by first and imported"),
    "an import of its own": (with_first("import json\n", "json = 2\n"), "json is imported and bound again"),
    "it ends an import": (with_first("import json\n", "del json\n"), "json is imported and bound again"),
    "ours in a function": (with_first(body="def f():\n    from a.b.second import two\n"), "at the top alone"),
    "ours as a module in a function": (with_first(body="def f():\n    import a.b.second\n"), "at the top alone"),
    "relative in a function": (with_first(body="def f():\n    from . import second\n"), "relative"),
    "an import behind code": (with_first(body="import json\n"), "stands behind other code"),
    "a name of Python": (with_first(body="def open():\n    pass\n"), "open would hide Python's own"),
    "a name of Python, imported": (with_first("from io import open\n"), "open would hide Python's own"),
    "a name from nowhere": (with_first(body="def f():\n    return two()\n"), "uses two, which it neither"),
    "its file": (with_first(body="x = __file__\n"), "__file__: is another"),
    "its name": (with_first(body="def f():\n    return __name__\n"), "__name__: is another"),
    "what it exports": (with_first(body="__all__ = []\n"), "__all__: is another"),
    "its names": (with_first(body="def f():\n    return globals()\n"), "globals: is another"),
    "a name that is not there": (
        {**MODULES, "first": MODULES["first"].replace("ONE", "NONE")},
        "imports ONE from first",
    ),
    "a name of a third": ({**MODULES, "second": MODULES["second"].replace("ONE", "os")}, "imports os from first"),
    "code in __init__": ({**MODULES, "__init__": '"""A."""\nx = 1\n'}, "more than a docstring"),
}


@pytest.mark.parametrize("case", HEADS)
def test_imports_that_one_file_could_not_keep(case: str) -> None:
    modules, told = HEADS[case]
    with pytest.raises(CannotJoin, match=told):
        joined("a.b", modules, "")
    with pytest.raises(CannotJoin, match=told):
        check("a.b", modules)


@pytest.mark.parametrize("case", BODIES)
def test_what_would_mean_something_else(case: str) -> None:
    modules, told = BODIES[case]
    ast.parse(joined("a.b", modules, ""))
    with pytest.raises(CannotJoin, match=told):
        check("a.b", modules)


def test_what_looks_like_another_meaning_and_is_none() -> None:
    body = """
def f(two):
    path = [sys for sys in two]
    import json
    return json, path, {"__file__": 'from . import x'}

class Sys:
    two = 2
    def open(self): return self.open
"""
    check("a.b", with_first(body=body))


# --- the server -----------------------------------------------------------------------------------------------------


def test_the_server_means_as_one_file_what_its_modules_mean() -> None:
    check("resolver.server", server_modules())


def test_the_server_has_the_names_of_its_modules() -> None:
    def names(text: str) -> list[str]:
        body = ast.parse(text).body
        found = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
        targets += [node.target for node in body if isinstance(node, ast.AnnAssign)]
        return sorted([*found, *(target.id for target in targets if isinstance(target, ast.Name))])

    text = server_bytes().decode()
    assert names(text) == sorted(name for module in server_modules().values() for name in names(module))
    assert {"main", "application", "TreeServer", "Site"} <= set(names(text))
    assert text.startswith("#!/usr/bin/env python3\n# The server of a vendored tree, format 1: ")
    assert "resolver.server." not in text
    assert "\r" not in text
