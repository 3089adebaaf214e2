"""Closings: which refused row is closed, and by what (docs/decisions/0014).

    lake/closings/<dataset_id>      one row for each refused row that is closed: quarantine_id, the batch it was refused in, whether
                                    a batch or a waiver closed it (``closed_by``) and which (``closing_id``), how the correction was
                                    recognised, and the days of refusal and closing
    lake/ledger/closures            the same counted by batch and what closed its rows

A refused row is **open** while it is not in there; nothing is ever taken out. A batch closes a refused row when it came not before
it, from the same provider, and holds the right row. Each pair of batches is looked at exactly once, by whichever of their work
groups comes here last: a group that did not come here yet is not seen by others, under one lock. So neither the order of groups
nor a crash changes what is closed.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.collecting.matching import corrections, fitting_pairs
from pipelines.screening import Screen
from pipelines.storage.columns import ANSWERS_TO, BATCH, PROVIDER, RECEIVED_ON, REGION
from pipelines.storage.files import make_folder, replace_file
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.resolutions import BATCH_CLOSES, LOCK, RESOLUTIONS
from pipelines.storage.work_group import WorkGroup


def close_group(hub: Hub, group: WorkGroup, screen: Screen) -> frozenset[str]:
    """Close what the batches of a committed work group correct, and what of theirs was corrected already; once.

    Returns:
        Ids of the batches that closed rows thereby; some may be of other groups.
    """
    table = hub.resolutions(group.dataset_id)
    mark = _mark(hub, group.id)
    if not mark.exists():
        with hub.home.locked(LOCK):
            if not table.knows(group.id):
                found = _found(hub, group, screen)
                if found.height:
                    work = hub.home.work(f"{group.id}-closings")
                    table.append_frame(group.id, found.with_columns(transaction=pl.lit(group.id)), work)
                    shutil.rmtree(work, ignore_errors=True)
            make_folder(mark.parent)
            replace_file(mark, b"")
    return frozenset(count_in_ledger(hub, group.dataset_id, group.id)["closing_id"])


def count_in_ledger(hub: Hub, dataset_id: str, transaction: str) -> pl.DataFrame:
    """Put the closings of a transaction into the ledger, once; the rows of ``closures``."""
    rows = hub.resolutions(dataset_id).scan().filter(pl.col("transaction") == transaction)
    keys = ["batch_id", "provider_id", "region_code", "closed_by", "closing_id", "refused_on", "closed_on"]
    counted = rows.group_by(keys).agg(pl.len().cast(pl.Int64).alias("rows")).collect().sort(keys)
    counted = counted.with_columns(dataset_id=pl.lit(dataset_id))
    table = ledger(hub.home, "closures")
    if counted.height and not table.knows(transaction):
        work = hub.home.work(f"{transaction}-closures")
        table.append_frame(transaction, counted, work)
        shutil.rmtree(work, ignore_errors=True)
    return counted


def forget(hub: Hub, group: WorkGroup) -> None:
    """Take away the mark of a group that is finished; only after the group's own file is gone."""
    _mark(hub, group.id).unlink(missing_ok=True)


def _mark(hub: Hub, group_id: str) -> Path:
    return hub.home.closed_group(group_id)


def _found(hub: Hub, group: WorkGroup, screen: Screen) -> pl.DataFrame:
    """The closings of a group: open rows of others that it corrects, and rows of its own that others have corrected."""
    known = (
        ledger(hub.home, "batches")
        .scan()
        .filter((pl.col("dataset_id") == group.dataset_id) & (pl.col("rows_in") > 0))
        .select("batch_id", "group_id", "provider_id", "received_at", "received_on", "rows_accepted", "rows_refused")
        .collect()
    )
    own = known.filter(pl.col("group_id") == group.id)
    others = known.filter(
        ~pl.col("group_id").is_in(sorted(_unseen(hub, group)))
        & pl.col("provider_id").is_in(own["provider_id"].unique().implode())
    )
    parts = [
        _between(hub, screen, refused=own, accepted=pl.concat([own, others.filter(pl.col("group_id") != group.id)])),
        _between(hub, screen, refused=others.filter(pl.col("group_id") != group.id), accepted=own),
    ]
    earliest = pl.concat(parts).sort("quarantine_id", "received_at", "closing_id", "recognised_by")
    return earliest.unique("quarantine_id", keep="first", maintain_order=True).drop("received_at")


def _unseen(hub: Hub, group: WorkGroup) -> set[str]:
    """Groups that were begun and did not come here yet."""
    table = hub.resolutions(group.dataset_id)
    begun = {one.id for one in WorkGroup.read_all(hub.home.groups)} - {group.id}
    return {one for one in begun if not _mark(hub, one).exists() and not table.knows(one)}


def _between(hub: Hub, screen: Screen, *, refused: pl.DataFrame, accepted: pl.DataFrame) -> pl.DataFrame:
    """Rows of some batches that other batches, not earlier ones of the same provider, correct."""
    nothing = pl.DataFrame(
        schema={n: t for n, t in RESOLUTIONS.items() if n != "transaction"} | {"received_at": pl.String()}
    )
    may = refused.filter(pl.col("rows_refused") > 0).join(
        accepted.filter(pl.col("rows_accepted") > 0), on="provider_id", suffix="_closing"
    )
    not_itself = pl.col("batch_id") != pl.col("batch_id_closing")
    may = may.filter(not_itself & (pl.col("received_at") <= pl.col("received_at_closing")))
    if may.is_empty():
        return nothing
    dataset_id = screen.dataset.id
    left = _of(hub.still_open(dataset_id), may["batch_id"], may["received_on"].min())
    if left.select(pl.len()).collect().item() == 0:
        return nothing
    right = _of(hub.records(dataset_id).scan(), may["batch_id_closing"], may["received_on_closing"].min())
    times = accepted.select(
        pl.col("batch_id").alias("closing_id"), "received_at", pl.col("received_on").alias("closed_on")
    )
    refused_at = refused.select(pl.col("batch_id").alias(BATCH), pl.col("received_at").alias("refused_at"))
    pairs = corrections(screen, left, right)
    chain = _answered(screen, left, pairs)
    both = pl.concat([pairs, chain])
    rows = left.select("quarantine_id", BATCH, PROVIDER, REGION, RECEIVED_ON).join(
        both.lazy(), on="quarantine_id", how="inner"
    ).collect()  # fmt: skip
    return (
        rows.join(times, on="closing_id").join(refused_at, on=BATCH)
        .filter((pl.col("received_at") >= pl.col("refused_at")) & (pl.col("closing_id") != pl.col(BATCH)))
        .select(
            "quarantine_id",
            pl.col(BATCH).alias("batch_id"),
            pl.col(PROVIDER).alias("provider_id"),
            pl.col(REGION).alias("region_code"),
            pl.lit(BATCH_CLOSES).alias("closed_by"),
            "closing_id",
            "recognised_by",
            pl.col(RECEIVED_ON).alias("refused_on"),
            "closed_on",
            "received_at",
        )
    )  # fmt: skip


def _of(rows: pl.LazyFrame, batches: pl.Series, since: Any) -> pl.LazyFrame:
    """The rows of some batches; the day lets whole files be left out."""
    assert isinstance(since, date)
    return rows.filter((pl.col(RECEIVED_ON) >= since) & pl.col(BATCH).is_in(batches.unique().implode()))


def _answered(screen: Screen, left: pl.LazyFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """What a closed row had answered in its turn, however often it was refused: closed with it, where it fits."""
    answers = left.filter(pl.col(ANSWERS_TO).is_not_null()).select(
        pl.col("quarantine_id").alias("_own"), pl.col(ANSWERS_TO).alias("quarantine_id"), PROVIDER, *screen.names
    )
    links = fitting_pairs(screen, left, answers).select(
        pl.col("_own").alias("quarantine_id"), PROVIDER, pl.col("quarantine_id").alias(ANSWERS_TO)
    ).collect()  # fmt: skip
    found: list[pl.DataFrame] = [pairs.clear()]
    current = pairs
    for _ in range(links.height):
        current = (
            links.join(current, on="quarantine_id")
            .select(pl.col(ANSWERS_TO).alias("quarantine_id"), "closing_id", pl.lit("echo").alias("recognised_by"))
            .join(
                pl.concat([pairs, *found]).select("quarantine_id", "closing_id"),
                on=["quarantine_id", "closing_id"],
                how="anti",
            )
            .unique()
        )
        if current.is_empty():
            break
        found.append(current)
    return pl.concat(found)


def own_batches(hub: Hub, ids: Sequence[str]) -> pl.DataFrame:
    """Rows of ``closures`` of what some batches closed."""
    return ledger(hub.home, "closures").scan().filter(pl.col("closing_id").is_in(list(ids))).collect()
