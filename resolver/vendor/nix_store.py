"""Artifacts and the store of Nix: what they are called there, and a script that brings them there.

The path of a fetched file depends on its name and digest alone, so that ``nix-store --add-fixed`` makes the one that
``rules/nix`` asks for. `store_name` is said twice, here and in ``rules/nix/names.nix``; a test holds the two together.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

_LONGEST = 207  # with ".drv" behind it, the 211 characters that a name in the store may have

_SCRIPT = """\
#!/bin/sh
# Adds every artifact of this tree to the store of Nix, under the names that rules/nix asks for: it fetches none of them
# then. Made by `wheelhouse vendor --view nix`; nothing is added twice.
set -eu
cd "$(dirname "$0")/../../files"
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT

# add FILE NAME: a file that has another name in the store
add() {
    mkdir "$staging/now"
    cp -- "./$1" "$staging/now/$2"
    nix-store --add-fixed sha256 "$staging/now/$2" >>"$staging/added"
    rm -rf "$staging/now"
}

: >"$staging/added"
"""
_BLOCK = 'nix-store --add-fixed sha256 \\\n    {files} >>"$staging/added"\n'
_END = 'echo "$(wc -l <"$staging/added") files are in the store of Nix"\n'
_AT_ONCE = 100


def store_name(filename: str) -> str:
    """``filename`` as a store allows it: ``x-1!2.0.zip`` is ``x-1-2.0.zip``."""
    safe = re.sub(rb"[^0-9a-zA-Z+._?=-]+", b"-", filename.encode()).decode("ascii")
    return safe if len(safe) <= _LONGEST else f"_{safe[-(_LONGEST - 1) :]}"


def add_fixed(filenames: Iterable[str]) -> str:
    """A POSIX shell script in ``views/nix`` that adds the files of the tree to the store."""
    names = sorted(filenames)
    plain = [name for name in names if name == store_name(name)]
    renamed = [name for name in names if name != store_name(name)]
    blocks = [plain[start : start + _AT_ONCE] for start in range(0, len(plain), _AT_ONCE)]
    return (
        _SCRIPT
        + "".join(_BLOCK.format(files=" \\\n    ".join(f"./{name}" for name in block)) for block in blocks)
        + "".join(f"add {shlex.quote(name)} {store_name(name)}\n" for name in renamed)
        + _END
    )
