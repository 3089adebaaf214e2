"""Rows of one file that are about one record: what tells that they are, and whether they say the same.

``_version`` is a number that rows of one file share where their record key and their own order of versions (``version_order``) are
the same, null in a row that is refused for something else; ``_content`` one that rows share where all other cells say the same, in
the form the lake keeps. Rows that share the first and not the second contradict each other: ``_contradicts`` names the others by
row. It can only be told when the whole file was seen (``pipelines.collecting.repeats``), and is null until then.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import xor
from typing import Final

import polars as pl

from pipelines.catalog import CONTRADICTS, Dataset, Field
from pipelines.checks.prepared_columns import reason_name
from pipelines.screening.field_checks import lake_name
from pipelines.storage.columns import BATCH, ROW_NUMBER
from pipelines.storage.superseded import DERIVED

VERSION: Final = "_version"
CONTENT: Final = "_content"
_SUBJECT: Final = "subject_key"
_BETWEEN: Final = "\x1f"
_NOTHING: Final = "\u2400"


def with_contradictions(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with ``_contradicts``; null where nobody has looked yet."""
    if CONTRADICTS in rows.collect_schema().names():
        return rows
    return rows.with_columns(pl.lit(None, dtype=pl.String).alias(CONTRADICTS))


def versions(dataset: Dataset, fields: Collection[Field], valued: Collection[str], refused: pl.Expr) -> list[pl.Expr]:
    """``_version`` and ``_content`` of judged rows.

    Args:
        dataset: for record key and order of versions.
        fields: of the dataset.
        valued: ids of the fields that have a value of their own in the lake.
        refused: true for rows that are refused for something else.
    """

    def cell(name: str) -> pl.Expr:
        return pl.col(lake_name(name) if name in valued and not sensitive[name] else name)

    sensitive = {field.id: field.sensitive for field in fields}
    ordered = [name for name in dataset.version_order if name not in DERIVED]
    own = [name for name in dataset.record_key if name not in DERIVED]
    subject = [_subject(dataset)] if _SUBJECT in dataset.record_key else []
    parts = [pl.col(BATCH), *subject, *(cell(name).cast(pl.String) for name in (*own, *ordered))]
    key = pl.concat_str([part.fill_null(_NOTHING) for part in parts], separator=_BETWEEN)
    same = {*own, *ordered}
    content = reduce(xor, (cell(f.id).hash(place) for place, f in enumerate(fields) if f.id not in same))
    return [pl.when(~refused).then(key.hash(0)).alias(VERSION), content.alias(CONTENT)]


def staged_versions() -> list[pl.Expr]:
    """What the second route needs to find contradictions for itself, and where the rows are."""
    return [pl.col(name) for name in (CONTRADICTS, VERSION, CONTENT, BATCH, ROW_NUMBER)]


def _subject(dataset: Dataset) -> pl.Expr:
    """Whom a row is about, as ``subject_key`` tells it, without the pseudonyms: nothing of it leaves the pass."""
    subject = dataset.subject
    parts: list[pl.Expr] = [
        pl.when(pl.col(reason_name(subject.credit_code)).is_null()).then(pl.col(subject.credit_code))
    ]
    if subject.certificate_type and subject.certificate_number:
        parts.append(pl.concat_str(pl.col(subject.certificate_type), pl.lit("|"), pl.col(subject.certificate_number)))
    parts.append(pl.col(subject.name))
    return pl.coalesce(parts)
