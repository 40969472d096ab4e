"""Keys that a user trusts, and what a bundle has said of a tree, for the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.errors import InputError

if TYPE_CHECKING:
    from resolver.bundle.trusted import TrustedKey
    from resolver.verify.signed import SignedStatement


def trusted_keys(name: str | None) -> tuple[TrustedKey, ...] | None:
    """The keys of a file in the format of OpenSSH's allowed_signers; None for None. Raises `InputError`."""
    from resolver.bundle.trusted import parse_trusted

    if name is None:
        return None
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: is no text: {error}") from error
    return parse_trusted(text, name)


def fingerprints(given: Sequence[str]) -> tuple[str, ...]:
    """Fingerprints of keys as `wheelhouse key show` and ``ssh-keygen -l`` print them. Raises `InputError`."""
    for text in given:
        if re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", text) is None:
            hint = "it is SHA256: and 43 characters, as `wheelhouse key show` prints it on the other side"
            raise InputError(f"--trust: {text!r} is no fingerprint of a key; {hint}")
    return tuple(given)


def describe_vouched(vouched: SignedStatement, now: datetime) -> list[str]:
    """What was unpacked, who signed it, and whether a newer one should be here by now."""
    from resolver.bundle.statement import shown_time
    from resolver.transfer.telling import describe_statement

    known = {key.key: key.comment for key in vouched.trusted}
    lines = [f"from a bundle: {describe_statement(vouched.statement)}"]
    lines += [
        f"signed by {key.fingerprint}"
        + (f" ({known[key]})" if known.get(key) else "" if key in known else ", not trusted")
        for key in vouched.signers
    ]
    expires = vouched.statement.expires
    if expires is not None and expires <= now:
        lines.append(f"warning: that held until {shown_time(expires)}; a newer bundle should be here by now")
    return lines


def vouched_as_json(vouched: SignedStatement) -> dict[str, object]:
    """The same for ``--json``."""
    from resolver.bundle.statement import shown_time

    return {
        "stream": vouched.statement.stream,
        "serial": vouched.statement.serial,
        "expires": shown_time(vouched.statement.expires),
        "signed_by": [key.fingerprint for key in vouched.signers],
        "trusted": [key.key.fingerprint for key in vouched.trusted],
    }
