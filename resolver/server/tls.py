"""The certificate that the server shows."""

from __future__ import annotations

import os
import ssl
import threading
import time
from typing import List, Optional, Tuple

from resolver.server.messages import log


class CertificateError(Exception):
    """A certificate and a key that cannot be used; ``str()`` is the reason in words."""


class Certificates:
    """A certificate and its key, read again when their files change: a renewed one needs no restart.

    Raises CertificateError.
    """

    def __init__(self, certificate: str, key: Optional[str]) -> None:
        self._paths = (certificate, key or certificate)
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        try:
            self._stamp = self._stamps()
            self._context = self._load()
        except (ssl.SSLError, ValueError) as error:
            told = "{}: cannot be used as certificate and key: {}".format(certificate, _fault(error))
            raise CertificateError(told) from error
        except OSError as error:
            where = error.filename or " or ".join(dict.fromkeys(self._paths))  # OpenSSL does not say which
            raise CertificateError("{}: cannot be read: {}".format(where, error.strerror)) from error

    def context(self) -> ssl.SSLContext:
        """For a new connection."""
        with self._lock:
            if time.monotonic() - self._looked > 1.0:
                self._looked = time.monotonic()
                self._refresh()
            return self._context

    def _refresh(self) -> None:
        try:
            stamp = self._stamps()
            if stamp != self._stamp:
                self._context, self._stamp = self._load(), stamp
        except (OSError, ValueError) as error:  # half of a pair is new, say
            log("error: the new certificate is not used: {}: {}".format(self._paths[0], _fault(error)))

    def _stamps(self) -> List[Tuple[int, int]]:
        return [(found.st_mtime_ns, found.st_ino) for found in map(os.stat, self._paths)]

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(*self._paths, password=_no_passphrase)
        context.set_alpn_protocols(["http/1.1"])
        return context


def _fault(error: Exception) -> str:
    """Why a certificate and its key cannot be used; OpenSSL's own words say that to nobody."""
    said = str(error).lower().replace("_", " ")
    if "key values mismatch" in said:
        return "the key is that of another certificate"
    if "pem lib" in said or "no start line" in said:
        return "it takes both in PEM, and one of them is missing or something else"
    return str(error)


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase, and nobody is there to type it")
