"""Effective-dated tables: rows that should follow each other without a gap and without an overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from pipelines.catalog.duties import who
from pipelines.catalog.effective import Fault, faults
from pipelines.catalog.load import Catalog
from pipelines.catalog.models import Dated
from pipelines.catalog.source import CatalogError, Loc
from pipelines.catalog_check.place import at

EXPECTED: Final = "policies/expected_deliveries.yaml"
Row = tuple[str, Dated, int]
"""What the row is about, its validity, and its position in the file."""


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every effective-dated table."""
    policies = catalog.policies
    periods = ((f"severity '{one.severity}'", one, i) for i, one in enumerate(policies.display_periods.periods))
    yield from _table(catalog, "policies/display_periods.yaml", "periods", periods)
    terms = (("credit repair", one, i) for i, one in enumerate(policies.repair.terms))
    yield from _table(catalog, "policies/repair.yaml", "terms", terms)
    orders = (
        (f"the order of sources{f' of {dataset!r}' if dataset else ''}", one, i)
        for i, one in enumerate(policies.survivorship.orders)
        for dataset in one.datasets or (None,)
    )
    yield from _table(catalog, "policies/survivorship.yaml", "orders", orders)
    masking = [("the masks", policies.masking, 0)]
    yield from _table(catalog, "policies/masking.yaml", "valid_to", masking)
    editions = ((f"series '{one.series}'", one, i) for i, one in enumerate(catalog.editions.values()))
    yield from _table(catalog, "editions.yaml", "editions", editions)
    for table in catalog.code_tables.values():
        several = {one.code for one in table.entries if one.valid_from or one.valid_to}
        dated = ((f"code '{one.code}'", one, i) for i, one in enumerate(table.entries) if one.code in several)
        yield from _table(catalog, f"codes/{table.id}.yaml", "entries", dated, lasting=False)
    yield from _table(catalog, EXPECTED, "deliveries", _owed(catalog), lasting=False)


def _owed(catalog: Catalog) -> Iterator[Row]:
    expected = catalog.policies.expected_deliveries
    for position, row in enumerate(expected.deliveries):
        for provider in who(row, expected, catalog.providers):
            for dataset in dict.fromkeys(row.datasets):
                yield f"dataset '{dataset}' owed by '{provider}'", row, position


def _table(
    catalog: Catalog, name: str, part: str, rows: Iterable[Row], *, lasting: bool = True
) -> Iterator[CatalogError]:
    """Rows about the same thing must follow each other; with ``lasting`` the last of them has no last day."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    for about, some in groups.items():
        for fault in faults([(row.valid_from, row.valid_to) for _, row, _ in some], lasting=lasting):
            where: Loc = (part, some[fault.index][2], "valid_from" if fault.kind in ("gap", "overlap") else "valid_to")
            yield at(catalog, name, where, f"{about}: {_said(fault)}")


def _said(fault: Fault) -> str:
    match fault.kind:
        case "backwards":
            return f"ends on {fault.first}, before it begins on {fault.last}; correct valid_from or valid_to"
        case "overlap":
            return f"two rows are valid {_days(fault)}; end one before the other begins"
        case "gap":
            return f"no row is valid {_days(fault)}; move valid_from or valid_to, or add a row"
        case "open_end":
            return f"no row is valid from {fault.first} on; add one, or take valid_to out"


def _days(fault: Fault) -> str:
    first = "always so far" if fault.first == date.min else f"from {fault.first}"
    return f"{first} to {fault.last}" if fault.last < date.max else f"{first} on"
