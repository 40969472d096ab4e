"""Which user name and password go to which URL.

They belong to origins. What the environment or a keyring holds for an index goes to the origin
of that index alone. An entry of netrc goes to the host that it names, over TLS or to the index's own origin; netrc's
``default`` names no host and so speaks for the index alone, lest a page that links elsewhere collects it.
"""

from __future__ import annotations

import base64
import importlib
import os
import threading
from pathlib import Path

from resolver.http_index.origins import Origin, origin
from resolver.http_index.transport import variables

Login = tuple[str, str]

_NETRCS = ("~/.netrc", "~/_netrc")
_NOBODY = "https://nobody.invalid/"  # RFC 6761: no netrc has an entry for it, so what it gets is `default`


class Credentials:
    """Logins for one index, looked up at the first request; `ask_keyring` once more after a 401."""

    def __init__(self, index: str, url: str) -> None:
        self._index = index
        self._url = url
        self._origin = origin(url)
        self._known: dict[Origin, Login | None] = {}
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
            return self._known[where]

    def headers(self, url: str) -> dict[str, str]:
        """The login as a header (RFC 7617), if there is one."""
        login = self.login(url)
        if login is None:
            return {}
        return {"Authorization": "Basic " + base64.b64encode(":".join(login).encode()).decode()}

    def ask_keyring(self, url: str) -> bool:
        """After a 401 for ``url``: whether a keyring knows a login that was not tried yet."""
        where = origin(url)
        if where is None or where != self._origin:
            return False
        with self._lock:
            if self._asked_keyring:
                return False
            self._asked_keyring = True
            found = _from_keyring(self._url)
            if found is None or found == self._known.get(where):
                return False
            self._known[where] = found
            return True

    def _look_up(self, url: str, *, is_own: bool) -> Login | None:
        if is_own:
            return _from_environment(self._index) or _from_netrc(url)
        if not url.startswith("https://"):
            return None
        found = _from_netrc(url)
        return found if found != _from_netrc(_NOBODY) else None


def _from_netrc(url: str) -> Login | None:
    named = os.environ.get("NETRC")
    if not any(Path(path).expanduser().exists() for path in ([named] if named is not None else _NETRCS)):
        return None
    from requests.utils import get_netrc_auth  # noqa: PLC0415  (slow, and most machines have no netrc)

    return get_netrc_auth(url)


def _from_environment(index: str) -> Login | None:
    user, password = (os.environ.get(variable) for variable in variables(index))
    return None if user is None and password is None else (user or "", password or "")


def _from_keyring(url: str) -> Login | None:
    try:
        found = importlib.import_module("keyring").get_credential(url, None)
    except Exception:  # noqa: BLE001  (not installed, or its backends fail in ways of their own: no answer either way)
        return None
    return None if found is None else (found.username or "", found.password or "")
