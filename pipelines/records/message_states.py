"""What became of each message about each record it names (contract.md, ``credit-hub messages``).

    acted      its sender speaks for the record: it took effect when it came
    pending    it waits for the answer of the record's provider, or of who speaks for its authority
    agreed     one of these agreed, and it took effect
    refused    one of these did not agree, or a condition of repair is not met
    lapsed     no answer came in time: it has no effect
    held       an objection that was accepted: the record is hidden from the public until it is handled
    overdue    an objection that was not handled in time: nothing is hidden any more
    closed     an objection that was handled; a repair that was revoked, a withdrawal that was undone

An objection may come through anybody. It marks the record, and hides it only once the record's provider, or who speaks for its
authority, has accepted it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.records.authority import speaks_for_record
from pipelines.records.comparing import matched
from pipelines.records.display import EFFECT, State, repairable_from
from pipelines.records.messages import (
    ACTIVE,
    AFTER_MINIMUM,
    APPLIED_ON,
    ASKED_BY,
    ASKED_ON,
    AUTHORITY,
    CLOSED_ON,
    DUE_ON,
    EXTENDED,
    EXTENDED_TO,
    MESSAGE_ID,
    MESSAGE_KIND,
    NUMBER,
    REPLY,
    REPLY_BY,
    REPLY_ON,
    SUBJECT,
    UNMET,
)
from pipelines.storage.columns import PROVIDER, REGION, SUBJECT_KEY
from pipelines.storage.superseded import key_columns

STATE: Final = "_message_state"
ENTITLED: Final = "_entitled"
ACTS_ON: Final = "_acts_on"
RECORD_PROVIDER, RECORD_REGION, RECORD_NUMBER = "_record_provider", "_record_region", "_record_number"
REPAIRABLE_FROM: Final = "_repairable_from"
_MIN_DISPLAY: Final = "min_display"
_MAY_ANSWER: Final = "_may_answer"


class MessageState(StrEnum):
    """States of a message about a record."""

    ACTED = "acted"
    PENDING = "pending"
    AGREED = "agreed"
    REFUSED = "refused"
    LAPSED = "lapsed"
    HELD = "held"
    OVERDUE = "overdue"
    CLOSED = "closed"


OPEN: Final = (MessageState.PENDING, MessageState.HELD, MessageState.OVERDUE)


def message_states(
    records: pl.DataFrame, messages: pl.DataFrame, dataset: Dataset, catalog: Catalog, day: date
) -> pl.DataFrame:
    """One row for each record and each message that names it.

    Args:
        records: resolved records in the columns of ``record_schema``: whose record it is, is who sent the version that counts.
        messages: as ``in_force`` gives them.
        dataset: what the records are of.
        catalog: for authorities, display periods and conditions.
        day: the day the deadlines are read at.

    Returns:
        The record key, the columns of messages, ``_record_provider``, ``_record_region``,
        ``_record_number`` (as the record writes it),
        ``_repairable_from`` (null where a repair may come at any time), ``_entitled`` (the sender speaks for the record),
        ``_message_state``, ``_acts_on`` (the day on which it took effect: it came, or the answer did) and ``_unmet``.
    """
    key = key_columns(dataset)
    both = _named(records, messages, dataset, catalog, key)
    # Who could ask for it itself can agree to it, too: where province and ministry both sent a record, either answers.
    own = (pl.col(REPLY_BY) == pl.col(RECORD_PROVIDER)) | pl.col(_MAY_ANSWER)
    answered = both.with_columns(
        pl.when(own).then(pl.col(REPLY)).alias(REPLY),
        pl.when(own).then(pl.col(REPLY_ON)).alias(REPLY_ON),
        (own & pl.col(EXTENDED)).fill_null(False).alias(EXTENDED),
        own.fill_null(False).alias("_own_reply"),
        ((pl.col(ASKED_BY) == pl.col(RECORD_PROVIDER)) | pl.col(ENTITLED)).alias(ENTITLED),
    )
    one_each = answered.sort([*key, MESSAGE_ID, "_own_reply"], descending=[False] * (len(key) + 1) + [True]).unique(
        [*key, MESSAGE_ID], keep="first", maintain_order=True
    )
    early = pl.col(AFTER_MINIMUM) & (pl.col(APPLIED_ON) < pl.col(REPAIRABLE_FROM))
    due = pl.when(EXTENDED).then(pl.col(EXTENDED_TO)).otherwise(pl.col(DUE_ON))
    agreed = pl.col(REPLY) == "agree"
    return (
        one_each.with_columns(
            pl.coalesce(UNMET, pl.when(early).then(pl.lit(_MIN_DISPLAY))).alias(UNMET), due.alias(DUE_ON)
        )
        .with_columns(
            pl.when(pl.col(EFFECT) == State.ON_HOLD.value)
            .then(_of_objection(agreed, day))
            .otherwise(_of_request(agreed, day))
            .alias(STATE),
            pl.when(~pl.col(ENTITLED) & agreed)
            .then(pl.max_horizontal(ASKED_ON, REPLY_ON))
            .otherwise(pl.col(ASKED_ON))
            .alias(ACTS_ON),
        )
        .drop("_own_reply", _MAY_ANSWER, AFTER_MINIMUM, EXTENDED_TO)
    )


def _of_request(agreed: pl.Expr, day: date) -> pl.Expr:
    """State of a repair or a withdrawal."""
    granted = pl.col(ENTITLED) | agreed.fill_null(False)
    return (
        pl.when(pl.col(ACTIVE) & pl.col(UNMET).is_not_null())
        .then(pl.lit(MessageState.REFUSED.value))
        .when(granted & ~pl.col(ACTIVE))
        .then(pl.lit(MessageState.CLOSED.value))
        .when(pl.col(ENTITLED))
        .then(pl.lit(MessageState.ACTED.value))
        .when(agreed)
        .then(pl.lit(MessageState.AGREED.value))
        .when(pl.col(REPLY) == "refuse")
        .then(pl.lit(MessageState.REFUSED.value))
        .when(pl.col(DUE_ON) < pl.lit(day))
        .then(pl.lit(MessageState.LAPSED.value))
        .otherwise(pl.lit(MessageState.PENDING.value))
    )


def _of_objection(agreed: pl.Expr, day: date) -> pl.Expr:
    """State of an objection."""
    return (
        pl.when(pl.col(CLOSED_ON).is_not_null() | (pl.col(REPLY) == "close"))
        .then(pl.lit(MessageState.CLOSED.value))
        .when(pl.col(REPLY) == "refuse")
        .then(pl.lit(MessageState.REFUSED.value))
        .when(pl.col(DUE_ON) < pl.lit(day))
        .then(pl.lit(MessageState.OVERDUE.value))
        .when(pl.col(ENTITLED) | agreed)
        .then(pl.lit(MessageState.HELD.value))
        .otherwise(pl.lit(MessageState.PENDING.value))
    )


def _named(
    records: pl.DataFrame, messages: pl.DataFrame, dataset: Dataset, catalog: Catalog, key: Sequence[str]
) -> pl.DataFrame:
    """Each record beside each message that names it, and whether the sender speaks for the record's authority."""
    reference = dataset.reference
    of = dataset.authority
    carried = [name for name in (of.code, of.name) if name] if of else []
    own = {"record:authority": pl.col(reference.authority) if reference and reference.authority else pl.lit(None)}
    named = pl.lit(None, dtype=pl.String) if reference is None else matched(pl.col(reference.number))
    about = messages.rename({SUBJECT: "named:subject", NUMBER: "named:number", AUTHORITY: "named:authority"})
    subjects = about["named:subject"] if reference is not None else about["named:subject"].clear()
    mine = (
        records.lazy()
        .filter(pl.col(SUBJECT_KEY).is_in(subjects.unique().implode()))
        .select(
            *dict.fromkeys([*key, *carried]),
            pl.col(PROVIDER).alias(RECORD_PROVIDER),
            pl.col(REGION).alias(RECORD_REGION),
            pl.col(SUBJECT_KEY).alias("named:subject"),
            named.alias("named:number"),
            (pl.col(reference.number) if reference else pl.lit(None)).cast(pl.String).alias(RECORD_NUMBER),
            repairable_from(catalog, dataset).alias(REPAIRABLE_FROM),
            *(value.cast(pl.String).alias(name) for name, value in own.items()),
        )
    )
    both = mine.join(about.lazy(), on=["named:subject", "named:number"], how="inner").filter(
        pl.col("record:authority").is_null() | (pl.col("record:authority") == pl.col("named:authority"))
    )
    kinds = messages[MESSAGE_KIND].unique().to_list()

    def speaks(provider: str) -> pl.Expr:
        rules = {kind: speaks_for_record(catalog, dataset, provider, kind) for kind in sorted(kinds)}
        return pl.coalesce(
            *(pl.when(pl.col(MESSAGE_KIND) == kind).then(rule) for kind, rule in rules.items()), pl.lit(False)
        )

    unwanted = [name for name in carried if name not in key]
    names = {"named:subject": SUBJECT, "named:number": NUMBER, "named:authority": AUTHORITY}
    said = both.with_columns(speaks(ASKED_BY).alias(ENTITLED), speaks(REPLY_BY).alias(_MAY_ANSWER))
    return said.drop("record:authority", *unwanted).rename(names).collect()
