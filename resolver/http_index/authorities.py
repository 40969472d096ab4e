"""TLS as the environment has it: whose certificates are trusted."""

from __future__ import annotations

import os
import ssl
from pathlib import Path


class UnusableAuthorities(Exception):
    """The bundle of certificate authorities is not there, or is none."""


def context() -> ssl.SSLContext:
    """TLS that trusts the authorities of ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE``, else those of certifi.

    TLS 1.2 or newer, names of hosts from where certificates have them by now (RFC 9525, 6.3), and HTTP/1.1 announced
    (RFC 7301). Raises `UnusableAuthorities`.
    """
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if not bundle:
        import certifi  # noqa: PLC0415  (not needed on a network that has its own)

        bundle = certifi.where()
    path = Path(bundle)
    if not path.exists():
        raise UnusableAuthorities(f"the bundle of certificate authorities {bundle} is not there")
    try:
        is_folder = path.is_dir()
        made = ssl.create_default_context(cafile=None if is_folder else bundle, capath=bundle if is_folder else None)
    except OSError as error:  # of TLS too
        why = getattr(error, "reason", None) or error.strerror
        raise UnusableAuthorities(f"the bundle of certificate authorities {bundle} cannot be read: {why}") from error
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.hostname_checks_common_name = False
    made.set_alpn_protocols(["http/1.1"])
    return made
