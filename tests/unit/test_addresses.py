"""One lookup does for all connections to a host."""

from __future__ import annotations

import socket
import threading

import pytest

from resolver.http_index import addresses
from resolver.http_index.addresses import Addresses

HERE, THERE = "127.0.0.1", "127.0.0.2"


class Peer(socket.socket):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def getpeername(self) -> tuple[str, int]:
        return self.address, 443


class Network:
    """``asked``: what was connected to; ``here``: where every name leads; ``gone``: what nobody answers at.

    ``busy``: set, an answer comes.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.here = HERE
        self.gone: set[str] = set()
        self.busy = threading.Event()
        self.busy.set()

    def connect(self, host: str) -> socket.socket:
        self.asked.append(host)
        self.busy.wait(5)
        if host in self.gone:
            raise ConnectionRefusedError(host)
        return Peer(self.here)


def test_the_second_connection_goes_where_the_first_went() -> None:
    network, known = Network(), Addresses()
    for host in ("a.example", "a.example", "b.example", "a.example"):
        known.connection(host, network.connect).close()
    assert network.asked == ["a.example", HERE, "b.example", HERE]


def test_a_host_that_has_moved_is_looked_up_again() -> None:
    network, known = Network(), Addresses()
    known.connection("a.example", network.connect).close()
    network.gone, network.here = {HERE}, THERE
    for _ in range(2):
        known.connection("a.example", network.connect).close()
    assert network.asked == ["a.example", HERE, "a.example", THERE]
    network.gone |= {THERE, "a.example"}
    with pytest.raises(ConnectionRefusedError, match=r"a\.example"):
        known.connection("a.example", network.connect)


def test_a_host_that_could_not_be_reached_is_no_longer_waited_for() -> None:
    network, known = Network(), Addresses()
    network.gone = {"a.example"}
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            known.connection("a.example", network.connect)
    assert network.asked == ["a.example", "a.example"]


@pytest.mark.parametrize(("patience", "lookups"), [(10.0, 1), (0.05, 4)])
def test_others_wait_for_the_first_connection_but_not_for_long(
    monkeypatch: pytest.MonkeyPatch, patience: float, lookups: int
) -> None:
    monkeypatch.setattr(addresses, "PATIENCE", patience)
    network, known = Network(), Addresses()
    network.busy.clear()
    threads = [
        threading.Thread(target=lambda: known.connection("a.example", network.connect).close()) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    threads[-1].join(0.5)
    network.busy.set()
    for thread in threads:
        thread.join(10)
    assert network.asked.count("a.example") == lookups
    assert len(network.asked) == 4
