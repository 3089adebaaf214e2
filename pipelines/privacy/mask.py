"""Masks for personal identifiers, and the shape by which they are found in text.

The default mask keeps the first and the last character (domain.md §9): six leading digits and the check digit together
would still point at a person.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_MIDDLE: Final = r"\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}"
CITIZEN_ID_SHAPE: Final = rf"[1-9]{_MIDDLE}[0-9Xx]"


def masked(value: pl.Expr) -> pl.Expr:
    """First and last character with stars between; one or two characters become stars; null stays null."""
    length = value.str.len_chars()
    stars = pl.lit("*").repeat_by(pl.max_horizontal(length - 2, pl.lit(0).cast(pl.UInt32))).list.join("")
    return (
        pl.when(length > 2)
        .then(pl.concat_str(value.str.head(1), stars, value.str.tail(1)))
        .otherwise(value.str.replace_all(r"[\s\S]", "*"))
    )


def identifiers_masked(text: pl.Expr) -> pl.Expr:
    """Text in which everything of the shape of a citizen ID keeps its first and last character only."""
    return text.map_batches(_identifiers_masked, return_dtype=pl.String, is_elementwise=True)


def _identifiers_masked(texts: pl.Series) -> pl.Series:
    rows = texts.str.contains(CITIZEN_ID_SHAPE).fill_null(False).arg_true()
    if rows.is_empty():
        return texts
    hidden = texts.gather(rows).str.replace_all(f"([1-9]){_MIDDLE}([0-9Xx])", "${1}****************${2}")
    return texts.clone().scatter(rows, hidden)
