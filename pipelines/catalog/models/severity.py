"""How bad a broken rule is, and which dimension of quality it is about."""

from __future__ import annotations

from enum import StrEnum


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
