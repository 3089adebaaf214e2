"""The scorecard's scheme: weights that add up, dimensions that exist, a range to score in."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.catalog.check.place import at
from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError

FILE = "scorecard.yaml"


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of the one scheme there is."""
    card = catalog.scorecard
    dimensions = {d.id for d in card.dimensions}
    total = sum(indicator.weight for indicator in card.indicators)
    if abs(total - 100) > 1e-9:
        yield at(catalog, FILE, ("indicators",), f"weights add up to {total:g}, not to 100; mend them")
    for index, indicator in enumerate(card.indicators):
        if indicator.dimension not in dimensions:
            message = f"'{indicator.dimension}' is no dimension; mend it, or add it to dimensions"
            yield at(catalog, FILE, ("indicators", index, "dimension"), message)
        if indicator.floor == indicator.target:
            message = "floor and target are the same; no score between them; mend one"
            yield at(catalog, FILE, ("indicators", index, "floor"), message)
