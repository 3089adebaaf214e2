"""Rows against what the hub has accepted before: a known key with a value that was never seen with it (domain.md R03).

Texts are compared without blanks, middle dots and bracket styles (domain.md §1.1). A reference is read before the rows are, so that
the kernel stays a pure function of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.records.comparing import matched

SCHEMA: Final = {"key": pl.String(), "value": pl.String()}
References = Mapping[str, pl.DataFrame]


def empty() -> pl.DataFrame:
    """A reference that knows nothing."""
    return pl.DataFrame(schema=SCHEMA)


def mismatch(rule: Rule, references: References) -> pl.Expr:
    """True where the reference knows the other cell, but not with this one; never null.

    Args:
        rule: of the primitive ``known_with``.
        references: by id, distinct ``key`` and ``value``, the value as ``matched`` makes it.
    """
    known = references.get(str(rule.parameters[0]), empty())
    if known.is_empty():
        return pl.lit(False)
    keys = known.select("key").unique().with_columns(known_key=pl.lit(True))
    pairs = known.unique().with_columns(known_pair=pl.lit(True))

    def one(rows: pl.Series) -> pl.Series:
        cells = rows.struct.unnest().lazy()
        found = cells.join(keys.lazy(), on="key", how="left", maintain_order="left").join(
            pairs.lazy(), on=["key", "value"], how="left", maintain_order="left"
        )
        wrong = pl.col("known_key").fill_null(False) & pl.col("known_pair").is_null() & pl.col("value").is_not_null()
        return found.select(wrong).collect(engine="in-memory").to_series()

    cells = pl.struct(pl.col(str(rule.other)).alias("key"), matched(pl.col(rule.field)).alias("value"))
    return cells.map_batches(one, return_dtype=pl.Boolean, is_elementwise=True)
