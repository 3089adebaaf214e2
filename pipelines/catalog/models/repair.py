"""Credit repair, and what the messages of the exchange sets do to the records they name (``catalog/policies/repair.yaml``)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field as Constraint
from pydantic import model_validator

from pipelines.catalog.effective import one_at
from pipelines.catalog.models.model import Confidence, Dated, Identifier, Model, Text


class RepairDeadline(Model):
    """How many working days somebody has; ``kind`` tells what a document says from what this platform promises."""

    id: Identifier
    title_zh: Text
    actor_zh: Text
    after_zh: Text
    working_days: Annotated[int, Constraint(ge=0)]
    kind: Literal["document", "platform"]
    legal_basis: Text | None = None
    confidence: Confidence = "found"


class RepairCondition(Model):
    """A condition of repair that the hub can check: the shortest display is over, or a field of the message holds such a code.

    ``verdict``: what the hub does with an approved repair that does not meet it.
    """

    id: Identifier
    verdict: Literal["refuse", "warn"]
    min_display: Literal[True] | None = None
    field: Identifier | None = None
    is_in: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_of(self) -> RepairCondition:
        if bool(self.min_display) == bool(self.field) or bool(self.field) != bool(self.is_in):
            raise ValueError("a condition of repair needs either min_display, or field and is_in")
        return self


class RepairTerms(Dated):
    """Credit repair (信用修复) under one set of rules, for applications made within its validity."""

    id: Identifier
    title_zh: Text
    legal_bases: Annotated[tuple[Text, ...], Constraint(min_length=1)]
    conditions_zh: tuple[Text, ...]
    enforced: tuple[RepairCondition, ...] = ()
    materials_zh: tuple[Text, ...]
    effects_zh: tuple[Text, ...]
    deadlines: tuple[RepairDeadline, ...]
    note_zh: Text | None = None
    confidence: Confidence = "found"

    def deadline(self, deadline_id: str) -> RepairDeadline | None:
        """The deadline of that id, or None where these rules have none."""
        return next((one for one in self.deadlines if one.id == deadline_id), None)


class MessageCondition(Model):
    """When a message takes effect, or undoes an earlier one: exactly one of ``is_in`` (codes) and ``present``."""

    field: Identifier
    is_in: tuple[str, ...] | None = None
    present: bool | None = None

    @model_validator(mode="after")
    def _one_of(self) -> MessageCondition:
        if (self.is_in is None) == (self.present is None):
            raise ValueError("a condition needs exactly one of is_in, present")
        return self


class NamedRecord(Model):
    """The fields of a message that say which record it is about."""

    dataset: Identifier
    number: Identifier
    authority: Identifier


class Message(Model):
    """What the records of an exchange set do to the records they name.

    A message takes effect where its sender speaks for the record (``catalog/authorities.yaml``) or the record's provider agrees. An
    ``on_hold`` message is an objection: it may come through anybody, and ``closed`` says that it was handled. ``applied_on`` is the
    day whose terms of repair hold for it; ``unless`` names what no condition of repair is asked of; ``claim`` are the fields that
    say why, as the record's provider reads them.
    """

    dataset: Identifier
    effect: Literal["withdrawn", "repaired", "on_hold"]
    record: NamedRecord
    decided_on: Identifier
    applied_on: Identifier | None = None
    takes_effect: MessageCondition | None = None
    undone: MessageCondition | None = None
    closed: MessageCondition | None = None
    unless: MessageCondition | None = None
    claim: tuple[Identifier, ...] = ()
    note_zh: Text | None = None


class Answers(Model):
    """The exchange set in which a record's provider answers a message: agree, refuse, extend (more time), close (handled)."""

    dataset: Identifier
    message: Identifier
    decision: Identifier
    reason: Identifier
    answered_on: Identifier


class Repair(Model):
    """``catalog/policies/repair.yaml``."""

    title_zh: Text
    note_zh: Text
    terms: tuple[RepairTerms, ...]
    messages: tuple[Message, ...] = ()
    answers: Answers | None = None

    @property
    def exchange_sets(self) -> frozenset[str]:
        """The sets of messages about records, and of answers to them."""
        return frozenset(one.dataset for one in (*self.messages, self.answers) if one is not None)

    def conditional(self, dataset_id: str) -> Message | None:
        """What an exchange set does, where conditions of repair are asked of it; None where none are."""
        return next((one for one in self.messages if one.dataset == dataset_id and one.applied_on), None)

    def on(self, day: date) -> RepairTerms:
        """The rules for an application of that day.

        Raises:
            LookupError: no rules cover the day.
        """
        return one_at(self.terms, day, "rules of credit repair")
