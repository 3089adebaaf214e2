"""What stands in a sheet of an .ods beside its texts. Here the text a person sees is in the file, next to the value.

Source: OASIS, OpenDocument 1.3 part 3, §9 (tables) and §19.385 (office:value-type).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, iterparse

from pipelines.cells.sheet_cells import DAY, SEEN, TRUTH, SheetCells

_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_NUMBERS: Final = ("float", "percentage", "currency")
_HIDDEN: Final = ("collapse", "filter")
_MOST: Final = 1_048_576  # rows of a sheet


def cells_of(path: Path, sheet: str) -> SheetCells:
    """What stands in a sheet.

    Args:
        path: of the workbook.
        sheet: its name.

    Raises:
        KeyError: the workbook has no such sheet.
        zipfile.BadZipFile, xml.etree.ElementTree.ParseError: it is broken.
    """
    with zipfile.ZipFile(path) as package, package.open("content.xml") as stream:
        reader = _Sheet(sheet)
        for event, element in iterparse(stream, events=("start", "end")):
            reader.take(event, element)
    if not reader.met:
        raise KeyError(sheet)
    return reader.found


class _Sheet:
    """Takes the elements of a workbook and keeps what is said in one of its sheets."""

    def __init__(self, name: str) -> None:
        self.found, self.met = SheetCells(), False
        self._name, self._inside = name, False
        self._row = self._column = 0
        self._struck: set[str] = set()
        self._cells: list[tuple[int, int, int, str, str]] = []

    def take(self, event: str, element: Element) -> None:
        """An element begins or ends."""
        if event == "start":
            if element.tag == _TABLE + "table" and element.get(_TABLE + "name") == self._name:
                self._inside = self.met = True
                self._row = self._column = 0
            return
        if element.tag == _STYLE + "style":
            if any(_is_struck(one) for one in element):
                self._struck.add(element.get(_STYLE + "name", ""))
        elif element.tag == _TABLE + "table" and self._inside:
            self._inside = False
            if self._cells:
                self.found.add(list(zip(*self._cells, strict=True)))
        elif element.tag == _TABLE + "table-column" and self._inside:
            self._take_column(element)
        elif element.tag == _TABLE + "table-row":
            if self._inside:
                self._take_row(element)
            element.clear()

    def _take_column(self, element: Element) -> None:
        repeated = _count(element, "number-columns-repeated")
        if element.get(_TABLE + "visibility") in _HIDDEN:
            self.found.hidden_columns.append([self._column, self._column + repeated - 1])
        self._column += repeated

    def _take_row(self, row: Element) -> None:
        repeated = _count(row, "number-rows-repeated")
        rows = range(self._row, min(self._row + repeated, _MOST))
        cells = list(_cells(row))
        if row.get(_TABLE + "visibility") in _HIDDEN:
            self.found.hidden_rows += rows
        if any(cell.get(_TABLE + "style-name") in self._struck and _text(cell) for _, cell in cells):
            self.found.struck_rows += rows
        for column, cell in cells:
            down, across = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
            if down > 1 or across > 1:
                self.found.merges.append([self._row, column, self._row + down - 1, column + across - 1])
            if (said := _value(cell)) is not None:
                self._cells += [(one, column, 0, *said) for one in rows]
        self._row += repeated


def _cells(row: Element) -> Iterator[tuple[int, Element]]:
    """The cells of a row that have anything, with their columns; a repeated one once for each column."""
    column = 0
    for cell in row:
        repeated = _count(cell, "number-columns-repeated")
        if len(cell) or cell.get(_OFFICE + "value-type"):
            for place in range(column, column + repeated):
                yield place, cell
        column += repeated


def _value(cell: Element) -> tuple[str, str] | None:
    """Kind and value of a cell that is no text."""
    match cell.get(_OFFICE + "value-type"):
        case kind if kind in _NUMBERS:
            return SEEN, f"{cell.get(_OFFICE + 'value', '')}\t{_text(cell)}"
        case "date":
            return DAY, cell.get(_OFFICE + "date-value", "")
        case "boolean":
            return TRUTH, cell.get(_OFFICE + "boolean-value", "")
        case _:
            return None


def _text(cell: Element) -> str:
    return "\n".join("".join(one.itertext()) for one in cell.iterfind(_TEXT + "p"))


def _count(element: Element, name: str) -> int:
    return int(element.get(_TABLE + name, 1))


def _is_struck(properties: Element) -> bool:
    return properties.get(_STYLE + "text-line-through-style", "none") != "none"
