"""What a setup.py passes to ``setup()``, read from its syntax tree and never by running it.

Each keyword is either absent, or stated, or computed from the sdist's own files (the same on every machine), or
dependent on the machine that runs it. Only the last is a question for the backend. `setup_flow` says what is not seen.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal

from resolver.metadata.setup_flow import Flow, concerning, values_for
from resolver.metadata.setup_uses import EXECUTORS, INSTALLERS, MUTATORS, SETUPS, Uses
from resolver.records import field, record

Kind = Literal["absent", "stated", "computed", "dependent"]

KEYWORDS = ("setup_requires", "install_requires", "extras_require", "python_requires")
_MODULES_OF_SETUP = {name.rpartition(".")[0] for name in SETUPS}
_ENCODINGS = {"utf-8", "utf-8-sig", "iso-8859-1", "iso-8859-15", "ascii", "us-ascii", "cp1252", "windows-1252"}
_NAMESPACES = {"globals", "locals", "vars"}
_FRAMES = {"__globals__", "f_globals", "f_locals"}
_PARTS_OF_BUILDS = {
    "archive_util", "ccompiler", "command", "compat", "cygwinccompiler", "debug", "dir_util", "errors", "extension",
    "file_util", "log", "msvc", "msvc9compiler", "msvccompiler", "py39compat", "spawn", "sysconfig", "unixccompiler",
    "util", "version",
}  # fmt: skip
"""Modules of setuptools and distutils that have no say in the keywords of ``setup()``."""

_DEEPEST = 20  # expressions within one another; a variable that is made of itself has no end


@record
class Finding:
    """``value`` is set where ``kind`` is ``stated``; ``reason`` where it is ``dependent``."""

    kind: Kind
    value: object = None
    reason: str = ""


ABSENT = Finding(kind="absent")
COMPUTED = Finding(kind="computed")


@record
class SetupPy:
    """The ``KEYWORDS`` of the ``setup()`` call; ``others`` is the finding for one that is not in ``keywords``.

    ``by_distutils``: it is the ``setup()`` of distutils, which heeds ``setup_requires`` nowhere.
    """

    keywords: Mapping[str, Finding] = field(default_factory=dict)
    others: Finding = ABSENT
    by_distutils: bool = False

    def keyword(self, name: str) -> Finding:
        """What is known of one keyword."""
        return self.keywords.get(name, self.others)


@lru_cache(maxsize=256)  # every environment asks the same of each sdist
def read_setup_py(source: bytes) -> SetupPy:
    """Analyse the text of a setup.py. Never raises."""
    text = _decode(source)
    if text is None:
        return _all_dependent("it is in an encoding that cannot be read without running it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the parser, about escapes in strings of the project
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return _not_python_3(text)
    except (RecursionError, MemoryError):
        return _all_dependent("it is nested too deeply to be read")
    try:
        return _Reader(tree).read()
    except RecursionError:
        return _all_dependent("it is nested too deeply to be read")


def _decode(source: bytes) -> str | None:
    """The text by its coding cookie (PEP 263), or None for an encoding that is no superset of ASCII.

    Without a cookie, what is not UTF-8 is an old file, and is read as Latin-1.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError:
        cookie = b"coding" in b"\n".join(source.splitlines()[:2])
        return None if cookie else source.decode("latin-1")
    if encoding.lower() not in _ENCODINGS:
        return None
    try:
        return source.decode(encoding)
    except UnicodeDecodeError:
        return source.decode("latin-1")


def _not_python_3(text: str) -> SetupPy:
    """Of a file that cannot be parsed no more is known than that a keyword which it never mentions is absent."""
    reason = "setup.py is not Python 3, and cannot be read without running it"
    rest = Finding(kind="dependent", reason=reason)
    if "**" in text or "fetch_build_eggs" in text:
        return SetupPy(others=rest)
    return SetupPy(keywords={name: ABSENT for name in KEYWORDS if name not in text}, others=rest)


def _all_dependent(reason: str) -> SetupPy:
    return SetupPy(others=_dependent(reason))


def _dependent(reason: str) -> Finding:
    return Finding(kind="dependent", reason=f"setup.py cannot be read without running it: {reason}")


class _Reader:
    """One parsed setup.py."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._uses = Uses(tree)
        self._flow = Flow(self._uses)

    def read(self) -> SetupPy:
        calls = [node for node in ast.walk(self._tree) if isinstance(node, ast.Call) and self._is_setup(node.func)]
        if not calls:
            return _all_dependent("it calls no setup() of setuptools that can be seen")
        spreads = (keyword.value for call in calls for keyword in call.keywords if keyword.arg is None)
        self._flow.spreads.update(value.id for value in spreads if isinstance(value, ast.Name))
        foreign = self._foreign(calls)
        if foreign:
            return _all_dependent(foreign)
        keywords = {name: self._keyword(calls, name) for name in KEYWORDS}
        by = {name.partition(".")[0] for call in calls for name in self._uses.dotted(call.func)}
        readable = keywords["setup_requires"].kind != "dependent"
        if by == {"distutils"} and readable:
            keywords["setup_requires"] = ABSENT
        elif "distutils" in by and readable and not self._is_fallback():
            keywords["setup_requires"] = _dependent("its setup() is that of setuptools or of distutils")
        return SetupPy(keywords=keywords, by_distutils=by == {"distutils"})

    def _is_fallback(self) -> bool:
        """Whether distutils is imported only after setuptools cannot be."""
        imports = (n for n in ast.walk(self._tree) if isinstance(n, ast.ImportFrom) and n.module == "distutils.core")
        return all(self._is_handler(node) for node in imports if any(alias.name == "setup" for alias in node.names))

    def _is_handler(self, node: ast.AST) -> bool:
        while node in self._uses.parents and not isinstance(node, ast.ExceptHandler):
            node = self._uses.parents[node]
        return isinstance(node, ast.ExceptHandler)

    def _is_setup(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Name) and function.id not in self._uses.modules:
            stars = {name.rpartition(".")[0] for name in self._uses.modules.get("*", ())}
            return function.id == "setup" and function.id not in self._uses.binders and bool(stars & _MODULES_OF_SETUP)
        return bool(set(self._uses.dotted(function)) & SETUPS)

    def _foreign(self, calls: list[ast.Call]) -> str:
        """Why code that is not in the tree may change any keyword; empty where none can."""
        for call in calls:
            others = set(self._uses.dotted(call.func)) - SETUPS
            if others:
                return f"its setup() may be {min(others)}"
            if isinstance(call.func, ast.Name) and call.func.id in self._uses.binders:
                return f"it defines a {call.func.id}() of its own"
            for keyword in call.keywords:
                name = keyword.value.id if isinstance(keyword.value, ast.Name) else ""
                if keyword.arg == "distclass" and not (name and name in self._uses.binders):
                    return "its distclass is not in it"
        return next(filter(None, map(self._reach, ast.walk(self._tree))), "")

    def _reach(self, node: ast.AST) -> str:
        """How a node leads out of what the tree shows: to every variable, or to setuptools itself."""
        if isinstance(node, ast.Import) and any(alias.name == "__main__" for alias in node.names):
            return "it may change any variable, by __main__"
        if isinstance(node, ast.Attribute) and node.attr in _FRAMES:
            return f"it may change any variable, by {node.attr}"
        if not isinstance(node, ast.Attribute | ast.Name):
            return ""
        user = self._uses.parents[node]
        if isinstance(node, ast.Name) and node.id in _NAMESPACES:
            return "" if self._is_passing_namespace(user) else f"it may change any variable, by {node.id}()"
        paths = self._uses.dotted(node)
        if "sys.modules" in paths and isinstance(user, ast.Subscript) and not isinstance(user.slice, ast.Constant):
            return "it may change any variable, by sys.modules"
        if not isinstance(node.ctx, ast.Load):
            changed = (path for path in paths if isinstance(node, ast.Attribute) and _is_of_installer(path))
            return next((f"it changes {path}" for path in changed), "")
        is_called = isinstance(user, ast.Call) and user.func is node
        if (SETUPS.intersection(paths) and not is_called) or (
            _MODULES_OF_SETUP.intersection(paths) and self._is_handed_on(user)
        ):
            return f"it does more with {paths[0]} than to call setup()"
        return ""

    def _is_passing_namespace(self, call: ast.AST) -> bool:
        """Whether ``globals()`` is for text that is executed (`Uses` has that), or for text that is filled from it."""
        if isinstance(call, ast.Call) and call.args:  # vars(of_something)
            return True
        use = self._uses.parents[call]
        if isinstance(use, ast.Call):
            return (isinstance(use.func, ast.Name) and use.func.id in EXECUTORS) or (
                isinstance(use.func, ast.Attribute) and use.func.attr == "format_map"
            )
        return isinstance(use, ast.BinOp)

    def _is_handed_on(self, user: ast.AST) -> bool:
        """Whether ``user`` gives a module to something that may look for its setup()."""
        if not isinstance(user, ast.Call):
            return isinstance(user, ast.Assign | ast.keyword)
        if not isinstance(user.func, ast.Name) or self._uses.is_builtin(user.func.id):
            return False
        asked = user.args[1] if len(user.args) > 1 else None
        return not (user.func.id == "getattr" and isinstance(asked, ast.Constant) and asked.value != "setup")

    def _keyword(self, calls: list[ast.Call], name: str) -> Finding:
        changed = self._changed(name)
        if changed:
            return _dependent(changed)
        foreign = self._other_call(calls, name)
        if foreign:
            return _dependent(f"it passes {name} to {foreign}")
        findings = [self._of_call(call, name, among=calls) for call in calls]
        if all(finding == findings[0] for finding in findings):
            return findings[0]
        unsure = next((finding for finding in findings if finding.kind == "dependent"), None)
        return unsure or self._judged([part for call in calls for part in self._flow.control(call)], name)

    def _changed(self, name: str) -> str:
        """How something else than the call of ``setup()`` changes a keyword; empty where nothing does."""
        for node in ast.walk(self._tree):
            if not isinstance(node, ast.Attribute):
                continue
            if node.attr == "fetch_build_eggs" and name == "setup_requires":
                return "it calls fetch_build_eggs"
            if node.attr == name and (isinstance(node.ctx, ast.Store) or self._is_mutated(node)):
                return f"it changes {name} of the distribution"
        classes = (node for node in ast.walk(self._tree) if isinstance(node, ast.ClassDef))
        return next((f"its class {one.name} may change {name}" for one in classes if _mentions(one, name)), "")

    def _other_call(self, calls: list[ast.Call], name: str) -> str:
        """A function that is not in the file and gets the keyword ``name`` as `setup()` does; empty where none does."""
        for node in ast.walk(self._tree):
            if not isinstance(node, ast.Call) or node in calls or all(each.arg != name for each in node.keywords):
                continue
            function = node.func
            fills = isinstance(function, ast.Attribute) and function.attr in {"update", "format"}
            of_file = isinstance(function, ast.Name) and (
                function.id in self._uses.binders or self._uses.is_builtin(function.id)
            )
            if not (fills or of_file):
                return ast.unparse(function)
        return ""

    def _is_mutated(self, node: ast.expr) -> bool:
        parent = self._uses.parents.get(node)
        return isinstance(parent, ast.Subscript) or (isinstance(parent, ast.Attribute) and parent.attr in MUTATORS)

    def _of_call(self, call: ast.Call, name: str, among: list[ast.Call]) -> Finding:
        parts: list[ast.AST] = []
        spreads: list[ast.AST] = []
        is_plain = True
        for keyword in call.keywords:
            if keyword.arg == name:
                parts.append(keyword.value)
            elif keyword.arg is None:
                parts += self._spread(keyword.value, name)
                spreads.append(keyword.value)
                is_plain = is_plain and self._is_display(keyword.value, name)
        if not parts:
            return ABSENT
        if is_plain and len(parts) == 1 and isinstance(parts[0], ast.expr) and self._is_value_of(parts[0], name):
            try:
                return Finding(kind="stated", value=self._value(parts[0], 0))
            except _Unreadable:
                pass
        conditions = [part for other in among for part in self._flow.control(other)] if len(among) > 1 else []
        return self._judged([*parts, *(one for one in spreads if isinstance(one, ast.Name)), *conditions], name)

    def _judged(self, parts: list[ast.AST], name: str) -> Finding:
        seen = self._flow.looks_at(parts, name)
        if seen:
            return Finding(kind="dependent", reason=f"setup.py computes {name}, and looks at {seen}")
        return COMPUTED

    def _spread(self, value: ast.expr, name: str) -> Iterator[ast.AST]:
        """The parts of ``**value`` that matter for the keyword ``name``."""
        if not (isinstance(value, ast.Name) and self._uses.givers(value.id)):
            yield from values_for(value, name)
            return
        if value.id in self._uses.modules:
            yield value
        for giver in self._uses.givers(value.id):
            yield from concerning(giver, value.id, self._flow.spreads, name)

    def _is_value_of(self, part: ast.expr, name: str) -> bool:
        """Whether a dict or a call states ``part`` for this very keyword, and not for one that may be another."""
        parent = self._uses.parents[part]
        if isinstance(parent, ast.Dict):
            keys = (key for key, value in zip(parent.keys, parent.values, strict=True) if value is part)
            return all(isinstance(key, ast.Constant) for key in keys)
        return isinstance(parent, ast.keyword) and parent.arg == name

    def _is_display(self, value: ast.expr, name: str) -> bool:
        """Whether a dict of keywords is made in one place, and what else puts ``name`` into it does so in any case."""
        if not isinstance(value, ast.Name):
            return True
        binders, leaks = self._uses.binders.get(value.id, ()), self._uses.leaks.get(value.id, ())
        if len(binders) != 1 or not isinstance(binders[0], ast.Assign) or self._uses.unseen:
            return False
        fills = (leak for leak in leaks if concerning(leak, value.id, self._flow.spreads, name))
        return not any(any(True for _ in self._flow.control(leak)) for leak in fills)

    def _value(self, node: ast.expr, depth: int) -> object:
        if depth > _DEEPEST:
            raise _Unreadable
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [self._value(item, depth + 1) for item in node.elts]
        if isinstance(node, ast.Dict) and all(node.keys):
            items = zip(node.keys, node.values, strict=True)
            return {str(self._value(k, depth + 1)): self._value(v, depth + 1) for k, v in items if k is not None}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._value(node.left, depth + 1), self._value(node.right, depth + 1)
            if isinstance(left, list) and isinstance(right, list):
                return [*left, *right]
            if isinstance(left, str) and isinstance(right, str):
                return left + right
        if isinstance(node, ast.Name):
            return self._value(self._only(node.id), depth + 1)
        raise _Unreadable

    def _only(self, name: str) -> ast.expr:
        """The one expression that a variable can be. Raises `_Unreadable`."""
        binder = next(iter(self._uses.binders.get(name, ())), None)
        if isinstance(binder, ast.Assign) and self._uses.is_only_read(name, binder):
            target = binder.targets[0]
            if len(binder.targets) == 1 and isinstance(target, ast.Name):
                return binder.value
        raise _Unreadable


class _Unreadable(Exception):
    """The value of an expression cannot be read from the tree."""


def _mentions(node: ast.AST, name: str) -> bool:
    """Whether a keyword is named below a node, as what may be looked up by its name."""
    return any(
        (isinstance(one, ast.Constant) and one.value == name) or (isinstance(one, ast.keyword) and one.arg == name)
        for one in ast.walk(node)
    )


def _is_of_installer(path: str) -> bool:
    """Whether what lies at a path has a say in what setup() does with its keywords."""
    top, *inner = path.replace("._distutils", "").split(".")
    return top in INSTALLERS and inner[0] not in _PARTS_OF_BUILDS
