"""References: every dataset and field they draw on exists, and every rule that asks one names one that exists."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError
from pipelines.catalog_check.place import at, at_field

FILE = "references.yaml"


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every reference, and of every field that is compared with one."""
    for number, reference in enumerate(catalog.references.values()):
        for index, source in enumerate(reference.sources):
            place = ("references", number, "sources", index)
            if source.dataset not in catalog.datasets:
                yield at(catalog, FILE, place, f"'{source.dataset}' is no dataset of the catalogue; correct the name")
                continue
            known = {field.id for field in catalog.fields(source.dataset)}
            for name in (source.key, source.value):
                if name is not None and name not in known:
                    yield at(catalog, FILE, place, f"'{name}' is no field of '{source.dataset}'; correct the name")
    for dataset in catalog.datasets.values():
        name, fields = f"datasets/{dataset.id}.yaml", catalog.fields(dataset.id)
        for field in fields:
            asked = field.known_with
            if asked is None:
                continue
            if asked.reference not in catalog.references:
                message = f"{field.id}: reference '{asked.reference}' is not in {FILE}; add it there"
                yield at_field(catalog, name, field.id, "known_with", message)
            if asked.check not in catalog.checks:
                message = f"{field.id}: check '{asked.check}' is not in checks.yaml; add it there"
                yield at_field(catalog, name, field.id, "known_with", message)
            if asked.field not in {one.id for one in fields}:
                message = f"{field.id}.known_with: '{asked.field}' is no field of the dataset; correct the name"
                yield at_field(catalog, name, field.id, "known_with", message)
