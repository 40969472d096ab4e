"""Reads direct URLs of requirements (PEP 508, ``name @ url``), before anything is fetched. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import parse_qsl, unquote, urlsplit

from packaging.utils import NormalizedName

from resolver.errors import InvalidDirectURL
from resolver.http_index.urls import plain, shown
from resolver.records import record
from resolver.simple.filenames import EXTENSIONS

_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_WEAK = frozenset({"md5", "sha1", "sha224"})


@record
class DirectURL:
    """An archive's URL without its fragment, its file name, and the digests that the fragment promised."""

    url: str
    filename: str
    hashes: Mapping[str, str]


def parse_direct(name: NormalizedName, url: str) -> DirectURL:
    """Read the URL of ``name @ url``. Raises `InvalidDirectURL` for what cannot be locked to one archive's bytes."""
    wrong = partial(InvalidDirectURL, url)
    try:
        parts = urlsplit(url)
        scheme, has_login = parts.scheme, "@" in parts.netloc
    except ValueError as error:
        raise wrong(f"{name}: its direct URL cannot be read: {error}") from None
    where = f"{name} @ {shown(url)}"
    if "+" in scheme:
        raise wrong(
            f"{where}: a version control URL names no bytes that a lock could verify; "
            "build an archive of it, or publish it to an index, and name that"
        )
    if scheme not in ("http", "https", "file"):
        raise wrong(f"{where}: its scheme must be https, http or file")
    if has_login:
        raise wrong(
            f"{where}: the URL holds credentials, which would end in the lock; "
            "remove them, and put its host into netrc instead"
        )
    filename = unquote(parts.path).rpartition("/")[2]
    if not filename.endswith(EXTENSIONS):
        raise wrong(f"{where}: it must end with the file name of a wheel or an sdist ({', '.join(EXTENSIONS)})")
    return DirectURL(url=plain(url), filename=filename, hashes=_promises(where, parts.fragment, wrong))


def _promises(where: str, fragment: str, wrong: Callable[[str], InvalidDirectURL]) -> dict[str, str]:
    values = dict(parse_qsl(fragment))
    if "subdirectory" in values:
        raise wrong(f"{where}: a project in a subdirectory of an archive cannot be locked; name its own archive")
    found = {algorithm: values[algorithm].lower() for algorithm in _LENGTHS if algorithm in values}
    for algorithm, digest in found.items():
        if not re.fullmatch(f"[0-9a-f]{{{_LENGTHS[algorithm]}}}", digest):
            raise wrong(f"{where}: {digest!r} is not a {algorithm}")
    weak = sorted(_WEAK & values.keys())
    if weak and not found:
        raise wrong(f"{where}: {weak[0]} proves nothing any more; give #sha256=..., or no hash to lock what is there")
    return found
