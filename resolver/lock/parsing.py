"""The text of a lock -> Lock. `decode` checks records, `references` what they say of each other; here it is JSON."""

from __future__ import annotations

import json
from collections import Counter

from resolver.errors import LockError, Problem
from resolver.lock.decode import decode
from resolver.lock.model import Lock
from resolver.lock.readers import Wrong
from resolver.lock.references import check_references

_RESTORE = "restore the file from version control, or delete it and run `wheelhouse resolve`"
_CONFLICT = "looks like an unresolved merge: take one side's lock whole, merge the spec, and run `wheelhouse resolve`"


def parse_lock(text: str, source: str) -> Lock:
    """What `resolver.lock.codec.loads` promises."""
    try:
        lock = decode(_parse(text, source))
        check_references(lock)
    except Wrong as wrong:
        hint = wrong.hint or _RESTORE
        problem = Problem(file=source, line=0, path=wrong.place(), message=wrong.message, hint=hint)
        raise LockError(str(problem)) from None
    return lock


def _parse(text: str, source: str) -> object:
    try:
        data: object = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(data, ensure_ascii=False).encode()  # a lone surrogate could be neither written nor printed
    except json.JSONDecodeError as error:
        message, line = f"is not JSON: {error.msg} (column {error.colno})", error.lineno
    except UnicodeEncodeError:
        message, line = "holds half of a surrogate pair, which is no character", 0
    except (ValueError, RecursionError):
        message, line = "is no lock: it holds a number or a depth of nesting beyond what can be read", 0
    else:
        return data
    hint = _CONFLICT if "\n<<<<<<< " in f"\n{text}" else _RESTORE
    raise LockError(str(Problem(file=source, line=line, path="", message=message, hint=hint)))


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of the document; plain JSON parsers would let the last of two equal keys win."""
    record = dict(pairs)
    if len(record) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise Wrong(f"the key {twice!r} is there twice in one object", hint=_CONFLICT)
    return record


def _no_constant(name: str) -> object:
    raise Wrong(f"{name} is not JSON")
