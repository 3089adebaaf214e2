"""Kinds of rules: each has a good and a bad example, which are its test."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError
from pipelines.catalog_check.place import at


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every check, and of every rule whose examples do not differ."""
    places = {check_id: index for index, check_id in enumerate(catalog.checks)}
    for check in catalog.checks.values():
        for part in ("good", "bad"):
            if getattr(check, part) is None:
                message = (
                    f"check '{check.id}' has no {part} example; a rule needs one of each, they are its test: write it"
                )
                yield at(catalog, "checks.yaml", ("checks", places[check.id], "id"), message)
        if check.good is not None and check.good == check.bad:
            message = f"check '{check.id}': the good and the bad example are the same; mend one"
            yield at(catalog, "checks.yaml", ("checks", places[check.id], "bad"), message)
