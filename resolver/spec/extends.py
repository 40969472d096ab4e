"""A spec and the one that it extends -> one document, whose nodes know in which file they stand.

What stands nearest counts: entries of the spec come before those of its base, or in their place.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from urllib.parse import quote

from packaging.utils import canonicalize_name

from resolver.logins import variable
from resolver.spec.document import Node
from resolver.spec.include import MAX_NESTED, Files, is_relative
from resolver.spec.report import Report, near, shown

Parse = Callable[[bytes, str], "Node | None"]
"""The bytes of a file and its name -> the part of its document that fits the schema; None and a problem for none."""
Join = Callable[[Node, Node], Node]
"""A value of the spec and one of its base for the same key -> the value of both."""

_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]+:"


def extended(root: Node, path: str, files: Files, report: Report, parse: Parse) -> Node:
    """``root``, the document at ``path``, with all that it inherits; problems go to ``report``.

    The paths in a base become relative to the spec.
    """
    return _Reader(files, report, parse).whole(root, (path,))


class _Reader:
    def __init__(self, files: Files, report: Report, parse: Parse) -> None:
        self._files = files
        self._report = report
        self._parse = parse

    def whole(self, document: Node, way: tuple[str, ...]) -> Node:
        """``document`` and its base; ``way``: the paths from the spec to it."""
        named, environments = document.members.get("extends"), document.members.get("environments")
        base = self._base(named, way) if named is not None else None
        if environments is None or not environments.items:
            return document if base is None else _joined(document, base)
        document = _without(document, "environments")
        if base is not None:
            return _joined(document, self._narrowed(base, environments))
        if named is None:
            self._report.add(environments.origin, "a list chooses from a spec that is extended", "`extends` is missing")
        return document

    def _base(self, named: Node, way: tuple[str, ...]) -> Node | None:
        path = self._files.path(str(named.value), "", named.origin)
        if path is None:
            return None
        if path in way:
            circle = " -> ".join((*way[way.index(path) :], path))
            self._report.add(named.origin, f"the spec extends itself: {circle}", "break the circle")
            return None
        if len(way) > MAX_NESTED:
            self._report.add(named.origin, f"specs extend specs more than {MAX_NESTED} deep", "join some of them")
            return None
        data = self._files.read(path, named.origin)
        base = self._parse(data, self._files.display(path)) if data is not None else None
        return self.whole(_moved(base, posixpath.dirname(path)), (*way, path)) if base is not None else None

    def _narrowed(self, base: Node, chosen: Node) -> Node:
        """``base`` with the environments that are ``chosen`` by name."""
        declared = _environments(base)
        kept: dict[str, Node] = {}
        for item in chosen.items:
            name = str(item.value)
            if name in declared:
                kept[name] = declared[name]
            else:
                hint = near(name, list(declared)) or "it declares none"
                self._report.add(item.origin, f"{shown(name)} is no environment of the extended spec", hint)
        narrowed = _with_member(base, "environments", lambda node: replace(node, value=kept))
        return _with_builds_for(narrowed, declared, kept)


def _joined(own: Node, base: Node) -> Node:
    redeclared = _environments(own).keys()
    declared = _environments(base)
    remaining = _with_builds_for(base, declared, declared.keys() - redeclared, redeclared)
    return _of_keys(_RULES)(own, remaining)


def _with_builds_for(
    base: Node, declared: Collection[str], kept: Collection[str], redeclared: Collection[str] = ()
) -> Node:
    """``base`` with what its builds do for environments that are ``kept``.

    Of those ``redeclared``, an entry by the name of the declaration remains; its single Pythons may have become others.
    """

    def remains(key: str) -> bool:
        of = max((name for name in declared if key == name or key.startswith(f"{name}-")), key=len, default=None)
        return of is None or of in kept or (key == of and key in redeclared)

    def remaining(node: Node) -> Node:
        return replace(node, value={key: member for key, member in node.members.items() if remains(key)})

    return _with_member(base, "build", lambda build: _with_member(build, "environments", remaining))


# --- what becomes of a key that both have ---------------------------------------------------------------------------


def _nearest(own: Node, _base: Node) -> Node:
    return own


def _both(own: Node, base: Node) -> Node:
    """The items of two lists."""
    return replace(own, value=(*own.items, *base.items))


def _indexes(own: Node, base: Node) -> Node:
    """An index of the base stands unless the spec has one of its name, or another for all that none binds."""
    names = {variable(str(node.members["name"].value)) for node in own.items}
    has_default = any("projects" not in node.members for node in own.items)
    others = (
        node
        for node in base.items
        if variable(str(node.members["name"].value)) not in names and ("projects" in node.members or not has_default)
    )
    return replace(own, value=(*own.items, *others))


def _of_keys(rules: Mapping[str, Join]) -> Join:
    """Joins mappings of known keys, each by its rule; where there is none, the nearest counts."""
    return lambda own, base: _merged(own, base, lambda key: rules.get(key, _nearest))


def _of_each(rule: Join = _nearest, naming: Callable[[str], str] = str) -> Join:
    """Joins mappings of names, which are the same where ``naming`` makes them so, by one rule for all."""
    return lambda own, base: _merged(own, base, lambda _: rule, naming)


def _merged(own: Node, base: Node, rule_of: Callable[[str], Join], naming: Callable[[str], str] = str) -> Node:
    inherited = {naming(key): (key, member) for key, member in base.members.items()}
    found: dict[str, Node] = {}
    for key, member in own.members.items():
        _, other = inherited.pop(naming(key), (key, None))
        found[key] = member if other is None else rule_of(key)(member, other)
    return replace(own, value={**found, **dict(inherited.values())})


def _project(own: Node, base: Node) -> Node:
    """A project whose attestations the spec ignores has no publisher of the base: nobody asks who has signed."""
    check = own.members.get("attestations")
    is_ignored = check is not None and check.value == "ignore"
    return _of_each()(own, _without(base, "publisher") if is_ignored else base)


_BUILD: Mapping[str, Join] = {
    "constraints": _both,
    "requires": _of_each(naming=canonicalize_name),
    "system": _of_each(naming=canonicalize_name),
}
_RULES: Mapping[str, Join] = {
    "environments": _of_each(),
    "requirements": _both,
    "groups": _of_each(_both, canonicalize_name),
    "include": _both,
    "constraints": _both,
    "overrides": _both,
    "indexes": _indexes,
    "build": _of_keys({**_BUILD, "environments": _of_each(_of_keys(_BUILD))}),
    "policy": _of_each(),
    "projects": _of_each(_project, canonicalize_name),
}


# --- nodes with other members ---------------------------------------------------------------------------------------


def _moved(base: Node, directory: str) -> Node:
    """``base`` with its paths, which are relative to ``directory``, relative to the spec."""
    if not directory:
        return base

    def moved(node: Node, above: str = directory) -> Node:
        text = str(node.value)
        return replace(node, value=posixpath.normpath(posixpath.join(above, text))) if is_relative(text) else node

    def moved_entry(node: Node) -> Node:
        return _with_member(node, "file", moved) if node.members else moved(node)

    def moved_index(node: Node) -> Node:
        return _with_member(node, "url", moved_url)

    def moved_url(url: Node) -> Node:
        return url if re.match(_SCHEME, str(url.value)) else moved(url, quote(directory))

    found = _with_member(base, "extends", moved)
    found = _with_member(found, "include", lambda node: replace(node, value=tuple(map(moved_entry, node.items))))
    return _with_member(found, "indexes", lambda node: replace(node, value=tuple(map(moved_index, node.items))))


def _environments(node: Node) -> Mapping[str, Node]:
    member = node.members.get("environments")
    return member.members if member is not None else {}


def _with_member(node: Node, key: str, change: Callable[[Node], Node]) -> Node:
    """``node`` with its member ``key``, where it has one, changed."""
    member = node.members.get(key)
    return node if member is None else replace(node, value={**node.members, key: change(member)})


def _without(node: Node, key: str) -> Node:
    return replace(node, value={name: member for name, member in node.members.items() if name != key})
