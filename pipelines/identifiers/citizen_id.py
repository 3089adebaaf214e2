"""Citizen ID (公民身份号码), GB 11643-1999: region, date of birth, sequence, check character.

Residence permits of people from Hong Kong, Macao and Taiwan are built alike, with the regions 810000, 820000 and
830000. The 15-digit numbers before 1999 have a two-digit year and no check character; they are without legal effect
since 2013.

This is personal data. The question asked most often is therefore not "is it right" but "could it be one"
(``plausible``), so that it is never taken for a credit code. Nothing here depends on today's date: whether an age is
possible at the time of a decision is a rule about two fields, not about a number.
"""

from typing import Final

import polars as pl

from pipelines.identifiers.cleaning import is_stand_in
from pipelines.identifiers.verdict import Reason
from pipelines.identifiers.weighted import DIGITS, Place, WeightedSum

WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS: Final = "10X98765432"
LAYOUT: Final = "^[0-9]{17}[0-9X]$"
LAYOUT_BEFORE_1999: Final = "^[0-9]{15}$"
LENGTHS: Final = (18, 15)
EARLIEST_YEAR_LIVING: Final = 1900
LATEST_YEAR_LIVING: Final = 2099

PROVINCE: Final = "^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
"""First two digits of GB/T 2260, and 83 for residents from Taiwan. Counties are left to the catalogue: they change."""

# The standard gives the check character as CHECKS[Σ mod 11]; written with the value of the character itself (X = 10)
# the whole sum is 1 modulo 11 (ISO 7064 MOD 11-2).
SCHEME: Final = WeightedSum(
    places=(*(Place(weight, DIGITS) for weight in WEIGHTS), Place(1, DIGITS + "X")),
    modulus=11,
    remainder=1,
)


def check_holds(value: pl.Expr) -> pl.Expr:
    """True where the eighteenth character is the check character of the first seventeen (GB 11643-1999).

    Args:
        value: cleaned strings.

    Returns:
        Boolean expression; null for null, False for anything that has not the shape, 15-digit numbers included.
    """
    return SCHEME.holds_in(value)


def reason(value: pl.Expr) -> pl.Expr:
    """Why a cleaned value is no present citizen ID.

    A 15-digit number that could be one is ``legacy_number``; ``upgraded`` gives the number it has become.

    Args:
        value: cleaned strings (see ``cleaning.clean``).

    Returns:
        String expression: null where the value is valid, else the text of a ``Reason``.
    """
    return value.cast(pl.String).map_batches(_reasons, return_dtype=pl.String, is_elementwise=True)


def plausible(value: pl.Expr) -> pl.Expr:
    """True where a value could be the identity number of a person living now, of 18 or of 15 digits.

    That is: a province, a day of the calendar from 1900 on, and, of 18, the right check character. One random text of
    18 digits in some 45,000 is plausible by accident.

    Args:
        value: cleaned strings.

    Returns:
        Boolean expression, False for null.
    """
    text = value.cast(pl.String)
    old = text.str.contains(LAYOUT_BEFORE_1999)
    born = _birth_date(text).dt.year().is_between(EARLIEST_YEAR_LIVING, LATEST_YEAR_LIVING)
    return (text.str.contains(PROVINCE) & born & (old | check_holds(text))).fill_null(False)


def upgraded(value: pl.Expr) -> pl.Expr:
    """The 18-digit number a 15-digit one has become: year of birth with ``19``, check character at the end.

    Args:
        value: cleaned strings.

    Returns:
        String expression: the longer number for plausible 15-digit numbers, every other value as it is.
    """
    text = value.cast(pl.String)
    body = text.str.slice(0, 6) + pl.lit("19") + text.str.slice(6)
    total = pl.sum_horizontal(
        body.str.slice(place, 1).cast(pl.Int32, strict=False) * weight for place, weight in enumerate(WEIGHTS)
    )
    check = pl.lit(CHECKS).str.slice(total % 11, 1)
    old = text.str.contains(LAYOUT_BEFORE_1999)
    return pl.when(old & plausible(text)).then(body + check).otherwise(text)


def _birth_date(text: pl.Expr) -> pl.Expr:
    """The date of birth, null where the calendar has no such day or the text is not shaped like an ID."""
    full = (
        pl.when(text.str.contains(LAYOUT))
        .then(text.str.slice(6, 8))
        .when(text.str.contains(LAYOUT_BEFORE_1999))
        .then(pl.lit("19") + text.str.slice(6, 6))
    )
    return full.str.to_date("%Y%m%d", strict=False)


def _reasons(values: pl.Series) -> pl.Series:
    text = pl.col("value")
    old = text.str.contains(LAYOUT_BEFORE_1999)
    verdict = (
        pl.when(text.is_null())
        .then(pl.lit(Reason.MISSING.value))
        .when(is_stand_in(text))
        .then(pl.lit(Reason.PLACEHOLDER.value))
        .when(~text.str.len_chars().is_in(LENGTHS))
        .then(pl.lit(Reason.LENGTH.value))
        .when(~(old | text.str.contains(LAYOUT)))
        .then(pl.lit(Reason.ALPHABET.value))
        .when(~text.str.contains(PROVINCE))
        .then(pl.lit(Reason.REGION.value))
        .when(_birth_date(text).is_null())
        .then(pl.lit(Reason.BIRTH_DATE.value))
        .when(old)
        .then(pl.lit(Reason.LEGACY_NUMBER.value))
        .when(~check_holds(text))
        .then(pl.lit(Reason.CHECKSUM.value))
    )
    return values.to_frame("value").select(verdict.alias(values.name)).to_series()
