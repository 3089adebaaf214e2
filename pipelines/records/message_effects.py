"""What messages do to the records they name: repair, withdrawal, hold, and the mark of an open objection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.records.display import EFFECT, EFFECT_UNTIL, OBJECTED, State
from pipelines.records.message_states import (
    ACTS_ON,
    ENTITLED,
    OPEN,
    STATE,
    MessageState,
    message_states,
)
from pipelines.records.messages import ACTIVE, ASKED_BY, ASKED_IN, ASKED_ON, DECIDED_ON, DUE_ON
from pipelines.storage.superseded import key_columns

_STRONGEST_LAST: Final = (State.ON_HOLD.value, State.REPAIRED.value, State.WITHDRAWN.value)
_WITHOUT_EFFECT: Final = (MessageState.PENDING, MessageState.REFUSED, MessageState.LAPSED)


@dataclass(frozen=True)
class Effects:
    """What messages do to the records of a bucket.

    ``frame`` has one row per record that a message has an effect on or an objection is open to: the record key, ``_effect`` (null
    where it is only marked), ``_objected``, ``_effect_until`` (the first day on which a hold is over), ``_asked_by`` (provider),
    ``_asked_in`` (its region) and ``_asked_on`` (the day on which it took effect). ``of_others`` has the record key that each
    request names whose sender does not speak for the record and that had no effect.
    """

    frame: pl.DataFrame
    of_others: pl.DataFrame


def effects(records: pl.DataFrame, messages: pl.DataFrame, dataset: Dataset, catalog: Catalog, day: date) -> Effects:
    """What messages do to records.

    Args:
        records: resolved, in the columns of ``record_schema``.
        messages: about these records, as ``in_force`` gives them.
        dataset: what the records are of.
        catalog: for authorities, conditions and display periods.
        day: the day the deadlines are read at.

    Returns:
        Of several requests of one kind that were granted the one decided last counts, and among those of one day one that takes
        effect; a withdrawal is stronger than a repair, a repair than an objection.
    """
    key = key_columns(dataset)
    states = message_states(records, messages, dataset, catalog, day)
    on_hold = pl.col(EFFECT) == State.ON_HOLD.value
    granted = pl.col(STATE).is_in([str(one) for one in (MessageState.ACTED, MessageState.AGREED, MessageState.CLOSED)])
    requests = (
        states.filter(~on_hold & granted)
        .sort([*key, DECIDED_ON, ACTIVE, ACTS_ON, ASKED_BY, ASKED_IN], nulls_last=False, maintain_order=True)
        .unique([*key, EFFECT], keep="last", maintain_order=True)
        .filter(pl.col(ACTIVE))
    )
    holds = states.filter(on_hold & (pl.col(STATE) == MessageState.HELD.value)).sort(
        [*key, DUE_ON, ACTS_ON, ASKED_BY, ASKED_IN], maintain_order=True
    )
    last = (
        pl.concat([requests, holds])
        .with_columns(
            pl.col(EFFECT).cast(pl.Enum(_STRONGEST_LAST)),
            pl.when(on_hold).then(pl.col(DUE_ON) + timedelta(days=1)).alias(EFFECT_UNTIL),
            pl.col(ACTS_ON).alias(ASKED_ON),
        )
        .sort([*key, EFFECT], maintain_order=True)
        .unique(key, keep="last", maintain_order=True)
        .with_columns(pl.col(EFFECT).cast(pl.String))
        .select(*key, EFFECT, EFFECT_UNTIL, ASKED_BY, ASKED_IN, ASKED_ON)
    )
    open_ = states.filter(on_hold & pl.col(STATE).is_in([str(one) for one in OPEN])).select(key).unique()
    frame = (
        pl.concat([last.select(key), open_])
        .unique()
        .join(last, on=key, how="left", nulls_equal=True)
        .join(open_.with_columns(pl.lit(True).alias(OBJECTED)), on=key, how="left", nulls_equal=True)
        .with_columns(pl.col(OBJECTED).fill_null(False))
        .sort(key)
    )
    unheard = states.filter(
        ~on_hold & ~pl.col(ENTITLED) & pl.col(STATE).is_in([str(one) for one in _WITHOUT_EFFECT])
    ).select(key)
    return Effects(frame.select(*key, EFFECT, OBJECTED, EFFECT_UNTIL, ASKED_BY, ASKED_IN, ASKED_ON), unheard)
