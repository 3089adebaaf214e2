"""What is said of a file because of what its provider sent before: its size, and what a full file lacks.

Both are questions in the receipt and refuse nothing: only the provider knows whether a month was quiet, and a record that a full file
lacks is taken back by a withdrawal, never by its absence. ``precheck`` knows no history and asks nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.catalog.models import Volume
from pipelines.collecting.outcome import Outcome
from pipelines.screening import Screen
from pipelines.screening.confirmation import ECHO
from pipelines.screening.record import of_records
from pipelines.screening.repair_terms import named_record_key
from pipelines.storage.columns import BATCH, PROVIDER, RECORD_KEY
from pipelines.storage.delivery import Delivery
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger

FULL: Final = "full"
_WITHDRAWALS: Final = "record_withdrawal"


def with_history(hub: Hub, screen: Screen, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Outcomes with what is asked because of what came before.

    Args:
        hub: with the rows of these files in it, and not yet their outcomes.
        screen: of the dataset.
        outcomes: of files of which rows were judged.
    """
    asked = []
    for one in outcomes:
        volume = _volume(hub, one)
        full = _full(hub, screen.dataset, one.delivery, outcomes) if one.counts.get("rows_accepted") else None
        more = tuple(text for text in (volume, full) if text)
        asked.append(replace(one, notices=(*one.notices, *more)) if more else one)
    return asked


def _volume(hub: Hub, outcome: Outcome) -> str | None:
    """That a file has many more rows than the provider's others, or many fewer; corrections of a few rows are no files of a period."""
    delivery, rows = outcome.delivery, int(outcome.counts.get("rows_in", 0))
    policy = hub.catalog.policies.intake.volume
    if not rows or ECHO.id in outcome.columns:
        return None
    earlier = (
        ledger(hub.home, "batches")
        .scan()
        .filter(
            (pl.col("provider_id") == delivery.provider_id)
            & (pl.col("dataset_id") == delivery.dataset_id)
            & (pl.col("received_at") < delivery.received_at)
            & (pl.col("rows_in") > 0)
            & pl.col("first_batch_id").is_null()
            & ~pl.col("columns").list.contains(ECHO.id).fill_null(False)
        )
        .select("received_at", "batch_id", "rows_in")
        .collect()
        .sort("received_at", "batch_id")
        .tail(policy.deliveries)["rows_in"]
    )
    usual = float(earlier.median()) if len(earlier) >= policy.at_least else None  # type: ignore[arg-type]
    return _far(rows, usual, len(earlier), policy) if usual else None


def _far(rows: int, usual: float, files: int, policy: Volume) -> str | None:
    if abs(rows - usual) < policy.rows or usual / policy.times <= rows <= usual * policy.times:
        return None
    more = (
        "漏导了一部分数据、只导了一部分单位，或者导错了时间段" if rows < usual else "重复导出，或者导出了全部历史数据"
    )
    return (
        f"这个文件有 {rows:,} 行，本单位这个目录最近 {files} 个文件的中位数是 {usual:,.0f} 行，相差 {policy.times:g} 倍以上。"
        f"请核对是不是{more}；确实如此的，不用处理。"
    )


def _full(hub: Hub, dataset: Dataset, delivery: Delivery, outcomes: Sequence[Outcome]) -> str | None:
    """What a file that is called full lacks of the records held of its provider, in its period where the manifest gives one."""
    said = delivery.manifest or {}
    if said.get("operation") != FULL:
        return None
    together = [one.delivery.batch_id for one in outcomes if one.delivery.provider_id == delivery.provider_id]
    key = of_records(dataset).alias("key")
    rows = hub.records(dataset.id).scan().filter(pl.col(PROVIDER) == delivery.provider_id)
    came = pl.concat(
        [
            rows.filter(pl.col(BATCH).is_in(together)).select(key),
            hub.quarantine(dataset.id).scan().filter(pl.col(BATCH).is_in(together)).select(pl.col(RECORD_KEY).alias("key")),
        ]
    )  # fmt: skip
    named = dataset.reference.number if dataset.reference else dataset.subject.name
    held = _in_period(
        rows.filter(~pl.col(BATCH).is_in(together)), dataset, said.get("period_from"), said.get("period_to")
    )
    held = _not_withdrawn(hub, held, dataset).select(key, pl.col(named).cast(pl.String).alias("named")).unique("key")
    every = held.select(pl.len()).collect().item()
    lacking = held.join(came, on="key", how="anti").select("named").collect()["named"].sort()
    if not every:
        return None
    period = "" if not (said.get("period_from") or said.get("period_to")) else "这一期间的"
    if lacking.is_empty():
        return f"清单写明是全量：总枢纽已归集的本单位{period}记录共 {every:,} 条，这个文件里都有。"
    shown = "、".join(lacking.drop_nulls().head(hub.catalog.policies.intake.full.named))
    return (
        f"清单写明是全量：总枢纽已归集的本单位{period}记录共 {every:,} 条，其中 {len(lacking):,} 条这个文件里没有"
        f"（例如 {shown}）。没有的不会自动删除：漏报的请补报；确已撤销、不应再提供的，请报“记录撤回”。"
    )


def _in_period(rows: pl.LazyFrame, dataset: Dataset, begins: str | None, ends: str | None) -> pl.LazyFrame:
    day = dataset.timeliness.field if dataset.timeliness else dataset.display.document_date if dataset.display else None
    if day is None:
        return rows
    if begins:
        rows = rows.filter(pl.col(day) >= date.fromisoformat(begins))
    return rows.filter(pl.col(day) <= date.fromisoformat(ends)) if ends else rows


def _not_withdrawn(hub: Hub, rows: pl.LazyFrame, dataset: Dataset) -> pl.LazyFrame:
    """Without records that a withdrawal names: a full file is right not to have them."""
    of = dataset.reference
    if of is None or _WITHDRAWALS not in hub.catalog.datasets:
        return rows
    authority = pl.col(of.authority) if of.authority else pl.lit(None, dtype=pl.String)
    withdrawn = (
        hub.records(_WITHDRAWALS)
        .scan()
        .select(
            named_record_key(
                pl.col("record_dataset"), pl.col("record_document_number"), pl.col("record_authority_code")
            ).alias("withdrawn")
        )
        .unique()
    )
    mine = named_record_key(pl.lit(dataset.id), pl.col(of.number), authority).alias("withdrawn")
    return rows.with_columns(mine).join(withdrawn, on="withdrawn", how="anti")
