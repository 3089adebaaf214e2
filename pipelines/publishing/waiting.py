"""Takedowns that wait: records the hub was asked to take down, and that a latest release still offers.

The ledger says when a release took a record down, or was refused; where nobody publishes at all it says nothing. So whoever counts
what was late (``pipelines.scoring``) looks at what is offered, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from pipelines.catalog import Dataset
from pipelines.catalog.models import Product
from pipelines.publishing.ledger_entries import entries
from pipelines.publishing.messages import Messages, named_records, read_messages
from pipelines.publishing.sources import is_current
from pipelines.publishing.takedowns import takedown_rows
from pipelines.records.digests import key_digest
from pipelines.records.display import EFFECT, TAKEN_DOWN
from pipelines.records.message_effects import effects
from pipelines.records.messages import ASKED_BY, ASKED_IN, ASKED_ON
from pipelines.storage.hub import Lake
from pipelines.storage.ledger import TAKEDOWNS
from pipelines.storage.manifest import Manifest, latest
from pipelines.storage.parts import parts_of
from pipelines.storage.superseded import key_columns


def waiting_takedowns(hub: Lake) -> pl.DataFrame:
    """Repaired and withdrawn records that stand in the latest release of a product.

    Returns:
        One row for each record and product, in the columns of the ledger's ``takedowns``; ``taken_down_on`` is null.
    """
    named = [one for one in hub.catalog.datasets.values() if one.reference is not None]
    with hub.home.lake_in_use():
        messages = read_messages(hub)
        rows = [row for dataset in named for row in _of_dataset(hub, dataset, messages)]
    return entries(rows, TAKEDOWNS)


def _of_dataset(hub: Lake, dataset: Dataset, messages: Messages) -> Iterator[dict[str, Any]]:
    key, files = key_columns(dataset), hub.records(dataset.id).by_partition()
    behind: list[tuple[Product, Manifest]] = []
    if messages.buckets(dataset.id):
        for product in hub.catalog.products.values():
            now = latest(hub.home, product.id) if product.dataset == dataset.id else None
            if now is not None and now.record_key == key and not is_current(hub, product, now, files, messages):
                behind.append((product, now))
    if behind:
        for bucket, asked in _asked(hub, dataset, messages, files).items():
            for product, now in behind:
                yield from _still_there(hub, product, now, bucket, asked, key)


def _asked(hub: Lake, dataset: Dataset, messages: Messages, files: Mapping[str, Any]) -> dict[str, pl.DataFrame]:
    """By bucket the records that are to be taken down, and who asked for it; no day ends a repair or a withdrawal."""
    found = {}
    for bucket in messages.buckets(dataset.id):
        about = messages.of(dataset.id, bucket)
        if files.get(bucket):
            records = named_records(hub, dataset, files[bucket], about)
            frame = effects(records, about, dataset, hub.catalog, date.max).frame
            found[bucket] = frame.filter(pl.col(EFFECT).is_in([str(state) for state in TAKEN_DOWN]))
    return found


def _still_there(
    hub: Lake, product: Product, now: Manifest, bucket: str, asked: pl.DataFrame, key: list[str]
) -> Iterator[dict[str, Any]]:
    folder = hub.home.release(product.id, now.release_id)
    for part in parts_of(now.buckets, bucket):
        rows = pl.scan_parquet(folder / now.buckets[part].file.path, hive_partitioning=False).select(key)
        held = asked.lazy().join(rows, on=key, how="semi", nulls_equal=True).collect()
        taken = [
            {
                "reason": row[EFFECT],
                "provider_id": row[ASKED_BY],
                "region_code": row[ASKED_IN],
                "record": key_digest([row[name] for name in key]),
                "received_on": row[ASKED_ON].isoformat() if row[ASKED_ON] else None,
            }
            for row in held.to_dicts()
        ]
        for row in takedown_rows(hub.catalog, product, taken, date.min):
            of = {"product_id": product.id, "dataset_id": product.dataset, "release_id": now.release_id}
            yield of | row.to_json() | {"taken_down_on": None}
