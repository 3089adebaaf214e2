"""Deliveries that were due, against what came: the calendar of a unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.catalog import Catalog
from pipelines.ground.clock import CHINA
from pipelines.scoring.evidence import Delivery, Evidence
from pipelines.scoring.model import Arrival, Count, Day, Slot
from pipelines.scoring.period import Period
from pipelines.scoring.relations import known_batches
from pipelines.scoring.slots import DueSlot, due_slots, last_day
from pipelines.scoring.state import EMPTY_PROBLEMS
from pipelines.storage.home import Home


@dataclass(frozen=True)
class Calendar:
    """Slots and days by unit; a unit that owes nothing, or sent nothing, is in neither."""

    slots: Mapping[str, tuple[Slot, ...]]
    days: Mapping[str, tuple[Day, ...]]

    @classmethod
    def of(cls, home: Home, catalog: Catalog, period: Period, evidence: Evidence) -> Calendar:
        """The slots due in a period and the days of the period on which something came."""
        due = list(due_slots(catalog, period))
        known = _known(home, catalog, period, due)
        titles = {name: dataset.title_zh for name, dataset in catalog.datasets.items()}
        slots: dict[str, list[Slot]] = {}
        for one in due:
            slots.setdefault(one.unit, []).append(_slot(one, known, period, titles[one.dataset_id]))
        days = {name: _days(some) for name, some in evidence.deliveries.items()}
        return cls({name: tuple(some) for name, some in slots.items()}, days)


def _known(
    home: Home, catalog: Catalog, period: Period, due: list[DueSlot]
) -> dict[tuple[str, str], list[dict[str, object]]]:
    """Deliveries since the first day of any slot, by unit and dataset, the oldest first."""
    first = min((one.first for one in due), default=period.start)
    rows = (
        known_batches(home, catalog)
        .filter(
            pl.col("received_on").is_between(first, period.known_end, closed="left"), pl.col("status") != "duplicate"
        )
        .select("unit", "dataset_id", "provider_id", "received_on", "problem_code", "rows_in", "rows_accepted")
        .sort("received_on")
        .collect()
    )
    found: dict[tuple[str, str], list[dict[str, object]]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault((row["unit"], row["dataset_id"]), []).append(row)
    return found


def _slot(one: DueSlot, known: Mapping[tuple[str, str], list[dict[str, object]]], period: Period, title: str) -> Slot:
    came = [
        row
        for row in known.get((one.unit, one.dataset_id), [])
        if one.first <= row["received_on"] < one.end  # type: ignore[operator]
        and row["provider_id"] in (None, one.provider_id)
    ]
    taken = [row for row in came if row["rows_accepted"]]
    state: Arrival
    if taken:
        state = "received"
    elif any(row["rows_in"] for row in came):
        state = "refused"
    elif came:
        empty = all(row["problem_code"] is None or row["problem_code"] in EMPTY_PROBLEMS for row in came)
        state = "empty" if empty else "broken"
    else:
        state = "open" if period.as_of.astimezone(CHINA).date() < one.end else "missing"
    return Slot(
        provider_id=one.provider_id,
        dataset_id=one.dataset_id,
        dataset_zh=title,
        cycle=one.cycle,
        first_day=str(one.first),
        last_day=str(last_day(one.end)),
        state=state,
        received_on=str(taken[0]["received_on"]) if taken else None,
        files=len(came),
        rows=Count(_sum(came, "rows_accepted"), _sum(came, "rows_in")),
    )


def _sum(rows: list[dict[str, object]], name: str) -> int:
    return sum(int(str(row[name])) for row in rows)


def _days(deliveries: tuple[Delivery, ...]) -> tuple[Day, ...]:
    """The days on which files came that had not come before."""
    fresh: dict[str, list[Delivery]] = {}
    for one in deliveries:
        if one.status != "duplicate":
            fresh.setdefault(one.received_on, []).append(one)
    return tuple(
        Day(
            day=day,
            files=len(some),
            unread_files=sum(one.rows_in == 0 for one in some),
            rows=Count(sum(one.rows_accepted for one in some), sum(one.rows_in for one in some)),
        )
        for day, some in sorted(fresh.items())
    )
