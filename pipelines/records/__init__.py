"""Duplicates by record key: one record for each key, and a reason for every row that is not it."""

from pipelines.records.precedence import Precedence, source_ranks
from pipelines.records.resolve import Resolved, resolve
from pipelines.storage.superseded import (
    DUPLICATES,
    KINDS,
    SUPERSEDED,
    SupersededFiles,
    key_columns,
    superseded_schema,
    superseded_table,
)

__all__ = [
    "DUPLICATES",
    "KINDS",
    "SUPERSEDED",
    "Precedence",
    "Resolved",
    "SupersededFiles",
    "key_columns",
    "resolve",
    "source_ranks",
    "superseded_schema",
    "superseded_table",
]
