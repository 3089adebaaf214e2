"""Rows that were filled in beforehand and never used: a serial number, a default in a drop-down list, and nothing else.

Templates come with hundreds of them. A row is one where none of the cells is filled by which a record is known, and all that is
filled stands in columns that say the same in every row of the file, or count it; at most half of its cells are. Whether a column does can only be told from the
whole file; it is looked at only where rows without such a cell were met.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import polars as pl

from pipelines.reading.header_texts import key
from pipelines.reading.rows import ROW_NUMBER
from pipelines.reading.skipped_rows import BLANK
from pipelines.reading.source import EMPTY, LAST_EMPTY, SKIPPED_ROW, Source

_SERIALS: Final = frozenset(
    ("序号", "序", "编号", "行号", "顺序号", "流水号", "no", "no.", "id", "#", "num", "rowid", "rownum", "index")
)
_TWICE: Final = 2  # rows in which a default stands at least: in one row alone every cell says the same in all of them


def without_identity(identity: Collection[str]) -> pl.Expr:
    """True for a row in which none of the fields is filled by which a record is known."""
    return pl.all_horizontal(pl.col(name).is_null() for name in sorted(identity))


def with_blank_rows(source: Source, identity: Collection[str]) -> Source:
    """The source with the rows marked that were filled in beforehand only; itself where there are none.

    Args:
        source: a file that can be read.
        identity: the fields by which a record is known.
    """
    places = [str(place) for place in range(len(source.columns.names))]
    unfit = {str(place) for place, name in enumerate(source.columns.names) if name in identity}
    same = _same_in_every_row(source, [place for place in places if place not in unfit])
    others = [pl.col(place).is_null() | (pl.col(place) == "") for place in places if place not in same]
    if not same or not others:
        return source
    filled = pl.sum_horizontal((pl.col(place).is_not_null() & (pl.col(place) != "")).cast(pl.Int32) for place in places)
    blank = source.table.filter(pl.all_horizontal(others) & (2 * filled <= len(places))).select(
        pl.col(ROW_NUMBER).cast(pl.Int64)
    )
    numbers = blank.collect(engine="streaming")[ROW_NUMBER]
    if numbers.is_empty():
        return source
    found = pl.col(ROW_NUMBER).is_in(numbers.implode()) & ~pl.col(EMPTY)
    rows = source.rows.with_columns(
        pl.when(found).then(pl.lit(BLANK)).otherwise(pl.col(SKIPPED_ROW)).alias(SKIPPED_ROW),
        (pl.col(EMPTY) | found).alias(EMPTY),
        (pl.col(LAST_EMPTY) & ~found).alias(LAST_EMPTY),
    )
    return replace(source, rows=rows)


def _same_in_every_row(source: Source, places: list[str]) -> set[str]:
    """Columns that hold one value wherever they hold any, or a serial number."""
    if not places:
        return set()
    found = source.table.select(
        *(pl.col(place).drop_nulls().n_unique().alias(f"values:{place}") for place in places),
        *(pl.col(place).count().alias(f"filled:{place}") for place in places),
        *(pl.col(place).drop_nulls().str.contains(r"^\s*\d{1,9}\s*$").all().alias(f"numbers:{place}") for place in places),
    ).collect(engine="streaming").row(0, named=True)  # fmt: skip
    header = dict(zip(map(str, range(len(source.columns.header))), source.columns.header, strict=True))

    def counts(place: str) -> bool:
        """Each row has another number: its place in the list."""
        named = key(header[place]) in _SERIALS or not header[place].strip()
        every = found[f"values:{place}"] == found[f"filled:{place}"] > 1
        return bool(found[f"numbers:{place}"]) and (named or (every and place == "0"))

    return {
        place
        for place in places
        if (found[f"values:{place}"] == 1 and found[f"filled:{place}"] >= _TWICE)
        or (found[f"filled:{place}"] and counts(place))
    }
