"""Who may upload what, and who may read: the file of tokens and the headers that carry one."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path

import pytest

from resolver.server.command import main
from resolver.server.tokens import Tokens, TokensError, credentials, new_token, read_token

DIGEST = "sha256:" + "0" * 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def test_a_token_is_made_once_and_known_again(path: Path) -> None:
    first = new_token(str(path), "ci", ["upload:acme-*"])
    second = new_token(str(path), "reader", ["read"])
    assert path.stat().st_mode & 0o777 == 0o600
    assert first not in path.read_text()
    tokens = Tokens(str(path))
    found = tokens.find(first)
    assert found is not None
    assert (found.name, found.read, found.may_upload("acme-tool"), found.may_upload("acme")) == (
        "ci",
        False,
        True,
        False,
    )
    reader = tokens.find(second)
    assert reader is not None
    assert (reader.name, reader.read, reader.uploads) == ("reader", True, ())
    for wrong in ("", "x", first[:-1], first + "x", first.upper(), found.digest):
        assert tokens.find(wrong) is None


def test_a_change_of_the_file_is_seen(path: Path) -> None:
    secret = new_token(str(path), "ci", ["read"])
    tokens = Tokens(str(path))
    assert tokens.find(secret)
    path.write_text("# nobody\n")
    assert tokens.find(secret) is None
    path.write_text("nonsense\n")
    with pytest.raises(TokensError, match=r"tokens:1: cannot be read: a line is a name, a digest and scopes"):
        tokens.find(secret)
    path.unlink()
    with pytest.raises(TokensError, match="there is no such file of tokens"):
        tokens.find(secret)


def test_a_token_ends_with_its_last_day(path: Path) -> None:
    today = time.strftime("%Y-%m-%d", time.gmtime())
    lasting = new_token(str(path), "lasting", ["read", f"until:{today}"])
    ended = new_token(str(path), "ended", ["read", "until:2020-01-01"])
    tokens = Tokens(str(path))
    assert tokens.find(lasting)
    assert tokens.find(ended) is None


def test_a_day_without_its_zeros_is_the_same_day() -> None:
    """Days are compared as text, in which 2026-9-1 would come after 2026-11-01."""
    assert read_token(f"ci {DIGEST} read until:2026-9-1").until == "2026-09-01"
    assert read_token(f"ci {DIGEST} read until:0206-9-1").until == "0206-09-01"


@pytest.mark.parametrize(
    ("pattern", "covers", "not_these"),
    [
        ("*", ["a", "a-b"], []),
        ("Acme.*", ["acme-tool"], ["acme", "acmetool"]),
        ("acme_tool", ["acme-tool"], ["acme-tools", "acme"]),
        ("acme-[ab]", ["acme-a"], ["acme-c"]),
    ],
)
def test_globs_are_of_normalised_names(pattern: str, covers: list[str], not_these: list[str]) -> None:
    token = read_token(f"ci {DIGEST} upload:{pattern}")
    assert all(token.may_upload(name) for name in covers)
    assert not any(token.may_upload(name) for name in not_these)


@pytest.mark.parametrize(
    "line",
    [
        "ci",
        "ci x read",
        f"ci {DIGEST}0 read",
        f"c/i {DIGEST} read",
        f"ci {DIGEST} write",
        f"ci {DIGEST} upload:",
        f"ci {DIGEST} until:tomorrow",
        f"ci {DIGEST.upper()} read",
    ],
)
def test_lines_that_are_refused(line: str, path: Path) -> None:
    path.write_text(f"# a comment\n\n{line}\n")
    path.chmod(0o600)
    with pytest.raises(TokensError, match=r"tokens:3: cannot be read"):
        Tokens(str(path))


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o620, 0o666, 0o601])
def test_what_others_may_read_or_change_is_not_trusted(path: Path, mode: int) -> None:
    new_token(str(path), "ci", ["read"])
    tokens = Tokens(str(path))
    path.chmod(mode)
    with pytest.raises(TokensError, match="chmod 600"):
        Tokens(str(path))
    with pytest.raises(TokensError, match="chmod 600"):
        tokens.find("x")


def test_two_tokens_have_two_names(path: Path) -> None:
    new_token(str(path), "ci", ["read"])
    with pytest.raises(TokensError, match="already"):
        new_token(str(path), "ci", ["read"])
    path.write_text(f"ci {DIGEST} read\nci {DIGEST} read\n")
    with pytest.raises(TokensError, match=":2: there are two"):
        Tokens(str(path))


def test_a_pipe_and_a_folder_are_no_files_of_tokens(path: Path, tmp_path: Path) -> None:
    with pytest.raises(TokensError, match="cannot be read"):
        Tokens(str(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_and_the_mode_of_the_file_stay(path: Path) -> None:
    new_token(str(path), "ci", ["read"])
    os.chown(path, 1234, 1235)
    path.chmod(0o640)
    with pytest.raises(TokensError, match="belongs neither"):
        new_token(str(path), "other", ["read"])
    os.chown(path, 0, 1235)
    new_token(str(path), "other", ["read"])
    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (0, 1235, 0o640)


def encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"Basic {encoded(b'__token__:whl-x:y')}", ("__token__", "whl-x:y")),
        (f"basic  {encoded(b'ci:')}", ("ci", "")),
        ("Bearer whl-x", ("__token__", "whl-x")),
        ("", None),
        ("Basic", None),
        ("Basic !!!", None),
        (f"Basic {encoded(b'nocolon')}", None),
        (f"Basic {encoded(bytes([255]))}", None),
        ("Digest x", None),
        ("Bearer ", None),
    ],
)
def test_headers(header: str, expected: tuple[str, str] | None) -> None:
    assert credentials(header) == expected


def test_the_command(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = [str(path), "ci", "--upload", "acme-*", "--upload", "tools", "--read", "--until", "2999-12-31"]
    assert main(["token", *made]) == 0
    said = capsys.readouterr()
    token = Tokens(str(path)).find(said.out.strip())
    assert token is not None
    assert (token.read, token.uploads, token.until) == (True, ("acme-*", "tools"), "2999-12-31")
    assert said.out.strip() not in said.err
    assert main(["token", *made]) == 2
    assert "has a token with the name ci already" in capsys.readouterr().err
    assert main(["token", str(path), "a b", "--read"]) == 2
    assert main(["token", str(path), "x", "--read", "--until", "soon"]) == 2
    assert main(["token", str(path), "x", "--read", "--until", ""]) == 2, "it would never end"
    assert main(["token", str(tmp_path / "no/where"), "x", "--read"]) == 4
    with pytest.raises(SystemExit, match="2"):
        main(["token", str(path), "x"])
    assert "Traceback" not in capsys.readouterr().err
