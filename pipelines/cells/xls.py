"""What stands in a sheet of an .xls beside its texts: the records of BIFF8, and of BIFF5, one after the other.

Source: [MS-XLS] §2.3 (records) and §2.5.122 (RkNumber); of BIFF5 the OpenOffice.org documentation of the Excel file format.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import olefile

from pipelines.cells.number_formats import BUILT_IN, GENERAL, changes_text, is_plain, is_simple_day, stored
from pipelines.cells.sheet_cells import NUMBER, SHOWN, TRUTH, SheetCells

_BOF, _EOF, _BOUND_SHEET, _DATE_MODE, _FONT, _FORMAT, _XF = 0x809, 0x0A, 0x85, 0x22, 0x31, 0x41E, 0xE0
_NUMBER, _RK, _MUL_RK, _FORMULA, _TRUTH, _SST, _LABEL, _RICH = 0x203, 0x27E, 0xBD, 0x06, 0x205, 0xFD, 0x204, 0xD6
_ROW, _COLUMN, _MERGES = 0x208, 0x7D, 0xE5
_WORD: Final = struct.Struct("<H").unpack_from
_PAIR: Final = struct.Struct("<HH").unpack_from
_PLACE: Final = struct.Struct("<HHH").unpack_from
_DOUBLE: Final = struct.Struct("<d").unpack_from
_BIFF8: Final = 0x600
_STRUCK: Final = 0x08
_HIDDEN_ROW: Final = 0x20
_NO_FONT: Final = 4  # font 4 is in no file: those behind count from 5
_EXACT: Final = 1e15
_FIRST_DAY, _LAST_DAY = 61, 2_958_465


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
    last = len(content) - 4
    while at <= last:
        kind, length = _PAIR(content, at)
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
            wide = _WORD(content, at)[0] == _BIFF8
        elif kind == _BOUND_SHEET and _text(content[at + 6 : at + length], wide=wide) == sheet:
            begin = struct.unpack_from("<I", content, at)[0]
        elif kind == _DATE_MODE:
            found.since_1904 = _WORD(content, at)[0] == 1
        elif kind == _FONT:
            fonts.append(bool(content[at + 2] & _STRUCK))
        elif kind == _FORMAT:
            number = _WORD(content, at)[0]
            formats[number] = _text(content[at + 2 : at + length], wide=wide, long=wide)
        elif kind == _XF:
            styles.append(_PAIR(content, at))
    for place, (_, number) in enumerate(styles):
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
        takes = self._takes()
        depth = 0
        for kind, at, length in _nested(content, begin):
            depth += (kind == _BOF) - (kind == _EOF)
            if depth == 1 and (take := takes.get(kind)):  # deeper lie charts
                take(content, at, length)
        if self._cells:
            self._found.add(list(zip(*self._cells, strict=True)))

    def _takes(self) -> dict[int, Callable[[bytes, int, int], None]]:
        """What takes which record; texts are passed over where nothing can be said of them."""
        takes: dict[int, Callable[[bytes, int, int], None]] = {
            _RK: lambda content, at, _: self._number(*_place(content, at), _rk(content, at + 6)),
            _NUMBER: lambda content, at, _: self._number(*_place(content, at), _double(content, at + 6)),
            _MUL_RK: self._numbers,
            _FORMULA: self._formula,
            _TRUTH: self._truth,
            _ROW: self._row,
            _COLUMN: self._column,
            _MERGES: self._merges,
        }
        if self._texts or self._struck:
            for kind in (_SST, _LABEL, _RICH):
                takes[kind] = lambda content, at, _: self._text(*_place(content, at))
        return takes

    def _numbers(self, content: bytes, at: int, length: int) -> None:
        row, column = _PAIR(content, at)
        for step, one in enumerate(range(at + 4, at + length - 2, 6)):
            self._number(row, column + step, _WORD(content, one)[0], _rk(content, one + 2))

    def _truth(self, content: bytes, at: int, _: int) -> None:
        if not content[at + 7]:  # else it is an error
            self._keep(*_place(content, at), TRUTH, str(content[at + 6]))

    def _row(self, content: bytes, at: int, _: int) -> None:
        if content[at + 12] & _HIDDEN_ROW:
            self._found.hidden_rows += _WORD(content, at)

    def _column(self, content: bytes, at: int, _: int) -> None:
        first, last = _PAIR(content, at)
        if content[at + 8] & 1 or _WORD(content, at + 4) == (0,):
            self._found.hidden_columns.append([first, last])

    def _merges(self, content: bytes, at: int, length: int) -> None:
        for one in range(at + 2, at + length - 7, 8):
            (top, bottom), (left, right) = _PAIR(content, one), _PAIR(content, one + 4)
            self._found.merges.append([top, left, bottom, right])

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

    def _formula(self, content: bytes, at: int, _: int) -> None:
        """The saved result: a number, or what its last two bytes mark as something else."""
        if content[at + 12 : at + 14] != b"\xff\xff":
            self._number(*_place(content, at), _double(content, at + 6))
        elif content[at + 6] == 1:
            self._keep(*_place(content, at), TRUTH, str(content[at + 8]))
        elif content[at + 6] == 0:
            self._text(*_place(content, at))

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


def _place(content: bytes, at: int) -> tuple[int, int, int]:
    """Row, column and style of a cell."""
    row, column, style = _PLACE(content, at)
    return row, column, style


def _double(content: bytes, at: int) -> float:
    value: float = _DOUBLE(content, at)[0]
    return value


def _rk(content: bytes, at: int) -> float:
    """A number in four bytes: an integer or the upper half of a double, perhaps times a hundred."""
    raw: int = struct.unpack_from("<i", content, at)[0]
    value: float = float(raw >> 2) if raw & 2 else struct.unpack("<d", struct.pack("<ii", 0, raw & ~3))[0]
    return value / 100 if raw & 1 else value


def _usual(value: float) -> str:
    """How Python writes a number that needs no more digits than Excel keeps."""
    return f"{value:.1f}" if value.is_integer() else stored(value)
