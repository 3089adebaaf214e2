"""Clean-up that loses nothing, before any rule: blanks at both ends, NUL bytes, full-width digits in dates and amounts.

Every function works on whole columns and does the costly part only for the few values that need it. Placeholder text such
as ``N/A`` or ``无`` counts as missing. Meaning-bearing text is never folded by NFKC, which would turn ① into 1
(domain.md §1.1).
"""

from __future__ import annotations

from typing import Final

import polars as pl

BLANKS: Final = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000\ufeff\u200b\u200c\u200d\u2060"
)
PLACEHOLDERS: Final = (
    "", "N/A", "n/a", "NA", "#N/A", "NULL", "Null", "null", "\\N", "None", "none", "无", "空", "不详", "待补", "暂无",
    "/", "//", "\\", "-", "--", "—", "——", "－", "*", "**", ".", "。", "、",
)  # fmt: skip
_FULL_WIDTH: Final = r"[\u{FF01}-\u{FF5E}\u{3000}\u{00A0}]"


def text(raw: pl.Expr) -> pl.Expr:
    """Text without outer blanks and NUL bytes; placeholder text is null.

    Args:
        raw: strings as sent, null where the cell is empty.

    Returns:
        Strings of the same height.
    """
    stripped = raw.map_batches(_without_nul, return_dtype=pl.String, is_elementwise=True).str.strip_chars(BLANKS)
    return pl.when(~stripped.is_in(list(PLACEHOLDERS))).then(stripped)


def plain(raw: pl.Expr) -> pl.Expr:
    """As ``text``, and full-width letters, digits and signs become half-width: for dates, numbers and codes."""
    return text(raw.map_batches(_half_width, return_dtype=pl.String, is_elementwise=True))


def _without_nul(values: pl.Series) -> pl.Series:
    if values.null_count() == len(values) or not values.str.contains("\x00", literal=True).any():
        return values
    return values.str.replace_all("\x00", "", literal=True)


def _half_width(values: pl.Series) -> pl.Series:
    if values.null_count() == len(values) or not values.str.contains(_FULL_WIDTH).any():
        return values
    # The ideographs of 2014年1月1日 stay what they are under NFKC; only width changes.
    return values.str.normalize("NFKC")
