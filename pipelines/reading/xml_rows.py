"""Rows of an XML spreadsheet of Excel 2003, as the target of lxml's parser.

Source: Microsoft, XML Spreadsheet Reference (Office XP and 2003), urn:schemas-microsoft-com:office:spreadsheet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from pipelines.cells.sheet_cells import DAY, NUMBER
from pipelines.reading.problems import Unreadable, broken_workbook, external_entities, formulas_without_values
from pipelines.reading.sheet_rows import SheetRows

_SPACE: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"
_EXCEL: Final = "{urn:schemas-microsoft-com:office:excel}"
_DIGITS: Final = 15  # as many as Excel shows of a number
_MOST_ROWS: Final = 10_000_000


class XmlRows:
    """Takes the elements of a workbook and adds the rows of its sheets.

    A number is shown with fifteen digits, a day as ``2026-03-05 00:00:00``, a truth value as ``true``: as those of a workbook.
    """

    def __init__(self, begun: Callable[[str], SheetRows]) -> None:
        self._begun = begun
        self._sheet: SheetRows | None = None
        self._row: dict[int, str] = {}
        self._errors: list[tuple[int, str]] = []
        self._at = 0
        self._width = 1
        self._formula = self._has_data = False
        self._type = ""
        self._text: list[str] | None = None
        self._visible: list[str] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        match tag.removeprefix(_SPACE):
            case "Worksheet":
                self._sheet = self._begun(attributes.get(f"{_SPACE}Name", ""))
            case "Row" if self._sheet is not None:
                place = _whole(attributes.get(f"{_SPACE}Index")) or self._sheet.height + 1
                self._sheet.blank(place - 1 - self._sheet.height)
                self._row, self._errors, self._at = {}, [], 0
                if attributes.get(f"{_SPACE}Hidden") == "1":
                    self._sheet.cells.hidden_rows.append(self._sheet.height)
            case "Cell":
                column = _whole(attributes.get(f"{_SPACE}Index"))
                self._at = column - 1 if column else self._at
                self._width = 1 + (_whole(attributes.get(f"{_SPACE}MergeAcross")) or 0)
                down = _whole(attributes.get(f"{_SPACE}MergeDown")) or 0
                if down and self._sheet is not None:
                    top = self._sheet.height
                    self._sheet.cells.merges.append([top, self._at, top + down, self._at + self._width - 1])
                self._formula, self._has_data = f"{_SPACE}Formula" in attributes, False
            case "Data":
                self._type, self._text, self._has_data = attributes.get(f"{_SPACE}Type", ""), [], True
            case _ if tag == f"{_EXCEL}Visible":
                self._visible = []

    def end(self, tag: str) -> None:
        """An element ends."""
        match tag.removeprefix(_SPACE):
            case "Data" if self._text is not None:
                text, self._text = "".join(self._text), None
                if self._type == "Error":
                    self._errors.append((self._at, text))
                elif text:
                    self._row[self._at] = _shown(text, self._type)
                    self._say_odd(text)
            case "Cell":
                if self._formula and not self._has_data and self._sheet is not None:
                    raise Unreadable(formulas_without_values(f"R{self._sheet.height + 1}C{self._at + 1}"))
                self._at += self._width
            case "Row" if self._sheet is not None:
                last = max([*self._row, *(column for column, _ in self._errors)], default=-1)
                if last >= _MOST_ROWS:
                    raise Unreadable(broken_workbook(f"column {last + 1}"))
                self._sheet.add([self._row.get(column, "") for column in range(last + 1)], self._errors)
            case _ if tag == f"{_EXCEL}Visible" and self._visible is not None:
                if self._sheet is not None and "Hidden" in "".join(self._visible):
                    self._sheet.visible = "hidden"
                self._visible = None

    def _say_odd(self, text: str) -> None:
        """A day may have a time; a number may have more digits than Excel keeps."""
        if self._sheet is None:
            return
        if self._type == "DateTime":
            self._sheet.odd(self._at, DAY, text)
        elif self._type == "Number" and _is_long(text):
            self._sheet.odd(self._at, NUMBER, text)

    def data(self, text: str) -> None:
        """Text."""
        if self._text is not None:
            self._text.append(text)
        elif self._visible is not None:
            self._visible.append(text)

    def comment(self, text: str) -> None:
        """Comments of the XML are not seen."""

    def doctype(self, *_: str | None) -> None:
        """No spreadsheet has a document type.

        Raises:
            Unreadable: always.
        """
        raise Unreadable(external_entities())

    def close(self) -> None:
        """The workbook ends."""


def _whole(text: str | None) -> int | None:
    """A number of the markup, from 1; None where there is none, or one that cannot be."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    number = int(text[:12])
    if number > _MOST_ROWS:
        raise Unreadable(broken_workbook(f"Index {text[:20]}"))
    return number or None


def _shown(text: str, kind: str) -> str:
    match kind:
        case "Boolean":
            return {"1": "true", "0": "false"}.get(text, text)
        case "DateTime":
            return text.replace("T", " ").removesuffix(".000")
        case "Number":
            return _number(text)
        case _:
            return text


def _is_long(text: str) -> bool:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and abs(value) >= 10**_DIGITS


def _number(text: str) -> str:
    """A number with as many digits as Excel shows; one with an exponent beyond them stays as it is: its digits are lost."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value) >= 10**_DIGITS or (value and abs(value) < Decimal(10) ** -_DIGITS):
        return text
    if len(value.as_tuple().digits) <= _DIGITS and "e" not in text.casefold():
        return text
    rounded = format(Decimal(f"{value:.{_DIGITS - 1}e}"), "f")
    return rounded.rstrip("0").rstrip(".") if "." in rounded else rounded
