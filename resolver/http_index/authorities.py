"""TLS as the environment has it: whose certificates are trusted."""

from __future__ import annotations

import os
import ssl
from functools import cache
from pathlib import Path


class UnusableAuthorities(Exception):
    """The bundle of certificate authorities is not there, or is none."""


def context() -> ssl.SSLContext:
    """TLS that trusts the authorities of ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE``, else those of certifi.

    TLS 1.2 or newer, host names from the subjectAltName alone (RFC 9525, 6.3), and HTTP/1.1 announced (RFC 7301).
    It is made once, and then remembered. Raises `UnusableAuthorities`.
    """
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return _context(named or _public_authorities(), bool(named))


@cache
def _context(bundle: str, is_named: bool) -> ssl.SSLContext:
    path = Path(bundle)
    try:
        if not path.exists():
            raise UnusableAuthorities(f"the bundle of certificate authorities {bundle} is not there")
        is_folder = path.is_dir()
        made = ssl.create_default_context(cafile=None if is_folder else bundle, capath=bundle if is_folder else None)
    except OSError as error:  # of TLS too
        why = getattr(error, "reason", None) or error.strerror
        raise UnusableAuthorities(f"the bundle of certificate authorities {bundle} cannot be read: {why}") from error
    if is_named:
        # Python 3.13 and newer refuse certificates that leave out a part RFC 5280 asks for, such as the authority's key
        # identifier. Companies' own authorities often do, and this bundle says that they are trusted.
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.hostname_checks_common_name = False
    made.set_alpn_protocols(["http/1.1"])
    return made


def _public_authorities() -> str:
    import certifi  # noqa: PLC0415  (not needed on a network that has its own)

    return certifi.where()
