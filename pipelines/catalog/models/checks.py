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
    """A kind of rule: how it is called, how bad it is, and what a provider is told.

    Messages may name ``{title}`` (the field), ``{other}`` (the second field) and ``{parameter}``.
    """

    id: Identifier
    title_zh: Text
    severity: Severity
    dimension: Dimension
    responsibility: Literal["provider", "hub"] = "provider"
    message_zh: Text
    message_en: Text
    hint_zh: Text


class Checks(Model):
    """``catalog/checks.yaml``."""

    checks: tuple[Check, ...]
