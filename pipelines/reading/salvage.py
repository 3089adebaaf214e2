"""Damaged CSV: nothing is lost, and a broken line takes no other line with it.

The fast reader gives up on a file with one bad line; here whole chunks of lines are judged at once, and only lines with
quotes one by one. A line is right where it has the separators of the header and is in the file's encoding; the right ones
go, each behind its row number, into a clean file that the fast reader reads. A quote that is never closed swallows the
rest of a file for most readers: here a record may run over several lines only if, joined, it has the columns of the
header; otherwise the line that opened the quote is malformed alone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.limits import Deadline
from pipelines.reading.asides import Aside, kind_of
from pipelines.reading.decoding import CHUNK, MARK, bad_lines, line_begins, line_ends, whole_lines, wide_lines
from pipelines.reading.encoding import decodes
from pipelines.reading.problems import Unreadable, too_slow

ROW_NUMBER: Final = "_row_number"
RAW_TEXT: Final = "_raw_text"
SHOWN_CHARACTERS: Final = 20_000  # of a malformed line; the whole of it lies in the raw zone
_LONGEST_RECORD: Final = 200  # lines one quoted record may run over
_STAND_INS: Final = tuple(chr(code) for code in range(0xFDD0, 0xFDF0))  # no characters, and in no text
_SEPARATOR: Final = ","  # of the clean file


@dataclass
class Salvaged:
    """What was found in a file: malformed lines and asides by row number, lines beyond ASCII and lines in another encoding."""

    malformed: list[tuple[int, str]] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    wide: int = 0
    undecodable: int = 0


def rewrite(
    text: Path, separator: str, header: Sequence[str], start: tuple[int, int], target: Path, deadline: Deadline
) -> Salvaged:
    """Write the well-formed records of a CSV file, each behind its row number, and return the other lines.

    Args:
        text: the file in UTF-8 (``decoding``); lines that are not are malformed.
        separator: one character.
        header: the texts of the header, which say how many columns there are.
        start: where the first row below the header begins, in bytes, and its row number as a spreadsheet shows it.
        target: CSV without a header: row number, then the columns; separated by the same character.
        deadline: for the whole file.

    Raises:
        Unreadable: the time is over.
    """
    found = Salvaged()
    offset, number = start
    with text.open("rb") as stream, target.open("wb") as sink:
        stream.seek(offset)
        carried = b""
        for chunk in _with_last(stream):
            if deadline.passed:
                raise Unreadable(too_slow(deadline.seconds))
            lines = _Chunk(carried + chunk.content, separator, header, number, last=chunk.last)
            clean, taken = lines.judged(found)
            clean.write_csv(sink, include_header=False, quote_style="never")
            carried, number = lines.content[lines.cut :], number + taken
    return found


@dataclass(frozen=True)
class _Read:
    content: bytes
    last: bool


def _with_last(stream: BinaryIO) -> Iterator[_Read]:
    """Chunks of whole lines, the last one told."""
    chunks = whole_lines(stream, size=CHUNK)
    ahead = next(chunks, None)
    while ahead is not None:
        following = next(chunks, None)
        yield _Read(ahead, following is None)
        ahead = following


class _Chunk:
    """Lines judged together; ``cut`` is where the next chunk begins: before a record that may go on there."""

    def __init__(self, content: bytes, separator: str, header: Sequence[str], number: int, *, last: bool) -> None:
        self.content, self.separator, self.header = content, separator, header
        self.number, self.last = number, last
        self.cut = len(content)
        self._ends = line_ends(content)
        self._begins = line_begins(self._ends)
        self._count = len(self._ends)

    def judged(self, found: Salvaged) -> tuple[pl.DataFrame, int]:
        """The clean lines, one text column; and how many rows the chunk has."""
        values = np.frombuffer(self.content, dtype=np.uint8)
        width = len(self.header)
        texts_end = self._without_returns(values)
        blank = texts_end == self._begins
        separators = self._per_line(values, ord(self.separator))
        quotes = self._per_line(values, ord('"')) if b'"' in self.content else np.zeros(self._count, dtype=np.intp)
        bad = np.zeros(self._count, dtype=np.bool_)
        _, odd = bad_lines(self.content, self._ends, "utf-8")
        bad[odd] = True
        if len(odd):
            found.wide += wide_lines(self.content, self._ends)
            found.undecodable += len(odd)
        right = ~blank & ~bad & (quotes == 0) & (separators == width - 1)
        consumed = np.zeros(self._count, dtype=np.bool_)
        records = self._quoted(np.flatnonzero((quotes > 0) & ~bad), bad, consumed)
        stop = int(np.searchsorted(self._begins, self.cut)) if self.cut < len(self.content) else self._count
        right &= ~consumed
        right[stop:] = False
        numbers = self.number + np.arange(self._count) - np.cumsum(consumed)
        is_record = np.zeros(self._count, dtype=np.bool_)
        is_record[list(records)] = True
        wrong = ~right & ~blank & ~consumed & ~is_record
        wrong[stop:] = False
        for place in np.flatnonzero(wrong).tolist():
            self._tell(place, int(texts_end[place]), int(numbers[place]), bool(bad[place]), found)
        clean = self._clean(values, right, numbers, bad)
        if records:
            clean = self._with_records(clean, records, numbers)
        return clean.select("line"), stop - int(consumed[:stop].sum())

    def _without_returns(self, values: NDArray[np.uint8]) -> NDArray[np.intp]:
        r"""Where the text of each line ends, without ``\r``."""
        ends = self._ends.copy()
        while True:
            trailing = (ends > self._begins) & (values[np.maximum(ends - 1, 0)] == ord("\r"))
            if not trailing.any():
                return ends
            ends[trailing] -= 1

    def _per_line(self, values: NDArray[np.uint8], wanted: int) -> NDArray[np.intp]:
        places = np.flatnonzero(values == wanted)
        found = np.searchsorted(places, self._ends)
        return np.diff(found, prepend=0)

    def _quoted(
        self, places: NDArray[np.intp], bad: NDArray[np.bool_], consumed: NDArray[np.bool_]
    ) -> dict[int, list[str]]:
        """Records of lines with quotes, by line; lines that belong to the record above are marked as consumed."""
        records: dict[int, list[str]] = {}
        width = len(self.header)
        for place in places.tolist():
            if consumed[place]:
                continue
            line = self._line(place)
            fields = fields_of(line.rstrip("\r\n"), self.separator)
            if fields is None or len(fields) != width:
                if line.count('"') % 2 == 0:
                    continue
                fields = self._joined(place, line, bad, consumed)
                if self.cut <= self._begins[place]:
                    break
            if fields is not None:
                records[place] = fields
        return records

    def _joined(self, place: int, line: str, bad: NDArray[np.bool_], consumed: NDArray[np.bool_]) -> list[str] | None:
        """The fields of a record that begins with ``line`` and runs over the following ones; None where there is none."""
        text = line
        for further in range(place + 1, place + 1 + _LONGEST_RECORD):
            if further >= self._count:
                if not self.last:
                    self.cut = int(self._begins[place])  # it may go on in the next chunk
                return None
            if bad[further]:
                return None
            more = self._line(further)
            text += more
            if text.count('"') % 2 == 0:
                fields = fields_of(text.rstrip("\r\n"), self.separator)
                if fields is not None and len(fields) == len(self.header):
                    consumed[place + 1 : further + 1] = True
                    return fields
        return None

    def _line(self, place: int) -> str:
        return self.content[self._begins[place] : self._ends[place] + 1].decode()

    def _tell(self, place: int, end: int, number: int, bad: bool, found: Salvaged) -> None:
        raw = self.content[self._begins[place] : end]
        text = readable(raw)
        kind = None if bad else kind_of(text.split(self.separator), self.header)
        if kind is not None:
            found.asides.append(Aside(number, kind, text.replace(self.separator, " ").strip()))
            return
        found.malformed.append((number, shortened(text)))

    def _clean(
        self, values: NDArray[np.uint8], right: NDArray[np.bool_], numbers: NDArray[np.intp], bad: NDArray[np.bool_]
    ) -> pl.DataFrame:
        content = self.content
        if bad.any():
            # The column is declared UTF-8 below: bytes of lines that are not must not stand in it, though they are left out.
            safe = values.copy()
            for place in np.flatnonzero(bad).tolist():
                safe[self._begins[place] : self._ends[place]] = ord("?")
            content = safe.tobytes()
        offsets = np.append(self._begins, len(content)).astype(np.int64)
        lines = pl.Series(
            "line",
            pl.from_arrow(
                pa.LargeStringArray.from_buffers(self._count, pa.py_buffer(offsets.tobytes()), pa.py_buffer(content))
            ),
        )
        rows = pl.DataFrame({"number": pl.Series(numbers, dtype=pl.Int64), "line": lines}).filter(pl.Series(right))
        return rows.with_columns(
            pl.concat_str(
                pl.col("number").cast(pl.String), pl.lit(self.separator), pl.col("line").str.strip_chars_end("\r\n")
            ).alias("line")
        )

    def _with_records(
        self, clean: pl.DataFrame, records: dict[int, list[str]], numbers: NDArray[np.intp]
    ) -> pl.DataFrame:
        lines = []
        for place, record in records.items():
            cells = [cell.replace('"', '""') for cell in record]
            quoted = self.separator.join(f'"{cell}"' if cell else "" for cell in cells)
            lines.append((int(numbers[place]), f"{int(numbers[place])}{self.separator}{quoted}"))
        more = pl.DataFrame(lines, schema={"number": pl.Int64, "line": pl.String}, orient="row")
        return pl.concat([clean, more]).sort("number")


def readable(raw: bytes) -> str:
    """The text of a line that may be in another encoding than its file, or in none: for people to find it by."""
    raw = raw.removeprefix(MARK)
    for encoding in ("utf-8", "gb18030"):
        if decodes(raw, encoding, final=True):
            return raw.decode(encoding)
    return raw.decode("utf-8", errors="backslashreplace")


def shortened(text: str) -> str:
    """A malformed line as it is told: its beginning, if it is very long."""
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}…（共 {len(text)} 字）"


def fields_of(text: str, separator: str) -> list[str] | None:
    """Fields of one record, None where its quotes are broken."""
    if '"' not in text:
        return text.split(separator)
    # The csv module refuses NUL in some versions; it is put back afterwards and cleaned with a warning like everywhere.
    nul = next((one for one in _STAND_INS if one not in text), None) if "\x00" in text else "\x00"
    if nul is None:
        return None
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\x00", nul), newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return None
    return [cell.replace(nul, "\x00") for cell in rows[0]] if len(rows) == 1 else None
