"""Masks for personal identifiers, and the shape by which they are found in text.

The default mask keeps the first and the last character (domain.md §9): six leading digits and the check digit together
would still point at a person.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

_MIDDLE: Final = r"\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}"
CITIZEN_ID_SHAPE: Final = rf"[1-9]{_MIDDLE}[0-9Xx]"
BETWEEN: Final = r"[ \t\x{A0}\x{3000}-]"
"""What people put between the digits of a number."""
_LENGTH: Final = 18
_SPACED: Final = rf"([1-9１-９])(?:{BETWEEN}?[0-9０-９]){{16}}{BETWEEN}?([0-9０-９XxＸｘ])"


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
    """Text in which everything of the shape of a citizen ID keeps its first and last character only.

    So does any number of eighteen digits that are full-width or have blanks between them, whatever it is.
    """
    return text.map_batches(_identifiers_masked, return_dtype=pl.String, is_elementwise=True)


def _identifiers_masked(texts: pl.Series) -> pl.Series:
    rows = texts.str.contains(CITIZEN_ID_SHAPE).fill_null(False).arg_true()
    if len(rows):
        hidden = texts.gather(rows).str.replace_all(f"([1-9]){_MIDDLE}([0-9Xx])", "${1}****************${2}")
        texts = texts.clone().scatter(rows, hidden)
    rows = texts.str.contains(_SPACED).fill_null(False).arg_true()
    if len(rows):
        spaced = re.compile(_SPACED.replace(r"\x{A0}\x{3000}", "\u00a0\u3000"))
        hidden = pl.Series([spaced.sub(_hidden, text) for text in texts.gather(rows)], dtype=pl.String)
        texts = texts.clone().scatter(rows, hidden)
    return texts


def _hidden(found: re.Match[str]) -> str:
    """A number with blanks in it or of full-width digits; eighteen plain digits in a row may be a code, and stay."""
    plain = len(found[0]) == _LENGTH and found[0].isascii()
    return found[0] if plain else f"{found[1]}{'*' * (_LENGTH - 2)}{found[2]}"
