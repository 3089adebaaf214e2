"""Runs the SQL of the indicators: numerator and denominator of every region and dataset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from pipelines.errors import HubError
from pipelines.scorecard.period import Period

SQL: Final = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Ratio:
    """A numerator over a denominator; nothing was measured where the denominator is zero."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The quotient, or None where there was nothing to measure: never 0, never 1."""
        return self.numerator / self.denominator if self.denominator else None

    @staticmethod
    def sum(parts: Iterable[Ratio]) -> Ratio:
        """Numerators over denominators: pooled, so a small part weighs little."""
        kept = list(parts)
        return Ratio(sum(part.numerator for part in kept), sum(part.denominator for part in kept))


# By region, then by dataset, in the order of their names.
Measures = Mapping[str, Mapping[str, Ratio]]


def measure(connection: duckdb.DuckDBPyConnection, indicator_id: str, period: Period) -> Measures:
    """One indicator for every region that has anything to measure.

    Raises:
        HubError: the scheme names an indicator for which there is no SQL.
    """
    path = SQL / f"{indicator_id}.sql"
    if not path.is_file():
        raise HubError(f"catalog/scorecard.yaml has the indicator '{indicator_id}', but there is no {path}; write it")
    parameters = {"period_start": period.start, "period_end": period.known_end}
    rows = connection.execute(path.read_text(encoding="utf-8"), parameters).fetchall()
    result: dict[str, dict[str, Ratio]] = {}
    for region_code, dataset_id, numerator, denominator in sorted(rows, key=lambda row: (row[0], row[1])):
        result.setdefault(region_code, {})[dataset_id] = Ratio(int(numerator), int(denominator))
    return result
