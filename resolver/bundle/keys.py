"""Private keys on disk: OpenSSH's own format, so that ssh-keygen, agents and this tool share them. Ed25519 alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.bundle.sshsig import KEY_TYPE, PublicKey, Signature, signed_bytes
from resolver.bundle.trusted import printable
from resolver.errors import InputError, StorageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HOW_TO_GET_IT = "pip install 'rules-wheelhouse[signing]', or 'cryptography[ssh]' for a Python that runs wheelhouse.pyz"
AskPassphrase = Callable[[Path], bytes]
"""Brings the passphrase of a key. Raises `InputError` where there is nobody to ask."""


class Signer:
    """A private key that is ready to sign."""

    def __init__(self, key: Ed25519PrivateKey, comment: str) -> None:
        self._key = key
        self.comment = comment

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        return _public(self._key)

    def sign(self, message: bytes) -> str:
        """The armored signature of ``message``; the same bytes each time, for Ed25519 takes no dice."""
        return Signature(key=self.public, raw=self._key.sign(signed_bytes(message))).armored()


def make_key(path: Path, passphrase: bytes | None, comment: str) -> PublicKey:
    """Write a new key to ``path``, readable by its owner alone, and its public half to ``path``.pub.

    Raises `InputError` where either of them is there: a key is never overwritten; and for a comment that is no line.
    """
    _needed()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  (an optional extra)
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    beside = public_path(path)
    try:
        printable(comment)
    except ValueError as error:
        raise InputError(f"the comment of a key {error}") from error
    if os.path.lexists(beside):
        raise InputError(f"{beside}: is there already; name another file for the new key")
    key = Ed25519PrivateKey.generate()
    protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    try:
        content = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, protection)
    except UnsupportedAlgorithm as error:
        raise InputError(f"{path}: cannot have a passphrase: {error}; {HOW_TO_GET_IT}") from error
    public = _public(key)
    _write_new(path, content, 0o600)
    try:
        _write_new(beside, f"{public} {comment}".rstrip().encode() + b"\n", 0o644)
    except BaseException:  # the disk is full, say: half of a key would be in the way of the next try
        path.unlink(missing_ok=True)
        raise
    return public


def public_path(path: Path) -> Path:
    """Where the public half of a key lies."""
    return path.parent / f"{path.name}.pub"


def load_key(path: Path, ask: AskPassphrase) -> Signer:
    """The private key at ``path``. Raises `InputError`."""
    content = _read(path)
    if b"PRIVATE KEY" not in content:
        raise InputError(f"{path}: is no private key; `wheelhouse key new {path}` would make one")
    _check_private(path)
    _needed()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  (an optional extra)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key  # noqa: PLC0415

    passphrase = None
    try:
        try:
            key = load_ssh_private_key(content, None)
        except TypeError:  # it has a passphrase
            passphrase = ask(path)
            key = load_ssh_private_key(content, passphrase)
    except UnsupportedAlgorithm as error:  # of the kind of the key, or the library lacks what reads a passphrase
        raise InputError(f"{path}: cannot be read: {error}") from error
    except (ValueError, TypeError) as error:
        said = str(error) if passphrase is None else "the passphrase is wrong, or the file is damaged"
        raise InputError(f"{path}: cannot be read: {said}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"{path}: is no {KEY_TYPE} key, and bundles are signed by these alone")
    return Signer(key, _comment(public_path(path)))


def load_public(path: Path) -> tuple[PublicKey, str]:
    """Public half and comment of a key: ``path`` is its private file or the one that ends in ``.pub``."""
    place = path if path.suffix == ".pub" else public_path(path)
    words = _read(place).decode("utf-8", "replace").strip().split(None, 2)
    if len(words) < 2 or words[0] != KEY_TYPE:
        raise InputError(f"{place}: is no public {KEY_TYPE} key")
    try:
        return PublicKey.parse(words[1]), printable(words[2]) if len(words) > 2 else ""
    except ValueError as error:
        raise InputError(f"{place}: is no public key: {error}") from error


def _public(key: Ed25519PrivateKey) -> PublicKey:
    """By the older of two ways: wheelhouse.pyz takes the library that its Python has (Debian 12: version 38)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415  (an extra)

    return PublicKey(raw=key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def _comment(path: Path) -> str:
    try:
        return load_public(path)[1]
    except InputError:
        return ""


def _needed() -> None:
    try:
        import cryptography  # noqa: F401, PLC0415  (an optional extra)
    except ImportError as error:
        raise InputError(
            f"keys and signatures are made by an extra, which is not installed: {HOW_TO_GET_IT}"
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such key; `wheelhouse key new FILE` makes one") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def _check_private(path: Path) -> None:
    """As ssh does: a key that others can read is no key any more."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise InputError(f"{path}: others may read this private key (mode {mode:04o}); `chmod 600 {path}`")


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError as error:
        raise InputError(f"{path}: is there already, and a key is never overwritten; name another file") from error
    except OSError as error:
        with suppress(OSError):  # what cannot be written can have a name that cannot be removed either
            path.unlink()
        raise StorageError(f"{path}: cannot be written: {error.strerror}") from error
