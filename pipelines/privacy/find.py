"""Personal identifiers in prose: where a text holds a citizen ID or a mobile phone number (domain.md R10).

A citizen ID needs the shape, a possible birth date and the check digit, so that long numbers in scopes and addresses are none.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.identifiers import citizen_id
from pipelines.privacy.mask import CITIZEN_ID_SHAPE

MOBILE: Final = r"(?:^|[^0-9])1[3-9][0-9]{9}(?:[^0-9]|$)"


def holds_citizen_id(text: pl.Expr) -> pl.Expr:
    """True where a text holds a citizen ID; False for null."""
    return text.map_batches(citizen_ids_in, return_dtype=pl.Boolean, is_elementwise=True)


def holds_mobile(text: pl.Expr) -> pl.Expr:
    """True where a text holds eleven digits that are a mobile phone number; null for null."""
    return text.str.contains(MOBILE)


def citizen_ids_in(texts: pl.Series) -> pl.Series:
    """The same as ``holds_citizen_id`` for a series."""
    shaped = texts.str.contains(CITIZEN_ID_SHAPE).fill_null(False)
    rows = shaped.arg_true()
    if rows.is_empty():
        return shaped
    numbers = pl.DataFrame({"row": rows, "number": texts.gather(rows).str.extract_all(CITIZEN_ID_SHAPE)})
    real = numbers.explode("number").filter(citizen_id.plausible(pl.col("number").str.to_uppercase()))
    found = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True).alias(texts.name)
    return found.scatter(real["row"].unique(), True) if real.height else found
