"""Records named without their content: by a digest that whoever holds the record can compute, and nobody can read.

    _key_digest       of a message: its own record key, by which changes are applied
    _record_digest    of the record that a message names: dataset, ``_subject_key``, number, authority

Products of the exchange sets carry these two in place of subject and number (docs/decisions/0031): a repair that told everybody
again what was repaired would undo itself. A recipient computes ``_record_digest`` of its own records, and stops using those that a
message names: SHA-256 of the four texts with U+0000 between them, the first 32 hexadecimal digits. The number is compared without
blanks and bracket styles (``pipelines.records.comparing``); the authority is empty for datasets that do not name one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.catalog.models import NamedRecord, Product
from pipelines.records.comparing import matched
from pipelines.storage.columns import SUBJECT_KEY
from pipelines.storage.superseded import key_columns

KEY_DIGEST: Final = "_key_digest"
RECORD_DIGEST: Final = "_record_digest"


def key_digest(values: Sequence[object]) -> str:
    """A record key without its content: 32 hexadecimal digits."""
    return hashlib.sha256("\0".join("" if value is None else str(value) for value in values).encode()).hexdigest()[:32]


def product_key(dataset: Dataset, product: Product) -> list[str]:
    """The columns that tell the records of a product apart."""
    return [KEY_DIGEST] if product.names_records_by_digest else key_columns(dataset)


def with_digests(messages: pl.DataFrame, catalog: Catalog, product: Product) -> pl.DataFrame:
    """Messages with both digests, for a product that names records by them; any other records as they are."""
    if not product.names_records_by_digest:
        return messages
    dataset = catalog.datasets[str(product.dataset)]
    keys = [key_digest(values) for values in messages.select(key_columns(dataset)).rows()]
    found = messages.with_columns(pl.Series(KEY_DIGEST, keys, pl.String))
    for message in catalog.policies.repair.messages:
        if message.dataset == dataset.id:
            return found.with_columns(_named_by(messages, message.record, catalog))
    return found.with_columns(pl.lit(None, dtype=pl.String).alias(RECORD_DIGEST))


def record_digests(records: pl.DataFrame, dataset: Dataset) -> pl.Series:
    """``_record_digest`` of records as a product shows them; null of a dataset whose records no message can name."""
    reference = dataset.reference
    if reference is None:
        return pl.Series(RECORD_DIGEST, [None] * records.height, pl.String)
    authority = pl.col(reference.authority) if reference.authority else pl.lit(None, dtype=pl.String)
    return _digests(records, pl.lit(dataset.id), pl.col(reference.number), authority)


def _named_by(messages: pl.DataFrame, record: NamedRecord, catalog: Catalog) -> pl.Series:
    naming = [one.id for one in catalog.datasets.values() if one.reference and one.reference.authority]
    authority = pl.when(pl.col(record.dataset).is_in(naming)).then(record.authority)
    return _digests(messages, pl.col(record.dataset), pl.col(record.number), authority)


def _digests(rows: pl.DataFrame, dataset: pl.Expr, number: pl.Expr, authority: pl.Expr) -> pl.Series:
    parts = rows.select(
        dataset.alias("dataset"), SUBJECT_KEY, matched(number).alias("number"), authority.alias("authority")
    )
    return pl.Series(RECORD_DIGEST, [key_digest(values) for values in parts.rows()], pl.String)
