"""What stands in a sheet of an .xls beside its texts: the records of BIFF8, and of BIFF5, one after the other.

Source: [MS-XLS] §2.3 (records) and §2.5.122 (RkNumber); of BIFF5 the OpenOffice.org documentation of the Excel file format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import olefile

from pipelines.cells.number_formats import BUILT_IN, GENERAL, changes_text, is_plain, is_simple_day, stored
from pipelines.cells.sheet_cells import NUMBER, SHOWN, TRUTH, SheetCells

_BOF, _EOF, _BOUND_SHEET, _DATE_MODE, _FONT, _FORMAT, _XF = 0x809, 0x0A, 0x85, 0x22, 0x31, 0x41E, 0xE0
_NUMBER, _RK, _MUL_RK, _FORMULA, _TRUTH, _SST, _LABEL, _RICH = 0x203, 0x27E, 0xBD, 0x06, 0x205, 0xFD, 0x204, 0xD6
_ROW, _COLUMN, _MERGES = 0x208, 0x7D, 0xE5
_BIFF8: Final = 0x600
_FILE_PASS: Final = 0x2F
_STRUCK: Final = 0x08
_HIDDEN_ROW: Final = 0x20
_NO_FONT: Final = 4  # font 4 is in no file: those behind count from 5
_EXACT: Final = 1e15
_FIRST_DAY, _LAST_DAY = 61, 2_958_465


def is_locked(path: Path) -> bool:
    """True for a workbook that is encrypted, be it with the password that Excel tries of itself."""
    content = _stream(path)
    return any(kind == _FILE_PASS for kind, _, _ in _records(content, 0))


def cells_of(path: Path, sheet: str) -> SheetCells:
    """What stands in a sheet.

    Args:
        path: of the workbook.
        sheet: its name.

    Raises:
        KeyError: the workbook has no such sheet.
        OSError: it is broken.
    """
    content = _stream(path)
    found = SheetCells()
    begin, struck = _globals(content, found, sheet)
    if begin is None:
        raise KeyError(sheet)
    _Sheet(found, struck).read(content, begin)
    return found


def _stream(path: Path) -> bytes:
    with olefile.OleFileIO(str(path)) as package:
        name = next((one for one in ("Workbook", "Book") if package.exists(one)), None)
        if name is None:
            raise OSError("there is no stream with a workbook in it")
        content: bytes = package.openstream(name).read()
        return content


def _records(content: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, beginning and length of each record of a part of the stream, up to its end."""
    head = struct.Struct("<HH").unpack_from
    last = len(content) - 4
    while at <= last:
        kind, length = head(content, at)
        yield kind, at + 4, length
        if kind == _EOF:
            return
        at += 4 + length


def _globals(content: bytes, found: SheetCells, sheet: str) -> tuple[int | None, set[int]]:
    """Where the sheet begins, and the styles whose font is struck out."""
    begin: int | None = None
    wide = False
    fonts: list[bool] = []
    formats = dict(BUILT_IN)
    styles: list[tuple[int, int]] = []
    for kind, at, length in _records(content, 0):
        if kind == _BOF:
            wide = struct.unpack_from("<H", content, at)[0] == _BIFF8
        elif kind == _BOUND_SHEET and _text(content[at + 6 : at + length], wide=wide) == sheet:
            begin = struct.unpack_from("<I", content, at)[0]
        elif kind == _DATE_MODE:
            found.since_1904 = struct.unpack_from("<H", content, at)[0] == 1
        elif kind == _FONT:
            fonts.append(bool(content[at + 2] & _STRUCK))
        elif kind == _FORMAT:
            number = struct.unpack_from("<H", content, at)[0]
            formats[number] = _text(content[at + 2 : at + length], wide=wide, long=wide)
        elif kind == _XF:
            styles.append(struct.unpack_from("<HH", content, at))
    for place, (font, number) in enumerate(styles):
        if (code := formats.get(number, GENERAL)) != GENERAL:
            found.formats[place] = code
    seen = [*fonts[:_NO_FONT], False, *fonts[_NO_FONT:]]
    return begin, {place for place, (font, _) in enumerate(styles) if font < len(seen) and seen[font]}


def _text(content: bytes, *, wide: bool, long: bool = False) -> str:
    """A text with its length before it: in Unicode in BIFF8, in the code page of the program, which is taken as GBK, in BIFF5."""
    length = struct.unpack_from("<H" if long else "<B", content)[0]
    at = 2 if long else 1
    if not wide:
        return content[at : at + length].decode("gbk", errors="replace")
    if content[at] & 1:
        return content[at + 1 : at + 1 + 2 * length].decode("utf-16-le", errors="replace")
    return content[at + 1 : at + 1 + length].decode("latin-1")


class _Sheet:
    """Takes the records of a sheet."""

    def __init__(self, found: SheetCells, struck: set[int]) -> None:
        self._found, self._struck = found, struck
        formats = found.formats
        days = set() if found.since_1904 else {n for n, code in formats.items() if is_simple_day(code)}
        self._days, self._odd = days, {n for n, code in formats.items() if not is_plain(code)} - days
        self._texts = {n for n, code in formats.items() if changes_text(code)}
        self._cells: list[tuple[int, int, int, str, str]] = []

    def read(self, content: bytes, begin: int) -> None:
        """Read to the end of the sheet."""
        found, place = self._found, struct.Struct("<HHH").unpack_from
        texts_matter = bool(self._texts or self._struck)
        depth = 0
        for kind, at, length in _nested(content, begin):
            depth += (kind == _BOF) - (kind == _EOF)
            if depth > 1:
                continue  # a chart
            if kind in (_SST, _LABEL, _RICH):
                if texts_matter:
                    self._text(*place(content, at))
            elif kind == _RK:
                row, column, style = place(content, at)
                self._number(row, column, style, _rk(content, at + 6))
            elif kind == _NUMBER:
                row, column, style = place(content, at)
                self._number(row, column, style, struct.unpack_from("<d", content, at + 6)[0])
            elif kind == _MUL_RK:
                row, column = struct.unpack_from("<HH", content, at)
                for step, one in enumerate(range(at + 4, at + length - 2, 6)):
                    self._number(row, column + step, struct.unpack_from("<H", content, one)[0], _rk(content, one + 2))
            elif kind == _FORMULA:
                self._formula(content, at, *place(content, at))
            elif kind == _TRUTH:
                row, column, style = place(content, at)
                if not content[at + 7]:
                    self._keep(row, column, style, TRUTH, str(content[at + 6]))
            elif kind == _ROW:
                flags = struct.unpack_from("<H", content, at + 12)[0]
                if flags & _HIDDEN_ROW:
                    found.hidden_rows.append(struct.unpack_from("<H", content, at)[0])
            elif kind == _COLUMN:
                first, last, width, _, flags = struct.unpack_from("<HHHHH", content, at)
                if flags & 1 or not width:
                    found.hidden_columns.append([first, last])
            elif kind == _MERGES:
                for one in range(at + 2, at + length - 7, 8):
                    top, bottom, left, right = struct.unpack_from("<HHHH", content, one)
                    found.merges.append([top, left, bottom, right])
        if self._cells:
            found.add(list(zip(*self._cells, strict=True)))

    def _number(self, row: int, column: int, style: int, value: float) -> None:
        if style in self._struck:
            self._found.struck_rows.append(row)
        if style in self._days and value.is_integer() and _FIRST_DAY <= value <= _LAST_DAY:
            return
        if style in self._odd or style in self._days or abs(value) >= _EXACT or repr(value) != _usual(value):
            self._keep(row, column, style, NUMBER, repr(value))

    def _text(self, row: int, column: int, style: int) -> None:
        if style in self._struck:
            self._found.struck_rows.append(row)
        if style in self._texts:
            self._keep(row, column, style, SHOWN, "")

    def _formula(self, content: bytes, at: int, row: int, column: int, style: int) -> None:
        """The saved result: a number, or what its last two bytes mark as something else."""
        if content[at + 12 : at + 14] != b"\xff\xff":
            self._number(row, column, style, struct.unpack_from("<d", content, at + 6)[0])
        elif content[at + 6] == 1:
            self._keep(row, column, style, TRUTH, str(content[at + 8]))
        elif content[at + 6] == 0:
            self._text(row, column, style)

    def _keep(self, row: int, column: int, style: int, kind: str, value: str) -> None:
        self._cells.append((row, column, style, kind, value))


def _nested(content: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """The records of a sheet, with those of charts in it."""
    depth = 0
    while True:
        end = at
        for kind, begin, length in _records(content, at):
            depth += (kind == _BOF) - (kind == _EOF)
            end = begin + length
            yield kind, begin, length
        if depth <= 0 or end <= at:
            return
        at = end


def _rk(content: bytes, at: int) -> float:
    """A number in four bytes: an integer or the upper half of a double, perhaps times a hundred."""
    raw: int = struct.unpack_from("<i", content, at)[0]
    value: float = float(raw >> 2) if raw & 2 else struct.unpack("<d", struct.pack("<ii", 0, raw & ~3))[0]
    return value / 100 if raw & 1 else value


def _usual(value: float) -> str:
    """How Python writes a number that needs no more digits than Excel keeps."""
    return f"{value:.1f}" if value.is_integer() else stored(value)
