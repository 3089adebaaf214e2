"""Duplicates by record key: one record for each key, and a reason for every row that is not it."""

from pipelines.resolution.losers import (
    DUPLICATES,
    KINDS,
    SUPERSEDED,
    LosersFiles,
    key_columns,
    losers_schema,
    losers_table,
)
from pipelines.resolution.precedence import Precedence, source_ranks
from pipelines.resolution.resolve import Resolved, resolve

__all__ = [
    "DUPLICATES",
    "KINDS",
    "SUPERSEDED",
    "LosersFiles",
    "Precedence",
    "Resolved",
    "key_columns",
    "losers_schema",
    "losers_table",
    "resolve",
    "source_ranks",
]
