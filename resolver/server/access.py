"""Who may read and who may upload, by the token that a request brings."""

from __future__ import annotations

from typing import Optional

from resolver.server.requests import Refused, Request
from resolver.server.tokens import TOKEN_USER, Token, Tokens, credentials


class Access:
    """The rights of whoever asks. ``tokens``: without any, nothing is taken; ``private``: readers need one too."""

    def __init__(self, tokens: Optional[Tokens], *, private: bool, read_only: bool) -> None:
        self.private = private
        self._tokens, self._read_only = tokens, read_only

    @property
    def writable(self) -> bool:
        """Whether anybody may upload."""
        return self._tokens is not None and not self._read_only

    def user(self, request: Request) -> str:
        """The name of the token that a request brings, empty for none that holds. Raises TokensError."""
        token = self._token(request)
        return token.name if token else ""

    def reader(self, request: Request, *, health: bool) -> str:
        """The name of the reader's token. Raises Refused (401, 403) where one is needed: never for ``health``."""
        if self._tokens is None or (not self.private and "authorization" not in request.headers):
            return ""
        if not self.private or health:  # a client may send what it has for another place
            return self.user(request)
        caller = self._caller(request)
        if not caller.read:
            raise Refused(403, "the token {} may not read".format(caller.name))
        return caller.name

    def uploader(self, request: Request) -> Token:
        """Whose upload it is. Raises Refused (401, 403) and TokensError."""
        if self._read_only or self._tokens is None:
            told = "" if self._read_only else "; --tokens lets it take uploads"
            raise Refused(403, "this server only reads" + told)
        token = self._caller(request)
        if not token.uploads:
            raise Refused(403, "the token {} may not upload".format(token.name))
        return token

    def _token(self, request: Request) -> Optional[Token]:
        given = credentials(request.headers.get("authorization", ""))
        if given is None or self._tokens is None:
            return None
        user, secret = given
        token = self._tokens.find(secret)
        return token if token is not None and user in (TOKEN_USER, token.name) else None

    def _caller(self, request: Request) -> Token:
        token = self._token(request)
        if token is None:
            told = "a token is needed: {} is the user, the token the password".format(TOKEN_USER)
            if "authorization" in request.headers:
                told = "this token is not known, or holds no longer"
            raise Refused(401, told, {"WWW-Authenticate": 'Basic realm="wheelhouse", charset="UTF-8"'})
        return token
