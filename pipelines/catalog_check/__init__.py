"""``credit-hub catalog check``: what types cannot say. Each finding names file, line and what to do; all are reported.

A file that the models cannot read hides what would be said of the others: correct it first.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    legal,
    lists,
    policies,
    products,
    references,
    scorecard,
    vocabulary,
)

__all__ = ["check"]

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


def check(folder: Path, expectations: Path) -> list[CatalogError]:
    """Everything that is wrong with a catalogue folder and the suites generated from it, each finding once."""
    catalog, errors = Catalog.attempt(folder)
    if catalog is None:
        return errors
    found = [finding for part in _PARTS for finding in part(catalog)]
    found += _suites(catalog, expectations)
    return list({str(finding): finding for finding in found}.values())


def _suites(catalog: Catalog, expectations: Path) -> Iterator[CatalogError]:
    """Suites that are not what the catalogue says; none where its rules cannot be derived, which is a finding already."""
    from pipelines.expectations import outdated

    try:
        paths = outdated(catalog, expectations)
    except KeyError:
        return
    for path in paths:
        yield CatalogError(path, 1, "is not what the catalogue says; run 'credit-hub catalog build'")
