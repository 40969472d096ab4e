"""What went wrong between us and a server, in words for a person and without secrets.

Of an exception only the innermost reason is shown: the outer ones quote URLs, a proxy's among them, as they were given.
"""

from __future__ import annotations

import re
import socket
import ssl

from resolver.http_index.pace import LEAST

_HINTS = {
    "proxy": "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
    "slow": "try again later or by another network, or state where else it can be had",
    "certificate": "if your organisation has its own certificate authority, name its bundle in REQUESTS_CA_BUNDLE",
}
_PROXY_ERRORS = frozenset({"InvalidSchema", "ProxyError", "ProxySchemeUnknown"})
_REFUSED_BY_PROXY = re.compile(r"Tunnel connection failed: ([0-9]{3}(?: [A-Za-z][A-Za-z -]{0,40})?)")
"""What http.client says of a proxy that does not open a tunnel: its status, and the reason phrase where it is one."""
_WORDS = (  # by the names of exceptions, of http.client and of urllib3, which may not be loaded; the first that fits
    ({"ConnectTimeout", "ConnectTimeoutError"}, "no connection in time"),
    ({"TooSlow"}, f"the answer comes too slowly, at less than {LEAST} bytes a second; {_HINTS['slow']}"),
    ({"TimeoutError", "ReadTimeoutError"}, "no answer in time"),
    ({"IncompleteRead", "InvalidChunkLength"}, "the answer was cut off"),
    ({"DecodeError"}, "the answer's compression is broken"),
    ({"BadLength", "InvalidHeader"}, "the length that the answer states is none"),
    ({"BadStatusLine", "UnknownProtocol"}, "what answers there does not speak HTTP/1.1"),
    ({"InvalidSchema"}, "SOCKS takes PySocks, to be installed beside this program"),  # what requests raises without it
    ({"LineTooLong", "HTTPException"}, "the answer's headers are too long"),
    ({"RemoteDisconnected", "ProtocolError"}, "the server closed the connection"),
)


class Failed(Exception):
    """There is no answer, or not all of it; the ``__cause__`` says why. ``may_pass``: another try may succeed.

    ``proxy``: the one that was asked, as messages may show it; empty for none. ``is_of_host``: no part of an answer
    came, so that another URL of the host would fail too.
    """

    def __init__(self, *, may_pass: bool = True, proxy: str = "") -> None:
        super().__init__()
        self.may_pass = may_pass
        self.proxy = proxy
        self.is_of_host = False


def causes(error: BaseException) -> list[BaseException]:
    """An exception and all that it wraps, as urllib3 wraps them too, the outermost first."""
    found: list[BaseException] = []
    pending: list[object] = [error]
    while pending:
        one = pending.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            pending += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
    return found


def is_certificate_error(error: BaseException) -> bool:
    """Whether TLS refused the server's certificate: trying again would not help."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error))


def reason(error: BaseException) -> str:
    """Why an exchange failed, with what to do about it where that is known."""
    found = [cause for cause in causes(error) if type(cause) is not Failed]
    if any(type(cause).__name__ in _PROXY_ERRORS for cause in found):
        proxy = next((f" {cause.proxy}" for cause in causes(error) if isinstance(cause, Failed) and cause.proxy), "")
        return f"the proxy{proxy} cannot be used ({_of_proxy(found)}); {_HINTS['proxy']}"
    for cause in found:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message}); {_HINTS['certificate']}"
        if isinstance(cause, socket.gaierror):
            return f"its name cannot be resolved ({cause.strerror}); without a direct connection, {_HINTS['proxy']}"
    return _innermost(found)


def _of_proxy(found: list[BaseException]) -> str:
    for cause in found:
        refused = _REFUSED_BY_PROXY.match(str(cause))
        if refused:
            return f"it answers {refused[1].strip()}"
    return _innermost(found)


def _innermost(found: list[BaseException]) -> str:
    for cause in reversed(found):
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {cause.reason or 'the connection was cut'}"
        if isinstance(cause, OSError) and cause.strerror and cause.errno is not None:
            return cause.strerror
    names = {type(cause).__name__ for cause in found}
    for tell_tale, words in _WORDS:
        if any(name in tell_tale for name in names):
            return words
    if any(isinstance(cause, ValueError) for cause in found):
        return "it is no URL of http or https"
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(found[0]).__name__).lower().split())
