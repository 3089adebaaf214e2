"""What moved the regions' totals since the period before, by indicator: thirty lines that say the same of each region are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.scoring.model import Change, Count, IndicatorLine, UnitCard


@dataclass(frozen=True)
class Shift:
    """An indicator that moved totals: ``mean`` points over ``of`` units that have a total in both periods.

    ``before`` and ``now`` pool the counts of these units; ``gained`` and ``lost`` are the units it gave points and cost points,
    those it moved most first.
    """

    line: IndicatorLine
    mean: float
    of: int
    before: Count
    now: Count
    gained: tuple[tuple[UnitCard, float], ...]
    lost: tuple[tuple[UnitCard, float], ...]


def shifts(units: Sequence[UnitCard]) -> list[Shift]:
    """Those of indicators that moved anybody, the strongest first."""
    both = [unit for unit in units if unit.total is not None and unit.previous_total is not None]
    found = []
    for position, line in enumerate(both[0].indicators if both else ()):
        moved = [
            (unit, change.points)
            for unit in both
            for change in unit.changes
            if change.kind == "indicator" and change.indicator == line.id and change.points is not None
        ]
        if not moved:
            continue
        lines = [unit.indicators[position] for unit in both]
        found.append(
            Shift(
                line,
                sum(points for _, points in moved) / len(both),
                len(both),
                _pooled([one.previous for one in lines if one.previous is not None]),
                _pooled([one.count for one in lines]),
                tuple(sorted((pair for pair in moved if pair[1] > 0), key=lambda pair: -pair[1])),
                tuple(sorted((pair for pair in moved if pair[1] < 0), key=lambda pair: pair[1])),
            )
        )
    return sorted(found, key=lambda one: -abs(one.mean))


def others(units: Sequence[UnitCard]) -> list[tuple[UnitCard, Change]]:
    """What no indicator explains: units that came or went, and red lines that were crossed."""
    return [(unit, change) for unit in units for change in unit.changes if change.kind != "indicator"]


def _pooled(counts: Sequence[Count]) -> Count:
    return Count(sum(one.numerator for one in counts), sum(one.denominator for one in counts))
