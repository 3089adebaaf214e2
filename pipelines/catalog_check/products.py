"""Products: fields the class allows, no sensitive field unmasked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import Dataset, Field, Kind, Product, may_see
from pipelines.catalog.source import CatalogError, Loc
from pipelines.catalog_check.datasets import DERIVED
from pipelines.catalog_check.place import at, unknown_bases, unknown_basis

_NO_TEXT: Final = (Kind.DATE, Kind.TIMESTAMP, Kind.INTEGER, Kind.DECIMAL)


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every product that is written; a dataset without a government product has the one its class allows."""
    for product in catalog.products.values():
        name = f"products/{product.id}.yaml"
        if name in catalog.documents:
            yield from _product(catalog, product, name)


def _product(catalog: Catalog, product: Product, name: str) -> Iterator[CatalogError]:
    if not product.legal_bases:
        yield at(catalog, name, ("legal_bases",), "no legal basis; nothing may be given out without one, name it")
    yield from unknown_bases(catalog, name, ("legal_bases",), product.legal_bases)
    for field_id, mask in product.masks.items():
        if catalog.policies.masking.mask(mask) is None:
            message = f"'{mask}' is no mask of policies/masking.yaml; correct the name, or add it there"
            yield at(catalog, name, ("masks", field_id), message)
    if product.dataset is None:
        yield from _master(catalog, product, name)
        return
    dataset = catalog.datasets.get(product.dataset)
    if dataset is None:
        message = f"'{product.dataset}' is no dataset of the catalogue; correct the name"
        yield at(catalog, name, ("dataset",), message)
        return
    yield from _class(catalog, product, dataset, name)
    yield from _fields(catalog, product, dataset, name)
    yield from _filter(catalog, product, dataset, name)
    yield from _key(catalog, product, dataset, name)
    yield from _clock(catalog, product, dataset, name)
    yield from _messages(catalog, product, dataset, name)
    yield from _recognisable(catalog, product, dataset, name)


def _class(catalog: Catalog, product: Product, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    if not may_see(product.access_class, dataset.disclosure):
        message = (
            f"the dataset's disclosure is '{dataset.disclosure}', which a product of class '{product.access_class}' may not "
            "show; narrow the class, or remove the product"
        )
        yield at(catalog, name, ("access_class",), message)
    expected = dataset.id if product.access_class == "government" else f"{dataset.id}_{product.access_class}"
    if product.id != expected:
        message = (
            f"the {product.access_class} product of '{dataset.id}' is called '{expected}'; rename the file and the id"
        )
        yield at(catalog, name, ("id",), message)


def _fields(catalog: Catalog, product: Product, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    fields = {field.id: field for field in catalog.fields(dataset.id)}
    shown = catalog.product_fields(product.id)
    for index, field_id in enumerate(shown):
        where = ("fields",) if product.shows_all_allowed else ("fields", index)
        field = fields.get(field_id)
        if field is None:
            yield at(catalog, name, where, f"'{field_id}' is no field of dataset '{dataset.id}'; correct the name")
            continue
        if field_id in shown[:index]:
            yield at(catalog, name, where, f"field '{field_id}' stands twice; keep one")
        disclosure = dataset.disclosure_of(field)
        if not may_see(product.access_class, disclosure):
            message = (
                f"field '{field_id}' is for '{disclosure}' only, a product of class '{product.access_class}' may not show "
                "it; take it out"
            )
            yield at(catalog, name, where, message)
        if field.sensitive and field_id not in product.masks:
            message = f"sensitive field '{field_id}' is shown unmasked; name a mask for it in masks, or take it out"
            yield at(catalog, name, where, message)
    for field_id in product.masks:
        if field_id not in shown:
            message = f"field '{field_id}' is masked, but not shown; take the mask out, or show the field"
            yield at(catalog, name, ("masks", field_id), message)


def _key(catalog: Catalog, product: Product, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    """Changes are applied by the record key, so every product shows it, and as it is, or its digest."""
    shown = catalog.product_fields(product.id)
    for field_id in () if product.names_records_by_digest else dataset.record_key:
        if field_id not in DERIVED and field_id not in shown:
            message = f"'{field_id}' is part of the record key and not shown; subscribers need it, add it to fields"
            yield at(catalog, name, ("fields",), message)
        if field_id in product.masks:
            message = (
                f"'{field_id}' is part of the record key; masked, records could not be distinguished: take the mask out"
            )
            yield at(catalog, name, ("masks", field_id), message)
    texts = {field.id for field in catalog.fields(dataset.id) if field.kind not in _NO_TEXT}
    for field_id in product.masks:
        if field_id in shown and field_id not in texts:
            yield at(catalog, name, ("masks", field_id), f"'{field_id}' is no text, a mask cannot hide it; take it out")


def _messages(catalog: Catalog, product: Product, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    """A message about a record must not tell its recipients once more what the record said, nor of whom."""
    of = next((one for one in catalog.policies.repair.messages if one.dataset == dataset.id), None)
    if of is None or not product.names_records_by_digest:
        if of is not None:
            message = (
                f"'{dataset.id}' holds messages about records that must not be used any more; write "
                "names_records_by_digest: true, and list the fields"
            )
            yield at(catalog, name, ("id",), message)
        elif product.names_records_by_digest:
            message = f"'{dataset.id}' is no exchange set of policies/repair.yaml; take names_records_by_digest out"
            yield at(catalog, name, ("names_records_by_digest",), message)
        return
    naming = {*filter(None, dataset.subject.model_dump().values()), of.record.number}
    fields = {field.id: field for field in catalog.fields(dataset.id)}
    for index, field_id in enumerate(catalog.product_fields(product.id)):
        field = fields.get(field_id)
        if field is not None and (field_id in naming or field.free_text or field.sensitive):
            where: Loc = ("fields",) if product.shows_all_allowed else ("fields", index)
            message = f"'{field_id}' may say whom the record is about, or which it is; records are named by digest: take it out"
            yield at(catalog, name, where, message)


def _recognisable(catalog: Catalog, product: Product, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    """Whoever holds a record must be able to tell that a message names it."""
    shown = catalog.product_fields(product.id)
    for part, field_id in (dataset.reference.model_dump(exclude_none=True) if dataset.reference else {}).items():
        if field_id not in shown:
            message = (
                f"'{field_id}' ({part}) is not shown; without it recipients cannot tell which record a repair or a withdrawal "
                "names: add it to fields"
            )
            yield at(catalog, name, ("fields",), message)
        elif field_id in product.masks:
            message = f"'{field_id}' ({part}) names a record to messages; masked, nobody could: take the mask out"
            yield at(catalog, name, ("masks", field_id), message)


def _clock(catalog: Catalog, product: Product, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    """The clock agrees everywhere: nobody outside government is offered what the public no longer sees, but by law."""
    where: Loc = ("publication_clock",)
    basis_id = product.beyond_clock_basis
    yield from unknown_basis(catalog, name, ("beyond_clock_basis",), basis_id)
    if product.publication_clock and dataset.display is None:
        message = f"dataset '{dataset.id}' has no 'display', so no clock can run; add it there, or write false here"
        yield at(catalog, name, where, message)
    free = dataset.display is not None and not product.publication_clock
    if free and product.access_class == "public":
        message = f"display periods end what the public sees of '{dataset.id}'; write true"
        yield at(catalog, name, where, message)
    if free and product.access_class == "authorised" and basis_id is None:
        message = (
            f"an authorised product of '{dataset.id}' is shown as long as the public set and no longer (中办发〔2025〕22号, 8); "
            "write true, or name in beyond_clock_basis the document that allows more"
        )
        yield at(catalog, name, where, message)
    if basis_id is None:
        return
    if not free or product.access_class != "authorised":
        message = "only an authorised product that does not follow the clock rests on this; take it out"
        yield at(catalog, name, ("beyond_clock_basis",), message)
    basis = catalog.legal_bases.get(basis_id)
    if basis is not None and not (basis.may_set_lists and basis.holds_in(None)):
        message = (
            f"'{basis_id}' ({basis.level}) allows no more than the public sees; a law, an administrative regulation or a policy "
            "document of the Central Committee or the State Council does: name one, or follow the clock"
        )
        yield at(catalog, name, ("beyond_clock_basis",), message)


def _filter(catalog: Catalog, product: Product, dataset: Dataset, name: str) -> Iterator[CatalogError]:
    fields = {field.id: field for field in catalog.fields(dataset.id)}
    for index, condition in enumerate(product.filter):
        field = fields.get(condition.field)
        if field is None:
            message = f"'{condition.field}' is no field of dataset '{dataset.id}'; correct the name"
            yield at(catalog, name, ("filter", index, "field"), message)
            continue
        table = catalog.code_tables.get(field.code_table or "")
        for code in condition.is_in or condition.is_not_in or ():
            if table is not None and code not in table.codes:
                message = f"'{code}' is no code of table '{field.code_table}'; correct it"
                yield at(catalog, name, ("filter", index), message)


def _master(catalog: Catalog, product: Product, name: str) -> Iterator[CatalogError]:
    """The subject master is made from the datasets: it shows fields that at least one of them has."""
    known: dict[str, list[Field]] = {}
    for dataset_id in catalog.datasets:
        for field in catalog.fields(dataset_id):
            known.setdefault(field.id, []).append(field)
    yield from _master_datasets(catalog, product, name)
    for index, field_id in enumerate(product.fields):
        if field_id not in known:
            message = f"'{field_id}' is a field of no dataset; correct the name"
            yield at(catalog, name, ("fields", index), message)
        if any(field.sensitive for field in known.get(field_id, ())) and field_id not in product.masks:
            message = f"sensitive field '{field_id}' is shown unmasked; name a mask for it in masks, or take it out"
            yield at(catalog, name, ("fields", index), message)


def _master_datasets(catalog: Catalog, product: Product, name: str) -> Iterator[CatalogError]:
    places: list[tuple[Loc, str]] = [(("attributes_from", i), one) for i, one in enumerate(product.attributes_from)]
    rules = product.verification
    if rules is not None:
        places += [(("verification", "registrars", one), one) for one in rules.registrars]
        if rules.region_field is not None and rules.region_field not in product.fields:
            message = (
                f"'{rules.region_field}' is not among the fields of the product; correct the name, or add it there"
            )
            yield at(catalog, name, ("verification", "region_field"), message)
        pairs = catalog.registrar_pairs
        told = [pair for some in rules.registrars.values() for pair in some] + list(rules.pairs_with_common_names)
        for pair in told:
            if pair not in pairs:
                message = f"'{pair}' is no code of table 'registrar_pair'; correct it"
                yield at(catalog, name, ("verification",), message)
    for where, dataset_id in places:
        if dataset_id not in catalog.datasets:
            yield at(catalog, name, where, f"'{dataset_id}' is no dataset of the catalogue; correct the name")
