"""The register of messages: what became of every repair, withdrawal and objection, by the record it names.

It is not stored: it follows from the lake, the catalogue and a day, so that no file can say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.publishing.messages import Messages, named_records, read_messages
from pipelines.records.display import EFFECT, State
from pipelines.records.message_states import (
    RECORD_NUMBER,
    RECORD_PROVIDER,
    RECORD_REGION,
    REPAIRABLE_FROM,
    STATE,
    MessageState,
    message_states,
)
from pipelines.records.messages import (
    ASKED_BY,
    ASKED_IN,
    ASKED_ON,
    AUTHORITY,
    CLAIM,
    CLOSED_ON,
    DUE_ON,
    MESSAGE_ID,
    MESSAGE_KIND,
    NUMBER,
    REPLY,
    REPLY_ON,
    REPLY_REASON,
    SUBJECT,
    UNMET,
    message_id,
)
from pipelines.storage.hub import Lake
from pipelines.storage.superseded import key_columns

REGISTER: Final[dict[str, pl.DataType]] = {
    "message_id": pl.String(),
    "kind": pl.String(),  # the exchange set
    "sender": pl.String(),
    "sender_region": pl.String(),
    "record_provider": pl.String(),  # null where the hub has no such record
    "record_region": pl.String(),
    "dataset_id": pl.String(),
    "document_number": pl.String(),
    "authority_code": pl.String(),
    "subject_key": pl.String(),
    "state": pl.String(),
    "asked_on": pl.Date(),
    "due_on": pl.Date(),
    "handled_on": pl.Date(),
    "claim": pl.String(),
    "unmet": pl.String(),
    "repairable_from": pl.Date(),
    "reply_reason": pl.String(),
}
"""One row for each message and provider whose records it names; ``handled_on``: an objection was closed, or was not accepted."""

_OBJECTION: Final = State.ON_HOLD.value


def message_register(hub: Lake, day: date, *, messages: Messages | None = None) -> pl.DataFrame:
    """Every message the lake holds and what became of it on a day, in the columns of ``REGISTER``.

    Args:
        hub: home and catalogue; no lake file may be removed meanwhile.
        day: the day deadlines are read at.
        messages: what ``read_messages`` gave.
    """
    known = messages or read_messages(hub)
    parts = [pl.DataFrame(schema=REGISTER)]
    for dataset_id in sorted({dataset_id for dataset_id, _ in known.frames}):
        dataset = hub.catalog.datasets.get(dataset_id)
        if dataset is not None:
            parts += _of_dataset(hub, dataset, known, day)
    return pl.concat(parts).sort("asked_on", "kind", "message_id", "record_provider")


def messages_about(hub: Lake, dataset_id: str, bucket: str, subject: str, day: date) -> list[dict[str, Any]]:
    """The messages about records of one subject, as rows of the register.

    Args:
        hub: home and catalogue.
        dataset_id: what the records are of.
        bucket: the subject's.
        subject: its key.
        day: the day deadlines are read at.
    """
    about = read_messages(hub).of(dataset_id, bucket).filter(pl.col(SUBJECT) == subject)
    some = Messages({(dataset_id, bucket): about} if about.height else {})
    return message_register(hub, day, messages=some).to_dicts()


def record_owners(hub: Lake, kind: str) -> pl.DataFrame:
    """Whose records the messages of an exchange set are about, and until when they have to be handled.

    Returns:
        The columns of the set's record key, ``record_provider``, ``record_region``, ``due_on`` and ``handled_on``; a row for each
        message whose record the hub has, one provider each.
    """
    key = key_columns(hub.catalog.datasets[kind])
    register = message_register(hub, date.max).filter(
        (pl.col("kind") == kind) & pl.col("record_provider").is_not_null()
    )
    rows = hub.records(kind).scan().select(key).unique().collect().with_columns(message_id(kind, key))
    owners = register.unique("message_id", keep="first", maintain_order=True).select(
        pl.col("message_id").alias(MESSAGE_ID), "record_provider", "record_region", "due_on", "handled_on"
    )
    return rows.join(owners, on=MESSAGE_ID, how="inner").drop(MESSAGE_ID)


def _of_dataset(hub: Lake, dataset: Dataset, messages: Messages, day: date) -> Iterator[pl.DataFrame]:
    files = hub.records(dataset.id).by_partition()
    for bucket in messages.buckets(dataset.id):
        about = messages.of(dataset.id, bucket)
        records = named_records(hub, dataset, files.get(bucket, []), about, day)
        states = message_states(records, about, dataset, hub.catalog, day)
        unknown = about.join(states.select(MESSAGE_ID).unique(), on=MESSAGE_ID, how="anti")
        for some in (states, _without_record(unknown, day)):
            yield _rows(some.with_columns(pl.lit(dataset.id).alias("dataset_id")))


def _rows(states: pl.DataFrame) -> pl.DataFrame:
    """States in the columns of the register; several records of one provider that a message names are one row."""
    handled = (pl.col(EFFECT) == _OBJECTION) & pl.col(REPLY).is_in(["refuse", "close"])
    columns = {
        "message_id": pl.col(MESSAGE_ID),
        "kind": pl.col(MESSAGE_KIND),
        "sender": pl.col(ASKED_BY),
        "sender_region": pl.col(ASKED_IN),
        "record_provider": pl.col(RECORD_PROVIDER),
        "record_region": pl.col(RECORD_REGION),
        "document_number": pl.coalesce(RECORD_NUMBER, NUMBER),
        "authority_code": pl.col(AUTHORITY),
        "subject_key": pl.col(SUBJECT),
        "state": pl.col(STATE),
        "asked_on": pl.col(ASKED_ON),
        "due_on": pl.col(DUE_ON),
        "handled_on": pl.min_horizontal(CLOSED_ON, pl.when(handled).then(pl.col(REPLY_ON))),
        "claim": pl.col(CLAIM),
        "unmet": pl.col(UNMET),
        "repairable_from": pl.when(pl.col(UNMET).is_not_null()).then(pl.col(REPAIRABLE_FROM)),
        "reply_reason": pl.when(pl.col(REPLY).is_not_null()).then(pl.col(REPLY_REASON)),
    }
    rows = states.select("dataset_id", *(value.alias(name) for name, value in columns.items()))
    return rows.unique(["message_id", "record_provider"], keep="first", maintain_order=True).select(
        pl.col(name).cast(kind) for name, kind in REGISTER.items()
    )


def _without_record(messages: pl.DataFrame, day: date) -> pl.DataFrame:
    """Messages that name no record the hub has: they wait for it as for an answer."""
    objection = pl.col(EFFECT) == _OBJECTION
    state = (
        pl.when(objection & pl.col(CLOSED_ON).is_not_null())
        .then(pl.lit(MessageState.CLOSED.value))
        .when(~objection & pl.col(UNMET).is_not_null())
        .then(pl.lit(MessageState.REFUSED.value))
        .when(pl.col(DUE_ON) < pl.lit(day))
        .then(pl.lit(MessageState.LAPSED.value))
        .otherwise(pl.lit(MessageState.PENDING.value))
    )
    nothing = {name: pl.lit(None, dtype=pl.String) for name in (RECORD_PROVIDER, RECORD_REGION, RECORD_NUMBER, REPLY)}
    return messages.unique(MESSAGE_ID, keep="first", maintain_order=True).with_columns(
        state.alias(STATE), pl.lit(None, dtype=pl.Date).alias(REPAIRABLE_FROM), **nothing
    )
