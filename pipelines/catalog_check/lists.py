"""Lists in which an id may stand only once; of two, the program would keep one without a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError
from pipelines.catalog_check.place import at

LISTS: Final = (
    ("providers.yaml", "providers"),
    ("owners.yaml", "owners"),
    ("checks.yaml", "checks"),
    ("legal_bases.yaml", "legal_bases"),
    ("editions.yaml", "editions"),
    ("policies/repair.yaml", "terms"),
    ("policies/masking.yaml", "masks"),
    ("policies/expected_deliveries.yaml", "groups"),
    ("scorecard.yaml", "dimensions"),
    ("scorecard.yaml", "indicators"),
)


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Ids that stand twice, and owners that are providers too."""
    for name, part in LISTS:
        seen: set[str] = set()
        for index, item in enumerate(catalog.documents[name].data[part]):
            if item["id"] in seen:
                yield at(catalog, name, (part, index, "id"), f"id '{item['id']}' stands twice; keep one")
            seen.add(item["id"])
    for index, item in enumerate(catalog.documents["owners.yaml"].data["owners"]):
        if item["id"] in catalog.providers:
            message = f"'{item['id']}' is in providers.yaml, and may own datasets from there; take it out here"
            yield at(catalog, "owners.yaml", ("owners", index), message)
