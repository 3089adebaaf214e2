"""Messages about records: the rows of the exchange sets that repair, withdraw or object to a record (``policies/repair.yaml``).

A message names a record by dataset, subject, number and authority. Its sender is the provider whose inbox it came through; no
column of the message says who speaks. What it comes to is ``pipelines.records.message_states``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.catalog.models import Message, MessageCondition, RepairCondition, RepairTerms
from pipelines.records.comparing import matched
from pipelines.records.display import EFFECT, State
from pipelines.storage.columns import PROVIDER, RECEIVED_ON, REGION, SUBJECT_KEY
from pipelines.storage.superseded import key_columns

MESSAGE_ID, MESSAGE_KIND, OF_DATASET = "_message_id", "_message_kind", "_of_dataset"
SUBJECT, NUMBER, AUTHORITY = "subject", "number", "authority"
ASKED_BY, ASKED_IN, ASKED_ON = "_asked_by", "_asked_in", "_asked_on"
ACTIVE, CLOSED_ON, DECIDED_ON, APPLIED_ON, CLAIM = "_active", "_closed_on", "_decided_on", "_applied_on", "_claim"
UNMET, AFTER_MINIMUM = "_unmet", "_after_minimum"
DUE_ON, EXTENDED_TO, ENDS_ON = "_due_on", "_extended_to", "_ends_on"
REPLY_BY, REPLY, REPLY_REASON, REPLY_ON, EXTENDED = "_reply_by", "_reply", "_reply_reason", "_reply_on", "_extended"

REPLIES: Final[Mapping[str, pl.DataType]] = {
    REPLY_BY: pl.String(),
    REPLY: pl.String(),
    REPLY_REASON: pl.String(),
    REPLY_ON: pl.Date(),
    EXTENDED: pl.Boolean(),
}
"""Of an answer: who gave it, what it says (agree, refuse, close; null: nothing yet), why, when it came, and whether more time was
asked for."""

MESSAGE_SCHEMA: Final[Mapping[str, pl.DataType]] = {
    MESSAGE_ID: pl.String(),
    MESSAGE_KIND: pl.String(),
    OF_DATASET: pl.String(),
    SUBJECT: pl.String(),
    NUMBER: pl.String(),
    AUTHORITY: pl.String(),
    EFFECT: pl.String(),
    ACTIVE: pl.Boolean(),
    CLOSED_ON: pl.Date(),
    DECIDED_ON: pl.Date(),
    APPLIED_ON: pl.Date(),
    CLAIM: pl.String(),
    UNMET: pl.String(),
    AFTER_MINIMUM: pl.Boolean(),
    ASKED_BY: pl.String(),
    ASKED_IN: pl.String(),
    ASKED_ON: pl.Date(),
    DUE_ON: pl.Date(),
    EXTENDED_TO: pl.Date(),
    **REPLIES,
}
"""The columns of messages, as ``in_force`` gives them: a row for each message and each provider that answered it.

``_active``: it takes effect, or undoes an earlier one where false. ``_closed_on``: an objection was handled. ``_claim``: why, as
the sender says. ``_unmet``: the condition of repair that the message itself does not meet; ``_after_minimum``: it may not come
before the shortest display is over. ``_asked_on``: when its first version came; ``_due_on`` and ``_extended_to``: the last day to
answer or to handle it, without and with an extension."""


def in_force(
    rows: pl.DataFrame, first_received: pl.DataFrame, replies: pl.DataFrame, message: Message, catalog: Catalog
) -> pl.DataFrame:
    """Records of an exchange set as messages: those that take effect, undo an earlier one, or are closed.

    Args:
        rows: the newest version of each record of the set, in the columns of ``record_schema``; one per sender.
        first_received: the record key and ``_asked_on``, the day on which its first version came.
        replies: ``_message_id`` and the columns of ``REPLIES``.
        message: what the set does.
        catalog: for conditions, deadlines and the record key of the set.
    """
    active = met(message.takes_effect) if message.takes_effect else pl.lit(True)
    undone = met(message.undone) if message.undone else pl.lit(False)
    closed = met(message.closed) if message.closed else pl.lit(False)
    key = key_columns(catalog.datasets[message.dataset])
    applied = pl.col(message.applied_on) if message.applied_on else pl.lit(None, dtype=pl.Date)
    said = (
        rows.filter(active | undone | closed)
        .join(first_received, on=key, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(pl.coalesce(ASKED_ON, RECEIVED_ON).alias(ASKED_ON))
        .select(
            message_id(message.dataset, key),
            pl.lit(message.dataset).alias(MESSAGE_KIND),
            pl.col(message.record.dataset).alias(OF_DATASET),
            pl.col(SUBJECT_KEY).alias(SUBJECT),
            matched(pl.col(message.record.number)).alias(NUMBER),
            pl.col(message.record.authority).alias(AUTHORITY),
            pl.lit(message.effect).alias(EFFECT),
            (active & ~undone & ~closed).alias(ACTIVE),
            (pl.col(message.closed.field) if message.closed else pl.lit(None)).alias(CLOSED_ON),
            pl.col(message.decided_on).alias(DECIDED_ON),
            applied.alias(APPLIED_ON),
            _claim(catalog, message).alias(CLAIM),
            _unmet(catalog, message).alias(UNMET),
            _after_minimum(catalog, message).alias(AFTER_MINIMUM),
            pl.col(PROVIDER).alias(ASKED_BY),
            pl.col(REGION).alias(ASKED_IN),
            pl.col(ASKED_ON),
        )
    )
    answered = said.join(replies, on=MESSAGE_ID, how="left", maintain_order="left")
    return _with_deadlines(answered, catalog).select(pl.col(name).cast(kind) for name, kind in MESSAGE_SCHEMA.items())


def message_id(kind: str, key: list[str]) -> pl.Expr:
    """The id of a message: 16 hexadecimal digits made of the exchange set and the record key, whose part the sender is."""

    def of(rows: pl.Series) -> pl.Series:
        texts = ("\0".join([kind, *("" if value is None else str(value) for value in row.values())]) for row in rows)
        return pl.Series([hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts], dtype=pl.String)

    return pl.struct(key).map_batches(of, return_dtype=pl.String, is_elementwise=True).alias(MESSAGE_ID)


def holds_end(messages: pl.DataFrame) -> pl.DataFrame:
    """Open objections with ``_ends_on``, a day on which a hold of theirs may be over: with and without an extension."""
    open_ = messages.filter((pl.col(EFFECT) == State.ON_HOLD.value) & pl.col(CLOSED_ON).is_null())
    ends = [pl.col(name) + timedelta(days=1) for name in (DUE_ON, EXTENDED_TO)]
    return pl.concat([open_.with_columns(end.alias(ENDS_ON)) for end in ends])


def met(condition: MessageCondition, column_of: Callable[[str], pl.Expr] = pl.col) -> pl.Expr:
    """True where a row meets a condition, never null; ``column_of`` gives the column of a field."""
    column = column_of(condition.field)
    if condition.is_in is not None:
        return column.is_in(list(condition.is_in)).fill_null(False)
    return column.is_not_null() if condition.present else column.is_null()


def under_terms(message: Message, terms: RepairTerms, column_of: Callable[[str], pl.Expr] = pl.col) -> pl.Expr:
    """True for a message that asks for its effect under one set of rules: by the day of the application, and no exception."""
    asks = met(message.takes_effect, column_of) if message.takes_effect else pl.lit(True)
    if message.applied_on is None:
        return pl.lit(False)
    applied = column_of(message.applied_on)
    if terms.valid_from is not None:
        asks &= applied >= pl.lit(terms.valid_from, dtype=pl.Date)
    if terms.valid_to is not None:
        asks &= applied <= pl.lit(terms.valid_to, dtype=pl.Date)
    return (asks & ~met(message.unless, column_of) if message.unless else asks).fill_null(False)


def _claim(catalog: Catalog, message: Message) -> pl.Expr:
    """What the sender says why, codes as their labels."""
    fields = {field.id: field for field in catalog.fields(message.dataset)}
    said = []
    for name in message.claim:
        table = fields[name].code_table
        labels = {entry.code: entry.label_zh for entry in catalog.code_tables[table].entries} if table else {}
        said.append(pl.col(name).replace(labels) if labels else pl.col(name))
    return pl.concat_str(said, separator="：", ignore_nulls=True) if said else pl.lit(None, dtype=pl.String)


def _refusing(catalog: Catalog, message: Message) -> list[tuple[RepairTerms, RepairCondition]]:
    if message.applied_on is None:
        return []
    terms = catalog.policies.repair.terms
    return [(one, condition) for one in terms for condition in one.enforced if condition.verdict == "refuse"]


def _unmet(catalog: Catalog, message: Message) -> pl.Expr:
    broken = [
        pl.when(under_terms(message, terms) & ~pl.col(condition.field).is_in(list(condition.is_in)).fill_null(False))
        .then(pl.lit(condition.id))
        for terms, condition in _refusing(catalog, message)
        if condition.field is not None
    ]  # fmt: skip
    return pl.coalesce(*broken, pl.lit(None, dtype=pl.String))


def _after_minimum(catalog: Catalog, message: Message) -> pl.Expr:
    asked = [under_terms(message, terms) for terms, condition in _refusing(catalog, message) if condition.min_display]
    return reduce(or_, asked, pl.lit(False))


def _with_deadlines(messages: pl.DataFrame, catalog: Catalog) -> pl.DataFrame:
    of, later = catalog.authorities, catalog.working_days.deadline
    pairs = messages.select(ASKED_ON, EFFECT).drop_nulls().unique().rows()
    rows = []
    for day, effect in pairs:
        first = of.objection_working_days if effect == State.ON_HOLD.value else of.answer_working_days
        rows.append((day, effect, later(day, first), later(day, first + of.extension_working_days)))
    schema = {ASKED_ON: pl.Date, EFFECT: pl.String, DUE_ON: pl.Date, EXTENDED_TO: pl.Date}
    deadlines = pl.DataFrame(rows, schema=schema, orient="row")
    return messages.join(deadlines, on=[ASKED_ON, EFFECT], how="left", maintain_order="left")
