"""The scorecard of a period, computed from ledger and lake: the numbers, and what stands behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pipelines.catalog import Catalog
from pipelines.catalog.models import Scorecard
from pipelines.ground.limits import MEMORY_LIMIT
from pipelines.scoring.arrivals import Arrivals, arrivals
from pipelines.scoring.evidence import Evidence
from pipelines.scoring.measures import Measures, Ratio, measure
from pipelines.scoring.period import MONTHS, Period
from pipelines.scoring.relations import relations
from pipelines.scoring.scoring import UnitScore, score_units
from pipelines.scoring.state import State
from pipelines.scoring.units import units
from pipelines.storage.home import Home


@dataclass(frozen=True)
class Card:
    """Every region and sector of the catalogue, scored or not, with what stands behind it."""

    period: Period
    scheme: Scorecard
    catalog_version: str
    units: tuple[UnitScore, ...]
    evidence: Evidence

    @cached_property
    def regions(self) -> tuple[UnitScore, ...]:
        """The regions, in the order of their codes."""
        return tuple(one for one in self.units if one.unit.scope == "region")

    @cached_property
    def sectors(self) -> tuple[UnitScore, ...]:
        """The ministries, in the order of their ids."""
        return tuple(one for one in self.units if one.unit.scope == "sector")

    @cached_property
    def scored(self) -> tuple[UnitScore, ...]:
        """Regions with a total, the best first."""
        return tuple(sorted((r for r in self.regions if r.total is not None), key=lambda r: (r.rank or 0, r.code)))

    @cached_property
    def unscored(self) -> tuple[UnitScore, ...]:
        """Regions without one, what needs attention most first."""
        order = [State.NO_DATA, State.EMPTY, State.BROKEN, State.NOT_DUE]
        return tuple(sorted((r for r in self.regions if r.total is None), key=lambda r: (order.index(r.state), r.code)))

    @cached_property
    def rows(self) -> Arrivals:
        """Plain counts of all regions together."""
        return Arrivals.sum(region.rows for region in self.regions)

    @cached_property
    def pooled(self) -> dict[str, Ratio]:
        """Each indicator over all regions: numerators over denominators, no mean of rates."""
        return pooled(self.scheme, self.regions)

    @cached_property
    def mean_total(self) -> float | None:
        """Mean of the totals; never to be shown without the share of clean rows."""
        return sum(r.total or 0.0 for r in self.scored) / len(self.scored) if self.scored else None

    @cached_property
    def mean_lost(self) -> dict[str, float]:
        """Points each indicator costs, mean over the scored regions; the dearest first."""
        lost = {
            one.id: sum(region.indicators[position].points_lost or 0.0 for region in self.scored) / len(self.scored)
            for position, one in enumerate(self.scheme.indicators)
            if self.scored
        }
        return dict(sorted(lost.items(), key=lambda item: -item[1]))


@dataclass(frozen=True)
class Facts:
    """What was measured and what came, by period: everything a scheme is applied to."""

    periods: tuple[Period, ...]
    measures: Mapping[str, Measures]
    came: Mapping[str, Mapping[str, Arrivals]]

    def scored(self, scheme: Scorecard, catalog: Catalog, period: Period) -> tuple[UnitScore, ...]:
        """Every unit of the catalogue under a scheme."""
        label = period.label
        came, measures = self.came.get(label, {}), self.measures.get(label, {})
        return score_units(scheme, units(catalog).values(), came, measures, MONTHS[period.kind])


def measured(
    home: Home,
    catalog: Catalog,
    periods: Sequence[Period],
    scheme: Scorecard | None = None,
    *,
    memory_limit: str = MEMORY_LIMIT,
) -> Facts:
    """The indicators of a scheme (the catalogue's) over some periods, from the ledger and the keys of the lake."""
    catalog = replace(catalog, scorecard=scheme) if scheme else catalog
    with relations(home, catalog, periods, memory_limit) as connection:
        measures = measure(connection, catalog.scorecard.indicators)
    return Facts(tuple(periods), measures, arrivals(home, catalog, periods))


def compute(home: Home, catalog: Catalog, period: Period, facts: Facts) -> Card:
    """The scorecard of a period."""
    scores = facts.scored(catalog.scorecard, catalog, period)
    return Card(period, catalog.scorecard, catalog.version, scores, Evidence.read(home, catalog, period))


def pooled(scheme: Scorecard, some: Sequence[UnitScore]) -> dict[str, Ratio]:
    """Each indicator over some units: numerators over denominators."""
    return {
        one.id: Ratio.sum(unit.indicators[position].ratio for unit in some)
        for position, one in enumerate(scheme.indicators)
    }
