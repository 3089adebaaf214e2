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

_Basis = tuple[str, Loc, str | None]
"""File, place in it, and the document that is named there."""
_Bases = tuple[str, Loc, Sequence[str]]
"""The same of several documents, of which one is enough."""
DISPLAY, REPAIR, EXPECTED = (f"policies/{name}.yaml" for name in ("display_periods", "repair", "expected_deliveries"))


def findings(catalog: Catalog, day: date | None) -> Iterator[CatalogError]:
    """Of products, datasets, code tables and policies, of what holds on the day; none where no day is given."""
    if day is None:
        return
    for name, where, basis in [*_products(catalog), *_entries(catalog, day), *_duties(catalog, day)]:
        known = catalog.legal_bases.get(basis or "")
        if known is not None and not known.in_force(day):
            message = f"'{known.id}' ({known.number}) is not in force on {day}; name what is, or end what rests on it"
            yield at(catalog, name, where, message)
    for name, where, bases in [*_datasets(catalog), *_policies(catalog, day)]:
        several = [catalog.legal_bases[basis] for basis in bases if basis in catalog.legal_bases]
        if several and not any(basis.in_force(day) for basis in several):
            said = "、".join(basis.number for basis in several)
            message = f"nothing it rests on is in force on {day} ({said}); name a document that is"
            yield at(catalog, name, where, message)


def _products(catalog: Catalog) -> Iterator[_Basis]:
    for product in catalog.products.values():
        name = f"products/{product.id}.yaml"
        if name in catalog.documents:
            for index, basis in enumerate(product.legal_bases):
                yield name, ("legal_bases", index), basis
            yield name, ("beyond_clock_basis",), product.beyond_clock_basis


def _entries(catalog: Catalog, day: date) -> Iterator[_Basis]:
    for table in catalog.code_tables.values():
        for index, entry in enumerate(table.entries):
            for number, basis in enumerate(entry.legal_bases if entry.covers(day) else ()):
                yield f"codes/{table.id}.yaml", ("entries", index, "legal_bases", number), basis


def _duties(catalog: Catalog, day: date) -> Iterator[_Basis]:
    for dataset in catalog.datasets.values():
        if dataset.timeliness is not None:
            yield f"datasets/{dataset.id}.yaml", ("timeliness", "legal_basis"), dataset.timeliness.legal_basis
    for index, row in enumerate(catalog.policies.expected_deliveries.deliveries):
        if row.covers(day):
            yield EXPECTED, ("deliveries", index, "legal_basis"), row.legal_basis


def _datasets(catalog: Catalog) -> Iterator[_Bases]:
    for dataset in catalog.datasets.values():
        yield f"datasets/{dataset.id}.yaml", ("legal_bases",), dataset.legal_bases


def _policies(catalog: Catalog, day: date) -> Iterator[_Bases]:
    for index, period in enumerate(catalog.policies.display_periods.periods):
        if period.covers(day):
            yield DISPLAY, ("periods", index, "legal_bases"), period.legal_bases
    for index, terms in enumerate(catalog.policies.repair.terms):
        if terms.covers(day):
            yield REPAIR, ("terms", index, "legal_bases"), terms.legal_bases
