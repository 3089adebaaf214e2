"""Changes of a bucket between two releases: previous ⊕ changes = this release, always (invariant 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

CHANGE_TYPE: Final = "change_type"
REASON: Final = "reason"
_KNOWN: Final = "_known"
ADDED, CHANGED, REMOVED = "added", "changed", "removed"


def changes(
    previous: pl.DataFrame | None,
    current: pl.DataFrame,
    key: Sequence[str],
    reason: str,
    reasons: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """What turns the previous records of a bucket into the current ones.

    Args:
        previous: records before, None where there were none.
        current: records now, in the same columns.
        key: record key.
        reason: why records that are no more were removed, where ``reasons`` does not say.
        reasons: the key's columns and ``reason``, at most one row per key.

    Returns:
        ``change_type``, ``reason`` (null but for removals) and the records' columns, which hold the new values; of a removed
        record only the key is filled: a tombstone, without content.
    """
    none = pl.lit(None, dtype=pl.String).alias(REASON)
    if previous is None or previous.height == 0:
        return current.select(pl.lit(ADDED).alias(CHANGE_TYPE), none, *current.columns)
    before = in_columns(previous, current.schema)
    different = current.join(before, on=current.columns, how="anti", nulls_equal=True, maintain_order="left")
    there = before.select(*key, pl.lit(True).alias(_KNOWN))
    turned = different.join(there, on=list(key), how="left", nulls_equal=True, maintain_order="left").select(
        pl.when(pl.col(_KNOWN)).then(pl.lit(CHANGED)).otherwise(pl.lit(ADDED)).alias(CHANGE_TYPE),
        none,
        *current.columns,
    )
    gone = before.join(current, on=list(key), how="anti", nulls_equal=True, maintain_order="left")
    if reasons is None:
        said = gone.with_columns(pl.lit(reason).alias(REASON))
    else:
        said = gone.join(
            reasons.select(*key, REASON), on=list(key), how="left", nulls_equal=True, maintain_order="left"
        ).with_columns(pl.col(REASON).fill_null(reason))
    tombstones = said.select(
        pl.lit(REMOVED).alias(CHANGE_TYPE),
        pl.col(REASON),
        *(
            pl.col(name) if name in key else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in current.schema.items()
        ),
    )
    return pl.concat([turned, tombstones])


def in_columns(records: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Records of an earlier release in the columns of a later one: a field that the catalogue has gained since is empty."""
    return records.select(
        pl.col(name) if name in records.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in schema.items()
    )


def apply(previous: pl.DataFrame, changed: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """The records after the changes, sorted by key: what a subscriber does, and what ``audit`` proves."""
    kept = previous.join(changed, on=list(key), how="anti", nulls_equal=True)
    new = changed.filter(pl.col(CHANGE_TYPE) != REMOVED).select(previous.columns)
    return pl.concat([kept, new]).sort(list(key))
