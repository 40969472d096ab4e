"""Statements of bundles in words for a person. Pure."""

from __future__ import annotations

from resolver.bundle.statement import Statement, shown_time
from resolver.bundle.trusted import TrustedKey


def describe_statement(statement: Statement) -> str:
    """``stream default, serial 7, made 2026-01-31T12:00:00Z, expires ...``."""
    parts = [f"stream {statement.stream}"]
    if statement.serial is not None:
        parts.append(f"serial {statement.serial}")
    if statement.created is not None:
        parts.append(f"made {shown_time(statement.created)}")
    if statement.expires is not None:
        parts.append(f"expires {shown_time(statement.expires)}")
    return ", ".join(parts)


def describe_key(key: TrustedKey) -> str:
    """Fingerprint, and whose it is where its line says so."""
    return f"{key.key.fingerprint} ({key.comment})" if key.comment else key.key.fingerprint
