"""What messages do to the records they name: repair, withdrawal, objection (``catalog/policies/repair.yaml``).

A message names a record by dataset, subject, number and authority. It counts if it comes from a provider that sent any version
of the record, or if it says that it comes from the authority that decided the record; the catalogue says who may ask at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.catalog.models import Message, MessageCondition
from pipelines.records.comparing import matched
from pipelines.records.display import EFFECT, State
from pipelines.storage.columns import PROVIDER, RECEIVED_ON, REGION, SUBJECT_KEY
from pipelines.storage.superseded import key_columns

OF_DATASET: Final = "_of_dataset"
SUBJECT, NUMBER, AUTHORITY = "subject", "number", "authority"
ASKED_BY, ASKED_IN, ASKED_ON = "_asked_by", "_asked_in", "_asked_on"
_ACTIVE, _CONCERNED, _DECIDED = "_active", "_concerned", "_decided_on"
MESSAGE_SCHEMA: Final[Mapping[str, pl.DataType]] = {
    OF_DATASET: pl.String(),
    SUBJECT: pl.String(),
    NUMBER: pl.String(),
    AUTHORITY: pl.String(),
    EFFECT: pl.String(),
    _ACTIVE: pl.Boolean(),
    _CONCERNED: pl.Boolean(),
    _DECIDED: pl.Date(),
    ASKED_BY: pl.String(),
    ASKED_IN: pl.String(),
    ASKED_ON: pl.Date(),
}
"""The columns of messages, as ``in_force`` gives them."""

_STRONGEST_LAST: Final = (State.ON_HOLD.value, State.REPAIRED.value, State.WITHDRAWN.value)


@dataclass(frozen=True)
class Effects:
    """What messages do to the records of a bucket.

    ``frame`` has one row per record: the record key, ``_effect``, ``_asked_by`` (provider), ``_asked_in`` (its region) and
    ``_asked_on`` (the day its message came). ``refused`` has the record key that each message names whose sender has no right
    to ask.
    """

    frame: pl.DataFrame
    refused: pl.DataFrame


def in_force(rows: pl.DataFrame, message: Message) -> pl.DataFrame:
    """Records of an exchange set as messages: those that take effect or undo an earlier one."""
    active = _met(message.takes_effect) if message.takes_effect else pl.lit(True)
    undone = _met(message.undone) if message.undone else pl.lit(False)
    authority = pl.col(message.record.authority)
    own = [pl.col(name) == authority for name in message.requesters]
    return (
        rows.lazy()
        .filter(active | undone)
        .select(
            pl.col(message.record.dataset).alias(OF_DATASET),
            pl.col(SUBJECT_KEY).alias(SUBJECT),
            matched(pl.col(message.record.number)).alias(NUMBER),
            authority.alias(AUTHORITY),
            pl.lit(message.effect).alias(EFFECT),
            (active & ~undone).alias(_ACTIVE),
            (pl.any_horizontal(own).fill_null(False) if own else pl.lit(True)).alias(_CONCERNED),
            pl.col(message.decided_on).alias(_DECIDED),
            pl.col(PROVIDER).alias(ASKED_BY),
            pl.col(REGION).alias(ASKED_IN),
            pl.col(RECEIVED_ON).alias(ASKED_ON),
        )
        .collect()
    )


def effects(rows: pl.DataFrame, messages: pl.DataFrame, dataset: Dataset) -> Effects:
    """What messages do to records.

    Args:
        rows: every version of the records of a bucket, in the columns of ``record_schema``.
        messages: about these records, as ``in_force`` gives them.
        dataset: what the records are of.

    Returns:
        Of several messages of one kind the one decided last counts, and among those of one day one that takes effect; a
        withdrawal is stronger than a repair, a repair than an objection.
    """
    key = key_columns(dataset)
    kept = [EFFECT, ASKED_BY, ASKED_IN, ASKED_ON]
    named = _named(rows, messages, dataset, key)
    entitled = named.filter(pl.col(_CONCERNED) | (pl.col(ASKED_BY) == pl.col(PROVIDER)))
    order = [_DECIDED, _ACTIVE, *(name for name in (ASKED_ON, ASKED_BY, ASKED_IN))]
    last = (
        entitled.sort([*key, *order], nulls_last=False, maintain_order=True)
        .unique([*key, EFFECT], keep="last", maintain_order=True)
        .filter(pl.col(_ACTIVE))
        .with_columns(pl.col(EFFECT).cast(pl.Enum(_STRONGEST_LAST)))
        .sort([*key, EFFECT], maintain_order=True)
        .unique(key, keep="last", maintain_order=True)
        .with_columns(pl.col(EFFECT).cast(pl.String))
    )
    asked = named.select(*key, *(name for name in MESSAGE_SCHEMA if name in named.columns and name not in key)).unique()
    granted = entitled.select(asked.columns).unique()
    refused = asked.join(granted, on=asked.columns, how="anti", nulls_equal=True)
    return Effects(last.select(*key, *kept), refused.select(key))


def _named(rows: pl.DataFrame, messages: pl.DataFrame, dataset: Dataset, key: Sequence[str]) -> pl.DataFrame:
    """Record key and provider of every version that a message names, beside the message."""
    columns = [name for name in messages.columns if name not in (SUBJECT, NUMBER, AUTHORITY, OF_DATASET)]
    about = messages.select(
        pl.col(SUBJECT).alias("named:subject"),
        pl.col(NUMBER).alias("named:number"),
        pl.col(AUTHORITY).alias("named:authority"),
        *(pl.col(name) for name in columns),
    )
    reference = dataset.reference
    if reference is None or messages.is_empty():
        none = rows.clear().select(*key, *([] if PROVIDER in key else [PROVIDER]))
        return pl.concat([none, about.clear().select(columns)], how="horizontal")
    authority = pl.col(reference.authority) if reference.authority else pl.lit(None, dtype=pl.String)
    mine = (
        rows.lazy()
        .join(messages.lazy().select(pl.col(SUBJECT).alias(SUBJECT_KEY)).unique(), on=SUBJECT_KEY, how="semi")
        .with_columns(
            pl.col(SUBJECT_KEY).alias("named:subject"),
            matched(pl.col(reference.number)).alias("named:number"),
            authority.alias("own:authority"),
        )
        .select(*key, PROVIDER, "named:subject", "named:number", "own:authority")
        .unique()
        .collect()
    )
    both = mine.join(about, on=["named:subject", "named:number"], how="inner")
    same = pl.col("own:authority").is_null() | (pl.col("own:authority") == pl.col("named:authority"))
    return both.filter(same).drop("named:subject", "named:number", "named:authority", "own:authority")


def _met(condition: MessageCondition) -> pl.Expr:
    column = pl.col(condition.field)
    if condition.is_in is not None:
        return column.is_in(list(condition.is_in)).fill_null(False)
    return column.is_not_null() if condition.present else column.is_null()
