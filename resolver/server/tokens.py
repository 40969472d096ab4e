"""Tokens: who may upload what, and who may read."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
import os
import re
import secrets
import stat
import threading
import time
from typing import List, NamedTuple, Optional, Tuple

from resolver.server.files import write_whole
from resolver.server.names import normalized

TOKEN_USER = "__token__"  # noqa: S105  (a name)
TOKEN_PREFIX = "whl-"  # noqa: S105  (by which scanners for secrets can know one)
TOKENS_HELP = """\
# Tokens of a wheelhouse server. `server.py token` adds lines; a token whose line is removed holds no longer.
# NAME  sha256:DIGEST  then scopes: read, upload:GLOB (of normalised project names), until:YYYY-MM-DD (UTC)
"""


class TokensError(Exception):
    """A file of tokens that cannot be used."""


class Token(NamedTuple):
    """A line of the file: the token itself is known to its holder only. ``until`` is its last day, by UTC."""

    name: str
    digest: str
    read: bool
    uploads: Tuple[str, ...]
    until: str

    def may_upload(self, project: str) -> bool:
        """Whether a scope covers a normalised project name."""
        return any(fnmatch.fnmatchcase(project, pattern) for pattern in self.uploads)


def read_token(line: str) -> Token:
    """A line of the file. Raises ValueError in words."""
    words = line.split()
    if len(words) < 2:
        raise ValueError("a line is a name, a digest and scopes")
    name, digest, scopes = words[0], words[1], words[2:]
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
        raise ValueError("a token's name has letters, digits and . _ - only")
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise ValueError("behind the name stands sha256: and 64 hexadecimal digits")
    read, uploads, until = False, [], ""
    for scope in scopes:
        kind, _, value = scope.partition(":")
        if scope == "read":
            read = True
        elif kind == "upload" and value:
            uploads.append(normalized(value))
        elif kind == "until":
            day = time.strptime(value, "%Y-%m-%d")  # 2026-9-1 too, which as text comes after 2026-11-01
            until = "{:04}-{:02}-{:02}".format(*day[:3])  # strftime leaves out zeros of a year
        else:
            raise ValueError("{!r} is no scope; there are read, upload:GLOB and until:YYYY-MM-DD".format(scope))
    return Token(name, digest[len("sha256:") :], read, tuple(uploads), until)


class Tokens:
    """The file of tokens, read again when it changes. Raises TokensError where it cannot be trusted."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._stamp: Optional[Tuple[int, int, int, int]] = None
        self._tokens: List[Token] = []
        self.refresh()

    def refresh(self) -> List[Token]:
        """The tokens of this moment. Raises TokensError."""
        try:
            found = os.stat(self.path)
            with self._lock:
                stamp = (found.st_mtime_ns, found.st_ino, found.st_size, found.st_mode)
                if stamp != self._stamp:
                    self._tokens = _read_tokens(self.path)
                    self._stamp = stamp
                return self._tokens
        except FileNotFoundError:
            hint = "`python3 DIR/server.py token` makes a token and the file"
            raise TokensError("{}: there is no such file of tokens; {}".format(self.path, hint)) from None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise TokensError("{}: cannot be read: {}".format(self.path, reason)) from None

    def find(self, secret: str) -> Optional[Token]:
        """Whose token this is. Every line is compared, each in the same time. Raises TokensError."""
        digest = hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
        today, found = time.strftime("%Y-%m-%d", time.gmtime()), None
        for token in self.refresh():
            if hmac.compare_digest(token.digest, digest) and (not token.until or today <= token.until):
                found = token
        return found


def _read_tokens(path: str) -> List[Token]:
    with open(path, encoding="utf-8") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise TokensError("{}: is no regular file".format(path))
        if os.name == "posix" and found.st_mode & 0o037:
            raise TokensError("{0}: others may read or change it; chmod 600 {0}".format(path))
        if os.name == "posix" and found.st_uid not in (0, os.geteuid()):
            raise TokensError("{}: belongs neither to root nor to the user of this server".format(path))
        lines = stream.read().splitlines()
    tokens: List[Token] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            token = read_token(line)
        except ValueError as error:
            raise TokensError("{}:{}: cannot be read: {}".format(path, number, error)) from None
        if any(token.name == other.name for other in tokens):
            raise TokensError("{}:{}: there are two tokens with the name {}".format(path, number, token.name))
        tokens.append(token)
    return tokens


def credentials(header: str) -> Optional[Tuple[str, str]]:
    """User and secret of an Authorization header (RFC 7617, RFC 6750), or None where it has none."""
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return TOKEN_USER, value.strip()
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, secret = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (user, secret) if colon else None


def new_token(path: str, name: str, scopes: List[str]) -> str:
    """Add a token to a file, which is made where it is not there, and return it. Raises TokensError and OSError."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    line = " ".join([name, "sha256:" + hashlib.sha256(secret.encode()).hexdigest(), *scopes])
    try:
        read_token(line)
    except ValueError as error:
        raise TokensError(str(error)) from None
    content = TOKENS_HELP
    if os.path.lexists(path):
        if any(token.name == name for token in _read_tokens(path)):
            raise TokensError("{}: has a token with the name {} already; remove its line first".format(path, name))
        with open(path, encoding="utf-8") as stream:
            content = stream.read()
    separator = "" if not content or content.endswith("\n") else "\n"
    write_whole(path, (content + separator + line + "\n").encode(), mode=0o600, keep=True)
    return secret
