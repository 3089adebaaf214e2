"""Messages of the lake: which repairs, withdrawals and objections are known, by the bucket of the records they name.

What a message does is ``pipelines.records.message_effects``. What the lake holds when the work begins is what is known,
whatever day the work is done as of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.catalog.models import Message
from pipelines.records import Precedence, resolve
from pipelines.records.messages import (
    ASKED_ON,
    EXTENDED,
    MESSAGE_ID,
    MESSAGE_SCHEMA,
    OF_DATASET,
    REPLIES,
    REPLY,
    REPLY_BY,
    REPLY_ON,
    REPLY_REASON,
    SUBJECT,
    in_force,
)
from pipelines.storage.columns import PROVIDER, RECEIVED_ON, SUBJECT_KEY
from pipelines.storage.hub import Lake
from pipelines.storage.superseded import key_columns

_MORE_TIME = "extend"


@dataclass(frozen=True)
class Messages:
    """Messages in force by dataset and bucket of the records they name."""

    frames: Mapping[tuple[str, str], pl.DataFrame] = field(default_factory=dict)

    def of(self, dataset_id: str, bucket: str) -> pl.DataFrame:
        """Messages about a bucket of a dataset, in a fixed order."""
        return self.frames.get((dataset_id, bucket), pl.DataFrame(schema=MESSAGE_SCHEMA))

    def digest(self, dataset_id: str, bucket: str) -> str:
        """Changes when a message about the bucket comes, changes, is answered or goes; empty where there is none."""
        frame = self.frames.get((dataset_id, bucket))
        return "" if frame is None else hashlib.sha256(frame.write_csv().encode()).hexdigest()[:16]

    def buckets(self, dataset_id: str) -> list[str]:
        """Buckets of a dataset about which there are messages."""
        return sorted(bucket for name, bucket in self.frames if name == dataset_id)


def read_messages(hub: Lake) -> Messages:
    """Every message the lake holds, the newest version of each; a lake file must not be removed meanwhile."""
    replies = read_replies(hub)
    found: dict[tuple[str, str], list[pl.DataFrame]] = {}
    for message in hub.catalog.policies.repair.messages:
        table = hub.records(message.dataset)
        for bucket, files in sorted(table.by_partition().items()):
            said = _in_force(hub.catalog, message, table.scan(files).collect(), replies)
            for (dataset_id,), part in said.partition_by(OF_DATASET, as_dict=True).items():
                found.setdefault((str(dataset_id), bucket), []).append(part)
    return Messages({key: pl.concat(parts).sort(pl.all()) for key, parts in sorted(found.items())})


def read_replies(hub: Lake) -> pl.DataFrame:
    """What each provider answered to each message: ``_message_id`` and the columns of ``REPLIES``, one row for each pair."""
    answers = hub.catalog.policies.repair.answers
    if answers is None:
        return pl.DataFrame(schema={MESSAGE_ID: pl.String(), **REPLIES})
    dataset = hub.catalog.datasets[answers.dataset]
    rows = resolve(hub.records(answers.dataset).scan().collect(), dataset).records
    more = pl.col(answers.decision) == _MORE_TIME
    decided = (
        rows.sort(answers.answered_on, RECEIVED_ON, answers.decision, maintain_order=True)
        .group_by(pl.col(answers.message).alias(MESSAGE_ID), pl.col(PROVIDER).alias(REPLY_BY), maintain_order=True)
        .agg(
            pl.col(answers.decision).filter(~more).last().alias(REPLY),
            pl.col(answers.reason).last().alias(REPLY_REASON),
            pl.col(RECEIVED_ON).filter(~more).last().alias(REPLY_ON),
            more.any().alias(EXTENDED),
        )
    )
    return decided.select(MESSAGE_ID, *(pl.col(name).cast(kind) for name, kind in REPLIES.items()))


def named_records(
    hub: Lake, dataset: Dataset, files: Sequence[Path], about: pl.DataFrame, day: date | None = None
) -> pl.DataFrame:
    """The records of the subjects that messages are about, resolved, in the columns of ``record_schema``.

    Args:
        hub: home and catalogue.
        dataset: what the records are of.
        files: lake files of the bucket the messages are about.
        about: the messages.
        day: for the order of survivorship; None: the one that holds at the end.
    """
    subjects = about[SUBJECT].unique().implode()
    rows = hub.records(dataset.id).scan(files).filter(pl.col(SUBJECT_KEY).is_in(subjects)).collect()
    return resolve(rows, dataset, Precedence.of(hub.catalog, dataset.id, day or date.max)).records


def _in_force(catalog: Catalog, message: Message, rows: pl.DataFrame, replies: pl.DataFrame) -> pl.DataFrame:
    dataset = catalog.datasets[message.dataset]
    first = rows.group_by(key_columns(dataset)).agg(pl.col(RECEIVED_ON).min().alias(ASKED_ON))
    return in_force(resolve(rows, dataset).records, first, replies, message, catalog)
