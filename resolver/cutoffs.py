"""Ages in a spec -> instants. An age is measured once, when a lock is first made, and frozen there until an update.

So the same inputs give the same lock whenever they are resolved. The clock is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from resolver.errors import InputError
from resolver.simple.times import upload_moment
from resolver.spec.model import Policy, Spec

if TYPE_CHECKING:
    from datetime import datetime, timedelta

Clock = Callable[[], "datetime"]
"""Says what time it is, as an aware datetime."""


def no_clock() -> datetime:
    """The clock of a run that has none."""
    raise InputError("exclude_newer: is an age, and this run has no clock to measure it by; state a date")


def frozen(spec: Spec, kept: Mapping[str, str], clock: Clock) -> Spec:
    """``spec`` with an ``exclude_newer`` wherever it states an age.

    ``kept``: what `cutoffs` said of the lock before it. An age that is not in there is measured by ``clock``, which is
    asked once at most.
    """
    ages = {policy.minimum_age for policy in spec.policies()} - {None}
    if not ages:
        return spec
    texts = {age: _duration(age) for age in ages if age is not None}
    from datetime import timezone  # noqa: PLC0415  (few specs state an age)

    now = clock().astimezone(timezone.utc).replace(microsecond=0) if texts.values() - kept.keys() else None
    instants = {age: upload_moment(kept[text]) if text in kept else _before(now, age) for age, text in texts.items()}

    def dated(policy: Policy) -> Policy:
        age = policy.minimum_age
        return policy if age is None else replace(policy, exclude_newer=instants[age])

    return spec.with_policies(dated)


def cutoffs(spec: Spec) -> dict[str, str]:
    """Each age of a spec that `frozen` has seen, as a duration of ISO 8601, and its instant, as RFC 3339 in UTC."""
    return {
        _duration(policy.minimum_age): f"{policy.exclude_newer:%Y-%m-%dT%H:%M:%SZ}"
        for policy in spec.policies()
        if policy.minimum_age is not None and policy.exclude_newer is not None
    }


def _before(now: datetime | None, age: timedelta) -> datetime:
    assert now is not None, "the clock was asked for an age that is not kept"
    return now - age


def _duration(age: timedelta) -> str:
    """``P7D``, ``PT12H``, ``P1DT30M``."""
    hours, minutes = divmod(age.seconds // 60, 60)
    days = f"{age.days}D" if age.days or not age.seconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    return f"P{days}" + (f"T{clock}" if clock else "")
