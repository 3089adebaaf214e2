"""What the charts show, as plain values for ``assets/scorecard.js``; the table beside each chart shows the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pipelines.ground import figures
from pipelines.pages.words import WORDS, name
from pipelines.scoring import words
from pipelines.scoring.model import Count, GradeLine, PeriodCard, Point, UnitCard

BIN: Final = 5
"""Width of a bar of the distribution in points."""

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Bin:
    """Totals from ``low`` up to ``high`` (the last one inclusive), and the units that have one."""

    low: int
    high: int
    grade: str
    units: tuple[UnitCard, ...]

    @property
    def label(self) -> str:
        """Both ends."""
        return f"{self.low}–{self.high}"


def bins(units: Iterable[UnitCard], grades: Iterable[GradeLine]) -> list[Bin]:
    """The distribution of the totals, from the lowest one that occurs to 100."""
    scored = [unit for unit in units if unit.total is not None]
    if not scored:
        return []
    places = {unit.id: min(math.floor((unit.total or 0) / BIN), 100 // BIN - 1) for unit in scored}
    best_first = sorted(grades, key=lambda one: -one.minimum)
    found = []
    for place in range(min(places.values()), 100 // BIN):
        low = place * BIN
        grade = next((one.grade for one in best_first if low >= one.minimum), "")
        found.append(Bin(low, low + BIN, grade, tuple(unit for unit in scored if places[unit.id] == place)))
    return found


def distribution(some: Sequence[Bin]) -> Data:
    """One bar for each bin."""
    return {
        "labels": [one.label for one in some],
        "grades": [one.grade for one in some],
        "counts": [len(one.units) for one in some],
        "names": ["、".join(unit.short_zh for unit in one.units) for one in some],
    }


def trend(points: Sequence[Point], name: str, median: Sequence[Point] = ()) -> Data:
    """Totals and shares of clean rows over the periods; ``median`` is drawn behind."""
    return {
        "name": name,
        "labels": [point.period for point in points],
        "totals": [_points(point.total) for point in points],
        "clean": [_per_cent(point.clean) for point in points],
        "fractions": [figures.fraction(point.clean) if point.clean.denominator else "" for point in points],
        "issued": [point.issued for point in points],
        "states": [words.STATE_ZH[point.status] for point in points],
        "median": [_points(point.total) for point in median],
    }


def dimensions(unit: UnitCard) -> Data:
    """Score of each dimension against the median."""
    return {
        "labels": [one.title_zh for one in unit.dimensions],
        "scores": [_points(one.score) for one in unit.dimensions],
        "medians": [_points(one.median) for one in unit.dimensions],
        "weights": [f"{one.measured_weight:g} / {one.weight:g}" for one in unit.dimensions],
    }


def points_lost(unit: UnitCard) -> Data:
    """What each indicator costs, the dearest first."""
    lines = {one.id: one for one in unit.indicators}
    losing = [lines[name] for name in unit.to_gain]
    return {
        "labels": [one.title_zh for one in losing],
        "lost": [round(one.points_lost or 0, 3) for one in losing],
        "points": [figures.lost(one.points_lost) for one in losing],
        "values": [f"{figures.percent(one.count)}（{figures.fraction(one.count)}）" for one in losing],
    }


def calendar(card: PeriodCard, unit: UnitCard) -> Data:
    """One lane for each feed, a bar for each delivery that was due, from its first to its last day; a lane of the days with files.

    Days are counted from the first day of the chart.
    """
    days = [day.day for day in unit.days]
    first = min([card.first_day, *(slot.first_day for slot in unit.slots), *days])
    last = max([card.last_day, *(slot.last_day for slot in unit.slots), *days])
    zero = date.fromisoformat(first).toordinal()

    def at(day: str) -> int:
        return date.fromisoformat(day).toordinal() - zero

    lanes = list(dict.fromkeys(_lane(slot.dataset_zh, slot.cycle) for slot in unit.slots))
    return {
        "first": first,
        "length": at(last) + 1,
        "lanes": lanes,
        "slots": [
            {
                "lane": lanes.index(_lane(slot.dataset_zh, slot.cycle)),
                "from": at(slot.first_day),
                "to": at(slot.last_day) + 1,
                "state": slot.state,
                "state_zh": WORDS["arrival"][slot.state],
                "came": None if slot.received_on is None else at(slot.received_on),
                "rows": figures.fraction(slot.rows) if slot.rows.denominator else "",
            }
            for slot in unit.slots
        ],
        "days": [
            {"at": at(day.day), "files": day.files, "unread": day.unread_files, "rows": figures.fraction(day.rows)}
            for day in unit.days
        ],
    }


def _lane(title: str, cycle: str) -> str:
    return f"{title}\n{name(cycle, 'cycle')}"


def _per_cent(count: Count) -> float | None:
    """As the table beside the chart says it."""
    return float(figures.percent(count).rstrip("%")) if count.denominator else None


def _points(value: float | None) -> float | None:
    """Two digits, cut as on the page."""
    return None if value is None else float(figures.floored(value))
