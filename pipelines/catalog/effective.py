"""Effective-dated rows: the one that holds on a day, and gaps and overlaps between those that should follow each other.

A row is valid from its first to its last day, both included. No first day means always so far, no last day until further
notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Protocol, TypeVar

Ends = tuple[date | None, date | None]


class Valid(Protocol):
    """Anything with a validity."""

    @property
    def valid_from(self) -> date | None:
        """First day, None for always so far."""

    @property
    def valid_to(self) -> date | None:
        """Last day, None for until further notice."""

    def covers(self, day: date) -> bool:
        """True where it is valid on that day."""


V = TypeVar("V", bound=Valid)


@dataclass(frozen=True)
class Fault:
    """What is wrong with the dates of the row at ``index``; for a gap or an overlap, its ``first`` and ``last`` day."""

    index: int
    kind: Literal["backwards", "overlap", "gap", "open_end"]
    first: date
    last: date


def one_at(rows: Iterable[V], day: date, what: str) -> V:
    """The row that holds on a day.

    Raises:
        LookupError: no row covers it, or several do (which ``catalog check`` refuses).
    """
    found = [row for row in rows if row.covers(day)]
    if len(found) != 1:
        raise LookupError(f"{what}: {len(found) or 'none'} in force on {day}; see catalog/policies")
    return found[0]


def faults(ends: Sequence[Ends], *, lasting: bool = True) -> list[Fault]:
    """Rows that end before they begin, days covered twice, days between the rows covered by none.

    Args:
        ends: first and last day of each row, in whatever order.
        lasting: the last row must have no last day; otherwise the time after it is a fault too.

    Returns:
        Faults in the order of time; the index is that of the later row, or of the last for an open end.
    """
    spans = [(first or date.min, last or date.max, index) for index, (first, last) in enumerate(ends)]
    found = [Fault(index, "backwards", last, first) for first, last, index in spans if last < first]
    reached: date | None = None
    latest = 0
    for first, last, index in sorted(span for span in spans if span[0] <= span[1]):
        if reached is not None and first <= reached:
            found.append(Fault(index, "overlap", first, min(reached, last)))
        elif reached is not None and first > reached + timedelta(days=1):
            found.append(Fault(index, "gap", reached + timedelta(days=1), first - timedelta(days=1)))
        if reached is None or last > reached:
            reached, latest = last, index
    if lasting and reached is not None and reached < date.max:
        found.append(Fault(latest, "open_end", reached + timedelta(days=1), date.max))
    return found
