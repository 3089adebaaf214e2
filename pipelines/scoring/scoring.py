"""From ratios to scores, totals, grades and ranks: plain arithmetic on the scheme of the catalogue (domain.md §6.3).

    score  = 100 × (value - floor) ÷ (target - floor), kept within 0 and 100; inverse if the floor is above the target
    total  = Σ score × weight ÷ Σ weight, over the indicators that could be measured; no more than the cap of a crossed red line

Nothing to measure is neither 0 nor 100: its weight goes to the others. Too little measured, nothing sent, only empty
files or only unreadable ones: no total, no grade, no rank; the unit stays on the list.

Ranks go by ``rank_total``, the same total at the confidence bounds of small samples: nobody is first, or last, by luck.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from pipelines.catalog.models import Grade, Indicator, Scorecard
from pipelines.catalog.models.scorecard import RedLine
from pipelines.scoring.arrivals import NOTHING, Arrivals
from pipelines.scoring.bounds import Bounds
from pipelines.scoring.measures import Measured, Measures, Ratio
from pipelines.scoring.state import State, explain, state_of
from pipelines.scoring.units import Unit

FEEDS: Final = "update_timeliness_rate"
_DIGITS: Final = 9  # what differs behind them is noise of floating point, and must not part a rank or a grade
_NOTHING_SENT: Final = (State.NO_DATA, State.EMPTY, State.BROKEN)


@dataclass(frozen=True)
class IndicatorScore:
    """One indicator of one unit. ``weight`` is the scheme's; ``points_lost`` are points of the unit's total."""

    indicator: Indicator
    ratio: Ratio
    parts: tuple[Measured, ...]
    status: State
    score: float | None
    rank_score: float | None = None
    points_lost: float | None = None

    @property
    def weight(self) -> float:
        """Weight in the scheme."""
        return self.indicator.weight

    @cached_property
    def datasets(self) -> Mapping[str, Ratio]:
        """The parts summed by dataset."""
        names = sorted({part.dataset_id for part in self.parts})
        return {name: Ratio.sum(part.ratio for part in self.parts if part.dataset_id == name) for name in names}

    @property
    def cost(self) -> float:
        """``points_lost`` to sort by: what was not measured or costs nothing comes last."""
        return self.points_lost or (-1.0 if self.score is None else 0.0)

    @property
    def inverse(self) -> bool:
        """True where lower is better."""
        return self.indicator.lower_is_better

    @property
    def to_target(self) -> int:
        """How many units of the numerator (rows, cells, feeds) are missing to the target: what there is to correct."""
        wanted = self.indicator.target * self.ratio.denominator
        if self.inverse:
            return max(0, self.ratio.numerator - math.floor(wanted + 1e-9))
        return max(0, math.ceil(wanted - 1e-9) - self.ratio.numerator)


@dataclass(frozen=True)
class UnitScore:
    """One unit; ``total``, ``grade`` and ``rank`` are None unless ``state`` is scored; ``uncapped`` is before red lines."""

    unit: Unit
    state: State
    reason_zh: str
    rows: Arrivals
    indicators: tuple[IndicatorScore, ...]
    measured_weight: float
    uncapped: float | None
    total: float | None
    rank_total: float | None
    red_lines: tuple[RedLine, ...]
    grade: Grade | None
    rank: int | None = None

    @property
    def code(self) -> str:
        """Id of the unit."""
        return self.unit.id

    @property
    def name(self) -> str:
        """Chinese name of the unit."""
        return self.unit.title_zh

    @property
    def to_gain(self) -> tuple[IndicatorScore, ...]:
        """Indicators that cost points, the dearest first."""
        losing = [one for one in self.indicators if one.points_lost]
        return tuple(sorted(losing, key=lambda one: -(one.points_lost or 0)))


def linear(indicator: Indicator, value: float) -> float:
    """0 at the floor, 100 at the target, on a line between them and level beyond."""
    share = (value - indicator.floor) / (indicator.target - indicator.floor)
    return round(100 * min(1.0, max(0.0, share)), _DIGITS)


def score_units(
    scheme: Scorecard, units: Iterable[Unit], came: Mapping[str, Arrivals], measures: Measures, months: int
) -> tuple[UnitScore, ...]:
    """All units over so many months with their ranks, each among its scope, in the order given."""
    scored = [score_unit(scheme, unit, came.get(unit.id, NOTHING), measures, months) for unit in units]
    by_scope = [[one for one in scored if one.unit.scope == scope] for scope in ("region", "sector")]
    return tuple(one for some in by_scope for one in ranked(some))


def score_unit(scheme: Scorecard, unit: Unit, came: Arrivals, measures: Measures, months: int) -> UnitScore:
    """One unit without its rank; ``measures`` are all units'."""
    parts = {one.id: measures.get(one.id, {}).get(unit.id, ()) for one in scheme.indicators}
    ratios = {name: Ratio.sum(part.ratio for part in some) for name, some in parts.items()}
    state = state_of(came, ratios[FEEDS].denominator if FEEDS in ratios else 0)
    measured = (
        sum(one.weight for one in scheme.indicators if ratios[one.id].denominator) if state is State.SCORED else 0.0
    )
    if state is State.SCORED and (measured <= 0 or measured < scheme.minimum_measured_weight):
        state = State.NOT_DUE
    bounds = Bounds.of(scheme.small_sample)
    indicators = tuple(
        _indicator(one, ratios[one.id], parts[one.id], state, measured, bounds) for one in scheme.indicators
    )
    uncapped = total = rank_total = None
    crossed: tuple[RedLine, ...] = ()
    if state is State.SCORED:
        crossed = _crossed(scheme, ratios, bounds)
        cap = min((line.cap for line in crossed), default=100.0)
        uncapped = round(sum((one.score or 0.0) * one.weight for one in indicators) / measured, _DIGITS)
        bounded = round(sum((one.rank_score or 0.0) * one.weight for one in indicators) / measured, _DIGITS)
        total, rank_total = min(uncapped, cap), min(bounded, cap)
    return UnitScore(
        unit=unit,
        state=state,
        reason_zh=explain(state, came, measured, scheme.minimum_measured_weight),
        rows=came,
        indicators=indicators,
        measured_weight=measured,
        uncapped=uncapped,
        total=total,
        rank_total=rank_total,
        red_lines=crossed,
        grade=None if total is None else _grade(scheme, total, came.rows_in / months),
    )


def ranked(units: Sequence[UnitScore]) -> tuple[UnitScore, ...]:
    """Units with their ranks; equal totals share a rank and the next one is skipped."""
    totals = [one.rank_total for one in units if one.rank_total is not None]
    return tuple(
        one if one.rank_total is None else replace(one, rank=1 + sum(other > one.rank_total for other in totals))
        for one in units
    )


def grade_of(grades: Iterable[Grade], total: float) -> Grade | None:
    """The best grade whose minimum the total reaches."""
    reached = [grade for grade in grades if total >= grade.minimum]
    return max(reached, key=lambda grade: grade.minimum, default=None)


def _grade(scheme: Scorecard, total: float, rows: float) -> Grade | None:
    """The grade of a total; a handful of rows a month makes none better than the scheme says."""
    reached = grade_of(scheme.grades, total)
    small = scheme.small_sample
    best = next((grade for grade in scheme.grades if grade.grade == small.best_grade), None)
    if reached is None or best is None or rows >= small.grade_rows:
        return reached
    return min(reached, best, key=lambda grade: grade.minimum)


def _crossed(scheme: Scorecard, ratios: Mapping[str, Ratio], bounds: Bounds) -> tuple[RedLine, ...]:
    """Red lines that were crossed beyond doubt: of a small sample, the bound in the unit's favour counts."""
    samples = {one.id for one in scheme.indicators if one.sample}
    found = []
    for line in scheme.red_lines:
        ratio = ratios.get(line.indicator, Ratio(0, 0))
        if ratio.value is None:
            continue
        lower, upper = bounds.around(ratio) if line.indicator in samples else (ratio.value, ratio.value)
        if (line.below is not None and upper < line.below) or (line.above is not None and lower > line.above):
            found.append(line)
    return tuple(found)


def _indicator(
    indicator: Indicator, ratio: Ratio, parts: tuple[Measured, ...], unit: State, measured: float, bounds: Bounds
) -> IndicatorScore:
    """A unit that is not scored for what it sent has facts (3 feeds due, none came) and no points.

    A unit of which too little could be measured has its indicators scored, and no total.
    """
    if unit in _NOTHING_SENT:
        return IndicatorScore(indicator, ratio, parts, unit, None)
    if ratio.value is None:
        return IndicatorScore(indicator, ratio, parts, State.NOT_DUE, None)
    score = linear(indicator, ratio.value)
    lower, upper = bounds.around(ratio) if indicator.sample else (ratio.value, ratio.value)
    rank_score = linear(indicator, upper if indicator.lower_is_better else lower)
    lost = (100 - score) * indicator.weight / measured if unit is State.SCORED else None
    return IndicatorScore(indicator, ratio, parts, State.SCORED, score, rank_score, lost)
