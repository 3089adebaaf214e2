"""Kinds of rules (``catalog/checks.yaml``): what has each of them, how bad a breach is, and what a provider reads."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import field_validator, model_validator

from pipelines.catalog.models.datasets import Field, Kind
from pipelines.catalog.models.model import Identifier, Model, Text
from pipelines.catalog.models.severity import Dimension, Severity

_DESCRIBES: Final = {
    *("id", "title_zh", "definition", "type", "headers", "code_table", "other_prefix"),
    *("sensitive", "keep_as_sent", "disclosure", "samples", "confidence"),
}
"""Keys of a field that no check is about by themselves."""

_NEED_NO_CHECK: Final = {"free_text", "is_number", "may_be_bare"}
"""Keys that let nothing pass where no check asks for them by name: those of every text, or of every number, look at such fields."""


Every = Literal[
    "field",
    "text",
    "number",
    "composed_number",
    "prose",
    "required_prose",
    "named_pair",
    "record",
    "line",
    "condition_of_repair",
    "shortest_display",
]


class AppliesTo(Model):
    """What has a check; exactly one of ``key``, ``kinds`` and ``every``.

    ``key``: fields that have this key; its value is the parameter or the condition of the rule. ``kinds``: fields of these kinds.
    ``every``: every field, every field that holds a text (``Field.holds_text``), a number of a document or certificate
    (``holds_number``) or one that is more than a few digits, prose (``holds_prose``) or prose that must be filled, every pair of
    fields that a dataset names under ``rules``, every condition of repair that terms enforce (``policies/repair.yaml``), the row
    as the record of a key, or the line as a whole.
    ``evidence`` names a column of what a workbook says of cells (``EVIDENCE`` in ``pipelines.catalog.rules``): the check is then
    about the cells of those fields, not their texts. ``compared_with`` is a column that the hub adds, for a key that is only
    yes or no.
    """

    key: Identifier | None = None
    kinds: tuple[Kind, ...] = ()
    every: Every | None = None
    evidence: Text | None = None
    compared_with: Text | None = None

    @property
    def asks_presence(self) -> bool:
        """True where the check asks that a field be filled, always or under a condition."""
        return self.key in ("required", "required_when")

    @field_validator("key")
    @classmethod
    def _key_of_a_field(cls, key: str | None) -> str | None:
        if key is not None and (key not in Field.model_fields or key in _DESCRIBES):
            raise ValueError(f"'{key}' is no key of a field that asks for a check")
        return key

    @model_validator(mode="after")
    def _one_of(self) -> AppliesTo:
        if sum(map(bool, (self.key, self.kinds, self.every))) != 1:
            raise ValueError("give exactly one of key, kinds, every")
        return self


class Check(Model):
    """A kind of rule: what has it, how bad it is, what a provider reads, and a good and a bad example.

    Messages may name ``{title}`` (the field), ``{other}`` (the second field) and ``{parameter}``. An example is the text of the
    cell, or of both cells of a rule over two; empty text is an empty cell. It may name ``{sample}`` (a good value of the field),
    ``{label}`` (the first label of its code table), ``{too_long}``, ``{bound}``, ``{more}``,
    ``{less}`` and ``{a_little}`` (a tenth of the bound), ``{bound_day}`` where the bound is a day; one of a condition of
    repair ``{before}`` and ``{after}``, two days under its terms.

    ``routes`` names the two routes of ``pipelines.checks`` where they have not the name of the check.
    ``confirmable``: what looks wrong may yet be so; a provider who says why (column 确认说明) has the row accepted.
    """

    id: Identifier
    applies_to: AppliesTo
    routes: Identifier | None = None
    title_zh: Text
    severity: Severity
    dimension: Dimension
    responsibility: Literal["provider", "hub"] = "provider"
    confirmable: bool = False
    message_zh: Text
    message_en: Text
    hint_zh: Text
    good: str | tuple[str, str] | None = None
    bad: str | tuple[str, str] | None = None

    @property
    def primitive(self) -> str:
        """Name of its routes; the builder adds the form of a condition or of a prefix."""
        return self.routes or self.id


class Checks(Model):
    """``catalog/checks.yaml``; the rules of a field come in its order."""

    checks: tuple[Check, ...]

    @model_validator(mode="after")
    def _nothing_unchecked(self) -> Checks:
        """A key or a kind of fields without a check would let every value pass."""
        keys = Field.model_fields.keys() - _DESCRIBES - _NEED_NO_CHECK - {check.applies_to.key for check in self.checks}
        kinds = set(Kind) - {
            kind for check in self.checks if not check.applies_to.evidence for kind in check.applies_to.kinds
        }
        if missing := [*sorted(keys), *sorted(kinds)]:
            raise ValueError(f"no check applies to {', '.join(missing)} of fields; add one")
        return self
