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
    """Ask for the passphrase of a key. Raises `InputError` where there is nobody to ask."""
    return _ask(f"passphrase of {key}: ", key)


def chosen(key: Path) -> bytes:
    """Ask twice for the passphrase of a new key. Raises `InputError`."""
    first = _ask(f"a passphrase for {key}: ", key)
    if not first or first != _ask("the same again: ", key):
        raise InputError("the two passphrases differ or are empty; no key was made")
    return first


def _ask(prompt: str, key: Path) -> bytes:
    from getpass import getpass

    if not sys.stdin or not sys.stdin.isatty():
        raise InputError(f"{key}: there is no terminal to ask for its passphrase; give it with --passphrase-file FILE")
    try:
        return getpass(prompt).encode()
    except EOFError:  # Ctrl-D
        raise InputError(f"{key}: no passphrase was given") from None
