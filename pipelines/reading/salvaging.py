"""Damaged CSV: nothing is lost, and a broken line takes no other line with it.

The fast reader gives up on a file with one bad line; here whole chunks of lines are judged at once, and only lines with
quotes one by one. A line is right where it has the separators of the header and is in the file's encoding; the right ones
go into a clean file that the fast reader reads, with a blank line for every line that is no record, so that a row keeps
its number. A quote that is never closed swallows the
rest of a file for most readers: here a record may run over several lines only if, joined, it has the columns of the
header; otherwise the line that opened the quote is malformed alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from pipelines.limits import Deadline
from pipelines.overlap import two_at_a_time
from pipelines.reading.asides import Aside, kind_of
from pipelines.reading.decoding import MARK, whole_lines
from pipelines.reading.lines import bad_lines, line_begins, line_ends, wide_lines
from pipelines.reading.problems import Unreadable, too_slow
from pipelines.reading.rows import fields_of, readable, shortened

_LONGEST_RECORD: Final = 200  # lines one quoted record may run over
_CHUNK: Final = 1 << 20
_MARK: Final = MARK[0]


@dataclass
class Salvaged:
    """What was found in a file: malformed lines and asides by row number, lines beyond ASCII and lines in another encoding."""

    malformed: list[tuple[int, str]] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    wide: int = 0
    undecodable: int = 0


def rewrite(
    text: Path,
    separator: str,
    header: Sequence[str],
    start: tuple[int, int],
    target: Path,
    deadline: Deadline,
    *,
    marked: bool,
) -> Salvaged:
    """Write the well-formed records of a CSV file, each in the row it had, and return the other lines.

    Args:
        text: the file in UTF-8 (``decoding``); lines that are not are malformed.
        separator: one character.
        header: the texts of the header, which say how many columns there are.
        start: where the first row below the header begins, in bytes, and its row number as a spreadsheet shows it.
        target: CSV with the header ``0``, ``1``, …, separated by the same character; its first row below has the number given.
            Lines that are no record are blank.
        deadline: for the whole file.
        marked: all lines that are not UTF-8 are marked, as ``decoding`` writes them; else they are looked for.

    Raises:
        Unreadable: the time is over.
    """
    found = Salvaged()
    offset, number = start

    def looked_at(read: tuple[bytes, bool]) -> Lines:
        return Lines(read[0], separator, header, last=read[1], marked=marked).judged()

    with text.open("rb", buffering=0) as stream, target.open("wb") as sink:
        stream.seek(offset)
        sink.write(named_by_place(header, separator))
        carried = b""
        for lines in two_at_a_time(looked_at, with_last(whole_lines(stream, size=_CHUNK))):
            if deadline.passed:
                raise Unreadable(too_slow(deadline.seconds))
            if carried:
                lines = looked_at((carried + lines.content, lines.last))  # noqa: PLW2901
            sink.write(lines.clean)
            carried, number = lines.content[lines.cut :], number + lines.told(found, number)
    return found


def with_last(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Chunks, the last one told."""
    ahead = next(chunks, None)
    while ahead is not None:
        following = next(chunks, None)
        yield ahead, following is None
        ahead = following


def named_by_place(header: Sequence[str], separator: str) -> bytes:
    """The header ``0``, ``1``, … of a clean file."""
    return separator.join(map(str, range(len(header)))).encode() + b"\n"


class Lines:
    """Lines judged together; ``cut`` is where the next chunk begins: before a record that may go on there.

    All that can be said of them without those before is said by ``judged``, which two threads do at once; only their row
    numbers depend on those (``told``).
    """

    def __init__(
        self,
        content: bytes,
        separator: str,
        header: Sequence[str],
        *,
        last: bool,
        marked: bool,
        bad: NDArray[np.intp] | None = None,
    ) -> None:
        """Look at whole lines.

        Args:
            content: the lines in UTF-8.
            separator: one character.
            header: the texts of the header.
            last: no chunk comes after.
            marked: lines that are not UTF-8 are marked; else they are looked for.
            bad: their numbers (from 0), where they are known.
        """
        self.content, self.separator, self.header, self.last = content, separator, header, last
        self.cut = len(content)
        self.clean = b""
        self._judged = False
        self._rows = 0
        self._asides: list[Aside] = []
        self._malformed: list[tuple[int, str]] = []
        self._ends = line_ends(content)
        self._begins = line_begins(self._ends)
        self._count = len(self._ends)
        values = np.frombuffer(content, dtype=np.uint8)
        self._texts_end = self._without_returns(values)
        self._blank = self._texts_end == self._begins
        self._bad = self._not_utf8(values, bad, marked=marked)
        self._wide = wide_lines(content, self._ends) if self._bad.any() else 0
        self._quotes = self._per_line(values, ord('"')) if b'"' in content else None
        self._right = ~self._blank & ~self._bad & (self._per_line(values, ord(separator)) == len(header) - 1)

    @property
    def quoted(self) -> bool:
        """True where any cell is quoted, so that lines cannot be judged by their separators alone."""
        return self._quotes is not None

    @property
    def wrong(self) -> bool:
        """True where a line surely is no record.

        Lines with quotes are not looked at, and no others where a cell may run over several of them.
        """
        if self._bad.any():
            return True
        found = ~(self._right | self._blank)
        if self._quotes is not None:
            found &= self._quotes == 0
            if np.any(self._quotes % 2):
                return False
        return bool(found.any())

    def judged(self) -> Self:
        """Take out the lines that are no record: ``clean`` has the others, and a blank line for each of these."""
        if self._judged:
            return self
        self._judged = True
        right = self._right
        consumed = np.zeros(self._count, dtype=np.bool_)
        records: dict[int, list[str]] = {}
        if self._quotes is not None:
            records = self._quoted(np.flatnonzero((self._quotes > 0) & ~self._bad), self._bad, consumed)
            right = right & (self._quotes == 0) & ~consumed
        stop = int(np.searchsorted(self._begins, self.cut)) if self.cut < len(self.content) else self._count
        rows_before = np.arange(self._count) - np.cumsum(consumed)
        changed = np.flatnonzero((~right & ~self._blank) | consumed)
        parts: list[bytes] = []
        at = 0
        for place in changed[: np.searchsorted(changed, stop)].tolist():
            begin, end = int(self._begins[place]), int(self._ends[place])
            parts.append(self.content[at:begin])
            at = end
            if consumed[place]:
                at = end + 1  # its record stands in the row where it began
            elif place in records:
                parts.append(self._row(records[place]))
            else:
                self._keep(place, int(rows_before[place]))
        parts.append(self.content[at : self.cut])
        if self.last and not self.content.endswith(b"\n"):
            parts.append(b"\n")
        self.clean = b"".join(parts)
        self._rows = stop - int(consumed[:stop].sum())
        return self

    def told(self, found: Salvaged, number: int) -> int:
        """Tell what was taken out of lines the first of which is row ``number``; how many rows they have."""
        found.wide += self._wide
        found.undecodable += int(self._bad.sum())
        found.malformed += [(number + row, text) for row, text in self._malformed]
        found.asides += [replace(aside, row_number=number + aside.row_number) for aside in self._asides]
        return self._rows

    def _not_utf8(
        self, values: NDArray[np.uint8], known: NDArray[np.intp] | None, *, marked: bool
    ) -> NDArray[np.bool_]:
        bad = np.zeros(self._count, dtype=np.bool_)
        if known is not None:
            bad[known] = True
        elif not marked:
            bad[bad_lines(self.content, self._ends, "utf-8")[1]] = True
        elif MARK in self.content:
            bad[np.searchsorted(self._ends, np.flatnonzero(values == _MARK))] = True
        return bad

    def _without_returns(self, values: NDArray[np.uint8]) -> NDArray[np.intp]:
        r"""Where the text of each line ends, without ``\r``."""
        if b"\r" not in self.content:
            return self._ends
        ends = self._ends.copy()
        while True:
            trailing = (ends > self._begins) & (values[np.maximum(ends - 1, 0)] == ord("\r"))
            if not trailing.any():
                return ends
            ends[trailing] -= 1

    def _per_line(self, values: NDArray[np.uint8], wanted: int) -> NDArray[np.intp]:
        """How often a byte stands in each line."""
        found = values == wanted
        counts = np.add.reduceat(found.view(np.uint8), self._begins, dtype=np.uint8).astype(np.intp)
        if counts.sum() == np.count_nonzero(found):
            return counts
        # A line has more than a byte can count, which is rare; places are counted seven times slower.
        return np.diff(np.searchsorted(np.flatnonzero(found), self._ends), prepend=0)

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

    def _keep(self, place: int, row: int) -> None:
        raw = self.content[self._begins[place] : self._texts_end[place]]
        text = readable(raw)
        kind = None if self._bad[place] else kind_of(text.split(self.separator), self.header)
        if kind is not None:
            self._asides.append(Aside(row, kind, text.replace(self.separator, " ").strip()))
            return
        self._malformed.append((row, shortened(text)))

    def _row(self, record: list[str]) -> bytes:
        cells = [cell.replace('"', '""') for cell in record]
        return self.separator.join(f'"{cell}"' if cell else "" for cell in cells).encode()
