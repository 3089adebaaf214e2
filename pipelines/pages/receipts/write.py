"""Receipts of committed work groups, from the ledger: receipt.json and receipt.html, and the findings files of who has none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from pipelines.collecting.receipt import receipt
from pipelines.collecting.resolutions import own_batches
from pipelines.pages.open_rows import write_open_rows
from pipelines.pages.receipts.files import write_without_findings
from pipelines.pages.receipts.page import page
from pipelines.screening.findings import no_findings, write_csv
from pipelines.storage.files import replace_file
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.outbox import FINDINGS_CSV, FINDINGS_XLSX, OPEN_CSV, RECEIPT_HTML
from pipelines.storage.receipt import Receipt
from pipelines.storage.resolutions import LOCK
from pipelines.storage.work_group import WorkGroup


def write_receipts(hub: Hub, group: WorkGroup, closing: Iterable[str] = ()) -> list[Receipt]:
    """Write the receipts of a group, and again those of other batches whose rows it closed.

    Args:
        hub: the hub.
        group: committed.
        closing: ids of batches that closed refused rows when this group was committed.

    Returns:
        The receipts of the group's deliveries, by batch id.
    """
    known = ledger(hub.home, "batches").scan()
    own = known.filter(pl.col("group_id") == group.id).collect()
    written = _write(hub, own)
    others = sorted(set(closing) - set(own["batch_id"]))
    providers = sorted(set(own["provider_id"]))
    listed = any((hub.home.outbox_of(provider) / OPEN_CSV).exists() for provider in providers)
    if others or listed or own["rows_refused"].sum():
        with hub.home.lake_in_use(), hub.home.locked(LOCK):
            if others:
                _write(hub, known.filter(pl.col("batch_id").is_in(others)).collect())
            # Ages run to the last day on which anything came, not to this group's: a group may be overtaken by a later one.
            day = (
                known.filter(pl.col("provider_id").is_in(providers))
                .select(pl.col("received_on").max())
                .collect()
                .item()
            )
            write_open_rows(hub, providers, day)
    return written


def _write(hub: Hub, batches: pl.DataFrame) -> list[Receipt]:
    ids = batches["batch_id"].to_list()
    found = ledger(hub.home, "rule_counts").scan().filter(pl.col("batch_id").is_in(ids)).collect()
    counts = {str(key[0]): part.to_dicts() for key, part in found.partition_by("batch_id", as_dict=True).items()}
    corrected = _corrected(hub, ids)
    datasets = batches["dataset_id"].unique()
    rules = {rule.id: rule for dataset_id in datasets for rule in hub.catalog.rules.get(dataset_id, ())}
    written = []
    for row in batches.sort("batch_id").to_dicts():
        content = receipt(row, counts.get(row["batch_id"], []), rules, corrected.get(row["batch_id"], []))
        folder = hub.home.outbox(row["provider_id"], row["batch_id"])
        if not (folder / FINDINGS_CSV).exists():
            write_csv(folder / FINDINGS_CSV, no_findings())
        if not (folder / FINDINGS_XLSX).exists():
            write_without_findings(folder)
        replace_file(folder / RECEIPT_HTML, page(content.to_json(), folder / FINDINGS_CSV, hub.catalog).encode())
        content.put(folder)
        written.append(content)
    return written


def _corrected(hub: Hub, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """By closing batch: the earlier batches of which it closed rows, with their file names."""
    closed = own_batches(hub, ids)
    if closed.is_empty():
        return {}
    names = ledger(hub.home, "batches").scan().select("batch_id", "file_name").collect()
    rows = closed.group_by("closing_id", "batch_id").agg(pl.col("rows").sum()).join(names, on="batch_id", how="left")
    found: dict[str, list[dict[str, Any]]] = {}
    for one in rows.sort("closing_id", "batch_id").select("closing_id", "batch_id", "file_name", "rows").to_dicts():
        found.setdefault(one.pop("closing_id"), []).append(one)
    return found
