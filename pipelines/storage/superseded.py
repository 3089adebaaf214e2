"""Rows that are not the record of their key, and why: ``lake/losers/<dataset_id>``.

    lake/losers/<dataset_id>/_bucket=<00..15>/<digest>.parquet     one row for each accepted row that was not published

Columns: the record key, the subject's name as it was sent, provenance (batch, row, provider, region, day), then ``kind``,
``decided_by``, the ``differing_fields`` of a conflict, and the row that stands in its place. The table is made from
``lake/records`` and is written whenever a bucket is resolved again; it can be removed and comes back with the bucket's next
release.

Kinds, which add up to the rows that were not published:

    unchanged        the same provider sent the same record again
    other_channel    another provider sent it too (ministry and province), differing at most in what tells the channel
    older_version    a point in time decided against it
    conflict         it says something else, and no time tells which is right: rank, completeness or content decided
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Dataset, Field
from pipelines.storage.columns import (
    BATCH,
    BUCKET,
    PROVENANCE,
    PROVIDER,
    RECEIVED_ON,
    REGION,
    ROW_NUMBER,
    SUBJECT_KEY,
    record_schema,
)
from pipelines.storage.home import Home
from pipelines.storage.tables import COMPRESSION_LEVEL, Schema, Table

KIND: Final = "kind"
DECIDED_BY: Final = "decided_by"
DIFFERS: Final = "differing_fields"
WINNER_BATCH: Final = "winner_batch_id"
WINNER_ROW: Final = "winner_row_number"
UNCHANGED, OTHER_CHANNEL, OLDER_VERSION, CONFLICT = "unchanged", "other_channel", "older_version", "conflict"
DUPLICATES: Final = (UNCHANGED, OTHER_CHANNEL)
SUPERSEDED: Final = (OLDER_VERSION, CONFLICT)
KINDS: Final = (*DUPLICATES, *SUPERSEDED)
DERIVED: Final = {"subject_key": SUBJECT_KEY, "received_on": RECEIVED_ON, "provider_id": PROVIDER}

_OWN: Final[dict[str, pl.DataType]] = {
    KIND: pl.String(),
    DECIDED_BY: pl.String(),
    DIFFERS: pl.String(),  # of a conflict: fields that say something else than the winner's, joined by commas
    WINNER_BATCH: pl.String(),
    WINNER_ROW: pl.Int64(),
}
_PROVENANCE: Final = (BATCH, ROW_NUMBER, PROVIDER, REGION, RECEIVED_ON)


def key_columns(dataset: Dataset) -> list[str]:
    """Columns of the lake that make the record key."""
    return [DERIVED.get(name, name) for name in dataset.record_key]


def columns(dataset: Dataset) -> list[str]:
    """Columns of a dataset's superseded versions, without the bucket."""
    first = dict.fromkeys([*key_columns(dataset), SUBJECT_KEY, dataset.subject.name, *_PROVENANCE])
    return [*first, *_OWN]


def superseded_schema(dataset: Dataset, fields: tuple[Field, ...]) -> Schema:
    """Columns of ``lake/losers/<dataset_id>``, the bucket last."""
    known = record_schema(fields) | PROVENANCE
    return {name: (_OWN | known)[name] for name in columns(dataset)} | {BUCKET: pl.String()}


def superseded_table(home: Home, dataset: Dataset, fields: tuple[Field, ...]) -> Table:
    """The table of a dataset's superseded versions."""
    return Table(home.superseded(dataset.id), superseded_schema(dataset, fields), BUCKET)


def no_superseded_versions(rows: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """The superseded versions of rows that have none."""
    return pl.DataFrame(schema={name: {**rows.schema, **_OWN}[name] for name in columns(dataset)})


class SupersededFiles:
    """The superseded versions of some buckets, written beside each other and put into the table in one commit."""

    def __init__(self, home: Home, dataset: Dataset, fields: tuple[Field, ...]) -> None:
        self._table = superseded_table(home, dataset, fields)
        self._folder = home.work(f"losers-{dataset.id}")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._files: dict[str, Path | None] = {}

    def add(self, bucket: str, superseded_versions: pl.DataFrame) -> None:
        """All superseded versions of a bucket, possibly none."""
        self._files[bucket] = None
        if superseded_versions.height:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._files[bucket] = self._folder / f"{bucket}.parquet"
            superseded_versions.write_parquet(path, compression_level=COMPRESSION_LEVEL)

    def keep(self) -> None:
        """Put them in the place of what was known of these buckets."""
        self._table.replace_partitions(self._files)
        shutil.rmtree(self._folder, ignore_errors=True)
