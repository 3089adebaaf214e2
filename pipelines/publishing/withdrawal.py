"""Withdrawn records leave the lake too: their content is overwritten in the Delta tables, and the files that held it are removed.

A withdrawal is final, so the hub has no ground left to keep what was withdrawn; a repair can be revoked, so a repaired record stays
in the lake, where nobody but the hub reads it. What stays of a withdrawn record is what tells that it was there and that it is
withdrawn: record key, number and authority, and provenance. The original file stays in ``raw/``, which is restricted, as
evidence of what was delivered (docs/decisions/0018).

    state/erasure/<dataset_id>     the table has files to be removed at once; there until they are
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipelines.catalog import Dataset
from pipelines.publishing.erasure import taken_down
from pipelines.publishing.messages import Messages, read_messages
from pipelines.records.display import EFFECT, State
from pipelines.storage.columns import BUCKET, PROVENANCE, record_schema
from pipelines.storage.hub import Hub
from pipelines.storage.superseded import key_columns
from pipelines.storage.tables import COMPRESSION_LEVEL


def erase_withdrawn(hub: Hub) -> dict[str, int]:
    """Overwrite the content of withdrawn records in every table of records; rows by dataset.

    The lake must be held alone. Vacuum removes the files that held them; ``pending`` says of which tables.
    """
    messages = read_messages(hub)
    erased = {}
    for dataset in hub.catalog.datasets.values():
        if dataset.reference is not None and (number := _erase(hub, dataset, messages)):
            erased[dataset.id] = number
    return erased


def pending(hub: Hub, dataset_id: str) -> Path:
    """The mark of a table whose replaced files must go at once."""
    return hub.home.erasure_pending(dataset_id)


def content_columns(hub: Hub, dataset: Dataset) -> list[str]:
    """Columns of the lake that say what was decided, beyond which record it is and who sent it."""
    reference, of = dataset.reference, dataset.authority
    kept = {*key_columns(dataset), *dataset.version_order, *PROVENANCE}
    if reference is not None:
        kept |= {reference.number, *filter(None, [reference.authority])}
    if of is not None:
        kept |= {of.code, *filter(None, [of.name])}  # who may withdraw it is asked again at every release
    schema = record_schema(hub.catalog.fields(dataset.id))
    return [name for name in schema if name not in kept and name != BUCKET]


def withdrawn_rows(
    hub: Hub, dataset: Dataset, messages: Messages, files: dict[str, list[Path]]
) -> dict[str, pl.DataFrame]:
    """Keys of withdrawn records by bucket."""
    found = taken_down(hub, dataset, messages, files, messages.buckets(dataset.id))
    only = {b: frame.filter(pl.col(EFFECT) == State.WITHDRAWN.value).drop(EFFECT) for b, frame in found.items()}
    return {bucket: frame for bucket, frame in only.items() if frame.height}


def with_content(rows: pl.LazyFrame, keys: pl.DataFrame, key: Sequence[str], content: Sequence[str]) -> pl.LazyFrame:
    """Rows of these keys of which anything but the shell is left."""
    held = rows.join(keys.lazy(), on=list(key), how="semi", nulls_equal=True)
    return held.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in content))


def _erase(hub: Hub, dataset: Dataset, messages: Messages) -> int:
    table, key = hub.records(dataset.id), key_columns(dataset)
    files = table.by_partition()
    content = content_columns(hub, dataset)
    total = 0
    for bucket, keys in withdrawn_rows(hub, dataset, messages, files).items():
        rows = table.scan(files[bucket])
        number = with_content(rows, keys, key, content).select(pl.len()).collect().item()
        if not number:
            continue
        mark = pending(hub, dataset.id)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
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
