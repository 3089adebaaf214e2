"""China's clock: the day a delivery is received and a period ends (UTC+8, no summer time since 1991)."""

from __future__ import annotations

import time as machine
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from pipelines.ground.errors import InputError

CHINA: Final = timezone(timedelta(hours=8))


_NOON_IN_CHINA: Final = time(4, 0)


def instant_of(as_of: str) -> datetime:
    """Noon in China of a day.

    Raises:
        InputError: it is no day.
    """
    try:
        day = date.fromisoformat(as_of)
    except ValueError as error:
        raise InputError(f"--as-of {as_of}: is no day; write it as YYYY-MM-DD, for example 2026-11-22") from error
    return datetime.combine(day, _NOON_IN_CHINA, UTC)


def instant(as_of: str | None) -> datetime:
    """The instant work is done as of: noon in China of the given day, or now. The only place that reads the clock."""
    return datetime.now(UTC) if as_of is None else instant_of(as_of)


def machine_time() -> float:
    """Seconds of the machine's clock, for how long something has been lying still; no result depends on it, only when it comes."""
    return machine.time()
