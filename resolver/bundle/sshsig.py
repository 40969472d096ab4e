"""Signatures as OpenSSH makes them (``PROTOCOL.sshsig``), by Ed25519 keys: the envelope, without the mathematics. Pure.

``ssh-keygen -Y verify`` reads what is written here, and this reads what ``ssh-keygen -Y sign`` writes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from resolver.records import record

NAMESPACE = "wheelhouse-bundle"
"""What a signature is for: one that a key made of something else, a commit or a mail, is none of ours."""
KEY_TYPE = "ssh-ed25519"
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = ("sha512", "sha256")
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_ARMOR = re.compile(rf"{_BEGIN}\n([A-Za-z0-9+/=\n]+)\n{_END}\n")
_WIDTH = 70
_MOST = 16
"""Signatures that one statement may have."""


@record
class PublicKey:
    """An Ed25519 key: its 32 bytes."""

    raw: bytes

    @property
    def wire(self) -> bytes:
        """As SSH sends it (RFC 8709)."""
        return _string(KEY_TYPE.encode()) + _string(self.raw)

    @property
    def fingerprint(self) -> str:
        """``SHA256:...``, as ``ssh-keygen -l`` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.wire).digest()).decode().rstrip("=")

    def __str__(self) -> str:
        return f"{KEY_TYPE} {base64.b64encode(self.wire).decode()}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """The key whose wire form is this base64. Raises ValueError."""
        reader = _Reader(_unbase64(text))
        key = _key(reader)
        reader.end()
        return key


@record
class Signature:
    """Who signed, with which digest of the message, and the 64 bytes of the signature itself."""

    key: PublicKey
    raw: bytes
    hash_name: str = _HASHES[0]

    def armored(self) -> str:
        """The text of a signature file."""
        envelope = (
            _MAGIC
            + _VERSION.to_bytes(4, "big")
            + _string(self.key.wire)
            + _string(NAMESPACE.encode())
            + _string(b"")
            + _string(self.hash_name.encode())
            + _string(_string(KEY_TYPE.encode()) + _string(self.raw))
        )
        text = base64.b64encode(envelope).decode()
        lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
        return "\n".join([_BEGIN, *lines, _END, ""])

    def covers(self, message: bytes) -> bytes:
        """The bytes that the key has to have signed for ``message``."""
        return signed_bytes(message, self.hash_name)


def signed_bytes(message: bytes, hash_name: str = _HASHES[0]) -> bytes:
    """What a key signs: not the message itself, but what it is for and its digest."""
    digest = hashlib.new(hash_name, message).digest()
    return _MAGIC + _string(NAMESPACE.encode()) + _string(b"") + _string(hash_name.encode()) + _string(digest)


def parse_signatures(content: bytes) -> list[Signature]:
    """Every signature of a file that holds some, one after the other. Raises ValueError for anything else in it."""
    text = content.decode("ascii")
    found = [_signature(match[1]) for match in _ARMOR.finditer(text)]
    if not found or len(found) > _MOST:
        raise ValueError(f"it holds {len(found) or 'no'} signatures")
    if "".join(signature.armored() for signature in found) != text:
        raise ValueError("it is not spelt as OpenSSH writes it")
    return found


def _signature(armored: str) -> Signature:
    reader = _Reader(_unbase64(armored.replace("\n", "")))
    if reader.take(len(_MAGIC)) != _MAGIC or int.from_bytes(reader.take(4), "big") != _VERSION:
        raise ValueError("it is no signature of OpenSSH")
    key = _key(inner := _Reader(reader.string()))
    inner.end()
    namespace, _, hash_name = reader.string(), reader.string(), reader.string().decode("ascii")
    if namespace != NAMESPACE.encode():
        raise ValueError(f"it was made for {namespace.decode('ascii', 'replace')!r}, not for {NAMESPACE!r}")
    if hash_name not in _HASHES:
        raise ValueError(f"it signs a digest of a kind that is not known, {hash_name!r}")
    made = _Reader(reader.string())
    reader.end()
    kind, raw = made.string(), made.string()
    made.end()
    if kind != KEY_TYPE.encode() or len(raw) != 64:
        raise ValueError(f"it is not of the type {KEY_TYPE}")
    return Signature(key=key, raw=raw, hash_name=hash_name)


def _key(reader: _Reader) -> PublicKey:
    kind, raw = reader.string(), reader.string()
    if kind != KEY_TYPE.encode() or len(raw) != 32:
        raise ValueError(f"the key is not of the type {KEY_TYPE}")
    return PublicKey(raw=raw)


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"it is no base64: {error}") from error


def _string(content: bytes) -> bytes:
    """RFC 4251, section 5."""
    return len(content).to_bytes(4, "big") + content


class _Reader:
    """Walks over bytes, and refuses to walk past their end."""

    def __init__(self, content: bytes) -> None:
        self._rest = content

    def take(self, count: int) -> bytes:
        if count > len(self._rest):
            raise ValueError("it ends too early")
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def string(self) -> bytes:
        return self.take(int.from_bytes(self.take(4), "big"))

    def end(self) -> None:
        if self._rest:
            raise ValueError("there is more of it than there should be")
