"""Small frames as the lake has them, for the kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.storage.columns import record_schema
from tests.conftest import GOOD_CODES

PENALTY: Final = "administrative_penalty"
AUTHORITY: Final = "11510100MYTKY7NB6T"
OTHER_AUTHORITY: Final = "11330100MY2KA3TL56"
DAY: Final = date(2026, 11, 22)
Row = dict[str, object]


def number(of: int) -> str:
    """The number of the n-th document."""
    return f"锦市监处罚〔2026〕{of}号"


def penalty(
    *,
    provider: str = "sichuan",
    code: str = GOOD_CODES[0],
    document: int = 1,
    facts: str | None = "facts",
    source: str = "a",
    updated: int | None = None,
    day: int = 1,
    row: int = 2,
    batch: str = "b1",
    **fields: object,
) -> Row:
    """A penalty as the lake holds it; what is not named is empty."""
    return {
        "subject_name": "成都蜀锦文化有限公司",
        "subject_category": "legal_person",
        "credit_code": code,
        "document_number": number(document),
        "authority_code": AUTHORITY,
        "authority_name": "锦川市市场监督管理局",
        "violation_facts": facts,
        "source_name": source,
        "source_updated_at": None if updated is None else datetime(2026, 1, updated, tzinfo=UTC),
        "decision_date": date(2026, 5, 12),
        "_batch_id": batch,
        "_row_number": row,
        "_provider_id": provider,
        "_region_code": "510000",
        "_received_on": date(2026, 2, day),
        "_subject_key": code,
        **fields,
    }


def lake(catalog: Catalog, dataset_id: str, rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Rows in the columns of the lake, but for the bucket, which is a folder."""
    schema = {name: dtype for name, dtype in record_schema(catalog.fields(dataset_id)).items() if name != "_bucket"}
    filled = [{**dict.fromkeys(schema), **row} for row in rows]
    assert not {name for row in filled for name in row} - set(schema), "a column that the lake does not have"
    if not filled:
        return pl.DataFrame(schema=schema)
    return pl.DataFrame(filled, schema_overrides=schema).select(pl.col(n).cast(t) for n, t in schema.items())
