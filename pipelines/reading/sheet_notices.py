"""What a sender is told about a sheet that is read as it is: rows and columns nobody sees, what is struck out, and a full sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from pipelines.reading.headers import UNKNOWN, Columns
from pipelines.reading.rows import ROW_NUMBER

LAST_ROW: Final = {".xls": 65_536, ".xlsx": 1_048_576, ".ods": 1_048_576}
"""Rows a sheet of the format has at most. Source: Microsoft, Excel specifications and limits."""
_TOLD: Final = 10


def sheet_notices(
    cells: Mapping[str, Any], table: pl.LazyFrame, found: Columns, height: int, kind: str
) -> tuple[str, ...]:
    """What is told about the sheet with the records, in Chinese; the weightiest first.

    Args:
        cells: as ``pipelines.cells.SheetCells`` answers.
        table: rows below the header, with ``_row_number`` and the columns ``0``, ``1``, … as text.
        found: which column is which field.
        height: rows of the sheet.
        kind: ending of what the file is.
    """
    told = []
    if height >= LAST_ROW.get(kind, height + 1):
        told.append(
            f"【可能被截断】工作表正好写满 {kind} 格式的最后一行（第 {LAST_ROW[kind]:,} 行），后面的数据很可能在导出时丢失了。"
            "已收到的行照常核验；请对照源系统的总条数核对，缺的行请分成几个文件（或者用 CSV）补报。"
        )
    if cells["hidden_rows"] or cells["struck_rows"]:
        names = [str(n) for n in range(len(found.names))]
        filled = table.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in names))
        rows = filled.select(ROW_NUMBER).collect().to_series()
        if struck := _among(rows, cells["struck_rows"]):
            told.append(
                f"{_rows(struck)}有划了删除线的内容，删除线不会被读取，这些行已照常核验。"
                "划线表示作废的，请从表里删去；已经入库的，请报送撤销信息。"
            )
        if hidden := _among(rows, cells["hidden_rows"]):
            told.append(
                f"{_rows(hidden)}在工作表里是隐藏的（隐藏，或者被筛选掉），已照常读取、核验。"
                "不该报送的，请取消筛选和隐藏后删去，再重新报送。"
            )
    if names := _columns(cells["hidden_columns"], table, found):
        told.append(f"工作表里隐藏的列也有内容，已照常读取：{'、'.join(names)}。请取消隐藏，核对内容是否要报送。")
    return tuple(told)


def _among(rows: pl.Series, spans: Sequence[Sequence[int]]) -> list[int]:
    """Those of some rows that lie in ranges counted from 0."""
    if not spans or rows.is_empty():
        return []
    begins, ends = (pl.Series([span[n] + 1 for span in spans], dtype=pl.Int64) for n in (0, 1))
    which = begins.search_sorted(rows, side="right").cast(pl.Int64) - 1
    last = ends.gather(which.clip(0))
    return rows.filter((which >= 0) & (rows <= last)).to_list()


def _rows(numbers: Sequence[int]) -> str:
    shown = "、".join(map(str, numbers[:_TOLD]))
    return f"第 {shown} 行" if len(numbers) <= _TOLD else f"第 {shown} 行等 {len(numbers):,} 行"


def _columns(spans: Sequence[Sequence[int]], table: pl.LazyFrame, found: Columns) -> list[str]:
    """The headers of known columns in some ranges that have any content."""
    known = [
        place
        for place, name in enumerate(found.names)
        if not name.startswith(UNKNOWN) and any(first <= place <= last for first, last in spans)
    ]
    if not known:
        return []
    row = table.select(pl.col(str(place)).is_not_null().any() for place in known).collect().row(0)
    return [f"“{found.header[place].strip()}”" for place, any_ in zip(known, row, strict=True) if any_]
