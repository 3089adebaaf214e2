"""Clean-up that loses nothing, before any rule: blanks, NUL bytes, full-width digits, CJK radicals, HTML entities.

Blanks go at both ends, full-width digits become half-width in dates and amounts, radicals that PDF readers give for
ideographs become those, entities the characters they stand for.

Every function works on a whole column, finds the few values that need work by cheap looks, and works on those only; a column with
nothing to do comes back as it is. Placeholder text such as ``N/A`` or ``无`` counts as missing. Meaning-bearing text is never
folded by NFKC, which would turn ① into 1 (domain.md §1.1).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Final

import polars as pl

from pipelines.identifiers import clean
from pipelines.screening.radicals import RADICALS

BLANKS: Final = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000\ufeff\u200b\u200c\u200d\u2060"
)
PLACEHOLDERS: Final = (
    "", "N/A", "n/a", "NA", "#N/A", "NULL", "Null", "null", "\\N", "None", "none", "无", "空", "不详", "待补", "暂无",
    "/", "//", "\\", "-", "--", "—", "——", "－", "*", "**", ".", "。", "、",
)  # fmt: skip
# What strip_chars without an argument, which is three times as fast, leaves of BLANKS; and NUL.
_INVISIBLE: Final = r"[\x00\x{200B}-\x{200D}\x{2060}\x{FEFF}]"
_RADICAL: Final = r"[\x{2E80}-\x{2FDF}]"
_ENTITY: Final = r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});"
_FULL_WIDTH: Final = r"[\x{FF01}-\x{FF5E}\x{3000}\x{00A0}]"
_TIDY_CODE: Final = "^[0-9A-Z]{9,}$"  # longer than any placeholder of letters
_ODD: Final = f"{_INVISIBLE}|{_RADICAL}|{_ENTITY}"
_ESCAPED_AT_MOST: Final = 3
_YEAR: Final = r"[\[【(（［〔﹝〈<{｛]([0-9]{4})[\]】)）］〕﹞〉>}｝]"
_ODD_NUMBER: Final = r"[\[\]【】()（）［］﹝﹞〈〉<>{}｛｝\s\p{Z}\x{200B}-\x{200D}\x{2060}\x{FEFF}]"


def text(values: pl.Series) -> pl.Series:
    """Text without outer blanks and NUL bytes; placeholder text is null.

    Args:
        values: strings as sent, null where the cell is empty.

    Returns:
        Strings of the same height; the very same series where there was nothing to do.
    """
    return _where(values, _untidy(values), _text)


def plain(values: pl.Series) -> pl.Series:
    """As ``text``, and full-width letters, digits and signs become half-width: for dates, numbers and codes."""
    if values.len() and values.str.len_bytes().sum() == values.str.len_chars().sum():
        return text(values)  # nothing but ASCII
    # The ideographs of 2014年1月1日 stay what they are under NFKC; only width changes.
    wide = values.str.contains(_FULL_WIDTH)
    return _where(values, wide | _untidy(values), lambda raw: _text(raw.str.normalize("NFKC")))


def document_number(values: pl.Series) -> pl.Series:
    """As ``text``, blanks taken out the year's brackets written 〔〕; year and serial are never changed (domain.md R08)."""
    odd = values.str.contains(_ODD_NUMBER)
    return _where(
        values,
        odd | _untidy(values),
        lambda raw: _text(raw).str.replace_all(rf"[{BLANKS}]+", "").str.replace_all(_YEAR, "〔$1〕"),
    )


def identifier(values: pl.Series) -> pl.Series:
    """As ``text``, then cleaned as identifiers are (``pipelines.identifiers.clean``)."""
    return _where(values, ~values.str.contains(_TIDY_CODE), lambda raw: clean(_text(raw)))


def _untidy(values: pl.Series) -> pl.Series:
    """True where ``_text`` may change a value; it may be true where it does not."""
    stripped = values.str.strip_chars().str.len_bytes() != values.str.len_bytes()
    return stripped | values.is_in(list(PLACEHOLDERS)) | values.str.contains(_ODD)


def _spelled(values: pl.Series) -> pl.Series:
    """Ideographs for their radicals, and the characters that entities stand for."""
    odd = values.str.contains(f"{_RADICAL}|{_ENTITY}").fill_null(False).arg_true()
    if odd.is_empty():
        return values
    texts = [_unescaped(text).translate(RADICALS) for text in values.gather(odd).to_list()]
    return values.clone().scatter(odd, pl.Series(texts, dtype=pl.String))


def _unescaped(text: str) -> str:
    """Entities that were escaped more than once too."""
    for _ in range(_ESCAPED_AT_MOST):
        text = re.sub(_ENTITY, lambda found: html.unescape(found[0]), text)
    return text


def _text(raw: pl.Expr) -> pl.Expr:
    raw = raw.map_batches(_spelled, return_dtype=pl.String, is_elementwise=True)
    stripped = raw.str.replace_all("\x00", "", literal=True).str.strip_chars(BLANKS)
    return pl.when(~stripped.is_in(list(PLACEHOLDERS))).then(stripped)


def _where(values: pl.Series, odd: pl.Series, work: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """The values with work done on the odd ones."""
    rows = odd.fill_null(False).arg_true()
    if rows.is_empty():
        return values
    done = values.gather(rows).to_frame("raw").select(work(pl.col("raw"))).to_series()
    return values.clone().scatter(rows, done)
