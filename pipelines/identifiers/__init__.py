"""Identifiers: a vectorised verdict with one reason for each kind of number, and the clean-up before it.

    code = clean(pl.col("XK_XDR_SHXYM"))
    credit_code.reason(code)             # null where valid

Each kind is a module with ``reason(value)`` and ``check_holds(value)`` over cleaned values; ``credit_code`` says more.
All of it is elementwise, so that it streams, and cheap for rows that are right.
"""

from pipelines.identifiers import citizen_id, credit_code, organisation_code, registration_number
from pipelines.identifiers.cleaning import clean, is_stand_in
from pipelines.identifiers.describe import CodeParts, CodeReport, describe
from pipelines.identifiers.verdict import MESSAGES_EN, MESSAGES_ZH, Caution, Reason

__all__ = [
    "MESSAGES_EN",
    "MESSAGES_ZH",
    "Caution",
    "CodeParts",
    "CodeReport",
    "Reason",
    "citizen_id",
    "clean",
    "credit_code",
    "describe",
    "is_stand_in",
    "organisation_code",
    "registration_number",
]
