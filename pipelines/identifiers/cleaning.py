"""Lossless clean-up of identifiers: what was typed around a code goes, what the code says stays.

Removed: byte-order marks and other invisible format characters, every blank, every hyphen and dash, the apostrophe by
which Excel marks text. Full-width forms become ASCII (NFKC), letters upper-case. Nothing is repaired: the ``.0`` that
a spreadsheet appends to a number stays and is refused, since a code that was once a number may have lost digits.

For identifiers only. In names and reasons NFKC changes meaning (① becomes 1).
"""

from typing import Final

import polars as pl

CLEAN: Final = "^[0-9A-Z]{6,}$"
"""What needs no second look; the bound keeps short stand-ins such as NULL or NONE out."""

NOISE: Final = r"[\s\p{Z}\p{Cf}\p{Pd}\x{2043}\x{2212}\x{2500}\x{2501}]+"
"""Blanks, invisible format characters (U+FEFF, U+200B…), dashes, minus sign, and the box lines used as dashes."""

STAND_IN_TEXTS: Final = (
    *("", "/", "//", "\\", "|", ".", "。", "?", "*", "#", "_"),
    *("NULL", "(NULL)", "NONE", "NIL", "NAN", "NA", "N/A", "#N/A", "N\\A"),
    *("无", "空", "暂无", "没有", "不详", "未知", "未填", "未提供", "待补", "待补充", "待定", "不适用"),
)
"""What people write where they have no code, cleaned; all of them mean the same as an empty cell."""

COUNTING: Final = ("123456789", "123456789012345", "123456789012345678")
"""Counting up, at the lengths of an organisation code, a registration number and a credit code."""

_LOWER: Final = list("abcdefghijklmnopqrstuvwxyz")
_UPPER: Final = [letter.upper() for letter in _LOWER]


def clean(value: pl.Expr) -> pl.Expr:
    """An identifier as it should have been typed; cleaning twice changes nothing more.

    Rows that are clean already, nearly all, cost one regular expression and are passed on untouched.

    Args:
        value: strings as they came.

    Returns:
        String expression; null for null, for nothing but noise and for a stand-in such as 无 or N/A.
    """
    return value.cast(pl.String).map_batches(_clean_where_needed, return_dtype=pl.String, is_elementwise=True)


def is_stand_in(code: pl.Expr) -> pl.Expr:
    """True where a cleaned value only fills the field: one repeated character, zeros closed by X, or counting up.

    Asked before any check digit: eighteen zeros satisfy both checks of a credit code.

    Args:
        code: cleaned strings of any length.

    Returns:
        Boolean expression; null for null.
    """
    repeated = code.str.strip_chars(code.str.slice(0, 1)) == ""
    zeros_and_x = code.str.strip_chars_start("0") == "X"
    return repeated | zeros_and_x | code.is_in(COUNTING)


def _clean_where_needed(values: pl.Series) -> pl.Series:
    needed = ~values.str.contains(CLEAN)
    if not needed.any():
        return values
    rows = needed.fill_null(False).arg_true()
    cleaned = values.gather(rows).to_frame("value").select(_cleaned(pl.col("value"))).to_series()
    return values.clone().scatter(rows, cleaned)


def _cleaned(value: pl.Expr) -> pl.Expr:
    # Noise goes before NFKC, which would otherwise keep letter and accent apart, and again after it, since NFKC makes
    # blanks of its own (U+00B4 becomes a blank and an accent); the second NFKC joins what that brought together.
    # Only ASCII letters are raised: ß and the Turkish dotless i would become other letters.
    text = value.str.replace_all(NOISE, "").str.normalize("NFKC").str.replace_all(NOISE, "")
    text = text.str.replace_many(_LOWER, _UPPER).str.strip_chars_start("'").str.normalize("NFKC")
    return pl.when(~text.is_in(STAND_IN_TEXTS)).then(text)
