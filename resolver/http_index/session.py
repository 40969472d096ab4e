"""A session of requests: credentials go where `Credentials` says, and no redirect leads from https to plain http."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from resolver.errors import IndexFailure
from resolver.http_index.credentials import Credentials
from resolver.http_index.urls import shown


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
        self.max_redirects = 10
        self.auth = self._login = _Login(credentials)
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers["User-Agent"] = _user_agent()
        self.mount("https://", adapter)
        self.mount("http://", adapter)

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
