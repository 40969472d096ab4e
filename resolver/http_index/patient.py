"""Connections of urllib3 in which others have their turn while one waits, and which are led by known addresses."""

from __future__ import annotations

import socket

from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import wait_for_read

from resolver.http_index.addresses import Addresses
from resolver.http_index.turns import waiting

_addresses = Addresses()


class _Patient(HTTPConnection):
    def connect(self) -> None:
        with waiting():
            super().connect()

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        with waiting():
            if self.sock is not None and not wait_for_read(self.sock, self.timeout):
                raise TimeoutError("timed out")
        return super().getresponse()

    def _new_conn(self) -> socket.socket:
        """Without it, and without what it sets, there would be a lookup for each connection, and nothing worse."""
        name, connect = self._dns_host, super()._new_conn

        def to(host: str) -> socket.socket:
            self._dns_host = host  # for this alone: requests and certificates are about the name
            try:
                return connect()
            finally:
                self._dns_host = name

        return _addresses.connection(name, to)


class _PatientTLS(_Patient, HTTPSConnection):
    pass


class PatientPool(HTTPConnectionPool):
    """For ``http``."""

    ConnectionCls = _Patient


class PatientTLSPool(HTTPSConnectionPool):
    """For ``https``."""

    ConnectionCls = _PatientTLS
