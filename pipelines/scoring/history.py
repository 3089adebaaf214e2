"""The periods before: as they were issued, or, where none was issued, as they are computed now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.catalog import Catalog
from pipelines.scoring.card import Facts
from pipelines.scoring.period import Period
from pipelines.scoring.scoring import UnitScore
from pipelines.scoring.table import TOTAL, as_units, frame_of
from pipelines.storage.home import Home

TABLES: tuple[str, ...] = ("scorecard", "sectors")


@dataclass(frozen=True)
class Past:
    """One period: rows of its tables by unit and indicator, as dictionaries with the names of ``table.SCHEMA``."""

    period: Period
    issued: bool
    rows: Mapping[str, Mapping[str, dict[str, object]]]

    def total(self, unit: str) -> dict[str, object] | None:
        """The row ``total`` of a unit; None where the scorecard of that time did not have it."""
        return self.rows.get(unit, {}).get(TOTAL)


def past(home: Home, catalog: Catalog, facts: Facts, current: Period, scores: Sequence[UnitScore]) -> tuple[Past, ...]:
    """The periods of ``facts``, the oldest first; the last is the current one, with ``scores``."""
    found = []
    for period in facts.periods:
        if period.label == current.label:
            found.append(Past(period, True, by_unit(frame_of(period.label, scores))))
            continue
        paths = [home.scorecards / period.label / f"{name}.parquet" for name in TABLES]
        if paths[0].is_file():
            frames = [as_units(pl.read_parquet(path)) for path in paths if path.is_file()]
            found.append(Past(period, True, by_unit(pl.concat(frames, how="diagonal"))))
        else:
            computed = frame_of(period.label, facts.scored(catalog.scorecard, catalog, period))
            found.append(Past(period, False, by_unit(computed)))
    return tuple(found)


def by_unit(frame: pl.DataFrame) -> dict[str, dict[str, dict[str, object]]]:
    """Rows of a table by unit and indicator."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    for row in as_units(frame).iter_rows(named=True):
        found.setdefault(row["unit"], {})[row["indicator"]] = row
    return found
