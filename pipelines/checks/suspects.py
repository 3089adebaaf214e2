"""The few texts of a column that could be unsound, by one look at each: what every check of texts then reads.

Nearly every text is sound, and there are a dozen checks of texts; asking each of them of every text would cost more than all other
rules together. The SQL of the second route has a test of its own for the same purpose (``texts.ODD_TEXT``).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.checks.gbk_bytes import RARE

_SUSPECT: Final = "|".join(
    (
        # Characters no sound text holds, those that stand for lost ones, and letters of Latin-1.
        r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\x{B2}-\x{B6}\x{B8}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{FF}?？□〓锟"
        r"\x{E000}-\x{F8FF}\x{FFFD}" + RARE + "]",
        "烫烫|屯屯|葺葺",
        # Tags, and formulas at the beginning.
        r"<[A-Za-z/!]|^[=+\-@＝＋－＠]",
        # Numbers of persons and telephones: eleven digits, full-width ones and blanks between them included.
        r"(?:[0-9０-９][ \t\x{A0}\x{3000}-]?){10}[0-9０-９]",
    )
)


def suspects(values: pl.Series) -> pl.Series:
    """The texts that could be unsound, null in place of all others.

    Args:
        values: tidy texts.
    """
    rows = values.str.contains(_SUSPECT).fill_null(False).arg_true()
    nothing = pl.repeat(None, len(values), dtype=pl.String, eager=True)
    return nothing.scatter(rows, values.gather(rows)) if len(rows) else nothing
