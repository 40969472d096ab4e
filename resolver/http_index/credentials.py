"""Which user name and password go to which URL.

Logins belong to origins. What the environment or a keyring has for an index goes to the origin of that index alone. An
entry of netrc goes to the host that it names, over TLS or to the index's own origin; netrc's ``default`` names no host,
and so is for the index alone: else a page could collect it by a link to another host.
"""

from __future__ import annotations

import base64
import importlib
import os
import threading
from collections.abc import Mapping

from resolver.http_index.origins import Origin, origin
from resolver.http_index.transport import variables
from resolver.records import record

Login = tuple[str, str]


@record
class _Found:
    """A login, and where it comes from, as messages say it."""

    login: Login
    source: str


_NETRCS = ("~/.netrc", "~/_netrc")
_NOBODY = "https://nobody.invalid/"  # RFC 6761: no netrc has an entry for it, so what it gets is `default`


class Credentials:
    """Logins for one index, looked up at the first request; `ask_keyring` once more after a 401."""

    def __init__(self, index: str, url: str) -> None:
        self._index = index
        self._url = url
        self._origin = origin(url)
        self._known: dict[Origin, _Found | None] = {}
        self._asked_keyring = False
        self._lock = threading.Lock()

    def login(self, url: str) -> Login | None:
        """What to send with a request for ``url``, if anything."""
        where = origin(url)
        if where is None:
            return None
        with self._lock:
            if where not in self._known:
                self._known[where] = self._look_up(url, is_own=where == self._origin)
            found = self._known[where]
        return None if found is None else found.login

    def headers(self, url: str) -> dict[str, str]:
        """The login as a header (RFC 7617), if there is one."""
        login = self.login(url)
        if login is None:
            return {}
        return {"Authorization": "Basic " + base64.b64encode(":".join(login).encode()).decode()}

    def ask_keyring(self, url: str, sent: Mapping[str, str]) -> bool:
        """Whether there is another login than ``sent``, to which ``url`` answered 401. The last resort is the keyring.

        The keyring is asked once, for all requests that are refused.
        """
        where = origin(url)
        if where is None or where != self._origin:
            return False
        with self._lock:
            if not self._asked_keyring:
                self._asked_keyring = True
                found, before = _from_keyring(self._url), self._known.get(where)
                if found is not None and (before is None or found != before.login):
                    self._known[where] = _Found(login=found, source="the keyring")
        return self.headers(url) != sent

    def advice(self, url: str, status: int, *, is_direct: bool) -> str:
        """What to do about a 401 or 403 for ``url``, given the login that was sent. ``is_direct``: it is no index's."""
        where = origin(url)
        sent = self._known.get(where) if where is not None else None
        user, password = variables(self._index)
        if is_direct or where != self._origin:
            ways = "put the host into netrc"
        else:
            ways = f"set {user} and {password}, or put the host into netrc or a keyring"
        if sent is None:
            trouble = _trouble_with_netrc()
            return f"to give credentials, {ways}" + (f"; {trouble}" if trouble else "")
        if status == 401:
            return f"it does not accept the login of {sent.source}; to give another, {ways}"
        return f"the login of {sent.source} is not enough for it; to give another, {ways}"

    def _look_up(self, url: str, *, is_own: bool) -> _Found | None:
        if is_own and (stated := _from_environment(self._index)) is not None:
            return _Found(login=stated, source=" and ".join(variables(self._index)))
        if not is_own and not url.startswith("https://"):
            return None
        found = _from_netrc(url)
        if found is None or (not is_own and found == _from_netrc(_NOBODY)):
            return None
        return _Found(login=found, source="netrc")


def _netrc() -> str | None:
    """The file that requests reads, if there is one.

    `pathlib` would raise where there is no home folder, or one that this user may not look into: in a container, both
    are common.
    """
    named = os.environ.get("NETRC")
    paths = (os.path.expanduser(path) for path in ([named] if named is not None else _NETRCS))  # noqa: PTH111
    return next((path for path in paths if os.path.exists(path)), None)  # noqa: PTH110


def _trouble_with_netrc() -> str:
    """Why netrc gives no login at all, which requests does not tell. Its contents are not shown."""
    from netrc import NetrcParseError, netrc  # noqa: PLC0415  (where a server refuses)

    path = _netrc()
    try:
        if path is not None:
            netrc(path)
    except NetrcParseError as error:
        return f"{path}:{error.lineno} cannot be read"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    except UnicodeError:
        return f"{path} cannot be read: it is not text"
    return ""


def _from_netrc(url: str) -> Login | None:
    if _netrc() is None:
        return None
    from requests.utils import get_netrc_auth  # noqa: PLC0415  (slow, and most machines have no netrc)

    try:
        return get_netrc_auth(url)
    except UnicodeError:  # of all that may be wrong with the file, requests passes over the rest
        return None


def _from_environment(index: str) -> Login | None:
    user, password = (os.environ.get(variable) for variable in variables(index))
    return None if user is None and password is None else (user or "", password or "")


def _from_keyring(url: str) -> Login | None:
    try:
        found = importlib.import_module("keyring").get_credential(url, None)
    except Exception:  # noqa: BLE001  (not installed, or its backends fail in ways of their own: no answer either way)
        return None
    return None if found is None else (found.username or "", found.password or "")
