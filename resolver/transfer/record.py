"""What a tree remembers of the bundles that it took: whom it trusts, which stream it follows, how far it has come.

It lies in the tree, below ``.received``, beside the statement of what is there and its signatures. A digest of its own
tells a record that was damaged from one that says less.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from resolver.errors import InputError
from resolver.records import record
from resolver.vendor.layout import RECEIVED
from resolver.vendor.regular import read_regular

RECORD = f"{RECEIVED}/record.json"


@record
class Record:
    """``serial``: the highest that was taken; ``manifest``: sha256 of the manifest that it stood for.

    ``keys``: lines of an allowed_signers file; none: no signature is asked for. ``threshold``: how many have to sign.
    """

    stream: str
    serial: int | None = None
    manifest: str = ""
    keys: tuple[str, ...] = ()
    threshold: int = 1

    def dump(self) -> bytes:
        """The text of record.json."""
        body = {"record_version": 1, **asdict(self)}
        return (json.dumps({**body, "check": _check(body)}, indent=2) + "\n").encode()


def read_record(tree: Path) -> Record | None:
    """The record of a tree; None where it never took a bundle. Raises `InputError` where it is damaged."""
    path = tree / RECORD
    try:
        content = read_regular(path, follow=False)
        data = json.loads(content)
        record = Record(
            stream=data["stream"],
            serial=data["serial"],
            manifest=data["manifest"],
            keys=tuple(data["keys"]),
            threshold=data["threshold"],
        )
        if record.dump() != content or not _is_plain(record):
            raise ValueError("its bytes are not those that were written")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        hint = f"bring it back from a copy, or remove {tree / RECEIVED} and unpack with --trusted-keys to begin anew"
        raise InputError(f"{path}: what the tree knows of its bundles is damaged ({error}); {hint}") from error
    return record


def _is_plain(record: Record) -> bool:
    """Whether everything is of the type that it has to be: the digest is no secret, and anybody can make one."""
    texts = (record.stream, record.manifest, *record.keys)
    counts = (record.threshold, *(() if record.serial is None else (record.serial,)))
    return all(isinstance(text, str) for text in texts) and all(type(count) is int for count in counts)


def _check(body: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
