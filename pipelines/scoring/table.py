"""The tables of a scorecard.

    scorecard.parquet   contract.md: one row per region and indicator, then one ``total`` per region
    sectors.parquet     the same for sectors: ``sector_id`` and ``sector_zh`` in the place of the region's
    details.parquet     unit, indicator, dataset_id, provider_id, numerator, denominator: the parts of every ratio
    files.parquet       one row per delivery of the period with its counts
    rules.parquet       unit, batch_id, rule_id, severity, rows: from a delivery to the rules its rows broke

Rows stand in the order of the units' ids and, within a unit, of the scheme. ``weight`` is the scheme's, so that
Σ score × weight ÷ Σ weight over the rows with a score gives the total. The ``total`` row has Σ score × weight ÷ 100 as
numerator and the measured weight as denominator and weight, and alone carries ``grade`` and ``rank``. Where ``red_line`` names
red lines, ``score`` and ``value`` of the total are capped, the numerator is not. ``rank_score`` is the score at the confidence
bound, by which ranks go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from pipelines.scoring.card import Card
from pipelines.scoring.scoring import UnitScore
from pipelines.storage.ledger import INDICATORS

TOTAL: Final = "total"
_LEDGER_ONLY: Final = ("as_of", "catalog_version")
CONTRACT: Final = {name: dtype for name, dtype in INDICATORS.items() if name not in _LEDGER_ONLY}
SCHEMA: Final = CONTRACT | {"rank_score": pl.Float64(), "red_line": pl.String()}
_SECTOR_NAMES: Final = {"region_code": "sector_id", "region_zh": "sector_zh"}
_DETAILS: Final = {
    "unit": pl.String(),
    "indicator": pl.String(),
    "dataset_id": pl.String(),
    "provider_id": pl.String(),
    "numerator": pl.Int64(),
    "denominator": pl.Int64(),
}
_RULES: Final = {
    "unit": pl.String(),
    "batch_id": pl.String(),
    "rule_id": pl.String(),
    "severity": pl.String(),
    "rows": pl.Int64(),
}
_FILES: Final = {
    "unit": pl.String(),
    "batch_id": pl.String(),
    "provider_id": pl.String(),
    "dataset_id": pl.String(),
    "file_name": pl.String(),
    "received_on": pl.String(),
    "status": pl.String(),
    "problem_code": pl.String(),
    "rows_in": pl.Int64(),
    "rows_accepted": pl.Int64(),
    "rows_refused": pl.Int64(),
    "rows_warned": pl.Int64(),
    "manifest": pl.String(),
    "catalog_version": pl.String(),
}


def tables(card: Card) -> Mapping[str, pl.DataFrame]:
    """Every table of a card by the name of its file, without ending."""
    return {
        "scorecard": frame_of(card.period.label, card.regions),
        "sectors": frame_of(card.period.label, card.sectors).rename(_SECTOR_NAMES),
        "details": _details(card),
        "files": _files(card),
        "rules": _rules(card),
    }


def frame_of(period: str, some: Sequence[UnitScore]) -> pl.DataFrame:
    """Units of a period as rows of ``scorecard.parquet``; an id and a name stand in the region's columns."""
    rows = [row for unit in some for row in _rows(period, unit)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def as_units(frame: pl.DataFrame) -> pl.DataFrame:
    """A table of regions or of sectors with ``unit`` and ``unit_zh``, and the columns of today whatever its age."""
    there = {"region_code": "unit", "region_zh": "unit_zh", "sector_id": "unit", "sector_zh": "unit_zh"}
    named = frame.rename({old: new for old, new in there.items() if old in frame.columns})
    lacking = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in SCHEMA.items() if name not in there]
    return named.with_columns(one for one in lacking if one.meta.output_name() not in named.columns)


def _rows(period: str, unit: UnitScore) -> Iterator[dict[str, Any]]:
    common = {
        "region_code": unit.code,
        "region_zh": unit.name,
        "period": period,
        "grade": None,
        "rank": None,
        "red_line": None,
    }
    for one in unit.indicators:
        yield common | {
            "dimension": one.indicator.dimension,
            "indicator": one.indicator.id,
            "numerator": float(one.ratio.numerator),
            "denominator": float(one.ratio.denominator),
            "value": one.ratio.value,
            "score": one.score,
            "weight": one.weight,
            "status": one.status.value,
            "rank_score": one.rank_score,
        }
    scored = unit.total is not None
    yield common | {
        "dimension": TOTAL,
        "indicator": TOTAL,
        "numerator": (unit.uncapped or 0.0) * unit.measured_weight / 100 if scored else None,
        "denominator": float(unit.measured_weight) if scored else None,
        "value": (unit.total or 0.0) / 100 if scored else None,
        "score": unit.total,
        "weight": float(unit.measured_weight),
        "status": unit.state.value,
        "grade": unit.grade.grade if unit.grade else None,
        "rank": unit.rank,
        "rank_score": unit.rank_total,
        "red_line": ",".join(line.id for line in unit.red_lines) or None,
    }


def _details(card: Card) -> pl.DataFrame:
    rows = [
        (unit.code, one.indicator.id, part.dataset_id, part.provider_id, part.ratio.numerator, part.ratio.denominator)
        for unit in card.units
        for one in unit.indicators
        for part in one.parts
    ]
    return pl.DataFrame(rows, schema=_DETAILS, orient="row")


def _files(card: Card) -> pl.DataFrame:
    rows = [
        tuple(getattr(one, name) for name in _FILES)
        for unit in card.units
        for one in card.evidence.deliveries[unit.code]
    ]
    return pl.DataFrame(rows, schema=_FILES, orient="row")


def _rules(card: Card) -> pl.DataFrame:
    rows = [
        (unit.code, one.batch_id, *rule)
        for unit in card.units
        for one in card.evidence.deliveries[unit.code]
        for rule in one.rules
    ]
    return pl.DataFrame(rows, schema=_RULES, orient="row")
