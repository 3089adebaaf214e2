"""Text to typed values: dates, instants, amounts. What cannot be read becomes null, and a rule says so.

Dates as found in deliveries (domain.md §8.5): 2019-09-01, 2019/9/1, 20190901, 2019.9.1, 2019年9月1日, each with an
optional midnight that spreadsheets add. Amounts: digits with at most the declared decimals; no thousands separator, no
exponent, because both have been seen to hide a wrong unit.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.catalog import Field, Kind

_DATE: Final = r"^([0-9]{4})(?:年|[-/.])([0-9]{1,2})(?:月|[-/.])([0-9]{1,2})日?(?:[ T]0?0:00(?::00(?:\.0+)?)?)?$"
_COMPACT: Final = r"^([0-9]{4})([0-9]{2})([0-9]{2})(?:[ T]0?0:00(?::00(?:\.0+)?)?)?$"
_CLOCK: Final = r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?"
_INSTANT: Final = rf"^([0-9]{{4}})(?:年|[-/.])([0-9]{{1,2}})(?:月|[-/.])([0-9]{{1,2}})日?(?:[ T]+{_CLOCK})?$"


def value(column: pl.Expr, field: Field) -> pl.Expr:
    """The typed value of a tidy text column, in the type of ``lake_type``; null where the text does not say one."""
    match field.kind:
        case Kind.DATE:
            return date(column)
        case Kind.TIMESTAMP:
            return instant(column)
        case Kind.DECIMAL:
            return decimal(column, *field.precision_scale)
        case Kind.INTEGER:
            return column.str.to_integer(strict=False)
        case _:
            return column


def date(column: pl.Expr) -> pl.Expr:
    """Calendar dates; null for anything else, 2019-02-30 included."""
    return column.map_batches(_dates, return_dtype=pl.Date, is_elementwise=True)


def instant(column: pl.Expr) -> pl.Expr:
    """Local date and time to the second, a date alone being its midnight; null for anything else."""
    return column.map_batches(_instants, return_dtype=pl.Datetime("us"), is_elementwise=True)


def decimal(column: pl.Expr, precision: int, scale: int) -> pl.Expr:
    """Decimal of the given precision and scale; null where the text has other characters, too many digits or decimals."""
    shape = rf"^[+-]?[0-9]{{1,{precision - scale}}}(?:\.[0-9]{{0,{scale}}}0*)?$"
    return (
        pl.when(column.str.contains(shape))
        .then(column.str.strip_prefix("+"))
        .cast(pl.Decimal(precision, scale), strict=False)
    )


def _dates(values: pl.Series) -> pl.Series:
    # chrono, which parses below, would take a sign before the year, and a year 0.
    iso = (values.str.len_bytes() == 10) & ~values.str.head(1).is_in(["+", "-"])
    dates = values.set(~iso.fill_null(True), None).str.to_date("%Y-%m-%d", strict=False, exact=True)
    left = (dates.is_null() & values.is_not_null()).arg_true()
    if len(left) == 0:
        return _of_our_era(dates)
    frame = values.gather(left).to_frame("text").select(_calendar(pl.col("text")))
    return _of_our_era(dates.scatter(left, frame["date"]))


def _of_our_era(dates: pl.Series) -> pl.Series:
    wrong = (dates.dt.year() < 1).fill_null(False)
    return dates.set(wrong, None) if wrong.any() else dates


def _calendar(column: pl.Expr) -> pl.Expr:
    parts = [
        pl.coalesce(column.str.extract(_DATE, group), column.str.extract(_COMPACT, group)).cast(pl.Int32)
        for group in (1, 2, 3)
    ]
    iso = pl.concat_str(
        parts[0].cast(pl.String).str.zfill(4),
        pl.lit("-"),
        parts[1].cast(pl.String).str.zfill(2),
        pl.lit("-"),
        parts[2].cast(pl.String).str.zfill(2),
    )
    return iso.str.to_date("%Y-%m-%d", strict=False, exact=True).alias("date")


def _instants(values: pl.Series) -> pl.Series:
    column = pl.col("text")
    clock = [column.str.extract(_INSTANT, group).cast(pl.Int32).fill_null(0) for group in (4, 5, 6)]
    seconds = clock[0] * 3600 + clock[1] * 60 + clock[2]
    in_range = (clock[0] < 24) & (clock[1] < 60) & (clock[2] < 60)
    day = pl.coalesce(
        pl.when(column.str.contains(_INSTANT)).then(column.str.replace(_INSTANT, "$1-$2-$3")), column
    ).map_batches(_dates, return_dtype=pl.Date, is_elementwise=True)
    frame = values.to_frame("text").select(
        pl.when(in_range).then(day.cast(pl.Datetime("us")) + pl.duration(seconds=seconds)).alias("instant")
    )
    return frame["instant"]
