"""XLSX: the first sheet, every cell as the text a person sees, row numbers as the spreadsheet shows them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipelines.reading.problems import Unreadable, broken_workbook, empty_file


def cells(path: Path) -> tuple[list[str], pl.DataFrame]:
    """Header and rows of the first sheet.

    Returns:
        The header texts, and the rows below as text columns ``0``, ``1``, … with ``_row_number``; empty rows left out.

    Raises:
        Unreadable: no workbook, or nothing in it.
    """
    import fastexcel

    try:
        sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string", skip_rows=0)
        frame = sheet.to_polars()
    except Exception as error:  # fastexcel raises its own types and Rust panics alike
        reason = str(error).splitlines()[0][:120]
        raise Unreadable(broken_workbook(reason)) from error
    if frame.height == 0:
        raise Unreadable(empty_file())
    frame = frame.rename({name: str(position) for position, name in enumerate(frame.columns)})
    header = ["" if text is None else str(text) for text in frame.row(0)]
    rows = frame.with_row_index("_row_number", offset=1).slice(1)
    data = [name for name in rows.columns if name != "_row_number"]
    rows = rows.filter(~pl.all_horizontal(pl.col(data).is_null() | (pl.col(data) == "")))
    return header, rows.with_columns(pl.col("_row_number").cast(pl.Int64))
