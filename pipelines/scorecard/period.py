"""The period of a scorecard: a calendar month in China's time, as far as it was known at ``as_of``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, Self

from pipelines.errors import InputError

CHINA: Final = timezone(timedelta(hours=8))
_MONTH: Final = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")


@dataclass(frozen=True)
class Period:
    """Days from ``start`` up to, not including, ``end``; those before ``known_end`` had begun at ``as_of``."""

    label: str
    start: date
    end: date
    known_end: date
    as_of: datetime

    @classmethod
    def parse(cls, label: str, as_of: datetime) -> Self:
        """A month written ``YYYY-MM``.

        Raises:
            InputError: it is none, or it had not begun at ``as_of``.
            ValueError: ``as_of`` has no time zone.
        """
        if as_of.tzinfo is None:
            raise ValueError("as_of needs a time zone")
        found = _MONTH.match(label)
        if not found or int(found[1]) < 1:
            raise InputError(f"period '{label}' is no month; write it as 2026-03")
        start = date(int(found[1]), int(found[2]), 1)
        end = (start + timedelta(days=31)).replace(day=1)
        today = as_of.astimezone(CHINA).date()
        if today < start:
            raise InputError(f"period {label} has not begun on {today}; score an earlier month or give a later --as-of")
        return cls(label, start, end, min(end, today + timedelta(days=1)), as_of)

    @property
    def running(self) -> bool:
        """True where the last day of the period was not over at ``as_of``."""
        return self.as_of.astimezone(CHINA).date() < self.end

    @property
    def title_zh(self) -> str:
        """As a reader says it."""
        return f"{self.start.year}年{self.start.month}月"

    @property
    def day_zh(self) -> str:
        """The day of ``as_of``."""
        day = self.as_of.astimezone(CHINA).date()
        return f"{day.year}年{day.month}月{day.day}日"

    @property
    def as_of_text(self) -> str:
        """``as_of`` as the ledger writes instants: UTC, whole seconds."""
        return self.as_of.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
