"""Where the header of a CSV file is and what separates its cells: whatever names most fields of the dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.catalog import Field
from pipelines.reading.chunks import MARK
from pipelines.reading.headers import find_header, header_of
from pipelines.reading.problems import HEADER_ROWS
from pipelines.reading.rows import fields_of
from pipelines.reading.skipped_rows import TITLE, SkippedRow, header_rows

SEPARATORS: Final = (",", "\t", ";", "|")
_BY_SUFFIX: Final = {".tsv": "\t"}
_HEAD: Final = 1 << 20
_LINES_OF_A_HEADER: Final = 40  # a header with line breaks in its cells


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is laid out.

    The first row below the header: ``body_at`` in bytes from the beginning of the file, ``lines`` how many lines go before it,
    ``row`` its number as a spreadsheet shows it. ``trailing`` columns have no name and no content: every line ends with a separator.
    """

    separator: str
    header: tuple[str, ...]
    known: int
    body_at: int
    lines: int
    row: int
    skipped_rows: tuple[SkippedRow, ...]
    trailing: int = 0


@dataclass(frozen=True)
class _Row:
    cells: list[str]
    ends: int
    lines: int


def find_dialect(text: Path, suffix: str, fields: tuple[Field, ...]) -> Dialect:
    """Look at the first rows under each separator: the one under which most columns are known holds.

    Where that is even, the one that goes with the ending of the name.
    """
    with text.open("rb") as stream:
        head = stream.read(_HEAD)
    first = _BY_SUFFIX.get(suffix, ",")
    order = [first, *(separator for separator in SEPARATORS if separator != first)]
    found = [_under(head, separator, fields) for separator in order]
    return max(found, key=lambda dialect: dialect.known)


def _under(head: bytes, separator: str, fields: tuple[Field, ...]) -> Dialect:
    rows = _rows(head, separator)
    place, last, known = find_header([row.cells for row in rows], fields)
    if not rows:
        return Dialect(separator, (), 0, 0, 0, 1, ())
    above = [SkippedRow(n, TITLE, " ".join(rows[n - 1].cells)) for n in range(1, place + 1) if any(rows[n - 1].cells)]
    cells = [row.cells for row in rows]
    header = header_of(cells, place, last, fields)
    below = header_rows(cells, place, last, header)
    lines = sum(row.lines for row in rows[: last + 1])
    trailing = _empty_behind(len(header), cells[last + 1 :])
    header += ("",) * trailing
    return Dialect(separator, header, known, rows[last].ends, lines, last + 2, tuple([*above, *below]), trailing)


def _empty_behind(width: int, rows: list[list[str]]) -> int:
    """How many empty cells each of the rows has more than the header: programs that end every line with a separator."""
    more = {len(row) - width for row in rows if row}
    if len(more) != 1 or (number := more.pop()) <= 0:
        return 0
    return number if not any(cell.strip() for row in rows for cell in row[width:]) else 0


def _rows(head: bytes, separator: str) -> list[_Row]:
    """The first rows, blank ones included; a cell may run over several lines where its quotes say so."""
    lines = head.split(b"\n")
    rows: list[_Row] = []
    at = place = 0
    while place < len(lines) and len(rows) < HEADER_ROWS:
        if place == len(lines) - 1 and not lines[place]:
            break
        taken = _taken(lines, place, separator)
        raw = b"\n".join(lines[place : place + taken])
        rows.append(_Row(_cells(raw, separator, first=not rows), at + len(raw) + 1, taken))
        at += len(raw) + 1
        place += taken
    return rows


def _taken(lines: list[bytes], place: int, separator: str) -> int:
    """How many lines the row takes that begins here: more than one only where that closes its quotes."""
    quotes = 0
    for further in range(place, min(place + _LINES_OF_A_HEADER, len(lines))):
        quotes += lines[further].count(b'"')
        if quotes % 2 == 0:
            raw = b"\n".join(lines[place : further + 1])
            whole = further == place or fields_of(_text(raw), separator) is not None
            return further - place + 1 if whole else 1
    return 1


def _cells(raw: bytes, separator: str, *, first: bool) -> list[str]:
    text = _text(raw).replace("\x00", "")
    if first:
        text = text.removeprefix("\ufeff")
    if not text.strip():
        return []
    return fields_of(text, separator) or text.split(separator)


def _text(raw: bytes) -> str:
    return raw.removeprefix(MARK).rstrip(b"\r").decode("utf-8", errors="replace")
