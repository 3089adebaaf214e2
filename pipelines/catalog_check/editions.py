"""Editions of the national basic catalogue: what each dataset belongs to exists there, and is numbered soundly."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import Dataset
from pipelines.catalog.source import CatalogError
from pipelines.catalog_check.place import at, rows, unknown_basis

FILE = "editions.yaml"


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every edition, and of the edition and the class of every dataset."""
    index = rows(catalog, FILE, "editions")
    for edition in catalog.editions.values():
        where = ("editions", index[edition.id])
        yield from unknown_basis(catalog, FILE, (*where, "legal_basis"), edition.legal_basis)
        for part in ("id", "number"):
            seen: set[object] = set()
            for position, one in enumerate(edition.classes):
                value = getattr(one, part)
                if value in seen:
                    yield at(catalog, FILE, (*where, "classes", position), f"{part} '{value}' stands twice; keep one")
                seen.add(value)
    for dataset in catalog.datasets.values():
        yield from _dataset(catalog, dataset)


def _dataset(catalog: Catalog, dataset: Dataset) -> Iterator[CatalogError]:
    name = f"datasets/{dataset.id}.yaml"
    edition = catalog.editions.get(dataset.edition)
    if edition is None:
        message = f"edition '{dataset.edition}' is not in editions.yaml; use one of {', '.join(catalog.editions)}"
        yield at(catalog, name, ("edition",), message)
    elif edition.titled(dataset.catalogue_class) is None:
        known = ", ".join(one.id for one in edition.classes) or "none, its classes are not known"
        missing = f"class '{dataset.catalogue_class}' is not in edition '{edition.id}'"
        message = f"{missing}; use one it has ({known}), or another edition"
        yield at(catalog, name, ("catalogue_class",), message)
