"""Signatures in OpenSSH's format, keys on disk, and files of trusted keys."""

from __future__ import annotations

import base64
import os
import re
import stat
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from hypothesis import given
from hypothesis import strategies as st

from resolver.bundle.checking import holds
from resolver.bundle.keys import load_key, load_public, make_key
from resolver.bundle.sshsig import PublicKey, Signature, parse_signatures
from resolver.bundle.trusted import parse_trusted, trusted_line
from resolver.errors import InputError, StorageError
from tests.support.bundles import key

NOW = datetime(2030, 5, 1, tzinfo=timezone.utc)
KEYS = st.builds(PublicKey, raw=st.binary(min_size=32, max_size=32))
SIGNATURES = st.builds(
    Signature, key=KEYS, raw=st.binary(min_size=64, max_size=64), hash_name=st.sampled_from(["sha512", "sha256"])
)


@given(st.lists(SIGNATURES, min_size=1, max_size=4))
def test_signatures_are_read_as_they_were_written(made: list[Signature]) -> None:
    assert parse_signatures("".join(one.armored() for one in made).encode()) == made


@given(SIGNATURES, st.data())
def test_any_other_spelling_is_refused(made: Signature, data: st.DataObject) -> None:
    text = bytearray(made.armored().encode())
    bit = data.draw(st.integers(0, len(text) * 8 - 1))
    text[bit // 8] ^= 1 << bit % 8
    try:
        found = parse_signatures(bytes(text))
    except ValueError:
        return
    assert found != [made], "another signature, or another key, or another digest"


def test_none_and_too_many_are_refused(tmp_path: Path) -> None:
    one = key(tmp_path).sign(b"x")
    for text in ("", "hello", one * 17, one + "x", one.replace("\n", "\r\n"), one.replace("SSH", "PGP")):
        with pytest.raises(ValueError, match=r"signatures|spelt"):
            parse_signatures(text.encode())


def test_a_signature_of_something_else_is_none(tmp_path: Path) -> None:
    text = key(tmp_path).sign(b"x")
    body = base64.b64decode("".join(text.split("\n")[1:-2]))
    other = base64.b64encode(body.replace(b"wheelhouse-bundle", b"wheelhouse-wundle")).decode()
    lines = "\n".join(other[i : i + 70] for i in range(0, len(other), 70))
    armored = f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n"
    with pytest.raises(ValueError, match="made for 'wheelhouse-wundle'"):
        parse_signatures(armored.encode())


def test_it_holds_for_its_message_alone(tmp_path: Path) -> None:
    [made] = parse_signatures(key(tmp_path).sign(b"message").encode())
    assert holds(made, b"message")
    assert not holds(made, b"massage")
    other = Signature(key=key(tmp_path, "other").public, raw=made.raw)
    assert not holds(other, b"message")
    assert not holds(Signature(key=made.key, raw=made.raw, hash_name="sha256"), b"message")


# --- keys -----------------------------------------------------------------------------------------------------------


def test_a_key_is_its_owner_s_and_is_never_overwritten(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        public = make_key(tmp_path / "key", None, "anna@build")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert load_public(tmp_path / "key") == load_public(tmp_path / "key.pub") == (public, "anna@build")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(InputError, match="name another file for the new key"):
        make_key(tmp_path / "key", None, "")
    (tmp_path / "key.pub").unlink()
    with pytest.raises(InputError, match="never overwritten"):
        make_key(tmp_path / "key", None, "")
    assert (tmp_path / "key").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key"]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    make_key(tmp_path / "key", None, "")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(InputError, match=r"others may read this private key \(mode 0640\); `chmod 600"):
        load_key(tmp_path / "key", lambda path: b"")


@pytest.mark.parametrize("place", ["file/key", "k" * 300, "nowhere/key"])
def test_a_place_that_takes_no_key_is_said(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="cannot be written"):
        make_key(tmp_path / place, None, "")


def test_no_half_of_a_key_stays(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"\.pub: cannot be written"):
        make_key(tmp_path / ("k" * 253), None, "")  # with .pub behind it, the name is too long
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_place_for_a_key() -> None:
    with pytest.raises(InputError, match="a key is never overwritten"):
        make_key(Path(), None, "")


def test_a_comment_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the comment of a key has an invisible character"):
        make_key(tmp_path / "key", None, "anna\n* ssh-ed25519 AAAA")
    assert list(tmp_path.iterdir()) == []
    public = make_key(tmp_path / "key", None, "anna")
    (tmp_path / "key.pub").write_text(f"{public} anna\n* {public} eve\n")
    with pytest.raises(InputError, match="has an invisible character"):
        load_public(tmp_path / "key")


def test_a_passphrase_is_asked_for_where_there_is_one(tmp_path: Path) -> None:
    public = make_key(tmp_path / "key", b"open sesame", "")
    assert b"bcrypt" in base64.b64decode("".join((tmp_path / "key").read_text().split("\n")[1:-2]))
    assert load_key(tmp_path / "key", lambda path: b"open sesame").public == public
    with pytest.raises(InputError, match="the passphrase is wrong, or the file is damaged"):
        load_key(tmp_path / "key", lambda path: b"sesame")
    make_key(tmp_path / "open", None, "")
    load_key(tmp_path / "open", lambda path: pytest.fail("it has none"))


def test_a_library_that_lacks_what_passphrases_take_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such is that of Debian 12: cryptography without bcrypt."""

    def lacking(*_: object) -> bytes:
        raise UnsupportedAlgorithm("Need bcrypt module")

    make_key(tmp_path / "locked", b"secret", "")
    monkeypatch.setattr("cryptography.hazmat.primitives.serialization.ssh._bcrypt_kdf", lacking)
    with pytest.raises(InputError, match=r"Need bcrypt module; pip install 'rules-wheelhouse\[signing\]'"):
        make_key(tmp_path / "other", b"secret", "")
    assert not (tmp_path / "other").exists()
    with pytest.raises(InputError, match=r"locked: cannot be read: Need bcrypt module"):
        load_key(tmp_path / "locked", lambda _: b"secret")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such key"),
        (b"hello", "is no private key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n", "cannot be read"),
    ],
)
def test_what_is_no_key_is_said(content: bytes | None, said: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
        (tmp_path / "key").chmod(0o600)
    with pytest.raises(InputError, match=said):
        load_key(tmp_path / "key", lambda path: b"")


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    made = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    (tmp_path / "key").write_bytes(made)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(InputError, match="is no ssh-ed25519 key"):
        load_key(tmp_path / "key", lambda path: b"")


# --- trusted keys ---------------------------------------------------------------------------------------------------


@given(KEYS, st.sampled_from(["*", "prod", "prod,dev-*"]))
def test_a_line_for_a_key_is_read(public: PublicKey, streams: str) -> None:
    [found] = parse_trusted(trusted_line(public, streams, "anna @ build"), "trusted")
    assert (found.key, found.streams, found.comment) == (public, tuple(streams.split(",")), "anna @ build")


def line(public: PublicKey, before: str = "* ") -> str:
    return f"{before}{public}"


@pytest.mark.parametrize(
    ("before", "stream", "counts"),
    [
        ("* ", "prod", True),
        ("", "prod", True),
        ("prod ", "prod", True),
        ("prod ", "production", False),
        ("prod* ", "production", True),
        ("*,!dev* ", "prod", True),
        ("*,!dev* ", "dev-2", False),
        ("[p]rod ", "prod", False),
        ('* namespaces="git,wheelhouse-*" ', "prod", True),
        ('* valid-after="20300430Z" ', "prod", True),
        ('* valid-after="20300502Z" ', "prod", False),
        ('* valid-before="20300501000001Z" ', "prod", True),
        ('* valid-before="20300501Z" ', "prod", False),
        ('* namespaces="wheelhouse-bundle",valid-before="20310101" ', "prod", True),
    ],
)
def test_what_a_key_may_sign(before: str, stream: str, counts: bool) -> None:
    [found] = parse_trusted(line(PublicKey(raw=bytes(32)), before), "trusted")
    assert found.counts(stream, NOW) is counts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "trusted: names no ssh-ed25519 key"),
        ("# nothing\n\n", "names no ssh-ed25519 key"),
        ('* namespaces="git" KEY', "names no ssh-ed25519 key"),
        ("* cert-authority KEY", "names no ssh-ed25519 key"),
        ("* ssh-rsa AAAA", "names no ssh-ed25519 key"),
        ("hello", "trusted:1: is no line of an allowed_signers file"),
        ("\n* verify-required KEY", "trusted:2: 'verify-required': no such option"),
        ("* valid-before=tomorrow KEY", "trusted:1: 'tomorrow' is no time"),
        ("* ssh-ed25519 AAAA", "trusted:1: it ends too early"),
        ("* ssh-ed25519 A", "trusted:1: it is no base64"),
        *(
            (f"* KEY anna{hidden}* KEY eve", f"trusted:1: has an invisible character, {hidden!r}")
            for hidden in "\x0b\x0c\r\x1c\x85\u2028\u202e"
        ),
        ("\ufeff* KEY", "trusted:1: has an invisible character, '\\ufeff'"),
    ],
)
def test_a_file_that_says_nothing_or_something_unknown_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        parse_trusted(text.replace("KEY", str(PublicKey(raw=bytes(32)))), "trusted")
