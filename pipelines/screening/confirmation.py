"""Two columns that a provider may add to a delivery of any dataset: which refused row a row answers, and why a doubt is none.

``退回编号`` (``quarantine_id``) repeats the number a refused row was given in its findings, so that the corrected row closes it
whatever the correction changed. ``确认说明`` (``_confirmation``) says why a value that looks wrong is right: rules that the
catalogue marks ``confirmable`` then neither refuse the row nor warn about it (docs/decisions/0015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Field
from pipelines.privacy.mask import identifiers_masked
from pipelines.screening import tidy
from pipelines.storage.columns import ANSWERS_TO, CONFIRMATION

SHORTEST_REASON: Final = 4
"""Characters a reason has at least: “无误” or “是” gives none."""
_LONGEST_REASON: Final = 500

ECHO: Final = Field(
    id="answers_to",
    title_zh="退回编号",
    definition="被退回的一行在问题清单里的编号；改正后重报时带上，用来核销那一行",
    headers=("quarantine_id", "隔离编号"),
)
REASON: Final = Field(
    id="confirmation",
    title_zh="确认说明",
    definition="值看似有误而确实无误时，写明理由",
    headers=("_confirmation", "确认理由"),
)
RESERVED: Final = (ECHO, REASON)


def with_answers(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows with ``_answers_to`` and ``_confirmation`` from the reserved columns, null where a file has none.

    A reason that is too short or a placeholder counts as none; personal identifiers in it are masked.
    """
    there = rows.collect_schema().names()

    def cell(field: Field) -> pl.Expr:
        if field.id not in there:
            return pl.lit(None, dtype=pl.String)
        return pl.col(field.id).map_batches(tidy.text, return_dtype=pl.String, is_elementwise=True)

    reason = cell(REASON)
    reason = pl.when(reason.str.len_chars() >= SHORTEST_REASON).then(reason.str.head(_LONGEST_REASON))
    return rows.with_columns(cell(ECHO).alias(ANSWERS_TO), identifiers_masked(reason).alias(CONFIRMATION))


def confirmed_rules(verdicts: Mapping[str, pl.Expr], needed: Sequence[str]) -> pl.Expr:
    """The confirmable rules that a confirmed row broke, joined by ``;``; null for a row that needed no confirmation.

    Args:
        verdicts: of each confirmable rule by its id: True where the row breaks it.
        needed: the columns the verdicts read. They are looked at only where some row has a reason, which is nearly never.
    """
    said = [pl.when(broke).then(pl.lit(name)) for name, broke in verdicts.items()]

    def one(rows: pl.Series) -> pl.Series:
        frame = rows.struct.unnest()
        reasons = frame[CONFIRMATION]
        if not said or reasons.null_count() == len(reasons):
            return pl.repeat(None, len(reasons), dtype=pl.String, eager=True)
        joined = pl.concat_str(said, separator=";", ignore_nulls=True)
        return frame.select(pl.when(pl.col(CONFIRMATION).is_not_null() & (joined != "")).then(joined)).to_series()

    return pl.struct(CONFIRMATION, *needed).map_batches(one, return_dtype=pl.String, is_elementwise=True)
