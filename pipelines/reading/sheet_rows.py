"""Rows of a sheet that is read bit by bit, on disk in the form in which ``sheets`` answers.

Used for what is no workbook of Excel's own and still holds sheets: web pages and XML (``disguise``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa

from pipelines.cells.sheet_cells import SheetCells
from pipelines.ground.limits import Deadline, Limits
from pipelines.reading.problems import Unreadable, too_large, too_slow

_ROWS: Final = 20_000
_LIST: Final = pa.schema([("cells", pa.list_(pa.large_string()))])


class SheetRows:
    """One sheet: rows are added from the first on, and memory holds a few of them."""

    def __init__(self, name: str, folder: Path, place: int, limits: Limits, deadline: Deadline) -> None:
        self.name, self.visible = name, "visible"
        self.height = self.width = 0
        self._limits, self._deadline = limits, deadline
        self._rows_file, self._file = folder / f"rows-{place}.arrow", folder / f"sheet-{place}.arrow"
        self._waiting: list[list[str]] = []
        self._errors: list[tuple[int, int, str]] = []
        self._odd: list[tuple[int, int, int, str, str]] = []
        self._odd_file = folder / f"odd-{place}.arrow"
        self.cells = SheetCells()
        self._sink = pa.OSFile(str(self._rows_file), "wb")
        self._writer = pa.ipc.new_file(self._sink, _LIST)

    def add(self, cells: Sequence[str], errors: Sequence[tuple[int, str]] = ()) -> None:
        """Add a row.

        Args:
            cells: texts, "" for an empty one; empty ones at the end do not count.
            errors: columns from 0 with the error value (``#REF!``) that stands there.

        Raises:
            Unreadable: a limit is passed, or the time is over.
        """
        row = list(cells)
        while row and not row[-1]:
            row.pop()
        self._errors += [(self.height, column, text) for column, text in errors]
        self.height += 1
        self.width = max(self.width, len(row))
        self._check(row)
        self._waiting.append(row)
        if len(self._waiting) >= _ROWS:
            self._flush()

    def odd(self, column: int, kind: str, value: str) -> None:
        """Say of a cell of the next row that it is not the text it seems (``pipelines.cells.sheet_cells.ODD``)."""
        self._odd.append((self.height, column, 0, kind, value))

    def blank(self, rows: int) -> None:
        """Add rows without cells."""
        for _ in range(rows):
            self.add(())

    def answer(self) -> dict[str, Any]:
        """The sheet as ``sheets`` answers; it takes no rows any more."""
        self._flush()
        self._writer.close()
        self._sink.close()
        said: dict[str, Any] = {
            "name": self.name, "visible": self.visible, "height": self.height, "width": self.width,
            "errors": self._errors,
        }  # fmt: skip
        if self._odd:
            self.cells.add(list(zip(*self._odd, strict=True)))
        said["cells"] = self.cells.answer(self._odd_file)
        if self.width:
            cells = [pl.col("cells").list.get(place, null_on_oob=True).alias(str(place)) for place in range(self.width)]
            pl.scan_ipc(self._rows_file).select(cells).sink_ipc(self._file)
            said["file"] = str(self._file)
        return said

    def _check(self, row: Sequence[str]) -> None:
        limits = self._limits
        if self.width > limits.columns:
            raise Unreadable(too_large("列数", "Columns", self.width, limits.columns))
        if self.height > limits.rows:
            raise Unreadable(too_large("行数", "Rows", self.height, limits.rows))
        if self.height * self.width > limits.cells:
            raise Unreadable(too_large("单元格数", "Cells", self.height * self.width, limits.cells))
        length = sum(map(len, row))
        if length > limits.row_bytes:
            raise Unreadable(
                too_large(f"第 {self.height} 行的长度", f"Length of row {self.height}", length, limits.row_bytes)
            )
        if self.height % 1000 == 0 and self._deadline.passed:
            raise Unreadable(too_slow(self._deadline.seconds))

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pydict({"cells": self._waiting}, schema=_LIST))
        self._waiting = []
