"""What a cell of a workbook counts as, by the field it is for: its text, and what has to be said about it.

A number is not the text a person sees. For a text, a code or a number of a document the shown text counts where it is certain; an
amount counts where it is shown as the number it is, in the unit of its column; a day is the day of a serial number in a format that
shows days, whatever time stands behind it (docs/decisions/0037).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

import polars as pl

from pipelines.catalog import LOST_DIGITS, SHOWN_OTHERWISE, TAKEN_AS_SHOWN, Field, Kind
from pipelines.cells.number_formats import (
    GENERAL,
    is_date,
    is_plain,
    is_time,
    reads_as,
    same_number,
    says_only_the_number,
    shown,
    stored,
    text_shown,
)
from pipelines.cells.sheet_cells import DAY, SEEN, SHOWN, TRUTH

_TOO_LONG: Final = 1e15
_LAST_DAY: Final = 2_958_465
_LEAP_DAY: Final = 60  # 1900-02-29, which Excel shows and there never was
_SECONDS: Final = 86_400
_UNREADABLE: Final = "#####"
_UNIT: Final = re.compile(r"[（(]([^（()）]*元)[）)]\s*$")
_SIGNS: Final = re.compile(r"[$¥￥€£,\s]")
_BARE: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:E[+-]?\d+)?")
_ISO: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d))?")


class Use(StrEnum):
    """What a column is read as."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"
    INSTANT = "instant"


_USES: Final[Mapping[Kind, Use]] = {
    Kind.DECIMAL: Use.NUMBER,
    Kind.INTEGER: Use.NUMBER,
    Kind.DATE: Use.DAY,
    Kind.TIMESTAMP: Use.INSTANT,
}


class Counted(NamedTuple):
    """The text a cell counts as, and the column of what is said about it, if anything is."""

    text: str
    said: str | None = None


def use_of(field: Field | None) -> Use:
    """How a column is read; one that is no field of the dataset as text."""
    return Use.TEXT if field is None else _USES.get(field.kind, Use.TEXT)


def unit_of(field: Field | None) -> str:
    """The unit in a field's title, such as ``万元``; empty where there is none."""
    found = _UNIT.search(field.title_zh) if field is not None else None
    return found[1] if found else ""


def counted(use: Use, unit: str, code: str, kind: str, value: str) -> Counted:
    """What a cell counts as.

    Args:
        use: of its column.
        unit: of its column.
        code: its number format; none that shows days, for numbers (``days``).
        kind: as in ``pipelines.cells.ODD``.
        value: as there; of a text that is shown otherwise the text.
    """
    if kind == TRUTH:
        truth = "TRUE" if value in ("1", "true") else "FALSE"
        return Counted(truth, TAKEN_AS_SHOWN if use is Use.TEXT else None)
    if kind == DAY:
        return _iso(use, value)
    if kind == SHOWN:
        text = text_shown(code, value)
        return Counted(value) if use is not Use.TEXT or text == value else _text_shown(text, value)
    if kind == SEEN:
        return _seen(use, unit, *value.split("\t", 1))
    number = float(value)
    return _amount(code, number, unit) if use is Use.NUMBER else _number(use, code, number)


def _text_shown(text: str, value: str) -> Counted:
    return Counted(text, TAKEN_AS_SHOWN) if text else Counted(value, SHOWN_OTHERWISE)


def _number(use: Use, code: str, number: float) -> Counted:
    """A number in a column of texts, or of days where its format shows none."""
    text = stored(number)
    if abs(number) >= _TOO_LONG:
        return Counted(text, LOST_DIGITS if use is Use.TEXT else None)
    if is_plain(code) or says_only_the_number(code, number):
        return Counted(text)
    seen = shown(code, number)
    if seen is None or not seen:
        return Counted(text, SHOWN_OTHERWISE)
    return Counted(seen, None if seen == text else TAKEN_AS_SHOWN)


def _amount(code: str, number: float, unit: str) -> Counted:
    text = stored(number)
    if is_plain(code) or same_number(code, number, unit):
        return Counted(text)
    return Counted(shown(code, number) or text, SHOWN_OTHERWISE)


def _seen(use: Use, unit: str, value: str, text: str) -> Counted:
    """A number of which the file says what is shown."""
    number = float(value)
    exact = stored(number)
    if use is Use.NUMBER:
        return Counted(exact) if reads_as(text, number, unit) else Counted(text or exact, SHOWN_OTHERWISE)
    if abs(number) >= _TOO_LONG:
        return Counted(exact, LOST_DIGITS if use is Use.TEXT else None)
    if not text:
        return Counted(exact, SHOWN_OTHERWISE)
    plain = _SIGNS.sub("", text)
    same = _BARE.fullmatch(plain) is not None and ("E" in plain or reads_as(plain, number, ""))
    return Counted(exact) if same else Counted(text, TAKEN_AS_SHOWN)


def _iso(use: Use, value: str) -> Counted:
    found = _ISO.match(value)
    if found is None:
        return Counted(value)
    day, time = found[1], found[2] or ""
    timed = time.strip("0:") != ""
    if use is Use.DAY:
        return Counted(day, TAKEN_AS_SHOWN if timed else None)
    return Counted(f"{day} {time}" if timed else day, TAKEN_AS_SHOWN if use is Use.TEXT else None)


def days(use: Use, values: pl.Expr, *, only_time: pl.Expr, since_1904: bool) -> tuple[pl.Expr, pl.Expr]:
    """Serial numbers in formats that show days or times of day.

    Args:
        use: of their column.
        values: the numbers.
        only_time: true where the format shows a time of day alone.
        since_1904: day 0 is 1904-01-01, not 1900-01-00.

    Returns:
        The texts, and what is said about the cells.
    """
    seconds = (values * _SECONDS).round().cast(pl.Int64)
    day, clock = seconds // _SECONDS, seconds % _SECONDS
    time = pl.lit(0).cast(pl.Time).cast(pl.Int64) + clock * 1_000_000_000
    time_text = time.cast(pl.Time).dt.to_string("%H:%M:%S")
    first = 0 if since_1904 else 1
    base = pl.date(1904, 1, 1) if since_1904 else pl.date(1899, 12, 30)
    if not since_1904:
        base = base + pl.duration(days=(day < _LEAP_DAY).cast(pl.Int64))
    last = _LAST_DAY - (1462 if since_1904 else 0)
    known = (day >= first) & (day <= last)
    date = (base + pl.duration(days=pl.when(known).then(day).otherwise(first))).dt.to_string("%Y-%m-%d")
    if not since_1904:
        date = (
            pl.when(day == _LEAP_DAY)
            .then(pl.lit("1900-02-29"))
            .when(day == 0)
            .then(pl.lit("1900-01-00"))
            .otherwise(date)
        )
        known = known | (day == 0)
    timed = clock != 0
    bare = (day == 0) & (timed | only_time) if not since_1904 else (day == 0) & only_time
    cut = pl.lit(use is Use.DAY) | ~timed
    text = pl.when(cut).then(date).otherwise(pl.concat_str(date, pl.lit(" "), time_text))
    text = pl.when(bare).then(time_text).when(known).then(text).otherwise(pl.lit(_UNREADABLE))
    match use:
        case Use.TEXT:
            told = pl.lit(True)
        case Use.DAY:
            told = known & ~bare & (timed | only_time)
        case _:
            told = pl.lit(False)
    return text, pl.when(told).then(pl.lit(TAKEN_AS_SHOWN))


def shows_days(code: str) -> tuple[bool, bool]:
    """Whether a number format shows days or times, and whether times alone."""
    return is_date(code), is_time(code)


def format_of(formats: Mapping[str, str], style: int) -> str:
    """Number format of a style."""
    return formats.get(str(style), GENERAL)
