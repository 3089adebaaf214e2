"""Names of the columns that screening prepares for checks, beside the tidy text under the field's own name."""

from __future__ import annotations


def typed_name(field: str) -> str:
    """Column of the typed value of a field; null where the text says none."""
    return f"typed:{field}"


def reason_name(field: str) -> str:
    """Column of the reason why a credit code is none; null for a good one, and where there is no code."""
    return f"reason:{field}"


def cleaned_name(field: str) -> str:
    """Column that says whether clean-up changed the cell."""
    return f"cleaned:{field}"


def suspect_name(field: str) -> str:
    """Column of the text of a field where it could be unsound (``suspects``), null for all others."""
    return f"suspect:{field}"
