"""Lists of subjects, and measures against them, rest on what may set them (中办发〔2025〕22号, 12; domain.md §5).

A list, and any measure, needs a law, an administrative regulation, a local regulation or a policy document of the Central
Committee or the State Council; a measure that takes away a right or adds a duty needs a law or a regulation. A departmental rule
only says how a list is entered and left. A local regulation counts in its region only, and no document counts on a day on which it
is not in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import CodeEntry, CodeTable, Dataset, LegalBasis
from pipelines.catalog.source import CatalogError, Loc
from pipelines.catalog_check.place import at

_RIGHTS: Final = (
    "a law, an administrative regulation or a local regulation is needed, a policy document or a departmental rule is not "
    "enough"
)
_LISTS: Final = (
    "a law, an administrative regulation, a local regulation or a policy document of the Central Committee or the State Council is "
    "needed, a departmental rule only says how a list is entered and left"
)


def findings(catalog: Catalog, day: date | None) -> Iterator[CatalogError]:
    """Of every code table and every dataset of lists, on a day; without one, documents count whenever they are in force."""
    for table in catalog.code_tables.values():
        yield from _governed(catalog, table)
        for index, entry in enumerate(table.entries):
            if day is None or entry.covers(day):
                yield from _entry(catalog, table, entry, index, day)
    for dataset in catalog.datasets.values():
        if is_of_lists(catalog, dataset):
            yield from _dataset(catalog, dataset, day)


def is_of_lists(catalog: Catalog, dataset: Dataset) -> bool:
    """True where its records are entries of lists: its class says so, or a record ends when its list is left."""
    found = catalog.class_of(dataset.id)
    return (found is not None and found.of_lists) or (
        dataset.display is not None and dataset.display.ended_on is not None
    )


def _governed(catalog: Catalog, table: CodeTable) -> Iterator[CatalogError]:
    """A table of measures says that it is one, and of each measure whether it takes away a right."""
    name = f"codes/{table.id}.yaml"
    for index, entry in enumerate(table.entries):
        where: Loc = ("entries", index)
        if entry.rights_reducing is None and table.governs == "measures":
            message = f"'{entry.code}' does not say whether it takes away a right; give rights_reducing: true or false"
            yield at(catalog, name, where, message)
        if entry.rights_reducing is not None and table.governs != "measures":
            message = (
                f"'{entry.code}' says rights_reducing, so it is a measure; write 'governs: measures' for the table"
            )
            yield at(catalog, name, where, message)


def _entry(
    catalog: Catalog, table: CodeTable, entry: CodeEntry, index: int, day: date | None
) -> Iterator[CatalogError]:
    if table.governs is None and not entry.rights_reducing:
        return
    name, where = f"codes/{table.id}.yaml", ("entries", index)
    yield from _region(catalog, name, (*where, "region_code"), entry)
    known = _known(catalog, entry.legal_bases)
    counted = [basis for basis in known if _counts(basis, entry.region_code, day)]
    if entry.rights_reducing:
        enough, what, needed = any(basis.may_reduce_rights for basis in counted), "takes away a right", _RIGHTS
    else:
        what = "is a list" if table.governs == "lists" else "is a measure"
        enough, needed = any(basis.may_set_lists for basis in counted), _LISTS
    if not enough:
        said = _said(known, entry.region_code, day)
        message = f"'{entry.code}' {what} and rests on {said}; {needed}: name one in legal_bases, or take it out"
        yield at(catalog, name, where, message)


def _region(catalog: Catalog, name: str, where: Loc, entry: CodeEntry) -> Iterator[CatalogError]:
    if entry.region_code is not None and entry.region_code not in catalog.division_codes:
        message = f"'{entry.region_code}' is no code of GB/T 2260; correct it, or take it out for the whole country"
        yield at(catalog, name, where, message)


def _dataset(catalog: Catalog, dataset: Dataset, day: date | None) -> Iterator[CatalogError]:
    """A dataset of lists rests on what may set a list; where its class is one of lists, a field says which list is meant."""
    name = f"datasets/{dataset.id}.yaml"
    known = _known(catalog, dataset.legal_bases)
    if not any(basis.may_set_lists and _counts(basis, None, day) for basis in known):
        message = f"its records are entries of a list, and it rests on {_said(known, None, day)}; {_LISTS}: name one"
        yield at(catalog, name, ("legal_bases",), message)
    found = catalog.class_of(dataset.id)
    named = {field.code_table for field in catalog.fields(dataset.id)}
    tables = [table for table in catalog.code_tables.values() if table.id in named]
    if found is not None and found.of_lists and not any(table.governs == "lists" for table in tables):
        message = (
            f"class '{found.id}' is one of lists, but no field says which list: name a field whose code table has "
            "'governs: lists', so that each list has its legal basis"
        )
        yield at(catalog, name, ("fields",), message)


def _known(catalog: Catalog, bases: Sequence[str]) -> list[LegalBasis]:
    return [catalog.legal_bases[basis] for basis in bases if basis in catalog.legal_bases]


def _counts(basis: LegalBasis, region_code: str | None, day: date | None) -> bool:
    return basis.holds_in(region_code) and (day is None or basis.in_force(day))


def _said(known: Sequence[LegalBasis], region_code: str | None, day: date | None) -> str:
    """What is named, and of each that does not count why."""
    return "、".join(_one(basis, region_code, day) for basis in known) or "nothing"


def _one(basis: LegalBasis, region_code: str | None, day: date | None) -> str:
    why: list[str] = [basis.level]
    if not basis.holds_in(region_code):
        why.append(f"holds in {basis.region_code} only")
    if day is not None and not basis.in_force(day):
        why.append(f"not in force on {day}")
    return f"{basis.number} ({', '.join(why)})"
