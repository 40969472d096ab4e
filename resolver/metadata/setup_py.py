"""What a setup.py passes to ``setup()``, read from its syntax tree and never by running it.

Each keyword is told apart as absent, stated, computed from the sdist's own files (the same on every machine), or
depending on the machine that runs it. Only the last is a question for the backend.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["absent", "stated", "computed", "dependent"]

_ENVIRONMENT = re.compile(
    r"\b(sys\.(?:version_info|version|platform|maxsize|implementation|byteorder|hexversion)"
    r"|os\.(?:name|environ|getenv|uname)|platform\.\w+|sysconfig\.\w+|environ\b|version_info|PY2|PY3|IS_PYPY"
    r"|struct\.calcsize|subprocess\.\w+|os\.(?:system|popen)|shutil\.which|find_executable)"
)
_INSTALLERS = {"setuptools", "distutils", "distutils.core", "distutils.command", "distutils.extension"}
_WRAPPERS = {"skbuild"}
_MUTATORS = {"append", "extend", "insert", "remove", "update", "setdefault", "pop", "add", "clear"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``value`` is set where ``kind`` is ``stated``; ``reason`` where it is ``dependent``."""

    kind: Kind
    value: object = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPy:
    """The keywords of the ``setup()`` call; ``others`` is what holds for a keyword that is not named."""

    keywords: Mapping[str, Finding] = field(default_factory=dict)
    others: Finding = Finding(kind="absent")

    def keyword(self, name: str) -> Finding:
        """What is known of one keyword."""
        return self.keywords.get(name, self.others)


def read_setup_py(source: bytes) -> SetupPy:
    """Analyse the text of a setup.py."""
    text = source.decode("utf-8", "replace")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return _unparsable(text)
    module = _Module(tree, text)
    calls = list(module.setup_calls())
    if not calls:
        return SetupPy(others=module.unsure("it calls no setup() that can be seen"))
    return _merged([module.keywords(call) for call in calls])


def _unparsable(text: str) -> SetupPy:
    """Python 2 syntax: what the text never mentions is absent."""
    mentioned = "setup_requires" in text or "**" in text
    reason = "setup.py is not Python 3, and cannot be read without running it"
    rest = Finding(kind="dependent", reason=reason)
    keywords = {} if mentioned else {"setup_requires": Finding(kind="absent")}
    return SetupPy(keywords=keywords, others=rest)


def _merged(calls: list[SetupPy]) -> SetupPy:
    """Several calls (in branches): a keyword is known where all of them agree."""
    first, rest = calls[0], calls[1:]
    if all(other == first for other in rest):
        return first
    names = {name for call in calls for name in call.keywords}
    keywords = {}
    for name in names:
        findings = [call.keyword(name) for call in calls]
        same = all(finding == findings[0] for finding in findings)
        keywords[name] = (
            findings[0]
            if same
            else Finding(kind="dependent", reason=f"setup.py calls setup() with another {name} in each branch")
        )
    others = next((call.others for call in calls if call.others.kind != "absent"), Finding(kind="absent"))
    return SetupPy(keywords=keywords, others=others)


class _Module:
    """A parsed setup.py: its assignments, and whether it looks at the machine at all."""

    def __init__(self, tree: ast.Module, text: str) -> None:
        self._tree = tree
        self._text = text
        self._assigned: dict[str, list[ast.expr]] = {}
        self._touched: set[str] = set()
        self._setup_names: set[str] = set()
        for node in ast.walk(tree):
            self._note(node)
        self._looks_at = self._environment()

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._note_target(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._note_target(node.target, node.value)
        elif isinstance(node, ast.AugAssign | ast.For):
            self._touched.update(_names_in(node.target))
        elif isinstance(node, ast.arg):
            self._touched.add(node.arg)
        elif isinstance(node, ast.With):
            self._touched.update(n for item in node.items if item.optional_vars for n in _names_in(item.optional_vars))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _MUTATORS and isinstance(node.func.value, ast.Name):
                self._touched.add(node.func.value.id)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] not in _WRAPPERS:
            self._setup_names.update(alias.asname or alias.name for alias in node.names if alias.name == "setup")

    def _note_target(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._assigned.setdefault(target.id, []).append(value)
        else:
            self._touched.update(_names_in(target))

    def _environment(self) -> str:
        """The first thing of the machine that the code looks at, or nothing."""
        code = ast.unparse(self._tree)
        found = _ENVIRONMENT.search(code)
        if found is not None:
            return found[0]
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Try) and any(_foreign_imports(child) for child in node.body):
                return "what can be imported"
        return ""

    def unsure(self, what: str) -> Finding:
        """A value that cannot be read: computed where the code looks at nothing of the machine, else dependent."""
        if not self._looks_at:
            return Finding(kind="computed")
        return Finding(kind="dependent", reason=f"setup.py looks at {self._looks_at}, and {what}")

    def setup_calls(self) -> Iterator[ast.Call]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call):
                named = isinstance(node.func, ast.Name) and node.func.id in self._setup_names
                dotted = isinstance(node.func, ast.Attribute) and ast.unparse(node.func) in {
                    "setuptools.setup",
                    "distutils.core.setup",
                    "core.setup",
                }
                if named or dotted:
                    yield node

    def keywords(self, call: ast.Call) -> SetupPy:
        found: dict[str, Finding] = {}
        others = Finding(kind="absent")
        for keyword in call.keywords:
            if keyword.arg is not None:
                found[keyword.arg] = self._finding(keyword.arg, keyword.value)
                continue
            spread = self._spread(keyword.value)
            if isinstance(spread, Finding):
                others = spread
            else:
                found.update(spread)
        return SetupPy(keywords=found, others=others)

    def _finding(self, name: str, value: ast.expr) -> Finding:
        try:
            return Finding(kind="stated", value=self._value(value, 0))
        except _Unreadable:
            return self.unsure(f"computes {name}")

    def _spread(self, value: ast.expr) -> dict[str, Finding] | Finding:
        """``**value``: its keywords where it is one dict display, else what holds for all other keywords."""
        local = isinstance(value, ast.Name) and value.id in self._assigned
        display = self._assigned[value.id] if isinstance(value, ast.Name) and local else [value]
        whole = len(display) == 1 and not (isinstance(value, ast.Name) and value.id in self._touched)
        if whole and isinstance(display[0], ast.Dict) and all(isinstance(k, ast.Constant) for k in display[0].keys):
            pairs = zip(display[0].keys, display[0].values, strict=True)
            return {str(k.value): self._finding(str(k.value), v) for k, v in pairs if isinstance(k, ast.Constant)}
        if local and all(isinstance(d, ast.Dict) or ast.unparse(d).startswith("dict(") for d in display):
            return {n: self.unsure(f"computes {n}") for n in _REQUIREMENT_KEYWORDS if n in self._text}
        return self.unsure("passes keywords on that cannot be seen")

    def _value(self, node: ast.expr, depth: int) -> object:
        if depth > 20:
            raise _Unreadable
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [self._value(item, depth + 1) for item in node.elts]
        if isinstance(node, ast.Dict) and all(node.keys):
            pairs = zip(node.keys, node.values, strict=True)
            return {str(self._value(k, depth + 1)): self._value(v, depth + 1) for k, v in pairs if k is not None}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._value(node.left, depth + 1), self._value(node.right, depth + 1)
            if isinstance(left, list) and isinstance(right, list):
                return [*left, *right]
            if isinstance(left, str) and isinstance(right, str):
                return left + right
        if isinstance(node, ast.Name) and node.id not in self._touched and len(self._assigned.get(node.id, ())) == 1:
            return self._value(self._assigned[node.id][0], depth + 1)
        raise _Unreadable


_REQUIREMENT_KEYWORDS = ("setup_requires", "install_requires", "extras_require", "python_requires")


class _Unreadable(Exception):
    """An expression that is no literal."""


def _names_in(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _foreign_imports(node: ast.stmt) -> list[str]:
    """Modules that a statement imports, beside the installers themselves (whose absence changes nothing here)."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    else:
        return []
    return [name for name in names if name not in _INSTALLERS and not name.startswith(("setuptools.", "distutils."))]
