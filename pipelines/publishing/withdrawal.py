"""Withdrawn records leave the lake too: their content is overwritten in the Delta tables, and the files that held it are removed.

For ``sealed_days`` after the withdrawal took effect the content is sealed: it is in no product and in no release, and the lake
keeps it, so that who withdrew by mistake, or did not withdraw at all, can undo it. Then it is erased; the hub has no ground left
to keep it. A withdrawal takes effect on the day of the release that takes the record down, or, where none ever showed it, on the
day it came; what a held release would take down has not taken effect (``pipelines.publishing.breaker``). A repair can be revoked
at any time, so a repaired record stays in the lake, where nobody but the hub reads it.

What stays of a withdrawn record is what tells that it was there and that it is withdrawn: record key, number and authority, and
provenance. The original file stays in ``raw/``, which is restricted, as evidence of what was delivered (docs/decisions/0018).

    state/erasure/<dataset_id>     the table has files to be removed at once; there until they are
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from pipelines.catalog import Dataset
from pipelines.publishing.erasure import taken_down
from pipelines.publishing.messages import Messages, read_messages
from pipelines.records.digests import key_digest
from pipelines.records.display import EFFECT, State
from pipelines.records.erased import content_columns
from pipelines.records.messages import ASKED_ON
from pipelines.storage.files import make_folder
from pipelines.storage.held import held_releases, records_of
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.superseded import key_columns
from pipelines.storage.tables import COMPRESSION_LEVEL


def erase_withdrawn(hub: Hub, day: date) -> dict[str, int]:
    """Overwrite the content of withdrawn records whose time is over in every table of records; rows by dataset.

    The lake must be held alone. Vacuum removes the files that held them; ``pending`` says of which tables.
    """
    messages = read_messages(hub)
    erased = {}
    for dataset in hub.catalog.datasets.values():
        if dataset.reference is not None and (number := _erase(hub, dataset, messages, day)):
            erased[dataset.id] = number
    return erased


def pending(hub: Hub, dataset_id: str) -> Path:
    """The mark of a table whose replaced files must go at once."""
    return hub.home.erasure_pending(dataset_id)


def unsealed(
    hub: Hub, dataset: Dataset, messages: Messages, files: dict[str, list[Path]], day: date
) -> dict[str, pl.DataFrame]:
    """Keys of withdrawn records by bucket whose content is not to be kept beyond a day."""
    key = key_columns(dataset)
    latest = day - timedelta(days=hub.catalog.policies.releases.sealed_days)
    held, taken_down_on = _held(hub, dataset, key), _taken_down_on(hub, dataset)
    found = {}
    for bucket, frame in taken_down(hub, dataset, messages, files, messages.buckets(dataset.id)).items():
        keys = frame.filter(pl.col(EFFECT) == State.WITHDRAWN.value, pl.col(ASKED_ON) <= latest).select(key)
        for records in held:
            keys = keys.join(records, on=key, how="anti", nulls_equal=True)
        # One by one: only those that came long ago are looked up.
        over = [taken_down_on.get(key_digest(values), date.min) <= latest for values in keys.rows()]
        if any(over):
            found[bucket] = keys.filter(pl.Series(over, dtype=pl.Boolean))
    return found


def _held(hub: Hub, dataset: Dataset, key: Sequence[str]) -> list[pl.DataFrame]:
    """Record keys that would leave with releases that wait for a person."""
    found = []
    for product in hub.catalog.products.values():
        for held in held_releases(hub.home, product.id) if product.dataset == dataset.id else ():
            records = records_of(hub.home, held)
            if records is not None and set(key) <= set(records.collect_schema().names()):
                found.append(records.select(key).collect())
    return found


def _taken_down_on(hub: Hub, dataset: Dataset) -> dict[str, date]:
    """By the digest of its key the last day on which a withdrawn record was taken down from a product."""
    rows = (
        ledger(hub.home, "takedowns")
        .scan()
        .filter(pl.col("dataset_id") == dataset.id, pl.col("reason") == State.WITHDRAWN.value)
    )
    days = rows.drop_nulls("taken_down_on").group_by("record").agg(pl.col("taken_down_on").max())
    return dict(days.collect().rows())


def with_content(rows: pl.LazyFrame, keys: pl.DataFrame, key: Sequence[str], content: Sequence[str]) -> pl.LazyFrame:
    """Rows of these keys of which anything but the shell is left."""
    held = rows.join(keys.lazy(), on=list(key), how="semi", nulls_equal=True)
    return held.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in content))


def _erase(hub: Hub, dataset: Dataset, messages: Messages, day: date) -> int:
    table, key = hub.records(dataset.id), key_columns(dataset)
    files = table.by_partition()
    content = content_columns(hub.catalog, dataset)
    total = 0
    for bucket, keys in unsealed(hub, dataset, messages, files, day).items():
        rows = table.scan(files[bucket])
        number = with_content(rows, keys, key, content).select(pl.len()).collect().item()
        if not number:
            continue
        mark = pending(hub, dataset.id)
        make_folder(mark.parent)
        mark.touch(mode=0o600)
        work = hub.home.work("erasure")
        work.mkdir(parents=True, exist_ok=True)
        whole = work / f"{bucket}.parquet"
        gone = keys.lazy().with_columns(pl.lit(True).alias("_gone"))
        marked = rows.join(gone, on=key, how="left", nulls_equal=True, maintain_order="left")
        bare = marked.with_columns(
            pl.when(pl.col("_gone").is_null()).then(pl.col(name)).alias(name) for name in content
        )
        bare.drop("_gone").sink_parquet(whole, compression_level=COMPRESSION_LEVEL)
        table.replace(bucket, [whole])
        shutil.rmtree(work)
        total += number
    return total
