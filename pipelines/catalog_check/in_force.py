"""What holds on a day rests on documents that are in force on it.

A product is given out today, so each of its bases must be in force. A dataset holds records of many years: one basis in force is
enough, as is one of a policy's row that holds on the day. Lists and measures: ``pipelines.catalog_check.lists_and_measures``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError, Loc
from pipelines.catalog_check.place import at

DISPLAY, REPAIR, EXPECTED = (f"policies/{name}.yaml" for name in ("display_periods", "repair", "expected_deliveries"))


def findings(catalog: Catalog, day: date | None) -> Iterator[CatalogError]:
    """Of products, datasets, and the rows of policies that hold on the day; none where no day is given."""
    if day is None:
        return
    for product in catalog.products.values():
        name = f"products/{product.id}.yaml"
        if name not in catalog.documents:
            continue
        for index, basis in enumerate(product.legal_bases):
            yield from _each(catalog, name, ("legal_bases", index), basis, day)
        yield from _each(catalog, name, ("beyond_clock_basis",), product.beyond_clock_basis, day)
    for dataset in catalog.datasets.values():
        name = f"datasets/{dataset.id}.yaml"
        yield from _one_of(catalog, name, ("legal_bases",), dataset.legal_bases, day)
        if dataset.timeliness is not None:
            yield from _each(catalog, name, ("timeliness", "legal_basis"), dataset.timeliness.legal_basis, day)
    for table in catalog.code_tables.values():
        for index, entry in enumerate(table.entries):
            if entry.covers(day):
                for number, basis in enumerate(entry.legal_bases):
                    yield from _each(
                        catalog, f"codes/{table.id}.yaml", ("entries", index, "legal_bases", number), basis, day
                    )
    policies = catalog.policies
    for index, period in enumerate(policies.display_periods.periods):
        if period.covers(day):
            yield from _one_of(catalog, DISPLAY, ("periods", index, "legal_bases"), period.legal_bases, day)
    for index, terms in enumerate(policies.repair.terms):
        if terms.covers(day):
            yield from _one_of(catalog, REPAIR, ("terms", index, "legal_bases"), terms.legal_bases, day)
    for index, row in enumerate(policies.expected_deliveries.deliveries):
        if row.covers(day):
            yield from _each(catalog, EXPECTED, ("deliveries", index, "legal_basis"), row.legal_basis, day)


def _each(catalog: Catalog, name: str, where: Loc, basis_id: str | None, day: date) -> Iterator[CatalogError]:
    basis = catalog.legal_bases.get(basis_id or "")
    if basis is not None and not basis.in_force(day):
        message = f"'{basis.id}' ({basis.number}) is not in force on {day}; name what is, or end what rests on it"
        yield at(catalog, name, where, message)


def _one_of(catalog: Catalog, name: str, where: Loc, bases: Sequence[str], day: date) -> Iterator[CatalogError]:
    known = [catalog.legal_bases[basis] for basis in bases if basis in catalog.legal_bases]
    if known and not any(basis.in_force(day) for basis in known):
        said = "、".join(basis.number for basis in known)
        yield at(catalog, name, where, f"nothing it rests on is in force on {day} ({said}); name a document that is")
