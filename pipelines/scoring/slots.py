"""When something had to come: the slots of every feed. A feed is a provider and a dataset it owes.

A slot is a calendar month, quarter or year, as the feed's update cycle says; a daily feed, or one of seven working days, has
to bring something each month. A slot is due in the period in which it ends: what is not due is not counted against anyone. In
a period that is still running, the slot of its last month counts as due, and shows as open until it ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.scoring.period import Period, months_later
from pipelines.scoring.units import units

_MONTHS: Final = {"daily": 1, "7_working_days": 1, "monthly": 1, "quarterly": 3, "yearly": 12}


@dataclass(frozen=True)
class DueSlot:
    """Days from ``first`` up to, not including, ``end``, within which a feed has to bring accepted rows."""

    period: str
    unit: str
    provider_id: str
    dataset_id: str
    cycle: str
    first: date
    end: date


def due_slots(catalog: Catalog, period: Period) -> Iterator[DueSlot]:
    """The slots that end in a period and had begun when it was looked at, of every unit."""
    for unit in units(catalog).values():
        for provider in unit.providers:
            for duty in catalog.duties.get(provider, ()):
                for first, end in _calendar(period, _MONTHS[duty.cycle]):
                    # Owed on the first day of the slot: nobody is late with what was made a duty in the middle of it.
                    if first < period.known_end and duty.covers(first):
                        yield DueSlot(period.label, unit.id, provider, duty.dataset_id, duty.cycle, first, end)


def slots(catalog: Catalog, periods: Sequence[Period]) -> pl.DataFrame:
    """The slots of several periods, as a relation for SQL."""
    rows = [
        (one.period, one.unit, one.provider_id, one.dataset_id, one.first, one.end)
        for period in periods
        for one in due_slots(catalog, period)
    ]
    schema = {name: pl.String for name in ("period", "unit", "provider_id", "dataset_id")}
    return pl.DataFrame(rows, schema=schema | {"slot_first": pl.Date, "slot_end": pl.Date}, orient="row").unique(
        maintain_order=True
    )


def _calendar(period: Period, months: int) -> Iterator[tuple[date, date]]:
    """Stretches of so many months, counted from January, that end within the period."""
    end = period.start
    while end < period.end:
        end = months_later(end, 1)
        if (end.month - 1) % months == 0:
            yield months_later(end, -months), end


def last_day(end: date) -> date:
    """The last day of a slot."""
    return end - timedelta(days=1)
