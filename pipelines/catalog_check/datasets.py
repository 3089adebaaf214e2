"""Datasets: legal basis, owner, key, subjects, and that every field, check and document they name exists."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import Dataset, Kind
from pipelines.catalog.source import CatalogError, Loc
from pipelines.catalog_check.place import at, unknown_bases, unknown_basis

DERIVED = ("subject_key", "received_on", "provider_id")


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every dataset."""
    for dataset in catalog.datasets.values():
        name = f"datasets/{dataset.id}.yaml"
        yield from _duties(catalog, dataset, name)
        yield from _references(catalog, dataset, name)
        yield from _rules(catalog, dataset, name)
        yield from _display(catalog, dataset, name)
        yield from _layouts(catalog, dataset, name)


def _duties(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    """Nothing may be collected without a legal basis, somebody responsible and a way to tell records apart."""
    if not dataset.legal_bases:
        yield at(catalog, name, ("legal_bases",), "no legal basis; nothing may be collected without one, name it")
    yield from unknown_bases(catalog, name, ("legal_bases",), dataset.legal_bases)
    if dataset.owner not in catalog.owner_titles:
        message = f"owner '{dataset.owner}' is neither in owners.yaml nor a provider; add it to owners.yaml"
        yield at(catalog, name, ("owner",), message)
    if not dataset.record_key:
        yield at(catalog, name, ("record_key",), "no record key; say which fields tell one record from another")
    table = catalog.code_tables.get("subject_category")
    for index, subject in enumerate(dataset.subjects):
        if table is not None and subject not in table.codes:
            message = f"'{subject}' is no code of table 'subject_category'; correct it"
            yield at(catalog, name, ("subjects", index), message)


def _references(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    """Names of fields that the dataset uses and that must exist."""
    known = {field.id for field in catalog.fields(dataset.id)}
    for part in ("record_key", "version_order"):
        for index, field in enumerate(getattr(dataset, part)):
            if field not in known and field not in DERIVED:
                yield at(catalog, name, (part, index), f"'{field}' is no field of the dataset; correct the name")
    for part, field in dataset.subject.model_dump().items():
        if field is not None and field not in known:
            yield at(catalog, name, ("subject", part), f"'{field}' is no field of the dataset; correct the name")
    if timely := dataset.timeliness:
        if timely.field not in known:
            message = f"'{timely.field}' is no field of the dataset; correct the name"
            yield at(catalog, name, ("timeliness", "field"), message)
        yield from unknown_basis(catalog, name, ("timeliness", "legal_basis"), timely.legal_basis)


def _layouts(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    """Fields that layouts name exist; their code tables exist, belong to coded fields, and mean codes there are."""
    fields = {field.id: field for field in catalog.fields(dataset.id)}
    seen: set[str] = set()
    for index, layout in enumerate(dataset.layouts):
        names = {layout.id, *layout.schema_versions}
        if names & seen:
            message = f"'{sorted(names & seen)[0]}' names two layouts; give each names of its own"
            yield at(catalog, name, ("layouts", index), message)
        seen |= names
        for part in ("lifts", "headers"):
            for field in sorted(set(getattr(layout, part)) - fields.keys()):
                message = f"'{field}' is no field of the dataset; correct the name"
                yield at(catalog, name, ("layouts", index, part), message)
        for field, table in layout.code_tables.items():
            place = ("layouts", index, "code_tables")
            known = fields[field].code_table if field in fields else None
            if known is None:
                yield at(catalog, name, place, f"'{field}' is no coded field of the dataset; correct the name")
            elif table not in catalog.code_tables:
                yield at(catalog, name, place, f"there is no code table '{table}'; add it, or correct the name")
            else:
                wrong = set(catalog.code_tables[table].meanings.values()) - catalog.code_tables[known].codes
                for code in sorted(wrong):
                    message = f"table '{table}' says now: {code}, which is no code of '{known}'; correct it"
                    yield at(catalog, name, place, message)


def _rules(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    known = {field.id for field in catalog.fields(dataset.id)}
    for index, rule in enumerate(dataset.rules):
        if rule.check not in catalog.checks:
            message = f"check '{rule.check}' is not in checks.yaml; add it there"
            yield at(catalog, name, ("rules", index, "check"), message)
        for field in rule.fields:
            if field not in known:
                message = f"'{field}' is no field of the dataset; correct the name"
                yield at(catalog, name, ("rules", index, "fields"), message)


def _display(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    """Fields by which messages name a record, and from which its display period is computed."""
    fields = {field.id: field for field in catalog.fields(dataset.id)}
    display = dataset.display
    named = {
        "reference": dataset.reference.model_dump(exclude_none=True) if dataset.reference else {},
        "display": display.named_fields if display else {},
    }
    for part, found in named.items():
        for key, field_id in found.items():
            if field_id not in fields:
                yield at(catalog, name, (part, key), f"'{field_id}' is no field of the dataset; correct the name")
            elif part == "display" and key != "severity" and fields[field_id].kind is not Kind.DATE:
                yield at(catalog, name, (part, key), f"'{field_id}' is no date; name a field of type date")
    if display is None:
        return
    asked: list[tuple[Loc, str, tuple[str, ...]]] = [
        (("display", "unclassed_when", index), condition.field, condition.codes)
        for index, condition in enumerate(display.unclassed_when)
    ]
    if display.necessary:
        asked.append((("display", "necessary"), display.necessary.field, display.necessary.is_in))
    for where, field_id, codes in asked:
        table = catalog.code_tables.get(fields[field_id].code_table or "") if field_id in fields else None
        if table is None:
            yield at(catalog, name, where, f"'{field_id}' is no coded field of the dataset; correct the name")
            continue
        for code in sorted(set(codes) - table.codes):
            yield at(catalog, name, where, f"'{code}' is no code of table '{table.id}'; correct it")
    severities = {period.severity for period in catalog.policies.display_periods.periods}
    said: list[tuple[Loc, str]] = [(("display", "unclassed"), display.unclassed)]
    said += [(("display", "unclassed_when", i), one.severity) for i, one in enumerate(display.unclassed_when)]
    for where, severity in said:
        if severity not in severities:
            message = f"'{severity}' has no row in policies/display_periods.yaml; correct it, or add rows"
            yield at(catalog, name, where, message)
