"""What a bucket of subjects is made from.

The bucket of every dataset's latest release, the superseded versions beside it, and the days of batches.

A dataset's bucket holds all records of its subjects, and the bucket of a credit code is the same in every dataset
(``pipelines.screening.subject``): so a subject is made from one bucket of each, and memory does not grow with datasets' rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.privacy.find import holds_citizen_id
from pipelines.storage.columns import BATCH, PROVIDER, RECEIVED_ON, REGION, ROW_NUMBER, SUBJECT_KEY
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.manifest import latest
from pipelines.storage.parts import by_bucket
from pipelines.storage.superseded import (
    CONFLICT,
    DIFFERS,
    KIND,
    OLDER_VERSION,
    WINNER_BATCH,
    WINNER_ROW,
)
from pipelines.subjects.master import FIRST_SEEN
from pipelines.subjects.mentions import CODE, DATASET, NAME, SubjectMaster, mentions, schema
from pipelines.subjects.verification import CONTRADICTIONS, NAMED

_WON: Final = {WINNER_BATCH: BATCH, WINNER_ROW: ROW_NUMBER}


@dataclass(frozen=True)
class BucketSources:
    """Files a bucket of subjects is made from, by dataset."""

    records: Mapping[str, list[Path]] = field(default_factory=dict)
    superseded_versions: Mapping[str, list[Path]] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Dataset and name of every file, of records and of superseded versions: names hold digests of contents."""
        both = [*sorted(self.records.items()), *sorted(self.superseded_versions.items())]
        return tuple(f"{dataset_id}/{path.name}" for dataset_id, some in both for path in some)

    def digest(self, definition: str) -> str:
        """Changes when what the bucket is made from does."""
        return hashlib.sha256("\0".join([definition, *self.names()]).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Said:
    """What the rows of a bucket say.

    Current mentions, names in contradicting rows, former names, the first day of each code, and contradicting rows with the
    rows that stand (``CONTRADICTIONS``).
    """

    mentions: pl.DataFrame
    lost: pl.DataFrame
    former: pl.DataFrame
    first: pl.DataFrame
    against: pl.DataFrame


def sources_by_bucket(hub: Hub) -> dict[str, BucketSources]:
    """Sources of every bucket that any dataset's latest release has, by bucket; messages named by digest say of nobody."""
    records: dict[str, dict[str, list[Path]]] = {}
    lost: dict[str, dict[str, list[Path]]] = {}
    for dataset_id in sorted(hub.catalog.datasets):
        manifest = latest(hub.home, dataset_id)
        if manifest is None or hub.catalog.products[dataset_id].names_records_by_digest:
            continue
        folder = hub.home.shared / dataset_id / manifest.release_id
        for bucket, names in by_bucket(manifest.buckets).items():
            paths = [folder / manifest.buckets[name].file.path for name in names]
            records.setdefault(bucket, {})[dataset_id] = paths
        for path, partition in hub.superseded(dataset_id).files().items():
            lost.setdefault(str(partition), {}).setdefault(dataset_id, []).append(path)
    return {bucket: BucketSources(files, lost.get(bucket, {})) for bucket, files in sorted(records.items())}


def batch_days(hub: Hub) -> pl.DataFrame:
    """``_batch_id, _received_on`` of every batch."""
    batches = ledger(hub.home, "batches").scan().select("batch_id", "received_on").collect()
    return batches.rename({"batch_id": BATCH, "received_on": RECEIVED_ON}).unique(BATCH)


def read_bucket(
    hub: Hub,
    master: SubjectMaster,
    sources: BucketSources,
    days: pl.DataFrame,
    known: Mapping[str, pl.DataFrame] | None = None,
) -> Said:
    """What a bucket's rows say of subjects.

    Args:
        hub: for the tables.
        master: the subject master.
        sources: files of the bucket.
        days: as ``batch_days`` gives them.
        known: mentions by dataset where they were read before, possibly of some subjects only.
    """
    said, lost, former, first, against = [], [], [], [], []
    for dataset_id, paths in sorted(sources.records.items()):
        found = read_mentions(master, dataset_id, paths) if known is None else known[dataset_id]
        found = found.join(days, on=BATCH, how="left", maintain_order="left")
        said.append(found)
        first.append(found.group_by(CODE).agg(pl.col(RECEIVED_ON).min().alias(FIRST_SEEN)))
        if files := sources.superseded_versions.get(dataset_id):
            rows = _superseded(hub, dataset_id, files, found)
            first.append(rows.group_by(CODE).agg(pl.col(RECEIVED_ON).min().alias(FIRST_SEEN)))
            conflicting = rows.filter(pl.col(KIND) == CONFLICT)
            lost.append(conflicting.select(*NAMED))
            against.append(_contradicting(found, conflicting))
            if dataset_id in master.product.attributes_from:
                former.append(rows.filter(pl.col(KIND) == OLDER_VERSION).select(CODE, NAME))
    days_of = pl.concat(first) if first else pl.DataFrame(schema={CODE: pl.String, FIRST_SEEN: pl.Date})
    return Said(
        pl.concat([pl.DataFrame(schema=schema(master) | {RECEIVED_ON: pl.Date()}), *said]),
        pl.concat([pl.DataFrame(schema=NAMED), *lost]),
        pl.concat([pl.DataFrame(schema={CODE: pl.String, NAME: pl.String}), *former]),
        days_of.group_by(CODE).agg(pl.col(FIRST_SEEN).min()),
        pl.concat([pl.DataFrame(schema=CONTRADICTIONS), *against]),
    )


def read_mentions(
    master: SubjectMaster, dataset_id: str, paths: Sequence[Path], codes: pl.Series | None = None
) -> pl.DataFrame:
    """Mentions in data files of a dataset, of these subjects only where ``codes`` says so."""
    if not paths:
        return pl.DataFrame(schema=schema(master))
    records = pl.scan_parquet(list(paths), hive_partitioning=False)
    if codes is not None:
        records = records.filter(pl.col(SUBJECT_KEY).is_in(codes.implode()))
    return mentions(master, dataset_id, records).collect()


def _contradicting(found: pl.DataFrame, conflicting: pl.DataFrame) -> pl.DataFrame:
    """Contradicting rows and the rows that stand against them."""
    stands = pl.concat_str(pl.col(WINNER_BATCH), pl.lit("-"), pl.col(WINNER_ROW)).alias("stands")
    losing = conflicting.with_columns(pl.col(DIFFERS).alias("said"), stands).select(*CONTRADICTIONS)
    told = conflicting.group_by(WINNER_BATCH, WINNER_ROW).agg(pl.col(DIFFERS).str.split(",").explode().unique().sort())
    standing = found.join(
        told, left_on=[BATCH, ROW_NUMBER], right_on=[WINNER_BATCH, WINNER_ROW], how="inner"
    ).with_columns(
        pl.col(DIFFERS).list.join(",").alias("said"), pl.concat_str(BATCH, pl.lit("-"), ROW_NUMBER).alias("stands")
    )
    return pl.concat([losing, standing.select(*CONTRADICTIONS)])


def _superseded(hub: Hub, dataset_id: str, files: list[Path], found: pl.DataFrame) -> pl.DataFrame:
    """Losers to records that were mentioned: where the record is about no subject, neither are they."""
    dataset = hub.catalog.datasets[dataset_id]
    # Rows that lost were in no release, and nobody looked at their names since they came.
    name = pl.col(dataset.subject.name)
    rows = (
        hub.superseded(dataset_id)
        .scan(files)
        .select(
            pl.col(SUBJECT_KEY).alias(CODE),
            pl.when(~holds_citizen_id(name)).then(name).alias(NAME),
            pl.lit(dataset_id).alias(DATASET),
            *(PROVIDER, REGION, BATCH, ROW_NUMBER, RECEIVED_ON, KIND, DIFFERS, WINNER_BATCH, WINNER_ROW),
        )
    )
    winners = found.lazy().select(pl.col(BATCH).alias(WINNER_BATCH), pl.col(ROW_NUMBER).alias(WINNER_ROW))
    return rows.join(winners, on=list(_WON), how="semi").collect()
