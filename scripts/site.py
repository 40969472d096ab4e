"""Hooks of MkDocs: the pages that lie outside of docs/, and links as they are on the site.

In the repository a page links to files; on the site a link leads to a page, or, where the file is none, is its text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {
    "README.md": "index.md",
    "BUILD.md": "bazel.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
}
"""Path in the repository -> page of the site."""

_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w+) (\S+)$", re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside."""
    for path, page in OUTSIDE.items():
        files.append(File.generated(config, page, content=(ROOT / path).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """A page as the site has it."""
    here = page.file.src_uri
    source = next((path for path, name in OUTSIDE.items() if name == here), f"docs/{here}")
    return _FENCE.sub(_fence, _LINK.sub(lambda found: _link(found, source, here), markdown))


def _fence(found: re.Match[str]) -> str:
    """A block that has a name: it is the title where it is a file's, and for tests alone where it is not."""
    title = f' title="{found[2]}"' if "." in found[2] else ""
    return f"``` {found[1]}{title}"


def _link(found: re.Match[str], source: str, here: str) -> str:
    mark, text, target = found.groups()
    path, hash_, anchor = target.partition("#")
    if not path or "://" in path:
        return found[0]
    file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    to = OUTSIDE.get(file) or (file.removeprefix("docs/") if file.startswith("docs/") else None)
    if to is None:
        return str(text)
    return f"{mark}[{text}]({posixpath.relpath(to, posixpath.dirname(here) or '.')}{hash_}{anchor})"
