"""Messages of the lake: which repairs, withdrawals and objections are known, by the bucket of the records they name.

What a message does is ``pipelines.records.message_effects``. What the lake holds when the work begins is what is known,
whatever day the work is done as of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipelines.records import resolve
from pipelines.records.message_effects import (
    ASKED_BY,
    ASKED_IN,
    ASKED_ON,
    AUTHORITY,
    MESSAGE_SCHEMA,
    NUMBER,
    OF_DATASET,
    SUBJECT,
    Effects,
    effects,
    in_force,
)
from pipelines.storage.hub import Lake

__all__ = [
    "ASKED_BY",
    "ASKED_IN",
    "ASKED_ON",
    "AUTHORITY",
    "NUMBER",
    "SUBJECT",
    "Effects",
    "Messages",
    "effects",
    "in_force",
    "read_messages",
]


@dataclass(frozen=True)
class Messages:
    """Messages in force by dataset and bucket of the records they name."""

    frames: Mapping[tuple[str, str], pl.DataFrame] = field(default_factory=dict)

    def of(self, dataset_id: str, bucket: str) -> pl.DataFrame:
        """Messages about a bucket of a dataset, in a fixed order."""
        return self.frames.get((dataset_id, bucket), pl.DataFrame(schema=MESSAGE_SCHEMA))

    def digest(self, dataset_id: str, bucket: str) -> str:
        """Changes when a message about the bucket comes, changes or goes; empty where there is none."""
        frame = self.frames.get((dataset_id, bucket))
        return "" if frame is None else hashlib.sha256(frame.write_csv().encode()).hexdigest()[:16]

    def buckets(self, dataset_id: str) -> list[str]:
        """Buckets of a dataset about which there are messages."""
        return sorted(bucket for name, bucket in self.frames if name == dataset_id)


def read_messages(hub: Lake) -> Messages:
    """Every message the lake holds, the newest version of each; a lake file must not be removed meanwhile."""
    found: dict[tuple[str, str], list[pl.DataFrame]] = {}
    for message in hub.catalog.policies.repair.messages:
        table = hub.records(message.dataset)
        for bucket, files in sorted(table.by_partition().items()):
            rows = table.scan(files).collect()
            newest = resolve(rows, hub.catalog.datasets[message.dataset]).records
            for (dataset_id,), part in in_force(newest, message).partition_by(OF_DATASET, as_dict=True).items():
                found.setdefault((str(dataset_id), bucket), []).append(part)
    return Messages({key: pl.concat(parts).sort(pl.all()) for key, parts in sorted(found.items())})
