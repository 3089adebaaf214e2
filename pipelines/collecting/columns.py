"""Whether the columns of a file are those of its dataset: a file that lacks some is rejected whole, and its rows are not judged.

No row of it could be right. To judge them all the same would give a finding for every cell that is not there, and rows that stay
open although nothing but the whole file, sent again, can close them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from pipelines.reading import Source, Unreadable, missing_columns
from pipelines.reading.headers import Columns, known_columns
from pipelines.reading.near_columns import OtherUnit
from pipelines.reading.problems import other_unit
from pipelines.screening import Screen

_COLUMNS_TOLD: Final = 10


def check_columns(source: Source, screen: Screen) -> None:
    """Refuse a file for its columns.

    Args:
        source: the file, opened.
        screen: of the dataset it was sent as.

    Raises:
        Unreadable: required columns are missing, or an amount is in another unit than the dataset's.
    """
    columns = source.columns
    units = [(one.text, one.unit, one.wanted, one.wanted_unit) for one in _filled_units(source)]
    lifted = source.layout.lifts if source.layout else ()
    missing = [field for field in columns.missing if field.id not in lifted]
    if missing:
        near = {one.field.id: one.text for one in columns.near[:_COLUMNS_TOLD]}
        better = _fits_better(columns, screen)
        titles = [
            f"{field.title_zh}（文件里的“{near[field.id]}”可能就是这一列，请改列名）"
            if field.id in near and better is None
            else field.title_zh
            for field in missing
        ]
        problem = missing_columns(titles, better)
        raise Unreadable(problem, source.encoding)
    if units:
        raise Unreadable(other_unit(units), source.encoding)


def _filled_units(source: Source) -> Iterator[OtherUnit]:
    """Columns in another unit in which something stands."""
    for one in source.columns.other_units:
        place = [text.strip() for text in source.columns.header].index(one.text)
        column = pl.col(str(place))
        try:
            filled = source.table.select((column.is_not_null() & (column != "")).any()).collect(engine="streaming")
        except pl.exceptions.PolarsError:
            yield one  # it has to be read line by line, which is not worth it for a column that is named wrongly
            continue
        if filled.item():
            yield one


def _fits_better(columns: Columns, screen: Screen) -> tuple[str, str] | None:
    """Title and id of the dataset that knows most of the columns of a file, where that is another than it was sent as."""
    catalog = screen.catalog
    known = {one: known_columns(columns.header, catalog.fields(one)) for one in (screen.dataset.id, *catalog.datasets)}
    best = max(known, key=lambda one: known[one])
    if 2 * known[best] <= len(columns.header) or known[best] == known[screen.dataset.id]:
        return None
    return catalog.datasets[best].title_zh, best
