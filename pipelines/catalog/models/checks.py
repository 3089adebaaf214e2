"""Kinds of rules (``catalog/checks.yaml``): what each is called, how bad a breach is, and what a provider reads."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pipelines.catalog.models.base import Identifier, Model, Text


class Severity(StrEnum):
    """What a broken rule does to the row."""

    REJECT = "reject"
    WARN = "warn"


class Dimension(StrEnum):
    """Quality dimensions of GB/T 36344-2018."""

    CONFORMITY = "conformity"
    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    ACCESSIBILITY = "accessibility"


class Check(Model):
    """A kind of rule: how it is called, how bad it is, what a provider is told, and a good and a bad example.

    Messages may name ``{title}`` (the field), ``{other}`` (the second field) and ``{parameter}``. An example is the text of the
    cell, or of both cells of a rule over two; empty text is an empty cell. It may name ``{sample}`` (a good value of the field),
    ``{label}`` (the first label of its code table), ``{too_long}``, ``{bound}``, ``{more}`` and ``{less}``.

    ``confirmable``: what looks wrong may yet be so; a provider who says why (column 确认说明) has the row accepted.
    """

    id: Identifier
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


class Checks(Model):
    """``catalog/checks.yaml``."""

    checks: tuple[Check, ...]
