"""The subject master: one row for each credit code, every attribute with the record it came from.

An attribute is that of the first mention that has it: datasets of ``attributes_from`` first, then the newest by the provider's
time, then by the rank of the source, then by the day of receipt, then the greatest value; never by order of arrival.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from pipelines.records.comparing import matched
from pipelines.storage.columns import BATCH, PROVIDER, RECEIVED_ON, ROW_NUMBER
from pipelines.subjects.mentions import CODE, DATASET, FIRST_HAND, NAME, SAID_ON, SubjectMaster

REGISTRAR_PAIR: Final = "registrar_pair"
REGISTRATION_REGION: Final = "registration_region_code"
REGION_CODE: Final = "region_code"
OTHER_NAMES: Final = "other_names"
FIRST_SEEN: Final = "first_seen_on"
LAST_SEEN: Final = "last_seen_on"
RECORDS: Final = "records"
MATCHED_NAME: Final = "_matched_name"
SEPARATOR: Final = "；"

_SOURCE: Final = {
    "dataset_id": DATASET,
    "provider_id": PROVIDER,
    "batch_id": BATCH,
    "row_number": ROW_NUMBER,
}
SOURCE: Final = pl.Struct(
    {"dataset_id": pl.String(), "provider_id": pl.String(), "batch_id": pl.String(), "row_number": pl.Int64()}
)
"""Type of ``_<attribute>_source``: the row an attribute was taken from."""

_RANK: Final = "_provider_rank"


def source_name(attribute: str) -> str:
    """Column that says where an attribute came from."""
    return f"_{attribute}_source"


def count_name(dataset_id: str) -> str:
    """Column that counts a dataset's records of the subject."""
    return f"{dataset_id}_records"


def schema(master: SubjectMaster) -> dict[str, pl.DataType]:
    """Columns of the product ``subject``."""
    return {
        CODE: pl.String(),
        **master.types(),
        REGISTRAR_PAIR: pl.String(),
        REGISTRATION_REGION: pl.String(),
        REGION_CODE: pl.String(),
        OTHER_NAMES: pl.String(),
        RECORDS: pl.Int64(),
        **{count_name(dataset_id): pl.Int64() for dataset_id in master.datasets},
        FIRST_SEEN: pl.Date(),
        LAST_SEEN: pl.Date(),
        **{source_name(name): SOURCE for name in master.attributes},
        MATCHED_NAME: pl.String(),
    }


def subjects(
    master: SubjectMaster, said: pl.DataFrame, names: pl.DataFrame, first: pl.DataFrame, ranks: Mapping[str, int]
) -> pl.DataFrame:
    """The subjects of a bucket.

    Args:
        master: the product and its catalogue.
        said: mentions, with ``_received_on``.
        names: ``credit_code, _matched_name, name``: what else current records and contradicting ones call a subject.
        first: ``credit_code, first_seen_on`` of every row ever accepted about it.
        ranks: of providers, 1 first.

    Returns:
        The columns of ``schema``, sorted by credit code.
    """
    found = _by_subject(said, master, ranks)
    others = _other_names(found, names)
    return (
        found.join(others, on=CODE, how="left", maintain_order="left")
        .join(first.select(CODE, FIRST_SEEN), on=CODE, how="left", maintain_order="left")
        .with_columns(
            pl.col(CODE).str.slice(0, 2).alias(REGISTRAR_PAIR),
            pl.col(CODE).str.slice(2, 6).alias(REGISTRATION_REGION),
            region_code(master).alias(REGION_CODE),
            matched(pl.col(NAME)).alias(MATCHED_NAME),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in schema(master).items())
        .sort(CODE)
    )


def region_of_code(master: SubjectMaster) -> pl.Expr:
    """The province-level region of a code's registrar, or null (national registrars, unknown regions)."""
    provinces = [entry.code for entry in master.catalog.code_tables["province"].entries]
    province = pl.col(CODE).str.slice(2, 2) + "0000"
    return pl.when(province.is_in(provinces)).then(province)


def region_code(master: SubjectMaster) -> pl.Expr:
    """Where a subject is: as its registration says, else as its code does."""
    place = master.rules.region_field
    return pl.coalesce(pl.col(place), region_of_code(master)) if place else region_of_code(master)


def _by_subject(said: pl.DataFrame, master: SubjectMaster, ranks: Mapping[str, int]) -> pl.DataFrame:
    source = pl.struct(pl.col(column).alias(name) for name, column in _SOURCE.items())
    datasets = {count_name(dataset_id): pl.col(DATASET) == dataset_id for dataset_id in master.datasets}
    alone = said.select(pl.col(CODE).is_unique()).to_series()
    # One record is all there is of most subjects: those need no order and no grouping.
    single = said.filter(alone).select(
        CODE,
        *master.attributes,
        *(pl.when(pl.col(name).is_not_null()).then(source).alias(source_name(name)) for name in master.attributes),
        pl.col(RECEIVED_ON).alias(LAST_SEEN),
        pl.lit(1, dtype=pl.Int64).alias(RECORDS),
        *(is_of.cast(pl.Int64).alias(name) for name, is_of in datasets.items()),
    )
    several = (
        _ordered(said.filter(~alone), master, ranks)
        .group_by(CODE, maintain_order=True)
        .agg(
            *(pl.col(name).drop_nulls().first() for name in master.attributes),
            *(source.filter(pl.col(name).is_not_null()).first().alias(source_name(name)) for name in master.attributes),
            pl.col(RECEIVED_ON).max().alias(LAST_SEEN),
            pl.len().cast(pl.Int64).alias(RECORDS),
            *(is_of.sum().cast(pl.Int64).alias(name) for name, is_of in datasets.items()),
        )
    )
    return pl.concat([single, several.select(single.columns)])


def _ordered(said: pl.DataFrame, master: SubjectMaster, ranks: Mapping[str, int]) -> pl.DataFrame:
    """Mentions by code, the one to be believed first."""
    last = max(ranks.values(), default=0) + 1
    order = [FIRST_HAND, SAID_ON, _RANK, RECEIVED_ON, *master.attributes, BATCH, ROW_NUMBER]
    greatest = {SAID_ON, RECEIVED_ON, *master.attributes}
    return said.with_columns(
        pl.col(PROVIDER).replace_strict(ranks, default=last, return_dtype=pl.Int64).alias(_RANK)
    ).sort([CODE, *order], descending=[False, *(name in greatest for name in order)], nulls_last=True)


def _other_names(found: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Names that are not the one the subject goes by, as they were sent, in one text."""
    own = found.select(CODE, matched(pl.col(NAME)).alias(MATCHED_NAME))
    different = names.join(own, on=[CODE, MATCHED_NAME], how="anti")
    raw = different.group_by(CODE, MATCHED_NAME).agg(pl.col(NAME).min())
    return (
        raw.sort(CODE, NAME)
        .group_by(CODE, maintain_order=True)
        .agg(pl.col(NAME).str.join(SEPARATOR).alias(OTHER_NAMES))
    )
