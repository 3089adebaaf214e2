"""Providers and what they owe."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError, Loc
from pipelines.catalog_check.place import at, rows, unknown_basis

PROVIDERS, EXPECTED = "providers.yaml", "policies/expected_deliveries.yaml"


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every provider, group and expected delivery; dates are for the dates' check."""
    table = catalog.code_tables.get("province")
    index = rows(catalog, PROVIDERS, "providers")
    for provider in catalog.providers.values():
        if provider.level == "province" and (table is None or provider.region_code not in table.codes):
            message = f"'{provider.region_code}' is no province of codes/province.yaml; correct it, or add it there"
            yield at(catalog, PROVIDERS, ("providers", index[provider.id], "region_code"), message)
    yield from _expected(catalog)


def _expected(catalog: Catalog) -> Iterator[CatalogError]:
    expected = catalog.policies.expected_deliveries
    groups = {group.id for group in expected.groups}
    for position, group in enumerate(expected.groups):
        where: Loc = ("groups", position)
        if group.id in catalog.providers:
            yield at(catalog, EXPECTED, (*where, "id"), f"group '{group.id}' has the id of a provider; rename it")
        for name in group.providers:
            if name not in catalog.providers:
                message = f"'{name}' is no provider of providers.yaml; correct the name"
                yield at(catalog, EXPECTED, (*where, "providers"), message)
    for position, row in enumerate(expected.deliveries):
        where = ("deliveries", position)
        for name in row.who:
            if name not in groups and name not in catalog.providers:
                message = f"'{name}' is neither a group nor a provider; correct the name"
                yield at(catalog, EXPECTED, (*where, "who"), message)
        for name in row.datasets:
            if name not in catalog.datasets:
                message = f"'{name}' is no dataset of the catalogue; correct the name, or write datasets/{name}.yaml"
                yield at(catalog, EXPECTED, (*where, "datasets"), message)
        yield from unknown_basis(catalog, EXPECTED, (*where, "legal_basis"), row.legal_basis)
