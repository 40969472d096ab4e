"""Passphrases of private keys: from a file or a prompt, never from a command line."""

from __future__ import annotations

import sys
from pathlib import Path

from resolver.errors import InputError


def from_file(name: str) -> bytes:
    """The first line of a file. Raises `InputError`."""
    try:
        line = Path(name).read_bytes().partition(b"\n")[0].rstrip(b"\r")
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from error
    if not line:
        raise InputError(f"{name}: its first line is empty, and should be the passphrase")
    return line


def prompted(key: Path) -> bytes:
    """Ask the person for the passphrase of a key. Raises `InputError` where there is nobody to ask."""
    return _ask(f"passphrase of {key}: ", key)


def chosen(key: Path) -> bytes:
    """Have the person choose one, twice the same. Raises `InputError`."""
    first = _ask(f"a passphrase for {key}: ", key)
    if not first or first != _ask("the same again: ", key):
        raise InputError("the two are not the same, or empty; nothing was written")
    return first


def _ask(prompt: str, key: Path) -> bytes:
    from getpass import getpass

    if not sys.stdin or not sys.stdin.isatty():
        raise InputError(f"{key}: has a passphrase, and nobody is here to ask; --passphrase-file FILE has it")
    return getpass(prompt).encode()
