"""Secrets go where they belong and nowhere else."""

from __future__ import annotations

import errno
import re
import ssl
from pathlib import Path
from typing import NoReturn

import pytest
from requests.exceptions import InvalidSchema
from urllib3.exceptions import ProxyError, SSLError

from resolver.errors import IndexFailure
from resolver.http_index.authorities import UnusableAuthorities, context
from resolver.http_index.credentials import Credentials
from resolver.http_index.failure import Failed, is_certificate_error, reason
from resolver.http_index.wire import redirected
from tests.support.http_server import basic

INDEX = "https://index.example/simple/"


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "netrc"
    path.write_text("machine files.example login filer password f\ndefault login anyone password d\n")
    monkeypatch.setenv("NETRC", str(path))
    return path


def test_netrc_speaks_for_the_hosts_that_it_names_and_its_default_for_the_index(netrc: Path) -> None:
    credentials = Credentials("corp", INDEX)
    assert credentials.login(INDEX) == ("anyone", "d")
    assert credentials.login("https://index.example:443/files/x.whl") == ("anyone", "d")
    assert credentials.login("https://files.example/x.whl") == ("filer", "f")
    assert credentials.login("http://files.example/x.whl") is None, "not without TLS"
    assert credentials.login("https://evil.example/x.whl") is None, "not the default"


def test_one_origin_has_one_login_however_it_is_spelled(netrc: Path) -> None:
    credentials = Credentials("corp", "https://bücher.example/simple/")
    for url in ("https://bücher.example/x", "https://xn--bcher-kva.example/x", "HTTPS://xn--bcher-kva.EXAMPLE:443/x"):
        assert credentials.login(url) == ("anyone", "d")


def test_what_is_no_url_gets_no_login(netrc: Path) -> None:
    assert Credentials("corp", "https://[::1/").login("https://[::1/") is None


def test_the_environment_speaks_for_the_origin_of_the_index_alone(netrc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEELHOUSE_INDEX_MY_CORP_PASSWORD", "token")
    credentials = Credentials("my.corp", INDEX)
    assert credentials.login(INDEX + "six/") == ("", "token")
    for other in ("http://index.example/", "https://index.example:8443/", "https://index.example.evil.example/"):
        assert credentials.login(other) is None


def test_a_refusal_tells_whose_login_was_sent_and_nothing_of_it(netrc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def advice(url: str, status: int = 401, *, is_direct: bool = False) -> str:
        credentials = Credentials("corp", INDEX)
        credentials.headers(url)
        return credentials.advice(url, status, is_direct=is_direct)

    variables = "WHEELHOUSE_INDEX_CORP_USERNAME and WHEELHOUSE_INDEX_CORP_PASSWORD"
    ways = f"set {variables}, or put the host into netrc or a keyring"
    assert advice(INDEX) == f"it does not accept the login of netrc; to give another, {ways}"
    assert advice(INDEX, 403) == f"the login of netrc is not enough for it; to give another, {ways}"
    assert advice(INDEX, is_direct=True).endswith("to give another, put the host into netrc")
    other = "https://other.example/x.whl"
    assert advice(other) == "to give credentials, put the host into netrc", "variables do not speak for other hosts"
    monkeypatch.setenv("WHEELHOUSE_INDEX_CORP_PASSWORD", "hush")
    assert advice(INDEX).startswith(f"it does not accept the login of {variables}; ")
    netrc.write_text("machine a\nlogin b hush\n")
    assert re.fullmatch(r"to give credentials, put the host into netrc; .*netrc:\d cannot be read", advice(other))
    netrc.write_bytes(b"\xff")
    assert advice(other).endswith(f"{netrc} cannot be read: it is not text")


def test_a_user_without_a_home_has_no_netrc(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> NoReturn:
        raise KeyError(uid)

    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    assert Credentials("corp", INDEX).login(INDEX) is None


def test_files_in_a_folder_that_cannot_be_looked_into_are_no_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object, *_: object, **__: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setenv("NETRC", "/root/.netrc")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/root/ca.pem")
    monkeypatch.setattr("os.stat", refuse)
    assert Credentials("corp", INDEX).login(INDEX) is None
    with pytest.raises(UnusableAuthorities, match=r"ca\.pem cannot be read: Permission denied"):
        context()


@pytest.mark.parametrize("there", ["http://index.example/simple/six/", "http://files.example/six"])
def test_a_redirect_does_not_leave_tls(there: str) -> None:
    with pytest.raises(IndexFailure, match=f"redirects from https to {there}"):
        redirected(INDEX + "six/", there + "?token=secret")


def test_a_login_is_a_header_where_it_belongs(netrc: Path) -> None:
    credentials = Credentials("corp", INDEX)
    assert credentials.headers(INDEX) == {"Authorization": basic("anyone:d")}
    assert credentials.headers("https://files.example/x") == {"Authorization": basic("filer:f")}
    assert credentials.headers("https://evil.example/x") == {}


def test_a_proxy_of_socks_says_what_it_takes() -> None:
    told = reason(InvalidSchema("Missing dependencies for SOCKS support."))
    assert told.startswith("the proxy cannot be used (SOCKS takes PySocks")


def test_a_proxy_that_refuses_is_told_with_its_answer() -> None:
    error = Failed(proxy="http://proxy.example:3128")
    error.__cause__ = ProxyError("cannot connect", OSError("Tunnel connection failed: 403 Forbidden"))
    told = reason(error)
    assert told.startswith(
        "the proxy http://proxy.example:3128 cannot be used (it answers 403 Forbidden); check HTTPS_"
    )


def test_an_untrusted_certificate_is_explained_and_not_tried_again() -> None:
    inner = ssl.SSLCertVerificationError(1, "certificate verify failed")
    inner.verify_message = "self-signed certificate"
    error = SSLError("https://user:secret@index.example/ failed", inner)
    assert is_certificate_error(error)
    assert "self-signed certificate" in reason(error)
    assert "REQUESTS_CA_BUNDLE" in reason(error)
    assert "secret" not in reason(error)
