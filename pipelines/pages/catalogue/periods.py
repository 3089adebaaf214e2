"""Display periods by the time they held, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import DisplayPeriod
from pipelines.pages.phrases import labels


@dataclass(frozen=True)
class Window:
    """A time in which documents are dated, and the period of each severity by its Chinese name."""

    valid_from: date | None
    valid_to: date | None
    rows: tuple[tuple[str, DisplayPeriod], ...]


def windows(catalog: Catalog) -> list[Window]:
    """The times that display periods tell apart, the newest first, severities in the order of their code table."""
    names = labels(catalog, "severity")
    order = {code: place for place, code in enumerate(names)}
    rows = sorted(catalog.policies.display_periods.periods, key=lambda row: order.get(row.severity, len(order)))
    spans = sorted({(row.valid_from, row.valid_to) for row in rows}, key=lambda span: span[0] or date.min, reverse=True)
    return [
        Window(
            first,
            last,
            tuple(
                (names.get(row.severity, row.severity), row)
                for row in rows
                if (row.valid_from, row.valid_to) == (first, last)
            ),
        )
        for first, last in spans
    ]
