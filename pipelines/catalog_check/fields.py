"""Fields: headers that belong to one field only, code tables, conditions, samples, and personal data marked as such."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import CodePrefix, CodeTable, Condition, Field, Kind
from pipelines.catalog.source import CatalogError
from pipelines.catalog_check.place import at_field

RESERVED: Final = ("reason", "change_type", "rule_ids", "raw_text", "quarantine_id", "record")
"""Columns of our own in changes and quarantine, and the name of the line as a whole in rule ids."""


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every field of every dataset; what a field group says wrong is found once for each dataset that uses it."""
    for dataset in catalog.datasets.values():
        name = f"datasets/{dataset.id}.yaml"
        fields = {field.id: field for field in catalog.fields(dataset.id)}
        yield from _headers(catalog, name, fields)
        for field in fields.values():
            if field.id in RESERVED:
                message = f"'{field.id}' is a name of the hub's own; call the field otherwise"
                yield at_field(catalog, name, field.id, "id", message)
            yield from _field(catalog, name, field)
            yield from _conditions(catalog, name, field, fields)


def _headers(catalog: Catalog, name: str, fields: dict[str, Field]) -> Iterator[CatalogError]:
    from pipelines.reading.headers import key

    owner: dict[str, str] = {}
    for field in fields.values():
        for header in dict.fromkeys(key(h) for h in field.accepted_headers):
            if owner.setdefault(header, field.id) != field.id:
                message = f"header '{header}' belongs to '{owner[header]}' and to '{field.id}'; keep one"
                yield at_field(catalog, name, field.id, "headers", message)
        for header in _twice(field.headers):
            message = f"header '{header}' of '{field.id}' stands twice; keep one"
            yield at_field(catalog, name, field.id, "headers", message)


def _twice(texts: tuple[str, ...]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if texts.count(text) > 1]


def _field(catalog: Catalog, name: str, field: Field) -> Iterator[CatalogError]:
    table = catalog.code_tables.get(field.code_table or "")
    if field.code_table is not None and table is None:
        message = f"{field.id}: code table '{field.code_table}' is not in codes/; write it"
        yield at_field(catalog, name, field.id, "code_table", message)
    if field.kind is Kind.CERTIFICATE_NUMBER and not field.sensitive:
        message = f"{field.id}: a certificate number is personal data; mark it sensitive: true"
        yield at_field(catalog, name, field.id, "sensitive", message)
    if table is not None and field.kind is Kind.CODE:
        yield from _samples(catalog, name, field, table)


def _samples(catalog: Catalog, name: str, field: Field, table: CodeTable) -> Iterator[CatalogError]:
    for sample in field.samples:
        if sample not in table.accepted and not (field.other_prefix and sample.startswith(field.other_prefix)):
            message = f"{field.id}: sample '{sample}' is not in code table '{table.id}'; add it there or correct it"
            yield at_field(catalog, name, field.id, "samples", message)


def _conditions(catalog: Catalog, name: str, field: Field, fields: dict[str, Field]) -> Iterator[CatalogError]:
    parts = ("required_when", "empty_when", "citizen_id_when")
    asked: list[tuple[str, Condition | CodePrefix]] = [
        (part, condition) for part in parts if (condition := getattr(field, part)) is not None
    ]
    for part, condition in [*asked, *(("code_prefix", prefix) for prefix in field.code_prefix)]:
        other = fields.get(condition.field)
        if other is None:
            message = f"{field.id}.{part}: '{condition.field}' is no field of the dataset; correct the name"
            yield at_field(catalog, name, field.id, part, message)
            continue
        table = catalog.code_tables.get(other.code_table or "")
        for code in condition.is_in or getattr(condition, "contains", None) or ():
            if table is not None and code not in table.codes:
                message = f"{field.id}.{part}: '{code}' is no code of table '{other.code_table}'; correct it"
                yield at_field(catalog, name, field.id, part, message)
