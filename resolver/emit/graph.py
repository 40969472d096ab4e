"""Lock -> the graph of its releases: what depends on what, where, and what builds what; and the same as DOT."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from resolver.emit.selection import Selection
from resolver.lock.model import Pins
from resolver.lock.required import required_by

_BOX = (
    'shape=box, style="rounded,filled", fillcolor="#eef4fb", color="#7c9bbf", '
    'fontname="Helvetica", fontsize=11, height=0.3, margin="0.12,0.05"'
)

Release = tuple[str, str]
"""Project and version: a node."""


@dataclass(slots=True)
class Node:
    """By environment, the file that is installed there, and files that only builds use there.

    ``roots``: the environments for which the spec itself asks for it.
    """

    installed: dict[str, str] = field(default_factory=dict)
    building: dict[str, str] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Edge:
    """The environments in which one release depends on another, and those in which it is built with it."""

    run: set[str] = field(default_factory=set)
    build: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Graph:
    """``environments`` in order of name. A dependency inside a build environment counts as built with."""

    environments: tuple[str, ...]
    nodes: Mapping[Release, Node]
    edges: Mapping[tuple[Release, Release], Edge]


def graph(chosen: Selection) -> Graph:
    """The union of the graphs of the environments that are chosen."""
    nodes: dict[Release, Node] = {}
    edges: dict[tuple[Release, Release], Edge] = {}
    lock = chosen.lock
    for name in chosen.environments:
        pins = chosen.pins(name)
        for project, pin in pins.items():
            nodes.setdefault((project, pin.version), Node()).installed[name] = pin.artifact
        for root in chosen.roots(name):
            if root in pins:
                nodes[root, pins[root].version].roots.append(name)
        for one, other in _dependencies(pins):
            edges.setdefault((one, other), Edge()).run.add(name)
        for sdist in sorted(chosen.files(name)):
            built = lock.built(sdist, name)
            if built is None:
                continue
            closure, artifact = lock.closure(built), lock.artifacts[sdist]
            for project, pin in closure.items():
                nodes.setdefault((project, pin.version), Node()).building[name] = pin.artifact
            asked = [project for project in required_by(built) if project in closure]
            below = [((artifact.project, artifact.version), (project, closure[project].version)) for project in asked]
            for pair in [*below, *_dependencies(closure)]:
                edges.setdefault(pair, Edge()).build.add(name)
    return Graph(chosen.environments, dict(sorted(nodes.items())), dict(sorted(edges.items())))


def _dependencies(pins: Pins) -> Iterator[tuple[Release, Release]]:
    for project, pin in pins.items():
        for name in pin.dependencies:
            if name in pins:
                yield (project, pin.version), (name, pins[name].version)


def dot(chosen: Selection) -> dict[str, str]:
    """The graph in the language of Graphviz; what builds alone use is dashed, what the spec asks for is bold."""
    found = graph(chosen)
    lines = [
        "digraph lock {",
        "  rankdir=LR; ranksep=1.1; nodesep=0.15; bgcolor=transparent;",
        f"  node [{_BOX}];",
        '  edge [color="#9aa7b5", arrowsize=0.6];',
    ]
    for (project, version), node in found.nodes.items():
        here = sorted(node.installed.keys() | node.building.keys())
        label = [project, version, *_limited(here, found.environments)]
        more = ', penwidth=2.2, color="#1f5fa8"' if node.roots else ""
        if not node.installed:
            more += ', style="rounded,filled,dashed", fillcolor="#fdf4e3", color="#c2974a"'
        text = _text("\n".join(label))
        lines.append(f"  {_text(f'{project} {version}')} [label={text}, tooltip={_text(', '.join(here))}{more}];")
    for (one, other), edge in found.edges.items():
        style = "" if edge.run else ' [style=dashed, color="#c2974a"]'
        lines.append(f"  {_text(' '.join(one))} -> {_text(' '.join(other))}{style};")
    return {"graph.dot": "\n".join([*lines, "}", ""])}


def _limited(here: Iterable[str], everywhere: Iterable[str]) -> list[str]:
    """The environments of a node, where those are not all."""
    names = list(here)
    return [] if set(names) == set(everywhere) else [", ".join(names)]


def _text(text: str) -> str:
    """A quoted string of DOT: no escape but those for quotes, backslashes and ends of lines."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def page(chosen: Selection, title: str = "lock.json") -> dict[str, str]:
    """The graph as one HTML page, which needs nothing else: no server, no network, no other file."""
    template = files("resolver.emit").joinpath("graph.html").read_text(encoding="utf-8")
    data = json.dumps({"title": title, **_data(chosen, graph(chosen))}, separators=(",", ":"), sort_keys=True)
    safe = data.replace("<", "\\u003c")  # no text of a lock ends the element that holds it
    return {"graph.html": template.replace("{{data}}", safe)}


def _data(chosen: Selection, found: Graph) -> dict[str, object]:
    """What the page draws; environments, releases and files by their number."""
    lock = chosen.lock
    number = {name: i for i, name in enumerate(found.environments)}
    place = {release: i for i, release in enumerate(found.nodes)}

    def told(by_environment: Mapping[str, str]) -> list[list[object]]:
        return [
            [number[name], filename, lock.artifacts[filename].size]
            for name, filename in sorted(by_environment.items(), key=lambda item: number[item[0]])
        ]

    def numbers(names: Iterable[str]) -> list[int]:
        return sorted(number[name] for name in names)

    return {
        "environments": [
            [
                name,
                ", ".join(filter(None, (entry.python and f"Python {entry.python}", entry.os, entry.arch, entry.libc))),
            ]
            for name in found.environments
            for entry in [lock.environments[name]]
        ],
        "groups": list(chosen.groups),
        "nodes": [
            [project, version, told(node.installed), told(node.building), numbers(node.roots)]
            for (project, version), node in found.nodes.items()
        ],
        "edges": [
            [place[one], place[other], numbers(edge.run), numbers(edge.build)]
            for (one, other), edge in found.edges.items()
        ],
    }
