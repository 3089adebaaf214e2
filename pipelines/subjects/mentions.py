"""What records say of subjects: one mention for each released record about a holder of a valid credit code.

Mentions have the same columns for every dataset. A natural person is never a subject here: the filter of the product leaves
their records out, whether they name a code or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.catalog.models import CodeVerification, Product
from pipelines.catalog.models.datasets import CodePrefix, Field
from pipelines.catalog.models.products import ProductFilter
from pipelines.identifiers import credit_code
from pipelines.storage.columns import BATCH, PROVIDER, REGION, ROW_NUMBER, SUBJECT_KEY, lake_type

CODE: Final = "credit_code"
NAME: Final = "name"
DATASET: Final = "_dataset_id"
SAID_ON: Final = "_said_on"
"""The provider's own time of the record, else nothing."""

FIRST_HAND: Final = "_dataset_rank"
"""0 for the first dataset of ``attributes_from``, 1 for the next …; all others have the same, the greatest."""

PAIR_DIFFERS: Final = "_pair_differs"
PLACE: Final = "_place"
"""The province-level region where the record says the subject is; null where the dataset does not say."""


@dataclass(frozen=True)
class SubjectMaster:
    """The product with ``master: subject``, bound to the catalogue."""

    catalog: Catalog
    product: Product

    @classmethod
    def of(cls, catalog: Catalog) -> SubjectMaster | None:
        """The subject master of a catalogue, or None where it has none."""
        found = [product for product in catalog.products.values() if product.master is not None]
        return cls(catalog, found[0]) if found else None

    @property
    def rules(self) -> CodeVerification:
        """How codes are verified."""
        return self.product.verification or CodeVerification()

    @property
    def attributes(self) -> tuple[str, ...]:
        """Columns that are drawn from records: the product's fields without the code."""
        return tuple(name for name in self.product.fields if name != CODE)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Datasets whose records say something of subjects, sorted: messages that name records by digest say of nobody."""
        products = self.catalog.products
        return tuple(sorted(name for name in self.catalog.datasets if not products[name].names_records_by_digest))

    def types(self) -> dict[str, pl.DataType]:
        """Type of each attribute: that of the first dataset that has a field of that id, first-hand datasets before others."""
        order = [*self.product.attributes_from, *sorted(set(self.catalog.datasets) - set(self.product.attributes_from))]
        found: dict[str, pl.DataType] = {NAME: pl.String()}
        for dataset_id in order:
            for field in self.catalog.fields(dataset_id):
                found.setdefault(field.id, lake_type(field))
        return {name: found[name] for name in self.attributes}

    def rank(self, dataset_id: str) -> int:
        """How early a dataset is asked for an attribute."""
        first = self.product.attributes_from
        return first.index(dataset_id) if dataset_id in first else len(first)


def schema(master: SubjectMaster) -> dict[str, pl.DataType]:
    """Columns of mentions."""
    return {
        CODE: pl.String(),
        **master.types(),
        DATASET: pl.String(),
        FIRST_HAND: pl.Int64(),
        SAID_ON: pl.Datetime("us"),
        PROVIDER: pl.String(),
        REGION: pl.String(),
        BATCH: pl.String(),
        ROW_NUMBER: pl.Int64(),
        PAIR_DIFFERS: pl.Boolean(),
        PLACE: pl.String(),
    }


def mentions(master: SubjectMaster, dataset_id: str, records: pl.LazyFrame) -> pl.LazyFrame:
    """The mentions in released records of a dataset.

    Args:
        master: for what is asked of whom.
        dataset_id: whose records these are.
        records: of the government product of the dataset, or of some of its buckets.

    Returns:
        The columns of ``schema``, one row for each record about a subject, in the order of the records.
    """
    dataset = master.catalog.datasets[dataset_id]
    there = set(records.collect_schema().names())
    code = pl.col(dataset.subject.credit_code)
    first_hand = dataset_id in master.product.attributes_from
    kept = code == pl.col(SUBJECT_KEY)  # a valid code is the key of its subject, and nothing else is
    for condition in master.product.filter:
        if condition.field in there:
            kept = kept & _holds(condition)
    supplied = {*(master.attributes if first_hand else master.product.also_from_others)} & there
    columns: dict[str, pl.Expr] = {name: pl.col(name) for name in supplied}
    columns |= {CODE: code, NAME: pl.col(dataset.subject.name), FIRST_HAND: pl.lit(master.rank(dataset_id))}
    columns |= {name: pl.col(name) for name in (PROVIDER, REGION, BATCH, ROW_NUMBER)}
    columns[DATASET] = pl.lit(dataset_id)
    times = [name for name in dataset.version_order if name in there]
    if times:
        columns[SAID_ON] = pl.col(times[0])
    columns[PAIR_DIFFERS] = _pair_differs(master, dataset, there)
    place = master.rules.region_field
    if first_hand and place in there:
        columns[PLACE] = pl.col(str(place))
    empty = pl.lit(None)
    return records.filter(kept).select(
        columns.get(name, empty).cast(dtype).alias(name) for name, dtype in schema(master).items()
    )


def _holds(condition: ProductFilter) -> pl.Expr:
    column = pl.col(condition.field)
    if condition.present:
        return column.is_not_null()
    if condition.is_in is not None:
        return column.is_in(condition.is_in).fill_null(False)
    return ~column.is_in(condition.is_not_in or ()).fill_null(False)


def _pair_differs(master: SubjectMaster, dataset: Dataset, there: set[str]) -> pl.Expr:
    """True where registrar and category of the code cannot be those of what the record is about."""
    code = pl.col(dataset.subject.credit_code)
    differs = ~credit_code.registrar_pair_known(code, master.catalog.registrar_pairs)
    registered = master.rules.registrars.get(dataset.id)
    if registered:
        differs = differs | ~code.str.slice(0, 2).is_in(registered)
    fields: Mapping[str, Field] = {field.id: field for field in master.catalog.fields(dataset.id)}
    for rule in fields[dataset.subject.credit_code].code_prefix:
        if rule.field in there:
            differs = differs | _prefix_broken(rule, code)
    return differs


def _prefix_broken(rule: CodePrefix, code: pl.Expr) -> pl.Expr:
    begins = pl.any_horizontal(code.str.starts_with(p) for p in rule.starts_with or rule.never_starts_with)
    wrong = ~begins if rule.starts_with else begins
    return (pl.col(rule.field).is_in(rule.is_in) & wrong).fill_null(False)
