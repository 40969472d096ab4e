"""What a form, a file's name, its bytes and its metadata say of one upload must agree."""

from __future__ import annotations

import hmac
import re
from typing import Dict, List

from resolver.server.metadata import Metadata
from resolver.server.names import Filename, Version, normalized
from resolver.server.staging import Staging


def check_form(form: Dict[str, str], filename: Filename) -> None:
    """What the form says of the file against the file's name. Raises ValueError."""
    for name in ("name", "version"):
        if not form.get(name):
            raise ValueError("the form has no {}".format(name))
    if normalized(form["name"]) != filename.project:
        raise ValueError("the form calls the project {!r}".format(form["name"][:100]))
    if Version(form["version"]).key != filename.version.key:
        raise ValueError("the form calls the version {!r}".format(form["version"]))
    kind = {"wheel": "bdist_wheel", "sdist": "sdist"}[filename.kind]
    if form.get("filetype", kind) != kind:
        raise ValueError("the form calls it a {!r}".format(form["filetype"][:100]))
    tags = form.get("pyversion") or filename.python
    if set(tags.split(".")) != set(filename.python.split(".")):
        raise ValueError("the form says that it is for {!r}".format(tags[:100]))


def check_digests(form: Dict[str, str], staging: Staging) -> None:
    """Every digest of the form against the bytes. Raises ValueError."""
    for algorithm in ("sha256", "blake2_256", "md5"):
        expected = form.get(algorithm + "_digest", "").lower()
        if not expected:
            continue
        try:
            found = staging.sha256 if algorithm == "sha256" else staging.digest(algorithm)
        except ValueError:  # of a Python for whom MD5 is forbidden; the others are there
            continue
        if not hmac.compare_digest(found.encode(), expected.encode()):
            raise ValueError(
                "{} of the bytes that came is {}, the form says {}".format(algorithm, found, expected[:64])
            )


def check_metadata(metadata: Metadata, form: Dict[str, str], filename: Filename) -> None:
    """What the file says of itself against its name and the form. Raises ValueError."""
    if normalized(metadata.name) != filename.project:
        raise ValueError("its metadata calls the project {!r}".format(metadata.name))
    if metadata.version.key != filename.version.key:
        raise ValueError("its metadata calls the version {}".format(metadata.version.text))

    def clauses(text: str) -> List[str]:
        return sorted(re.sub(r"\s", "", text).split(","))

    if "requires_python" in form and clauses(form["requires_python"]) != clauses(metadata.requires_python):
        raise ValueError("the form and its metadata have not the same Requires-Python")
