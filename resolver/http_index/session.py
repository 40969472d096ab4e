"""A session of requests: credentials go where `Credentials` says, and no redirect leads from https to plain http."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from resolver.errors import IndexFailure
from resolver.http_index.credentials import Credentials
from resolver.http_index.urls import origin, shown


class _Login(AuthBase):
    """Basic authentication by destination. Its presence keeps requests from asking netrc by itself."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        login = self._credentials.login(request.url or "")
        if login is not None:
            user, password = login
            HTTPBasicAuth(user.encode(), password.encode())(request)
        return request


class IndexSession(Session):
    """For one thread; ``adapter``, with its connections, is shared by all of them."""

    def __init__(self, credentials: Credentials, adapter: HTTPAdapter) -> None:
        super().__init__()
        self._settings: dict[tuple[str, str, int | None], Mapping[str, Any]] = {}
        self.max_redirects = 10
        self.auth = self._login = _Login(credentials)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers["User-Agent"] = _user_agent()
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def merge_environment_settings(  # type: ignore[override]
        self,
        url: str,
        *given: Any,  # noqa: ANN401  (they are requests' own, and passed on)
        **named: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """Proxies and certificates as requests finds them, worked out once an origin: it reads all variables each time.

        Whatever a session sends is asked for in the same way, so that nothing but the origin makes a difference.
        """
        where = origin(url)
        if where not in self._settings:
            self._settings[where] = super().merge_environment_settings(url, *given, **named)
        return dict(self._settings[where])

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Called for every redirect: what was sent to one origin is not passed on, the new one is looked up."""
        here, there = response.url, prepared_request.url or ""
        if here.startswith("https:") and not there.startswith("https:"):
            raise IndexFailure(f"{shown(here)} redirects from https to {shown(there)}, which is not protected: refused")
        prepared_request.headers.pop("Authorization", None)
        self._login(prepared_request)


def _user_agent() -> str:
    try:
        return f"rules-wheelhouse/{version('rules-wheelhouse')}"
    except PackageNotFoundError:  # run from a tree that is not installed
        return "rules-wheelhouse"
