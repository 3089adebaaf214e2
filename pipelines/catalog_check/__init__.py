"""``credit-hub catalog check``: what types cannot say. Each finding names file, line and what to do; all are reported.

A file that the models cannot read hides what would be said of the others: correct it first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError
from pipelines.catalog_check import (
    authorities,
    datasets,
    dates,
    deliveries,
    editions,
    examples,
    fields,
    in_force,
    legal,
    lists,
    lists_and_measures,
    policies,
    products,
    references,
    scorecard,
    vocabulary,
)

__all__ = ["check", "findings"]

_PARTS: Final = (
    lists.findings,
    datasets.findings,
    fields.findings,
    examples.findings,
    vocabulary.findings,
    legal.findings,
    editions.findings,
    deliveries.findings,
    policies.findings,
    authorities.findings,
    products.findings,
    references.findings,
    dates.findings,
    scorecard.findings,
)
_OF_A_DAY: Final = (lists_and_measures.findings, in_force.findings)


def check(folder: Path, expectations: Path, as_of: date | None = None) -> list[CatalogError]:
    """Everything that is wrong with a catalogue folder and the suites generated from it, each finding once.

    Args:
        folder: of the catalogue.
        expectations: of the suites.
        as_of: the day on which documents must be in force; without one that is not asked.
    """
    catalog, errors = Catalog.attempt(folder)
    if catalog is None:
        return errors
    found = [*findings(catalog, as_of), *_suites(catalog, expectations)]
    return list({str(finding): finding for finding in found}.values())


def findings(catalog: Catalog, as_of: date | None = None) -> list[CatalogError]:
    """Everything that is wrong with a catalogue that could be loaded, but for its suites."""
    found = [finding for part in _PARTS for finding in part(catalog)]
    return found + [finding for part in _OF_A_DAY for finding in part(catalog, as_of)]


def _suites(catalog: Catalog, expectations: Path) -> Iterator[CatalogError]:
    """Suites that are not what the catalogue says; none where its rules cannot be derived, which is a finding already."""
    from pipelines.expectations import outdated

    try:
        paths = outdated(catalog, expectations)
    except KeyError:
        return
    for path in paths:
        yield CatalogError(path, 1, "is not what the catalogue says; run 'credit-hub catalog build'")
