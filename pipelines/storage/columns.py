"""Names of the columns that screening adds, and what the accepted and refused tables hold.

Accepted rows (``lake/records/<dataset_id>``): every field of the dataset in its type, sensitive ones masked with
``<field>_pseudonym`` beside them, then provenance: also the refused row it answers (``_answers_to``) and, where the provider
confirmed a breach, the rules (joined by ``;``) and the reason, and which of the dataset's layouts its file followed (``_layout``). Refused rows
(``lake/quarantine/<dataset_id>``): every field as sent, sensitive ones masked, the line's text where it was malformed, the rules
broken, the key of the record where it is sound, and the earlier refused row it answers.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.catalog import LAYOUT, Field, Kind

BATCH: Final = "_batch_id"
ROW_NUMBER: Final = "_row_number"
PROVIDER: Final = "_provider_id"
REGION: Final = "_region_code"
RECEIVED_ON: Final = "_received_on"
SUBJECT_KEY: Final = "_subject_key"
BUCKET: Final = "_bucket"
BUCKETS: Final = 16
ANSWERS_TO: Final = "_answers_to"
CONFIRMATION: Final = "_confirmation"
CONFIRMED_RULES: Final = "_confirmed_rules"
RECORD_KEY: Final = "_record_key"
CODES_SEPARATOR: Final = ";"
"""Between the codes of a field that may hold several."""

PROVENANCE: Final[dict[str, pl.DataType]] = {
    BATCH: pl.String(),
    ROW_NUMBER: pl.Int64(),
    PROVIDER: pl.String(),
    REGION: pl.String(),
    RECEIVED_ON: pl.Date(),
    SUBJECT_KEY: pl.String(),
    ANSWERS_TO: pl.String(),
    CONFIRMATION: pl.String(),
    CONFIRMED_RULES: pl.String(),
    LAYOUT: pl.String(),
}


def pseudonym_name(field: str) -> str:
    """Column of the pseudonym of a sensitive field."""
    return f"{field}_pseudonym"


def as_sent_name(field: str) -> str:
    """Column of the text of a coded field, of which the lake has the code."""
    return f"_{field}_as_sent"


def record_schema(fields: tuple[Field, ...]) -> dict[str, pl.DataType]:
    """Columns of ``lake/records/<dataset_id>``, the bucket last."""
    columns: dict[str, pl.DataType] = {field.id: lake_type(field) for field in fields}
    columns |= {pseudonym_name(field.id): pl.String() for field in fields if field.sensitive}
    columns |= {as_sent_name(field.id): pl.String() for field in fields if field.keep_as_sent}
    return columns | PROVENANCE | {BUCKET: pl.String()}


def quarantine_schema(fields: tuple[Field, ...]) -> dict[str, pl.DataType]:
    """Columns of ``lake/quarantine/<dataset_id>``."""
    return {
        "quarantine_id": pl.String(),
        BATCH: pl.String(),
        ROW_NUMBER: pl.Int64(),
        PROVIDER: pl.String(),
        REGION: pl.String(),
        RECEIVED_ON: pl.Date(),
        "rule_ids": pl.List(pl.String()),
        "raw_text": pl.String(),
        RECORD_KEY: pl.String(),
        ANSWERS_TO: pl.String(),
        **{field.id: pl.String() for field in fields},
    }


def lake_type(field: Field) -> pl.DataType:
    """The Polars type a field has in the lake and in releases."""
    match field.kind:
        case Kind.DATE:
            return pl.Date()
        case Kind.TIMESTAMP:
            return pl.Datetime("us")
        case Kind.DECIMAL:
            return pl.Decimal(*field.precision_scale)
        case Kind.INTEGER:
            return pl.Int64()
        case _:
            return pl.String()
