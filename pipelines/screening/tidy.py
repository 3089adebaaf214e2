"""Clean-up that loses nothing, before any rule: blanks, what nobody sees, full-width digits, other programs' spelling.

Blanks go at both ends, full-width digits become half-width in dates and amounts, entities, escapes and radicals the characters they
stand for (``spelling``). What a spreadsheet is told by (``="…"``, a leading apostrophe) goes. In names also line breaks and the
blanks that only look like one go, between ideographs without leaving a blank.

Every function works on a whole column, finds the few values that need work by cheap looks, and works on those only; a column with
nothing to do comes back as it is. Placeholder text such as ``N/A`` or ``无`` counts as missing. Meaning-bearing text is never
folded by NFKC, which would turn ① into 1 (domain.md §1.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from pipelines.identifiers import clean
from pipelines.screening.spelling import JOINERS, JOINING, ODD, UNSEEN, respelled

BLANKS: Final = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000\ufeff\u200b\u200c\u200d\u2060"
)
PLACEHOLDERS: Final = (
    "", "N/A", "n/a", "NA", "#N/A", "NULL", "Null", "null", "\\N", "None", "none", "无", "空", "不详", "待补", "暂无",
    "/", "//", "\\", "-", "--", "—", "——", "－", "*", "**", ".", "。", "、",
    "(null)", "(NULL)", "<null>", "<NULL>", "[NULL]", "[null]", "NaN", "nan", "undefined",
)  # fmt: skip
_FULL_WIDTH: Final = r"[\x{FF01}-\x{FF5E}\x{3000}\x{00A0}]"
_TIDY_CODE: Final = "^[0-9A-Z]{9,}$"  # longer than any placeholder of letters
_TOLD: Final = r"^(?:=\"|')"  # how spreadsheets are told that a cell is text
_ODD: Final = f"{UNSEEN}|{JOINERS}|{ODD}|{_TOLD}"
_YEAR: Final = r"[\[【(（［〔﹝〈<{｛]([0-9]{4})[\]】)）］〕﹞〉>}｝]"
_ODD_NUMBER: Final = r"[\[\]【】()（）［］﹝﹞〈〉<>{}｛｝\s\p{Z}\x{200B}-\x{200D}\x{2060}\x{FEFF}]"
# Blanks in a name that are none, or end its line; ideographs and the signs beside them, between which no blank is meant.
_NO_BLANK: Final = r"[\t\n\x0B\x0C\r\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]"
_RUN: Final = f" *{_NO_BLANK}(?:{_NO_BLANK}| )*"
_WIDE: Final = r"[\x{2E80}-\x{2FFF}\x{3001}-\x{9FFF}\x{F900}-\x{FAFF}\x{FF00}-\x{FFEF}\x{20000}-\x{3FFFF}]"


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


def name(values: pl.Series) -> pl.Series:
    """As ``text``, without line breaks and blanks that are none; a plain blank inside stays (John Smith)."""
    return _where(values, values.str.contains(_NO_BLANK) | _untidy(values), lambda raw: _in_one_line(_text(raw)))


def _untidy(values: pl.Series) -> pl.Series:
    """True where ``_text`` may change a value; it may be true where it does not."""
    stripped = values.str.strip_chars().str.len_bytes() != values.str.len_bytes()
    return stripped | values.is_in(list(PLACEHOLDERS)) | values.str.contains(_ODD)


def _in_one_line(text: pl.Expr) -> pl.Expr:
    # Twice, because one ideograph may stand between two blanks.
    for _ in range(2):
        text = text.str.replace_all(f"({_WIDE}){_RUN}({_WIDE})", "${1}${2}")
    return text.str.replace_all(_RUN, " ")


def _spelled(values: pl.Series) -> pl.Series:
    """The characters that escapes, entities and radicals stand for."""
    odd = values.str.contains(ODD).fill_null(False).arg_true()
    if odd.is_empty():
        return values
    texts = [respelled(text) for text in values.gather(odd).to_list()]
    return values.clone().scatter(odd, pl.Series(texts, dtype=pl.String))


def _untold(raw: pl.Expr) -> pl.Expr:
    """Without the signs that tell a spreadsheet that a cell is text: ``="…"``, and an apostrophe that nothing closes."""
    formula = raw.str.extract(r'(?s)^="(.*)"$').str.replace_all('""', '"', literal=True)
    return pl.coalesce(formula, raw.str.extract(r"(?s)^'([^']+)$"), raw)


def _text(raw: pl.Expr) -> pl.Expr:
    raw = _untold(raw.str.strip_chars(BLANKS))
    raw = raw.map_batches(_spelled, return_dtype=pl.String, is_elementwise=True).str.replace_all(UNSEEN, "")
    raw = pl.when(raw.str.contains(JOINING)).then(raw).otherwise(raw.str.replace_all(JOINERS, ""))
    stripped = raw.str.strip_chars(BLANKS)
    return pl.when(~stripped.is_in(list(PLACEHOLDERS))).then(stripped)


def _where(values: pl.Series, odd: pl.Series, work: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """The values with work done on the odd ones."""
    rows = odd.fill_null(False).arg_true()
    if rows.is_empty():
        return values
    done = values.gather(rows).to_frame("raw").select(work(pl.col("raw"))).to_series()
    return values.clone().scatter(rows, done)
