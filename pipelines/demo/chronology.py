"""Dates of a record in the order its dataset declares: founded before signed, signed before due, decided before it ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from pipelines.catalog import Dataset, Field, Kind
from pipelines.demo.drawing import Draw
from pipelines.demo.province import Province

_STEP: Final = 9
_JITTER: Final = 5
_AHEAD: Final = 450


def dates(
    dataset: Dataset, fields: Mapping[str, Field], province: Province, draw: Draw, count: int
) -> dict[str, pl.Series]:
    """A column of ISO dates for each date field, and of moments for each time field.

    The date that timeliness counts from, or the last that may not lie in the future, is a working day in time; a date before it in
    the declared order lies some days earlier, one after it some days later but not after the receipt where that is asked, and one
    that may lie in the future more than a year later.
    """
    names = [field.id for field in fields.values() if field.kind is Kind.DATE]
    ranks = _ranks(dataset, names)
    anchor = dataset.timeliness.field if dataset.timeliness else _last_past(fields, ranks)
    pivot = ranks.get(anchor or "", 0)
    late = province.profile.late if dataset.timeliness else 0.0
    first = _days(dataset, province, draw, count, late)
    jitter = draw.between(0, _JITTER, count)
    found: dict[str, pl.Series] = {}
    for name in names:
        step = ranks[name] - pivot
        if _may_lie_ahead(dataset, fields, name) and ranks[name]:
            step = max(step, 1)
        moved = first + np.where(step < 0, step * _STEP - jitter, 0)
        if step > 0 and fields[name].not_future:
            moved = np.minimum(first + step, np.datetime64(province.as_of))
        elif step > 0:
            moved = first + step * _AHEAD + jitter
        found[name] = pl.Series(name, np.datetime_as_string(moved.astype("datetime64[D]"), unit="D").tolist())
    for field in fields.values():
        if field.kind is Kind.TIMESTAMP:
            clock = draw.between(8 * 3600, 17 * 3600, count).astype("timedelta64[s]")
            moments = np.datetime_as_string(first.astype("datetime64[s]") + clock, unit="s")
            found[field.id] = pl.Series(field.id, [text.replace("T", " ") for text in moments.tolist()])
    return found


def _may_lie_ahead(dataset: Dataset, fields: Mapping[str, Field], name: str) -> bool:
    """True for a date that may lie in the future, as no later one may not."""
    later = [rule.fields[1] for rule in dataset.rules if rule.check == "date_order" and rule.fields[0] == name]
    return not any(fields[one].not_future for one in (name, *later))


def _ranks(dataset: Dataset, names: list[str]) -> dict[str, int]:
    """How many dates must come before each, by the longest chain of declared orders."""
    orders = [rule.fields for rule in dataset.rules if rule.check == "date_order"]
    ranks = dict.fromkeys(names, 0)
    for _ in names:
        for before, after in orders:
            if before in ranks and after in ranks:
                ranks[after] = max(ranks[after], ranks[before] + 1)
    return ranks


def _last_past(fields: Mapping[str, Field], ranks: Mapping[str, int]) -> str | None:
    """Of the dates that may not lie in the future, the one with most before it."""
    past = [name for name in ranks if fields[name].not_future]
    return max(past, key=lambda name: ranks[name]) if past else None


def _days(dataset: Dataset, province: Province, draw: Draw, count: int, late: float) -> np.ndarray:
    timely, calendar = dataset.timeliness, province.catalog.working_days
    first = calendar.earliest_in_time(province.as_of, timely.working_days if timely else 7)
    span = [first + timedelta(days=n) for n in range(-70, (province.as_of - first).days)]
    working = [day for day in span if calendar.is_working_day(day)]
    in_time: list[date] = [day for day in working if day >= first]
    before: list[date] = [day for day in working if day < first]
    old = draw.chance(late, count)
    return np.where(
        old,
        np.array(before, dtype="datetime64[D]")[draw.places(len(before), count)],
        np.array(in_time, dtype="datetime64[D]")[draw.places(len(in_time), count)],
    )
