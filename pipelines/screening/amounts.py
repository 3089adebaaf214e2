"""The fine a text names, in yuan, to be compared with the amount field, which is in 万元 (domain.md R07).

The usual mistake is exact: 2,000 元 filed as 2000 万元. So a field whose number equals the yuan of the text is suspect.
"""

from __future__ import annotations

from typing import Final

import polars as pl

FINE: Final = r"罚款(?:人民币)?\s*([0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?)\s*(万?)元"


def yuan(text: pl.Expr) -> pl.Expr:
    """The first fine a text names, in yuan; null where it names none."""
    number = text.str.extract(FINE, 1).str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    return number * pl.when(text.str.extract(FINE, 2) == "万").then(10_000.0).otherwise(1.0)
