"""The period of a scorecard: a calendar month, quarter or year in China's time, as far as it was known at ``as_of``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, Self

from pipelines.ground.clock import CHINA
from pipelines.ground.errors import InputError

Kind = Literal["month", "quarter", "year"]
MONTHS: Final[dict[Kind, int]] = {"month": 1, "quarter": 3, "year": 12}
_LABEL: Final = re.compile(r"^(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?$")


@dataclass(frozen=True)
class Period:
    """Days from ``start`` up to, not including, ``end``; those before ``known_end`` had begun at ``as_of``."""

    label: str
    kind: Kind
    start: date
    end: date
    known_end: date
    as_of: datetime

    @classmethod
    def parse(cls, label: str, as_of: datetime) -> Self:
        """A month ``YYYY-MM``, a quarter ``YYYY-Qn`` or a year ``YYYY``.

        Raises:
            InputError: it is none, or it had not begun at ``as_of``.
            ValueError: ``as_of`` has no time zone.
        """
        if as_of.tzinfo is None:
            raise ValueError("as_of needs a time zone")
        found = _LABEL.match(label)
        if not found or not 1 <= int(found[1]) < date.max.year:
            raise InputError(f"period '{label}' is no month, quarter or year; write it as 2026-03, 2026-Q1 or 2026")
        kind: Kind = "month" if found[2] else "quarter" if found[3] else "year"
        first = int(found[2] or 0) or 3 * int(found[3] or 1) - 2
        period = cls._of(kind, date(int(found[1]), first, 1), as_of)
        today = as_of.astimezone(CHINA).date()
        if today < period.start:
            raise InputError(f"period {label} has not begun on {today}; score an earlier one or give a later --as-of")
        return period

    @classmethod
    def _of(cls, kind: Kind, start: date, as_of: datetime) -> Self:
        end = months_later(start, MONTHS[kind])
        today = as_of.astimezone(CHINA).date()
        label = {"month": f"{start:%Y-%m}", "quarter": f"{start.year:04}-Q{(start.month + 2) // 3}"}.get(
            kind, f"{start.year:04}"
        )
        return cls(label, kind, start, end, min(end, today + timedelta(days=1)), as_of)

    def trend(self, periods: int = 12) -> tuple[Self, ...]:
        """So many periods of the same kind up to this one, the oldest first; fewer where the calendar has no more."""
        first = [-MONTHS[self.kind] * back for back in reversed(range(periods))]
        starts = [months_later(self.start, months) for months in first if self.start.year * 12 + months >= 24]
        return tuple(self._of(self.kind, start, self.as_of) for start in starts)

    def near(self) -> tuple[Self, ...]:
        """The period before and the one after, those that hold this one, and the next shorter ones within it."""
        months = MONTHS[self.kind]
        beside = [self._of(self.kind, months_later(self.start, by), self.as_of) for by in (-months, months)]
        lengths = sorted(MONTHS.items(), key=lambda item: item[1])
        wider = [
            self._of(kind, months_later(self.start, -((self.start.month - 1) % length)), self.as_of)
            for kind, length in lengths
            if length > months
        ]
        narrower = [
            self._of(kind, months_later(self.start, by), self.as_of)
            for kind, length in [one for one in lengths if one[1] < months][-1:]
            for by in range(0, months, length)
        ]
        return (*beside, *wider, *narrower)

    @property
    def running(self) -> bool:
        """True where the last day of the period was not over at ``as_of``."""
        return self.as_of.astimezone(CHINA).date() < self.end

    @property
    def title_zh(self) -> str:
        """As a reader says it."""
        match self.kind:
            case "month":
                return f"{self.start.year}年{self.start.month}月"
            case "quarter":
                return f"{self.start.year}年第{'一二三四'[(self.start.month - 1) // 3]}季度"
            case "year":
                return f"{self.start.year}年"

    @property
    def day_zh(self) -> str:
        """The day of ``as_of``."""
        day = self.as_of.astimezone(CHINA).date()
        return f"{day.year}年{day.month}月{day.day}日"

    @property
    def as_of_text(self) -> str:
        """``as_of`` as the ledger writes instants: UTC, whole seconds."""
        return self.as_of.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def months_later(first: date, months: int) -> date:
    """The first of a month so many months later, or earlier."""
    total = first.year * 12 + first.month - 1 + months
    return date(total // 12, total % 12 + 1, 1)
