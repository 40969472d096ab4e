"""The page for people."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from typing import Any, Dict, List, NamedTuple, Set
from urllib.parse import quote

from resolver.server.messages import readable
from resolver.server.names import normalized
from resolver.server.tree import Entry
from resolver.server.uploaded import Uploaded

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #666; --accent: #0b63c5; --soft: #8881; }
@media (prefers-color-scheme: dark) { :root { --quiet: #a0a0a8; --accent: #7db8ff; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.6rem; margin: 0; } .sub { color: var(--quiet); margin: .1rem 0 1rem; }
a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; }
ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 0 1rem; }
li { border: 1px solid var(--line); border-radius: .5rem; padding: .2rem .7rem; } li span { color: var(--quiet); }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; margin: 0;
  overflow-x: auto; font: .875rem/1.6 ui-monospace, monospace; }
input { font: inherit; width: 100%; box-sizing: border-box; margin: 1.2rem 0 .4rem; padding: .5rem .8rem;
  border: 1px solid var(--line); border-radius: .5rem; background: var(--soft); color: inherit; }
input:focus-visible { outline: 2px solid var(--accent); }
table { border-collapse: collapse; width: 100%; } tbody tr:hover { background: var(--soft); }
th { text-align: left; font-size: .85rem; color: var(--quiet); font-weight: 500; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .9rem .35rem 0; }
th.n, td.n { text-align: right; padding-right: .3rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.e { color: var(--quiet); font-size: .875rem; } footer.sub { margin: 1rem 0; }
@media (max-width: 40rem) { .e, .f { display: none; } }
"""


SCRIPT = (
    "var box = document.getElementById('q'), none = document.getElementById('none');"
    "function show() { var wanted = box.value.trim().toLowerCase(), found = 0;"
    "document.querySelectorAll('tbody tr').forEach(function (row) {"
    "row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0; found += !row.hidden; });"
    "none.hidden = found > 0; }"
    "box.addEventListener('input', show); show();"
    "document.addEventListener('keydown', function (event) {"
    "if (event.key === '/' && event.target !== box) { event.preventDefault(); box.focus(); } });"
)


FRONT = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>wheelhouse</title>
<meta name="viewport" content="width=device-width"><style>{style}</style></head><body>
<h1>wheelhouse</h1>
<p class="sub">{projects} projects, {files} files, {size}</p>
<ul>{environments}</ul>
<pre>pip install --index-url {url}/simple/ {trusted}NAME
uv pip install --default-index {url}/simple/ NAME{publish}</pre>
<input id="q" type="search" placeholder="Search ( / )" aria-label="Search projects">
<table><thead><tr><th>Project</th><th>Version</th><th class="e">For</th><th class="n f">Files</th>
<th class="n">Size</th></tr></thead>
<tbody>{rows}</tbody></table>
<p id="none" class="sub" hidden>No project here is like that.</p>
<footer class="sub"><a href="simple/">Simple index</a> &middot; <a href="lock.json">lock</a> &middot;
<a href="manifest.json">manifest</a></footer>
<script>{script}</script></body></html>
"""
LOOPBACK = re.compile(r"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]*)?\Z")


def script_hash() -> str:
    """The hash under which the page's policy admits its one script."""
    return base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()


PUBLISH = """
twine upload --repository-url {url}/legacy/ dist/*
uv publish --publish-url {url}/legacy/"""


class Overview(NamedTuple):
    """What a lock gives to the page: rows by project, environments that are here whole; ``entries``: of which tree."""

    entries: Dict[str, Entry]
    rows: Dict[str, str]
    environments: str
    files: int
    size: int


def overview(entries: Dict[str, Entry], lock: Dict[str, Any]) -> Overview:
    """The part of the page that is the same until the next manifest."""
    users, projects = _users(entries, lock), _projects(entries, lock)
    sizes = [entries["files/" + filename].size for rows in projects.values() for filename in rows]
    return Overview(
        entries,
        {name: _row(name, rows, entries, users) for name, rows in projects.items()},
        "".join(_environment(name, row) for name, row in lock.get("environments", {}).items() if name in users),
        len(sizes),
        sum(sizes),
    )


def front_page(locked: Overview, private: Dict[str, List[Uploaded]], scheme: str, host: str, *, takes: bool) -> str:
    """Projects, environments, how to install from here, and where uploads are taken how to publish."""
    rows = dict(locked.rows)
    rows.update((name, _private_row(name, files)) for name, files in private.items())
    sizes = [one.size for files in private.values() for one in files]
    url = html.escape("{}://{}".format(scheme, host))
    plain_http = scheme == "http" and not LOOPBACK.match(host)  # for which pip wants to be told
    return FRONT.format(
        style=STYLE,
        script=SCRIPT,
        projects=len(rows),
        files=locked.files + len(sizes),
        size=readable(locked.size + sum(sizes)),
        environments=locked.environments,
        url=url,
        trusted="--trusted-host {} ".format(html.escape(host)) if plain_http else "",
        publish=PUBLISH.format(url=url) if takes else "",
        rows="\n".join(rows[name] for name in sorted(rows)),
    )


def _environment(name: str, row: Dict[str, Any]) -> str:
    told = [row.get("python") and "Python {}".format(row["python"]), row.get("os"), row.get("arch"), row.get("libc")]
    return "<li>{} <span>{}</span></li>".format(
        html.escape(name), html.escape(", ".join(str(one) for one in told if one))
    )


def _row(name: str, artifacts: Dict[str, Dict[str, Any]], entries: Dict[str, Entry], users: Dict[str, Set[str]]) -> str:
    versions = sorted({str(row["version"]) for row in artifacts.values()})
    for_whom = [user for user, filenames in users.items() if filenames & artifacts.keys()]
    told = "all" if len(for_whom) == len(users) else ", ".join(for_whom) or "builds"
    size = sum(entries["files/" + filename].size for filename in artifacts)
    return _cells(name, versions, told, len(artifacts), size)


def _private_row(name: str, files: List[Uploaded]) -> str:
    versions = list(dict.fromkeys(one.version for one in files if one.yanked is None))
    return _cells(name, versions, "private", len(files), sum(one.size for one in files))


def _cells(name: str, versions: List[str], told: str, count: int, size: int) -> str:
    return (
        '<tr><td><a href="simple/{}/">{}</a></td><td>{}</td><td class="e">{}</td>'
        '<td class="n f">{}</td><td class="n">{}</td></tr>'
    ).format(
        quote(name),
        html.escape(name),
        html.escape(", ".join(versions)),
        html.escape(told),
        count,
        readable(size),
    )


def _projects(entries: Dict[str, Entry], lock: Dict[str, Any]) -> Dict[str, Dict[str, Dict[str, Any]]]:
    """Project -> file name -> row of the lock, for the artifacts that lie in the tree."""
    found: Dict[str, Dict[str, Dict[str, Any]]] = {}
    for filename, row in lock.get("artifacts", {}).items():
        if "files/" + filename in entries:
            found.setdefault(normalized(row["project"]), {})[filename] = row
    return found


def _users(entries: Dict[str, Entry], lock: Dict[str, Any]) -> Dict[str, Set[str]]:
    """Environment -> the files that it installs, for those that are here whole: a tree may hold some only."""
    found = {}
    for name in lock.get("environments", {}):
        filenames = {pin["artifact"] for pin in lock.get("resolutions", {}).get(name, {}).values()}
        if all("files/" + filename in entries for filename in filenames):
            found[name] = filenames
    return found
