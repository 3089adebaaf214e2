"""Organisation code (组织机构代码), GB 11714-1997: eight body characters and one check character.

Printed ``XXXXXXXX-C``; cleaned it has no hyphen. The credit code carries one in places 9 to 17, where a wrong check
character is a caution only, because some real credit codes have it. Letters that are equal modulo 11 stand for each
other unseen, so that the check finds about 93 % of single wrong characters.
"""

from typing import Final

import polars as pl

from pipelines.identifiers.cleaning import is_stand_in
from pipelines.identifiers.verdict import Reason
from pipelines.identifiers.weighted import DIGITS, Place, WeightedSum

BODY: Final = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
LAYOUT: Final = "^[0-9A-Z]{8}[0-9X]$"

# The standard says C9 = 11 - (Σ mod 11), written X for 10 and 0 for 11: with the check character the sum is 0 modulo
# 11. An X counts 33 in the body and 10 in the check place.
SCHEME: Final = WeightedSum(
    places=(*(Place(weight, BODY) for weight in WEIGHTS), Place(1, DIGITS + "X")),
    modulus=11,
)


def check_holds(value: pl.Expr) -> pl.Expr:
    """True where the ninth character is the check character of the first eight (GB 11714-1997).

    Args:
        value: cleaned strings.

    Returns:
        Boolean expression; null for null, False for anything that has not the shape of an organisation code.
    """
    return SCHEME.holds_in(value)


def reason(value: pl.Expr) -> pl.Expr:
    """Why a cleaned value is no organisation code.

    Args:
        value: cleaned strings (see ``cleaning.clean``).

    Returns:
        String expression: null where the value is valid, else the text of a ``Reason``.
    """
    return value.cast(pl.String).map_batches(_reasons, return_dtype=pl.String, is_elementwise=True)


def _reasons(values: pl.Series) -> pl.Series:
    text = pl.col("value")
    verdict = (
        pl.when(text.is_null())
        .then(pl.lit(Reason.MISSING.value))
        .when(is_stand_in(text))
        .then(pl.lit(Reason.PLACEHOLDER.value))
        .when(text.str.len_chars() != len(SCHEME.places))
        .then(pl.lit(Reason.LENGTH.value))
        .when(~text.str.contains(LAYOUT))
        .then(pl.lit(Reason.ALPHABET.value))
        .when(~check_holds(text))
        .then(pl.lit(Reason.CHECKSUM.value))
    )
    return values.to_frame("value").select(verdict.alias(values.name)).to_series()
