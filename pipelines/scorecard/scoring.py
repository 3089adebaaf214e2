"""From ratios to scores, totals, grades and ranks: plain arithmetic on the scheme of the catalogue (domain.md §6.3).

    score  = 100 × (value - floor) ÷ (target - floor), kept within 0 and 100; inverse if the floor is above the target
    total  = Σ score × weight ÷ Σ weight, over the indicators that could be measured

Nothing to measure is neither 0 nor 100: its weight goes to the others. Too little measured, nothing sent, only empty
files or only unreadable ones: no total, no grade, no rank; the region stays on the list.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pipelines.catalog.models import Grade, Indicator, Scorecard
from pipelines.scorecard.evidence import Delivery, Rows
from pipelines.scorecard.measures import Measures, Ratio
from pipelines.scorecard.state import State, explain, state_of

FEEDS: Final = "update_timeliness_rate"
_DIGITS: Final = 9  # what differs behind them is noise of floating point, and must not part a rank or a grade
_NOTHING: Final = Ratio(0, 0)


@dataclass(frozen=True)
class IndicatorScore:
    """One indicator of one region. ``weight`` is the scheme's; ``points_lost`` are points of the region's total."""

    indicator: Indicator
    ratio: Ratio
    datasets: Mapping[str, Ratio]
    status: State
    score: float | None
    points_lost: float | None = None

    @property
    def weight(self) -> float:
        """Weight in the scheme."""
        return self.indicator.weight

    @property
    def cost(self) -> float:
        """``points_lost`` to sort by: what was not measured or costs nothing comes last."""
        return self.points_lost or (-1.0 if self.score is None else 0.0)

    @property
    def inverse(self) -> bool:
        """True where lower is better."""
        return self.indicator.floor > self.indicator.target

    @property
    def to_target(self) -> int:
        """How many units of the numerator (rows, cells, feeds) are missing to the target: what there is to mend."""
        wanted = self.indicator.target * self.ratio.denominator
        if self.inverse:
            return max(0, self.ratio.numerator - math.floor(wanted + 1e-9))
        return max(0, math.ceil(wanted - 1e-9) - self.ratio.numerator)


@dataclass(frozen=True)
class RegionScore:
    """One region; ``total``, ``grade`` and ``rank`` are None unless ``state`` is scored."""

    code: str
    name: str
    state: State
    reason_zh: str
    rows: Rows
    indicators: tuple[IndicatorScore, ...]
    measured_weight: float
    total: float | None
    grade: Grade | None
    rank: int | None = None

    @property
    def to_gain(self) -> tuple[IndicatorScore, ...]:
        """Indicators that cost points, the dearest first."""
        losing = [one for one in self.indicators if one.points_lost]
        return tuple(sorted(losing, key=lambda one: -(one.points_lost or 0)))


def linear(indicator: Indicator, value: float) -> float:
    """0 at the floor, 100 at the target, on a line between them and level beyond."""
    share = (value - indicator.floor) / (indicator.target - indicator.floor)
    return round(100 * min(1.0, max(0.0, share)), _DIGITS)


def score_region(
    scheme: Scorecard, code: str, name: str, deliveries: Sequence[Delivery], measures: Mapping[str, Measures]
) -> RegionScore:
    """One region without its rank; ``measures`` are all regions' by indicator."""
    parts = {one.id: measures[one.id].get(code, {}) for one in scheme.indicators}
    ratios = {name: Ratio.sum(by_dataset.values()) for name, by_dataset in parts.items()}
    state = state_of(deliveries, ratios.get(FEEDS, _NOTHING).denominator)
    measured = (
        sum(one.weight for one in scheme.indicators if ratios[one.id].denominator) if state is State.SCORED else 0.0
    )
    if state is State.SCORED and (measured <= 0 or measured < scheme.minimum_measured_weight):
        state = State.NOT_DUE
    indicators = tuple(_indicator(one, ratios[one.id], parts[one.id], state, measured) for one in scheme.indicators)
    total = None
    if state is State.SCORED:
        total = round(sum((one.score or 0.0) * one.weight for one in indicators) / measured, _DIGITS)
    return RegionScore(
        code=code,
        name=name,
        state=state,
        reason_zh=explain(state, deliveries, measured, scheme.minimum_measured_weight),
        rows=Rows.of(deliveries),
        indicators=indicators,
        measured_weight=measured,
        total=total,
        grade=None if total is None else grade_of(scheme.grades, total),
    )


def ranked(regions: Iterable[RegionScore]) -> tuple[RegionScore, ...]:
    """Regions with their ranks, in the order of their codes; equal totals share a rank and the next one is skipped."""
    kept = list(regions)
    totals = [region.total for region in kept if region.total is not None]
    return tuple(
        region if region.total is None else replace(region, rank=1 + sum(other > region.total for other in totals))
        for region in sorted(kept, key=lambda region: region.code)
    )


def grade_of(grades: Iterable[Grade], total: float) -> Grade | None:
    """The best grade whose minimum the total reaches."""
    reached = [grade for grade in grades if total >= grade.minimum]
    return max(reached, key=lambda grade: grade.minimum, default=None)


def _indicator(
    indicator: Indicator, ratio: Ratio, datasets: Mapping[str, Ratio], region: State, measured: float
) -> IndicatorScore:
    """A region that is not scored for what it sent has facts (3 feeds due, none came) and no points.

    A region of which too little could be measured has its indicators scored, and no total.
    """
    if region in (State.NO_DATA, State.EMPTY, State.BROKEN):
        return IndicatorScore(indicator, ratio, datasets, region, None)
    if ratio.value is None:
        return IndicatorScore(indicator, ratio, datasets, State.NOT_DUE, None)
    score = linear(indicator, ratio.value)
    lost = (100 - score) * indicator.weight / measured if region is State.SCORED else None
    return IndicatorScore(indicator, ratio, datasets, State.SCORED, score, lost)
