"""Damaged CSV, line by line: nothing is lost, and a broken line takes no other line with it.

The fast reader gives up on a file with one bad line; this one keeps every line, whole. A quote that is never closed swallows
the rest of a file for most readers: here a record may run over several lines only if, joined, it has the columns of the
header; otherwise the line that opened the quote is malformed alone.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.reading.encoding import is_utf8

ROW_NUMBER: Final = "_row_number"
RAW_TEXT: Final = "_raw_text"
_LONGEST_RECORD: Final = 200  # lines one quoted record may run over
_CHUNK: Final = 50_000
_NUL_STAND_IN: Final = "\ue000"


def rewrite(source: Path, encoding: str, separator: str, names: list[str], target: Path) -> list[tuple[int, str]]:
    """Write the well-formed records of a CSV file to Parquet and return the others.

    Args:
        source: the file as sent.
        encoding: what most of its lines are in.
        separator: one character.
        names: one name for each column of the header.
        target: Parquet file with ``_row_number`` (what a spreadsheet shows, header = 1) and the columns as text,
            an empty cell as null.

    Returns:
        Row number and text of every malformed line.
    """
    malformed: list[tuple[int, str]] = []
    named: list[tuple[str, pa.DataType]] = [(ROW_NUMBER, pa.int64()), *((name, pa.large_string()) for name in names)]
    schema = pa.schema(named)
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        numbers: list[int] = []
        rows: list[list[str]] = []

        def flush() -> None:
            if rows:
                texts = [
                    pa.array([cell or None for cell in column], pa.large_string()) for column in zip(*rows, strict=True)
                ]
                columns: list[pa.Array[Any]] = [pa.array(numbers, pa.int64()), *texts]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            numbers.clear()
            rows.clear()

        for number, record in _records(source, encoding, separator, len(names)):
            if isinstance(record, str):
                malformed.append((number, record))
                continue
            numbers.append(number)
            rows.append(record)
            if len(rows) >= _CHUNK:
                flush()
        flush()
    return malformed


class _Lines:
    """Decoded lines of a file, with lines that were looked at in vain put back; bytes where a line does not decode."""

    def __init__(self, stream: Iterator[bytes], encoding: str) -> None:
        self._source = _decoded(stream, encoding)
        self._back: deque[str | bytes] = deque()

    def next(self) -> str | bytes | None:
        """The next line, None at the end."""
        return self._back.popleft() if self._back else next(self._source, None)

    def put_back(self, lines: list[str | bytes]) -> None:
        """These lines come next again."""
        self._back.extendleft(reversed(lines))


def _records(source: Path, encoding: str, separator: str, width: int) -> Iterator[tuple[int, list[str] | str]]:
    """Row number with the fields of each record below the header, or with the text of a malformed line."""
    with source.open("rb") as stream:
        lines = _Lines(stream, encoding)
        header = lines.next()
        if isinstance(header, str) and _fields(header.rstrip("\r\n"), separator) is None:
            _joined(header, lines, separator, width)
        number = 1
        while (line := lines.next()) is not None:
            number += 1
            if isinstance(line, bytes):
                other = "utf-8" if is_utf8(line) else encoding
                yield number, line.decode(other, errors="backslashreplace").rstrip("\r\n")
                continue
            text = line.rstrip("\r\n")
            if not text:
                continue
            fields = _fields(text, separator)
            if fields is None or len(fields) != width:
                fields = _joined(line, lines, separator, width)
            yield number, text if fields is None else fields


def _joined(line: str, lines: _Lines, separator: str, width: int) -> list[str] | None:
    """The fields of a record that begins with ``line`` and runs over the following ones; None where there is none."""
    if line.count('"') % 2 == 0:
        return None
    taken: list[str | bytes] = []
    text = line
    for _ in range(_LONGEST_RECORD):
        more = lines.next()
        if more is None:
            break
        taken.append(more)
        if isinstance(more, bytes):
            break
        text += more
        if text.count('"') % 2 == 0:
            fields = _fields(text.rstrip("\r\n"), separator)
            if fields is not None and len(fields) == width:
                return fields
    lines.put_back(taken)
    return None


def _decoded(stream: Iterator[bytes], encoding: str) -> Iterator[str | bytes]:
    """Decoded lines; the bytes of a line that is not in the encoding."""
    for number, line in enumerate(stream):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            yield line
            continue
        if encoding == "gb18030" and not line.isascii() and is_utf8(line):
            yield line
            continue
        yield text.removeprefix("\ufeff") if number == 0 else text


def _fields(text: str, separator: str) -> list[str] | None:
    """Fields of one record, None where its quotes are broken."""
    if '"' not in text:
        return text.split(separator)
    # The csv module refuses NUL in some versions; it is put back afterwards and cleaned with a warning like everywhere.
    hidden = text.replace("\x00", _NUL_STAND_IN) if "\x00" in text else text
    try:
        rows = list(csv.reader(io.StringIO(hidden, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return None
    if len(rows) != 1:
        return None
    return [field.replace(_NUL_STAND_IN, "\x00") for field in rows[0]] if hidden is not text else rows[0]
