"""Personal identifiers in prose: where a text holds a citizen ID or a mobile phone number (domain.md R10).

A citizen ID needs the shape, a possible birth date and the check digit, so that long numbers in scopes and addresses are none.
Full-width digits are digits, and blanks or hyphens may stand between them: people write 510100 19900307 0001.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.identifiers import citizen_id
from pipelines.privacy.mask import BETWEEN, CITIZEN_ID_SHAPE

MOBILE: Final = r"(?:^|[^0-9])(?:86)?1[3-9][0-9](?:[0-9]{8}|[ -][0-9]{4}[ -][0-9]{4})(?:[^0-9]|$)"
_WIDE: Final = "０１２３４５６７８９Ｘｘ"
_NARROW: Final = "0123456789Xx"
_SPACED: Final = rf"(?:[0-9]{BETWEEN}?){{17}}[0-9Xx]"
_RUN: Final = rf"[0-9](?:{BETWEEN}?[0-9])+(?:{BETWEEN}?[Xx])?"
_LENGTH: Final = 18


def holds_citizen_id(text: pl.Expr) -> pl.Expr:
    """True where a text holds a citizen ID; False for null."""
    return text.map_batches(citizen_ids_in, return_dtype=pl.Boolean, is_elementwise=True)


def holds_mobile(text: pl.Expr) -> pl.Expr:
    """True where a text holds eleven digits that are a mobile phone number; null for null."""
    return text.map_batches(_narrow, return_dtype=pl.String, is_elementwise=True).str.contains(MOBILE)


def citizen_ids_in(texts: pl.Series) -> pl.Series:
    """The same as ``holds_citizen_id`` for a series."""
    texts = _narrow(texts)
    as_one = _found(texts, CITIZEN_ID_SHAPE)
    return as_one | _found(texts, _SPACED, _RUN)


def _found(texts: pl.Series, shape: str, run: str | None = None) -> pl.Series:
    """Texts in which a number of the shape is plausible; of a run with blanks in it, joined, as a whole."""
    shaped = texts.str.contains(shape).fill_null(False)
    rows = shaped.arg_true()
    if rows.is_empty():
        return shaped
    numbers = pl.DataFrame({"row": rows, "number": texts.gather(rows).str.extract_all(run or shape)})
    number = pl.col("number").str.replace_all(BETWEEN, "").str.to_uppercase()
    real = (
        numbers.explode("number")
        .select("row", number)
        .filter((pl.col("number").str.len_bytes() == _LENGTH) & citizen_id.plausible(pl.col("number")))
    )
    found = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True).alias(texts.name)
    return found.scatter(real["row"].unique(), True) if real.height else found


def _narrow(texts: pl.Series) -> pl.Series:
    """Full-width digits as plain ones."""
    rows = texts.str.contains(f"[{_WIDE}]").fill_null(False).arg_true()
    if rows.is_empty():
        return texts
    return texts.clone().scatter(rows, texts.gather(rows).str.replace_many(list(_WIDE), list(_NARROW)))
