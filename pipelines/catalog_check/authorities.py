"""Who speaks for whom: providers, datasets and messages that rules name exist, and whoever sends messages can be judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError, Loc
from pipelines.catalog_check.place import at, unknown_basis

_FILE: Final = "authorities.yaml"


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of the rules, and of the fields by which datasets name an authority."""
    messages = {one.dataset for one in catalog.policies.repair.messages}
    seen: set[str] = set()
    for position, rule in enumerate(catalog.authorities.rules):
        where: Loc = ("rules", position)
        if rule.id in seen:
            yield at(catalog, _FILE, (*where, "id"), f"rule '{rule.id}' stands twice; give each an id of its own")
        seen.add(rule.id)
        named = (
            ("providers", rule.providers, catalog.providers, "provider"),
            ("datasets", rule.datasets, catalog.datasets, "dataset"),
            ("messages", rule.messages, messages, "dataset of messages in policies/repair.yaml"),
        )
        for part, names, known, what in named:
            for index, name in enumerate(names):
                if name not in known:
                    message = f"'{name}' is no {what}; correct the name"
                    yield at(catalog, _FILE, (*where, part, index), message)
        yield from unknown_basis(catalog, _FILE, (*where, "legal_basis"), rule.legal_basis)
    for dataset in catalog.datasets.values():
        fields = {field.id for field in catalog.fields(dataset.id)}
        for part, name in (dataset.authority.model_dump() if dataset.authority else {}).items():
            if name is not None and name not in fields:
                message = f"'{name}' is no field of the dataset; correct the name"
                yield at(catalog, f"datasets/{dataset.id}.yaml", ("authority", part), message)
