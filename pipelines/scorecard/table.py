"""``scorecard.parquet`` (contract.md): one row per region and indicator, then one ``total`` per region.

Rows stand in the order of the region codes and, within a region, of the scheme. ``weight`` is the scheme's, so that
Σ score × weight ÷ Σ weight over the rows with a score gives the total. The ``total`` row has Σ score × weight ÷ 100 as
numerator and the measured weight as denominator and weight, and alone carries ``grade`` and ``rank``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from pipelines.lake.ledger import INDICATORS
from pipelines.scorecard.card import Card
from pipelines.scorecard.scoring import RegionScore

TOTAL: Final = "total"
_LEDGER_ONLY: Final = ("as_of", "catalog_version")
SCHEMA: Final = {name: dtype for name, dtype in INDICATORS.items() if name not in _LEDGER_ONLY}


def frame_of(card: Card) -> pl.DataFrame:
    """The card as a table."""
    rows = [row for region in card.regions for row in _rows(card, region)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _rows(card: Card, region: RegionScore) -> Iterator[dict[str, Any]]:
    common = {
        "region_code": region.code,
        "region_zh": region.name,
        "period": card.period.label,
        "grade": None,
        "rank": None,
    }
    for one in region.indicators:
        yield common | {
            "dimension": one.indicator.dimension,
            "indicator": one.indicator.id,
            "numerator": float(one.ratio.numerator),
            "denominator": float(one.ratio.denominator),
            "value": one.ratio.value,
            "score": one.score,
            "weight": one.weight,
            "status": one.status.value,
        }
    scored = region.total is not None
    yield common | {
        "dimension": TOTAL,
        "indicator": TOTAL,
        "numerator": (region.total or 0.0) * region.measured_weight / 100 if scored else None,
        "denominator": float(region.measured_weight) if scored else None,
        "value": (region.total or 0.0) / 100 if scored else None,
        "score": region.total,
        "weight": float(region.measured_weight),
        "status": region.state.value,
        "grade": region.grade.grade if region.grade else None,
        "rank": region.rank,
    }
