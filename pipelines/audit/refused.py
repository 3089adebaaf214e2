"""The life of refused rows, proved from disk: each is open, resolved or waived, and never two of these.

open + resolved + waived = refused follows where every closing names a refused row, once, and was allowed to close it.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipelines.audit.finding import below
from pipelines.storage.columns import BATCH, PROVIDER
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.resolutions import BATCH_CLOSES, WAIVER_CLOSES

_COUNTED = ["batch_id", "closed_by", "closing_id"]


def lives(hub: Hub) -> Iterator[tuple[str, str]]:
    """What is wrong with the lives of refused rows: of whom, and what."""
    batches = ledger(hub.home, "batches").scan().select("batch_id", "provider_id", "received_at").collect()
    waivers = ledger(hub.home, "waivers").scan().select("waiver_id").collect()
    counted = ledger(hub.home, "closures").read()
    for dataset_id in hub.catalog.datasets:
        closed = hub.resolutions(dataset_id).read()
        yield from _of_dataset(hub, dataset_id, closed, batches, waivers)
        yield from _counts(hub, dataset_id, closed, counted.filter(pl.col("dataset_id") == dataset_id))


def _of_dataset(
    hub: Hub, dataset_id: str, closed: pl.DataFrame, batches: pl.DataFrame, waivers: pl.DataFrame
) -> Iterator[tuple[str, str]]:
    where = below(hub.home, hub.home.resolutions(dataset_id))
    for twice in closed.filter(pl.col("quarantine_id").is_duplicated())["quarantine_id"].unique().sort():
        yield twice, "a refused row is closed twice"
    refused = hub.quarantine(dataset_id).scan().select("quarantine_id", BATCH, PROVIDER).collect()
    for twice in refused.filter(pl.col("quarantine_id").is_duplicated())["quarantine_id"].unique().sort():
        yield twice, f"stands in lake/quarantine/{dataset_id} twice"
    if closed.is_empty():
        return
    known = closed.join(refused, on="quarantine_id", how="left")
    strange = known.filter((pl.col("batch_id") != pl.col(BATCH)) | pl.col(BATCH).is_null())
    for one in strange["quarantine_id"].sort():
        yield one, f"{where} closes a row that was not refused so"
    by_batch = closed.filter(pl.col("closed_by") == BATCH_CLOSES)
    both = by_batch.join(batches, on="batch_id", how="left").join(
        batches, left_on="closing_id", right_on="batch_id", how="left", suffix="_closing"
    )
    allowed = (
        pl.col("received_at_closing").is_not_null()
        & (pl.col("received_at_closing") >= pl.col("received_at"))
        & (pl.col("provider_id_closing") == pl.col("provider_id"))
        & (pl.col("closing_id") != pl.col("batch_id"))
    )
    for one in both.filter(~allowed.fill_null(False))["quarantine_id"].sort():
        yield one, f"{where}: the batch that closes it is not there, is not the provider's, or came before it"
    by_waiver = closed.filter(pl.col("closed_by") == WAIVER_CLOSES)
    for one in by_waiver.join(waivers, left_on="closing_id", right_on="waiver_id", how="anti")["quarantine_id"].sort():
        yield one, f"{where}: the waiver that closes it is not in the ledger"
    for one in closed.filter(~pl.col("closed_by").is_in([BATCH_CLOSES, WAIVER_CLOSES]))["quarantine_id"].sort():
        yield one, f"{where}: neither a batch nor a waiver closes it"


def _counts(hub: Hub, dataset_id: str, closed: pl.DataFrame, counted: pl.DataFrame) -> Iterator[tuple[str, str]]:
    rows = closed.group_by(_COUNTED).agg(pl.len().cast(pl.Int64).alias("there"))
    said = counted.group_by(_COUNTED).agg(pl.col("rows").sum())
    both = rows.join(said, on=_COUNTED, how="full", coalesce=True).fill_null(0)
    for batch_id, _, closing_id, there, rows_said in both.sort(_COUNTED).rows():
        if there != rows_said:
            where = below(hub.home, hub.home.resolutions(dataset_id))
            yield batch_id, f"the ledger says {closing_id} closed {rows_said} of its rows, {where} holds {there}"


def states(hub: Hub) -> dict[str, int]:
    """How many refused rows are open, resolved and waived."""
    refused = int(ledger(hub.home, "batches").scan().select(pl.col("rows_refused").sum()).collect().item())
    closed = ledger(hub.home, "closures").read()
    resolved = int(closed.filter(pl.col("closed_by") == BATCH_CLOSES)["rows"].sum())
    waived = int(closed.filter(pl.col("closed_by") == WAIVER_CLOSES)["rows"].sum())
    return {"open": refused - resolved - waived, "resolved": resolved, "waived": waived}
