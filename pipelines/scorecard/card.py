"""The scorecard of one period, computed: what the table, the pages and the workbook show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pipelines.catalog import Catalog
from pipelines.catalog.models import Scorecard
from pipelines.home import Home
from pipelines.scorecard.evidence import Evidence, Rows
from pipelines.scorecard.measures import Ratio, measure
from pipelines.scorecard.period import Period
from pipelines.scorecard.relations import relations
from pipelines.scorecard.scoring import RegionScore, ranked, score_region
from pipelines.scorecard.state import State


@dataclass(frozen=True)
class Card:
    """Every region of the catalogue, scored or not, with what stands behind it."""

    period: Period
    scheme: Scorecard
    catalog_version: str
    regions: tuple[RegionScore, ...]
    evidence: Evidence

    @cached_property
    def scored(self) -> tuple[RegionScore, ...]:
        """Regions with a total, the best first."""
        return tuple(sorted((r for r in self.regions if r.total is not None), key=lambda r: (r.rank or 0, r.code)))

    @cached_property
    def unscored(self) -> tuple[RegionScore, ...]:
        """Regions without one, what needs attention most first."""
        order = [State.NO_DATA, State.EMPTY, State.BROKEN, State.NOT_DUE]
        return tuple(sorted((r for r in self.regions if r.total is None), key=lambda r: (order.index(r.state), r.code)))

    @cached_property
    def rows(self) -> Rows:
        """Plain counts of all regions together."""
        return Rows.of(delivery for some in self.evidence.deliveries.values() for delivery in some)

    @cached_property
    def pooled(self) -> dict[str, Ratio]:
        """Each indicator over all regions: numerators over denominators, no mean of rates."""
        return {
            one.id: Ratio.sum(region.indicators[position].ratio for region in self.regions)
            for position, one in enumerate(self.scheme.indicators)
        }

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


def compute(home: Home, catalog: Catalog, period: Period) -> Card:
    """The scorecard from the ledger and the keys of the lake."""
    scheme = catalog.scorecard
    evidence = Evidence.read(home, catalog, period)
    with relations(home, catalog, period.start) as connection:
        measures = {one.id: measure(connection, one.id, period) for one in scheme.indicators}
    regions = (
        score_region(scheme, code, name, evidence.deliveries[code], measures) for code, name in catalog.regions.items()
    )
    return Card(period, scheme, catalog.version, ranked(regions), evidence)
