"""Business registration number (工商注册号), GS15-2006: six digits of region, eight of sequence, one check digit.

The check digit is that of ISO 7064 MOD 11,10 (GB/T 17710). Numbers of 13 digits are older than 2007 and carry none.
Both were replaced by the credit code from 2015 on.
"""

from typing import Final

import polars as pl

from pipelines.identifiers.cleaning import is_stand_in
from pipelines.identifiers.verdict import Reason

LENGTH: Final = 15
LENGTH_BEFORE_2007: Final = 13
LAYOUT: Final = "^[0-9]{15}$"
LAYOUT_BEFORE_2007: Final = "^[0-9]{13}$"


def check_holds(value: pl.Expr) -> pl.Expr:
    """True where the fifteenth digit is the check digit of the first fourteen (ISO 7064 MOD 11,10).

    Args:
        value: cleaned strings.

    Returns:
        Boolean expression; null for null, False for anything that is not fifteen digits.
    """
    return value.cast(pl.String).map_batches(_holds, return_dtype=pl.Boolean, is_elementwise=True)


def reason(value: pl.Expr) -> pl.Expr:
    """Why a cleaned value is no registration number.

    Thirteen digits are ``legacy_number``: nothing can be said against them, nor for them.

    Args:
        value: cleaned strings (see ``cleaning.clean``).

    Returns:
        String expression: null where the value is valid, else the text of a ``Reason``.
    """
    return value.cast(pl.String).map_batches(_reasons, return_dtype=pl.String, is_elementwise=True)


def _holds(numbers: pl.Series) -> pl.Series:
    """P1 = 10; S = P + a modulo 10, 10 in place of 0; P = 2·S modulo 11; at the last digit S must be 1."""
    shaped = numbers.str.contains(LAYOUT)
    rows = shaped.fill_null(False).arg_true()
    if rows.is_empty():
        return shaped
    codes = numbers.gather(rows).cast(pl.Binary)
    digits = codes.bin.reinterpret(dtype=pl.Array(pl.UInt8, LENGTH)).to_frame("digits")
    product: pl.Expr = pl.lit(10, dtype=pl.Int16)
    total: pl.Expr = product
    for place in range(LENGTH):
        digit = pl.col("digits").arr.get(place).cast(pl.Int16) - ord("0")
        # (x - 1) % 10 + 1 is x modulo 10 with 10 in place of 0, naming x once: named twice the expression would double
        # at every digit.
        total = (product + digit - 1) % 10 + 1
        product = total * 2 % 11
    return shaped.scatter(rows, digits.select(total == 1).to_series())


def _reasons(values: pl.Series) -> pl.Series:
    text = pl.col("value")
    verdict = (
        pl.when(text.is_null())
        .then(pl.lit(Reason.MISSING.value))
        .when(is_stand_in(text))
        .then(pl.lit(Reason.PLACEHOLDER.value))
        .when(text.str.contains(LAYOUT_BEFORE_2007))
        .then(pl.lit(Reason.LEGACY_NUMBER.value))
        .when(text.str.len_chars() != LENGTH)
        .then(pl.lit(Reason.LENGTH.value))
        .when(~text.str.contains(LAYOUT))
        .then(pl.lit(Reason.ALPHABET.value))
        .when(~check_holds(text))
        .then(pl.lit(Reason.CHECKSUM.value))
    )
    return values.to_frame("value").select(verdict.alias(values.name)).to_series()
