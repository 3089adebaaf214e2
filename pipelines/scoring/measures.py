"""Runs the SQL of the indicators: numerator and denominator of every period, unit, dataset and provider, in one pass.

An indicator is one file ``indicators/<id>.sql`` that gives ``period, unit, dataset_id, provider_id, numerator, denominator``
over the relations of ``pipelines.scoring.relations``; its parameters are those of the scheme (``$correction_days``, ``$checks``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from pipelines.catalog.models import Indicator
from pipelines.ground.errors import HubError

SQL: Final = Path(__file__).parent / "indicators"


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


@dataclass(frozen=True)
class Measured:
    """What one provider's dataset contributes; the provider is None where the catalogue no longer names it."""

    dataset_id: str
    provider_id: str | None
    ratio: Ratio


# By indicator, then by unit; the parts in the order of dataset and provider.
Measures = Mapping[str, Mapping[str, tuple[Measured, ...]]]


def measure(connection: duckdb.DuckDBPyConnection, indicators: Sequence[Indicator]) -> dict[str, Measures]:
    """Every indicator in every period of the relation ``periods``, by period.

    Raises:
        HubError: the scheme names an indicator for which there is no SQL.
    """
    found: dict[str, dict[str, dict[str, list[Measured]]]] = {}
    for indicator in indicators:
        text = sql_of(indicator)
        values = {"correction_days": indicator.correction_days, "checks": list(indicator.checks)}
        parameters = {name: value for name, value in values.items() if f"${name}" in text}
        rows = connection.execute(text, parameters).fetchall()
        for period, unit, dataset, provider, numerator, denominator in sorted(
            rows, key=lambda row: (row[0], row[1], row[2], row[3] or "")
        ):
            parts = found.setdefault(period, {}).setdefault(indicator.id, {}).setdefault(unit, [])
            parts.append(Measured(dataset, provider, Ratio(int(numerator), int(denominator))))
    return {
        period: {name: {unit: tuple(some) for unit, some in by_unit.items()} for name, by_unit in by_name.items()}
        for period, by_name in found.items()
    }


def sql_of(indicator: Indicator) -> str:
    """The SQL of an indicator.

    Raises:
        HubError: there is none.
    """
    path = SQL / f"{indicator.id}.sql"
    if not path.is_file():
        raise HubError(f"catalog/scorecard.yaml has the indicator '{indicator.id}', but there is no {path}; write it")
    return path.read_text(encoding="utf-8")
