"""Code tables: a text means one code, and every table is used; on what lists and measures rest is another module's."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import CodeTable
from pipelines.catalog.source import CatalogError
from pipelines.catalog_check.place import at, unknown_bases


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every code table."""
    used = {field.code_table for dataset in catalog.datasets for field in catalog.fields(dataset)}
    for table in catalog.code_tables.values():
        name = f"codes/{table.id}.yaml"
        if table.id not in used and table.hub_use_zh is None:
            message = (
                "no field uses this table; name it in a field, say in hub_use_zh what the hub uses it for, or remove it"
            )
            yield at(catalog, name, ("id",), message)
        if table.id in used and table.hub_use_zh is not None:
            yield at(catalog, name, ("hub_use_zh",), "fields use this table; take hub_use_zh out")
        yield from _texts(catalog, table, name)
        for index, entry in enumerate(table.entries):
            yield from unknown_bases(catalog, name, ("entries", index, "legal_bases"), entry.legal_bases)


def _texts(catalog: Catalog, table: CodeTable, name: str) -> Iterator[CatalogError]:
    """A text that means two codes, or stands twice. Entries of one code with dates of their own are for the dates' check."""
    owner: dict[str, str] = {}
    plain: set[str] = set()
    for index, entry in enumerate(table.entries):
        where = ("entries", index)
        for text in dict.fromkeys((entry.code, entry.label_zh, entry.label_en, *entry.aliases)):
            if owner.setdefault(text, entry.code) != entry.code:
                yield at(catalog, name, where, f"'{text}' means '{owner[text]}' and '{entry.code}'; keep one")
        for alias in dict.fromkeys(entry.aliases):
            if entry.aliases.count(alias) > 1:
                yield at(catalog, name, where, f"alias '{alias}' of '{entry.code}' stands twice; keep one")
        if entry.valid_from is None and entry.valid_to is None:
            if entry.code in plain:
                message = f"code '{entry.code}' stands twice; keep one, or give both valid_from and valid_to"
                yield at(catalog, name, where, message)
            plain.add(entry.code)
