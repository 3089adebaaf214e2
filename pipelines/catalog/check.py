"""``credit-hub catalog check``: what types cannot say. Each finding names file, line and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import Dataset, Field, Kind
from pipelines.catalog.source import CatalogError


def check(folder: Path, expectations: Path) -> list[CatalogError]:
    """Everything that is wrong with a catalogue folder and the suites generated from it."""
    try:
        catalog = Catalog.load(folder)
    except CatalogError as error:
        return [error]
    findings = [
        *(finding for dataset in catalog.datasets.values() for finding in _dataset(catalog, dataset)),
        *_code_tables(catalog),
        *_providers(catalog),
        *_scorecard(catalog),
    ]
    return findings or list(_suites(catalog, expectations))


def _at(catalog: Catalog, name: str, loc: tuple[str | int, ...], message: str) -> CatalogError:
    document = catalog.documents[name]
    return CatalogError(document.path, document.line(loc), message)


def _dataset(catalog: Catalog, dataset: Dataset) -> Iterator[CatalogError]:
    name = f"datasets/{dataset.id}.yaml"
    fields = {f.id: f for f in dataset.fields if isinstance(f, Field)}
    if not dataset.legal_bases:
        yield _at(catalog, name, ("legal_bases",), "no legal basis; nothing may be collected without one, name it")
    for index, basis in enumerate(dataset.legal_bases):
        if basis not in catalog.legal_bases:
            yield _at(
                catalog, name, ("legal_bases", index), f"legal basis '{basis}' is not in legal_bases.yaml; add it there"
            )
    if not dataset.record_key:
        yield _at(catalog, name, ("record_key",), "no record key; say which fields tell one record from another")
    yield from _references(catalog, dataset, fields, name)
    yield from _headers(catalog, dataset, name)
    for field_id, one in fields.items():
        yield from _field(catalog, name, field_id, one, fields)


def _references(catalog: Catalog, dataset: Dataset, fields: dict[str, Field], name: str) -> Iterator[CatalogError]:
    """Names of fields and checks that the dataset uses and that must exist."""
    for part in ("record_key", "version_order"):
        for index, field in enumerate(getattr(dataset, part)):
            if field not in fields and field not in ("subject_key", "received_on"):
                yield _at(catalog, name, (part, index), f"'{field}' is no field of the dataset; mend the name")
    for part, field in dataset.subject.model_dump().items():
        if field is not None and field not in fields:
            yield _at(catalog, name, ("subject", part), f"'{field}' is no field of the dataset; mend the name")
    if timely := dataset.timeliness:
        if timely.field not in fields:
            yield _at(
                catalog, name, ("timeliness", "field"), f"'{timely.field}' is no field of the dataset; mend the name"
            )
        if timely.legal_basis not in catalog.legal_bases:
            message = f"legal basis '{timely.legal_basis}' is not in legal_bases.yaml; add it there"
            yield _at(catalog, name, ("timeliness", "legal_basis"), message)
    yield from _rules(catalog, dataset, fields, name)


def _rules(catalog: Catalog, dataset: Dataset, fields: dict[str, Field], name: str) -> Iterator[CatalogError]:
    for index, rule in enumerate(dataset.rules):
        if rule.check not in catalog.checks:
            yield _at(
                catalog, name, ("rules", index, "check"), f"check '{rule.check}' is not in checks.yaml; add it there"
            )
        for field in rule.fields:
            if field not in fields:
                yield _at(
                    catalog, name, ("rules", index, "fields"), f"'{field}' is no field of the dataset; mend the name"
                )


def _at_field(catalog: Catalog, name: str, field_id: str, part: str, message: str) -> CatalogError:
    """A finding about a field: in the dataset's file, or in that of the group it was taken from."""
    uses = []
    for index, item in enumerate(catalog.documents[name].data["fields"]):
        if item.get("id") == field_id:
            return _at(catalog, name, ("fields", index, part), message)
        if "use" in item:
            uses.append(f"fields/{item['use']}.yaml")
    for group in uses:
        for index, item in enumerate(catalog.documents[group].data["fields"]):
            if item.get("id") == field_id:
                return _at(catalog, group, ("fields", index, part), message)
    return _at(catalog, name, ("fields",), message)


def _headers(catalog: Catalog, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    from pipelines.reading.headers import key

    owner: dict[str, str] = {}
    for field in (f for f in dataset.fields if isinstance(f, Field)):
        for header in dict.fromkeys(key(h) for h in field.accepted_headers):
            if owner.setdefault(header, field.id) != field.id:
                message = f"header '{header}' belongs to '{owner[header]}' and to '{field.id}'; keep one"
                yield _at_field(catalog, name, field.id, "headers", message)


def _field(
    catalog: Catalog, name: str, field_id: str, field: Field, fields: dict[str, Field]
) -> Iterator[CatalogError]:
    def at(part: str, message: str) -> CatalogError:
        return _at_field(catalog, name, field_id, part, message)

    if field.code_table is not None and field.code_table not in catalog.code_tables:
        yield at("code_table", f"{field_id}: code table '{field.code_table}' is not in codes/; write it")
    if field.kind is Kind.CERTIFICATE_NUMBER and not field.sensitive:
        yield at("sensitive", f"{field_id}: a certificate number is personal data; mark it sensitive: true")
    for part in ("required_when", "empty_when", "citizen_id_when"):
        condition = getattr(field, part)
        if condition is None:
            continue
        other = fields.get(condition.field)
        if other is None:
            yield at(part, f"{field_id}.{part}: '{condition.field}' is no field of the dataset; mend the name")
            continue
        table = catalog.code_tables.get(other.code_table or "")
        known = {entry.code for entry in table.entries} if table else None
        for code in condition.is_in or condition.contains or ():
            if known is not None and code not in known:
                yield at(part, f"{field_id}.{part}: '{code}' is no code of table '{other.code_table}'; mend it")


def _code_tables(catalog: Catalog) -> Iterator[CatalogError]:
    for table_id, table in catalog.code_tables.items():
        name = f"codes/{table_id}.yaml"
        if table.id != table_id:
            yield _at(catalog, name, ("id",), f"id '{table.id}' is not the file's name")
        owner: dict[str, str] = {}
        for index, entry in enumerate(table.entries):
            for text in dict.fromkeys((entry.code, entry.label_zh, entry.label_en, *entry.aliases)):
                if owner.setdefault(text, entry.code) != entry.code:
                    yield _at(
                        catalog,
                        name,
                        ("entries", index),
                        f"'{text}' means '{owner[text]}' and '{entry.code}'; keep one",
                    )


def _providers(catalog: Catalog) -> Iterator[CatalogError]:
    regions = (
        {entry.code for entry in catalog.code_tables["province"].entries}
        if "province" in catalog.code_tables
        else set()
    )
    for index, provider in enumerate(catalog.providers.values()):
        where: tuple[str | int, ...] = ("providers", index)
        if provider.level == "province" and provider.region_code not in regions:
            yield _at(
                catalog,
                "providers.yaml",
                (*where, "region_code"),
                f"'{provider.region_code}' is no province of codes/province.yaml",
            )
        for dataset in provider.owes:
            if dataset not in catalog.datasets:
                yield _at(catalog, "providers.yaml", (*where, "owes"), f"'{dataset}' is no dataset of the catalogue")


def _scorecard(catalog: Catalog) -> Iterator[CatalogError]:
    card = catalog.scorecard
    dimensions = {d.id for d in card.dimensions}
    total = sum(indicator.weight for indicator in card.indicators)
    if abs(total - 100) > 1e-9:
        yield _at(catalog, "scorecard.yaml", ("indicators",), f"weights add up to {total:g}, not to 100")
    for index, indicator in enumerate(card.indicators):
        if indicator.dimension not in dimensions:
            yield _at(
                catalog,
                "scorecard.yaml",
                ("indicators", index, "dimension"),
                f"'{indicator.dimension}' is no dimension",
            )
        if indicator.floor == indicator.target:
            yield _at(
                catalog,
                "scorecard.yaml",
                ("indicators", index, "floor"),
                "floor and target are the same; no score between them",
            )


def _suites(catalog: Catalog, expectations: Path) -> Iterator[CatalogError]:
    from pipelines.expectations import outdated

    for path in outdated(catalog, expectations):
        yield CatalogError(path, 1, "is not what the catalogue says; run 'credit-hub catalog build'")
