"""Records about other records (repairs, withdrawals, objections): they name what the same provider really delivered before.

Such a dataset has a field that says of which dataset a record is, and one for its number that the catalogue compares with a
reference (``known_with``). The datasets of that reference are those that can be meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Field, Kind
from pipelines.demo.drawing import Draw

DAY: Final = "referred_day"
"""Column of the last day on which something happened to the record that is meant: nothing about it lies before."""

_DATASETS: Final = "dataset"
_COPIED: Final = (
    "severity_code",
)  # a dataset that has it, too, is about records that have it: only these can be repaired
_IDENTITY: Final = ("subject_name", "credit_code", "authority_name", "authority_code")
_LEGAL: Final = "法人及非法人组织"


def naming_field(catalog: Catalog, dataset_id: str) -> Field | None:
    """The field with the number of the record that is meant; None where a dataset stands for itself."""
    fields = {field.id: field for field in catalog.fields(dataset_id)}
    return next(
        (f for f in fields.values() if f.known_with and fields[f.known_with.field].code_table == _DATASETS), None
    )


def referred(
    catalog: Catalog, dataset_id: str, sent: Mapping[str, pl.DataFrame], draw: Draw, count: int
) -> pl.DataFrame:
    """Up to so many of the records that were sent, each once, as the columns that name them.

    Args:
        catalog: for the reference and the fields.
        dataset_id: of the records to be made.
        sent: right records by dataset, as text columns named by field id.
        draw: the file's source of chance.
        count: how many are wanted.

    Returns:
        ``name``, ``credit_code``, ``category``, ``certificate``, ``person_id``, the ``record_*`` columns, the authority,
        the coded fields that both have, and ``referred_day``.

    Raises:
        ValueError: the dataset refers to no others.
    """
    naming = naming_field(catalog, dataset_id)
    if naming is None or naming.known_with is None:
        raise ValueError(f"{dataset_id} refers to no records of other datasets")
    ours = {field.id for field in catalog.fields(dataset_id)}
    copied = [name for name in _COPIED if name in ours]
    parts = [
        _named(catalog, source.dataset, source.value, naming.id, naming.known_with.field, copied, known)
        for source in catalog.references[naming.known_with.reference].sources
        if (known := sent.get(source.dataset)) is not None and {*_IDENTITY, source.value, *copied} <= set(known.columns)
    ]
    if not parts:
        return pl.DataFrame()
    known = pl.concat(parts).unique([naming.known_with.field, naming.id], keep="first", maintain_order=True)
    return known[draw.shuffled(known.height)[:count]]


def _named(
    catalog: Catalog, source: str, number: str, naming: str, dataset_field: str, copied: list[str], rows: pl.DataFrame
) -> pl.DataFrame:
    """How the records of one dataset are named."""
    nothing = pl.lit(None, dtype=pl.String)
    label = next(entry.label_zh for entry in catalog.code_tables[_DATASETS].entries if entry.code == source)
    past = [f.id for f in catalog.fields(source) if f.kind is Kind.DATE and f.not_future and f.id in rows.columns]

    def own(name: str) -> pl.Expr:
        return pl.col(name) if name in rows.columns else nothing

    return rows.select(
        pl.col("subject_name").alias("name"),
        "credit_code",
        (pl.col("subject_category") if "subject_category" in rows.columns else pl.lit(_LEGAL)).alias("category"),
        own("certificate_type").alias("certificate"),
        own("certificate_number").alias("person_id"),
        pl.lit(label).alias(dataset_field),
        pl.col(number).alias(naming),
        pl.col("authority_name").alias("record_authority_name"),
        pl.col("authority_code").alias("record_authority_code"),
        "authority_name",
        "authority_code",
        *copied,
        pl.max_horizontal(pl.lit(""), *past).alias(DAY),
    ).filter(
        pl.col("credit_code").is_not_null() | pl.col("person_id").is_not_null(),
        *(pl.col(c).is_not_null() for c in copied),
    )
