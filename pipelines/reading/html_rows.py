"""Rows of the tables of a web page, as the target of lxml's parser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipelines.ground.limits import Limits
from pipelines.reading.problems import Unreadable, too_large
from pipelines.reading.sheet_rows import SheetRows

_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_BREAK: Final = "\x00"  # no parser gives it; a line break of the page, not of its source
_BREAKS: Final = re.compile(r"[ \t\r\n\f]*\x00[ \t\r\n\f\x00]*")
_BLOCKS: Final = frozenset(("p", "div", "li"))
_UNSEEN: Final = frozenset(("script", "style", "title"))


@dataclass
class _Table:
    """A table that is open: the row and the cell of it that are open, and columns that cells of rows above reach into."""

    row: dict[int, str] | None = None
    at: int = 0
    cell: list[str] | None = None
    length: int = 0
    columns: int = 1
    rows: int = 1
    reaching: dict[int, int] = field(default_factory=dict)
    begun: dict[int, int] = field(default_factory=dict)
    nested: bool = False


class HtmlRows:
    """Takes the elements of a page and adds the rows of its tables to a sheet.

    A cell over several columns or rows has its text in the first, as a merged one has in a workbook. The rows of a table
    inside a cell are rows of their own; the row around it is one only where it has a text besides.
    """

    def __init__(self, rows: SheetRows, limits: Limits) -> None:
        self._rows, self._limits = rows, limits
        self._open: list[_Table] = []
        self._unseen = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if tag == "table":
            for outer in self._open:
                outer.nested = True
            self._open.append(_Table())
        elif tag in _UNSEEN:
            self._unseen += 1
        elif tag in {"tr", "td", "th"}:
            if not self._open:
                self._open.append(_Table())
            self._end_cell()
            if tag == "tr":
                self._end_row()
                self._begin_row()
            else:
                self._begin_cell(attributes)
        elif tag == "br" or tag in _BLOCKS:
            self.data(_BREAK)

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif not self._open:
            return
        elif tag in {"td", "th"}:
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_row()
            self._open.pop()

    def data(self, text: str) -> None:
        """Text; only that of cells counts."""
        table = self._open[-1] if self._open else None
        if table is None or table.cell is None or self._unseen:
            return
        table.length += len(text)
        if table.length > self._limits.row_bytes:
            number = self._rows.height + 1
            raise Unreadable(
                too_large(f"第 {number} 行的长度", f"Length of row {number}", table.length, self._limits.row_bytes)
            )
        table.cell.append(text)

    def comment(self, text: str) -> None:
        """Comments are not seen."""

    def close(self) -> None:
        """The page ends, with or without the ends of its tables."""
        while self._open:
            self._end_row()
            self._open.pop()

    def _begin_row(self) -> None:
        table = self._open[-1]
        table.row, table.at, table.length, table.nested = {}, 0, 0, False
        table.begun = {}

    def _begin_cell(self, attributes: Mapping[str, str]) -> None:
        table = self._open[-1]
        if table.row is None:
            self._begin_row()
        while table.reaching.get(table.at, 0) > 0:
            table.at += 1
        table.cell = []
        table.columns = min(_number(attributes.get("colspan")), self._limits.columns + 1)
        table.rows = _number(attributes.get("rowspan"))

    def _end_cell(self) -> None:
        table = self._open[-1]
        if table.cell is None or table.row is None:
            return
        text = _BREAKS.sub(_BREAK, "".join(table.cell))
        text = _BLANKS.sub(" ", text).replace(_BREAK, "\n").strip(" \n")
        table.cell = None
        if text.strip(" \n\xa0"):
            table.row[table.at] = text
        if table.rows > 1:
            table.begun |= {column: table.rows for column in range(table.at, table.at + table.columns)}
        table.at += table.columns
        if table.at > 10 * self._limits.columns:
            raise Unreadable(too_large("列数", "Columns", table.at, self._limits.columns))

    def _end_row(self) -> None:
        self._end_cell()
        table = self._open[-1]
        if table.row is None:
            return
        row, table.row = table.row, None
        table.reaching = {column: left - 1 for column, left in table.reaching.items() if left > 1}
        table.reaching |= {column: left - 1 for column, left in table.begun.items()}
        if row or not table.nested:
            self._rows.add([row.get(column, "") for column in range(max(row, default=-1) + 1)])


def _number(text: str | None) -> int:
    found = re.match(r"\s*(\d{1,9})", text or "")
    return max(1, int(found[1])) if found else 1
