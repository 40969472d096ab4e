"""Whose signatures count: public keys in the format of OpenSSH's ``allowed_signers`` (ssh-keygen(1)). Pure.

A line names the streams that a key may sign (patterns), options, the key and a comment. What is no Ed25519 key, a
certificate authority, or a key for other namespaces does not count here; an option that is not known is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from fnmatch import fnmatchcase

from resolver.bundle.sshsig import KEY_TYPE, NAMESPACE, PublicKey
from resolver.errors import InputError
from resolver.records import record

_WORD = re.compile(r'(?:[^ \t"]|"[^"]*")+')
_OPTION = re.compile(r'([a-z-]+)(?:=("[^"]*"|[^,"]*))?(?:,|\Z)')
_KEY_TYPES = re.compile(r"(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+")
_TIME = re.compile(r"(\d{8})(\d{4})?(\d{2})?(Z)?")
ANY_STREAM = "*"


@record
class TrustedKey:
    """A key with what it may sign. ``line``: its text, by which it is remembered; times are aware datetimes."""

    key: PublicKey
    streams: tuple[str, ...]
    line: str
    comment: str = ""
    after: datetime | None = None
    before: datetime | None = None

    def counts(self, stream: str, now: datetime) -> bool:
        """Whether a signature for ``stream`` by this key is worth anything today."""
        if (self.after and now < self.after) or (self.before and now >= self.before):
            return False
        denied = [pattern[1:] for pattern in self.streams if pattern.startswith("!")]
        allowed = [pattern for pattern in self.streams if not pattern.startswith("!")]
        return _any(allowed, stream) and not _any(denied, stream)


def parse_trusted(text: str, where: str) -> tuple[TrustedKey, ...]:
    """The keys of a file; ``where`` names it in errors. Raises `InputError`, also where no key counts."""
    found: list[TrustedKey] = []
    for number, line in enumerate(text.split("\n"), 1):  # where ssh-keygen ends a line, and nowhere else
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                found += _entry(printable(line.strip()))
            except ValueError as error:
                raise InputError(f"{where}:{number}: {error}") from error
    if not found:
        hint = "`wheelhouse key show KEY` prints a line for it"
        raise InputError(f"{where}: names no {KEY_TYPE} key that may sign bundles; {hint}")
    return tuple(found)


def trusted_line(key: PublicKey, stream: str = ANY_STREAM, comment: str = "") -> str:
    """The line by which a key is trusted."""
    return f'{stream} namespaces="{NAMESPACE}" {key} {comment}'.rstrip()


def printable(text: str) -> str:
    """``text`` where all of it can be seen, so that nothing hides in it. Raises ValueError."""
    hidden = next((character for character in text if not (character.isprintable() or character == "\t")), None)
    if hidden is not None:
        raise ValueError(f"has an invisible character, {hidden!r}")
    return text


def _entry(line: str) -> Iterator[TrustedKey]:
    words = _WORD.findall(line)
    place = next((i for i, word in enumerate(words) if _KEY_TYPES.fullmatch(word)), None)
    if place is None or place > 2 or len(words) < place + 2:
        raise ValueError("is no line of an allowed_signers file: STREAMS [OPTIONS] KEY-TYPE KEY [COMMENT]")
    options = _options(words[1]) if place == 2 else {}
    if words[place] != KEY_TYPE or "cert-authority" in options:
        return
    if "namespaces" in options and not _any(options["namespaces"].split(","), NAMESPACE):
        return
    yield TrustedKey(
        key=PublicKey.parse(words[place + 1]),
        streams=tuple(words[0].strip('"').split(",")) if place else (ANY_STREAM,),
        line=line,
        comment=" ".join(words[place + 2 :]),
        after=_moment(options.get("valid-after")),
        before=_moment(options.get("valid-before")),
    )


def _options(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _OPTION.match(text, place)
        if match is None or match[1] not in {"namespaces", "valid-after", "valid-before", "cert-authority"}:
            raise ValueError(f"{text[place:]!r}: no such option; there are namespaces, valid-after and valid-before")
        found[match[1]] = (match[2] or "").strip('"')
        place = match.end()
    return found


def _moment(text: str | None) -> datetime | None:
    """``YYYYMMDD[HHMM[SS]][Z]``; without Z in the time zone of the machine, as OpenSSH reads it."""
    if text is None:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time; write YYYYMMDD or YYYYMMDDHHMM[SS], with Z for UTC")
    moment = datetime.strptime(found[1] + (found[2] or "0000") + (found[3] or "00"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    return moment.replace(tzinfo=timezone.utc) if found[4] else moment.astimezone()


def _any(patterns: Iterable[str], name: str) -> bool:
    return any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in patterns)
