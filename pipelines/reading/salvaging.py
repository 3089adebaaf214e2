"""Damaged CSV: nothing is lost, and a broken line takes no other line with it.

The fast reader gives up on a file with one bad line; here whole chunks of lines are judged at once, and only lines with
quotes one by one. A line is right where it has the separators of the header and is in the file's encoding; the right ones
go into a clean file that the fast reader reads, with a blank line for every line that is no record, so that a row keeps
its number. A quote that is never closed swallows the
rest of a file for most readers: here a record may run over several lines only if, joined, it has the columns of the
header; otherwise the line that opened the quote is malformed alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from pipelines.ground.limits import Deadline
from pipelines.ground.ordered_map import ordered_map
from pipelines.reading.chunks import MARK, whole_lines
from pipelines.reading.escapes import escaped_fields, open_quotes
from pipelines.reading.gb18030 import NAME, noted, transcoded
from pipelines.reading.line_places import line_begins, line_ends
from pipelines.reading.lines import bad_lines, utf8_lines, wide_lines
from pipelines.reading.problems import Unreadable, too_slow
from pipelines.reading.rows import beginning_of, fields_of, readable, shortened
from pipelines.reading.skipped_rows import OTHER_HEADER, SkippedRow, kind_of

_LONGEST_RECORD: Final = 200  # lines one quoted record may run over
_CHUNK: Final = 1 << 20
_MARK: Final = MARK[0]
MARKED: Final = "utf-8, marked"
NO_LIMIT: Final = 1 << 62


@dataclass
class Salvaged:
    """What was found in a file: malformed lines and skipped rows by number, lines beyond ASCII and in another encoding.

    ``trimmed`` are lines that end with more separators than the header, behind which nothing stands.
    """

    malformed: list[tuple[int, str]] = field(default_factory=list)
    skipped_rows: list[SkippedRow] = field(default_factory=list)
    wide: int = 0
    undecodable: int = 0
    trimmed: int = 0


def rewrite(
    text: Path,
    separator: str,
    header: Sequence[str],
    start: tuple[int, int],
    target: Path,
    deadline: Deadline,
    *,
    encoding: str,
    longest: int = NO_LIMIT,
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
        encoding: UTF-8, or ``MARKED``: all lines that are not UTF-8 are marked, as ``decoding`` writes them.
        longest: bytes of a line; a longer one is malformed.

    Raises:
        Unreadable: the time is over.
    """
    found = Salvaged()
    offset, number = start

    def looked_at(read: tuple[bytes, bool]) -> Lines:
        return Lines(read[0], separator, header, last=read[1], encoding=encoding, longest=longest).judged()

    with text.open("rb", buffering=0) as stream, target.open("wb") as sink:
        stream.seek(offset)
        sink.write(named_by_place(header, separator))
        carried = b""
        for lines in ordered_map(looked_at, with_last(whole_lines(stream, size=_CHUNK))):
            if deadline.passed:
                raise Unreadable(too_slow(deadline.seconds))
            if carried:
                lines = looked_at((carried + lines.content, lines.last))  # noqa: PLW2901
            sink.write(lines.clean)
            carried, number = lines.content[lines.cut :], number + lines.report(found, number)
    return found


def with_last(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Chunks, and which is the last."""
    ahead = next(chunks, None)
    while ahead is not None:
        following = next(chunks, None)
        yield ahead, following is None
        ahead = following


@lru_cache(maxsize=8)
def _plainly_quoted(separator: str) -> re.Pattern[bytes]:
    """A line whose quoted cells are quoted as a whole, with their own quotes doubled, which every reader reads alike."""
    cell = rb'(?:"(?:[^"]|"")*+"|[^"\r%b]*+)' % re.escape(separator.encode())
    return re.compile(cell + b"(?:" + re.escape(separator.encode()) + cell + b")*+")


def named_by_place(header: Sequence[str], separator: str) -> bytes:
    """The header ``0``, ``1``, … of a clean file."""
    return separator.join(map(str, range(len(header)))).encode() + b"\n"


class Lines:
    """Lines judged together; ``cut`` is where the next chunk begins: before a record that may go on there.

    All that can be said of them without those before is said by ``judged``, which two threads do at once; only their row
    numbers depend on those (``report``).

    GB18030 is judged as it came, and decoded without what is taken out: no byte of a longer character looks like a quote, the
    end of a line or a separator but ``|``.
    """

    def __init__(
        self,
        content: bytes,
        separator: str,
        header: Sequence[str],
        *,
        last: bool,
        encoding: str = "utf-8",
        longest: int = NO_LIMIT,
    ) -> None:
        """Look at whole lines.

        Args:
            content: the lines.
            separator: one character; in GB18030 not ``|``.
            header: the texts of the header.
            last: no chunk comes after.
            encoding: UTF-8, GB18030, or ``MARKED``: UTF-8 in which all lines that are not are marked.
            longest: bytes of a line; a longer one is malformed, whatever it holds.
        """
        self.content, self.separator, self.header, self.last, self.encoding = content, separator, header, last, encoding
        self.cut = len(content)
        self.clean = b""
        self._plain: bytes | None = None
        self._undecodable = False
        self._judged = False
        self._rows = self._wide = self._trimmed = 0
        self._asides: list[SkippedRow] = []
        self._malformed: list[tuple[int, str]] = []
        self._ends = line_ends(content)
        self._begins = line_begins(self._ends)
        self._count = len(self._ends)
        values = np.frombuffer(content, dtype=np.uint8)
        self._texts_end = self._without_returns(values)
        self._blank = self._texts_end == self._begins
        self._bad = self._of_another_encoding(values)
        self._codec = NAME if encoding == NAME else "utf-8"
        self._quotes = self._per_line(values, ord('"')) if b'"' in content else None
        self._separators = self._per_line(values, ord(separator))
        self._long = self._texts_end - self._begins > longest
        self._right = ~self._blank & ~self._bad & ~self._long & (self._separators == len(header) - 1)

    @property
    def quoted(self) -> bool:
        """True where any cell is quoted, so that lines cannot be judged by their separators alone."""
        return self._quotes is not None

    @property
    def wrong(self) -> bool:
        """True where a line surely is no record.

        Lines with quotes are not looked at, and no others where a cell may run over several of them.
        """
        if self._undecodable or self._bad.any() or self._long.any():
            return True
        found = ~(self._right | self._blank)
        if self._quotes is not None:
            found &= self._quotes == 0
            if np.any(self._quotes % 2):
                return False
        return bool(found.any())

    def judged(self) -> Self:
        """Take out the lines that are no record: ``clean`` has the others in UTF-8, and a blank line for each of these."""
        if self._judged:
            return self
        self._judged = True
        right = self._right
        consumed = np.zeros(self._count, dtype=np.bool_)
        records: dict[int, list[str]] = {}
        if self._quotes is not None:
            right = right & (self._quotes == 0)
            records = self._quoted(np.flatnonzero((self._quotes > 0) & ~self._bad & ~self._long), consumed, right)
            right &= ~consumed
        records |= self._escaped(right | consumed)
        stop = int(np.searchsorted(self._begins, self.cut)) if self.cut < len(self.content) else self._count
        row = np.arange(self._count) - np.cumsum(consumed)
        changed = np.flatnonzero((~right & ~self._blank) | consumed)
        instead: dict[int, bytes | None] = {}
        for place in changed[: np.searchsorted(changed, stop)].tolist():
            if consumed[place]:
                instead[place] = None  # its record stands in the row where it began
            elif place in records:
                instead[place] = self._row(records[place])
            elif (trimmed := self._without_trailing(place)) is not None:
                instead[place] = trimmed
                self._trimmed += 1
            else:
                instead[place] = b""
                text = self._text(place)
                self._keep(int(row[place]), text, known=not self._bad[place])
        self.clean, undecodable = self._written(instead)
        for place, text in undecodable.items():
            self._bad[place] = True
            self._keep(int(row[place]), text.rstrip("\r"), known=False)
        self._wide = wide_lines(self.content, self._ends) if self._bad.any() else 0
        self._malformed.sort()
        self._rows = stop - int(consumed[:stop].sum())
        if self.last and not self.content.endswith(b"\n"):
            self.clean += b"\n"
        return self

    def as_they_are(self) -> bytes:
        """All lines in UTF-8, none taken out; which of them are in another encoding is known afterwards."""
        if self._plain is None:
            self._plain, undecodable = self._written({})
            self._undecodable = bool(undecodable)
        return self._plain

    def report(self, found: Salvaged, number: int) -> int:
        """Tell what was taken out of lines the first of which is row ``number``; how many rows they have."""
        found.undecodable += int(self._bad.sum())
        found.wide += self._wide
        found.trimmed += self._trimmed
        found.malformed += [(number + row, text) for row, text in self._malformed]
        found.skipped_rows += [
            replace(skipped_row, row_number=number + skipped_row.row_number) for skipped_row in self._asides
        ]
        return self._rows

    def _of_another_encoding(self, values: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Lines that are not UTF-8; in GB18030 those that can only be meant as UTF-8, for the others are not decoded yet."""
        bad = np.zeros(self._count, dtype=np.bool_)
        match self.encoding:
            case encoding if encoding == NAME:
                bad[utf8_lines(self.content, self._ends)] = True
            case "utf-8":
                bad[bad_lines(self.content, self._ends, "utf-8")[1]] = True
            case _ if MARK in self.content:
                bad[np.searchsorted(self._ends, np.flatnonzero(values == _MARK))] = True
        return bad

    def _written(self, instead: Mapping[int, bytes | None]) -> tuple[bytes, dict[int, str]]:
        """The lines before the cut in UTF-8, some with another text; and those that turn out not to be in the encoding.

        As many as there were: a record over several lines has their ends in its cells.
        """
        content = self.content[: self.cut]
        if instead:
            parts: list[bytes] = []
            at = 0
            for place, text in instead.items():
                parts += [content[at : self._begins[place]], text or b""]
                at = int(self._ends[place]) + (text is None)
            content = b"".join([*parts, content[at:]])
        if self.encoding != NAME:
            return content, {}
        # They are taken out before: each line for which the C library is called apart costs the other thread a wait.
        return transcoded(content, lambda _: b"")

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
        self, places: NDArray[np.intp], consumed: NDArray[np.bool_], right: NDArray[np.bool_]
    ) -> dict[int, list[str]]:
        """Records of lines with quotes, by line, that have to be written again.

        Lines that belong to the record above are marked as consumed, records as any reader reads them as right.
        """
        records: dict[int, list[str]] = {}
        width = len(self.header)
        plain = _plainly_quoted(self.separator)
        for place in places.tolist():
            if consumed[place]:
                continue
            raw = self.content[self._begins[place] : self._texts_end[place]]
            if plain.fullmatch(raw):
                outside = raw.split(b'"')[::2]
                if sum(part.count(self.separator.encode()) for part in outside) == width - 1:
                    right[place] = True  # what is not in the encoding is found when it is written
                    continue
            line = self._line(place)
            if line is None:
                continue
            fields = self._fields(line)
            if fields is None:
                if line.count('"') % 2 == 0 and not open_quotes(line):
                    continue
                fields = self._joined(place, line, consumed)
                if self.cut <= self._begins[place]:
                    break
            if fields is not None:
                records[place] = fields
        return records

    def _without_trailing(self, place: int) -> bytes | None:
        """A line without the separators that it has more than the header at its end; None where it is another line."""
        more = int(self._separators[place]) - (len(self.header) - 1)
        if more <= 0 or self._bad[place] or self._long[place] or (self._quotes is not None and self._quotes[place]):
            return None
        text = self.content[self._begins[place] : self._texts_end[place]]
        ending = self.separator.encode() * more
        return text[:-more] if text.endswith(ending) and len(text) > len(ending) else None

    def _fields(self, text: str) -> list[str] | None:
        """The fields of a record, by doubled quotes or else by backslashes; None where it has not the columns of the header."""
        text, width = text.rstrip("\r\n"), len(self.header)
        for read in (fields_of, escaped_fields):
            fields = read(text, self.separator)
            if fields is not None and len(fields) > width and not any(fields[width:]):
                fields = fields[:width]
                self._trimmed += 1
            if fields is not None and len(fields) == width:
                return fields
        return None

    def _escaped(self, others: NDArray[np.bool_]) -> dict[int, list[str]]:
        """Records without quotes in which backslashes stand before separators, by line; ``others`` need no look."""
        if b"\\" + self.separator.encode() not in self.content:
            return {}
        wanted = ~others & ~self._blank & ~self._bad & ~self._long
        if self._quotes is not None:
            wanted &= self._quotes == 0
        lines = ((place, self._line(place)) for place in np.flatnonzero(wanted).tolist())
        found = {place: self._fields(line) for place, line in lines if line is not None and "\\" in line}
        return {place: fields for place, fields in found.items() if fields is not None}

    def _joined(self, place: int, line: str, consumed: NDArray[np.bool_]) -> list[str] | None:
        """The fields of a record that begins with ``line`` and runs over the following ones; None where there is none."""
        text, quotes, escaped = [line], line.count('"'), "\\" in line
        for further in range(place + 1, place + 1 + _LONGEST_RECORD):
            if further >= self._count:
                if not self.last:
                    self.cut = int(self._begins[place])  # it may go on in the next chunk
                return None
            more = self._line(further)
            if more is None:
                return None
            text.append(more)
            quotes += more.count('"')
            escaped = escaped or "\\" in more
            if quotes % 2 == 0 or (escaped and not open_quotes("".join(text))):
                fields = self._fields("".join(text))
                if fields is not None:
                    consumed[place + 1 : further + 1] = True
                    return fields
                if not escaped:
                    # Outside quotes the end of a line ends the record: no longer one can begin here. So the lines that are looked
                    # at again and again are no more than the file has.
                    return None
        return None

    def _line(self, place: int) -> str | None:
        """A line with its end; None where it is in another encoding."""
        if self._bad[place] or self._long[place]:
            return None
        try:
            return self.content[self._begins[place] : self._ends[place] + 1].decode(self._codec)
        except UnicodeDecodeError:
            return None

    def _text(self, place: int) -> str:
        raw = self.content[self._begins[place] : self._texts_end[place]]
        if self._long[place]:
            return beginning_of(raw, self._codec)
        line = None if self._bad[place] else self._line(place)
        if line is None and not self._bad[place]:
            self._bad[place] = True
            return noted(raw, self._codec)[0]
        return readable(raw) if line is None else line.rstrip("\r\n")

    def _keep(self, row: int, text: str, *, known: bool) -> None:
        """Remember a line that is no record; ``known``: it is in the encoding of its file."""
        kind = kind_of(text.split(self.separator), self.header) if known else None
        if kind is not None and kind != OTHER_HEADER:
            self._asides.append(SkippedRow(row, kind, text.replace(self.separator, " ").strip()))
            return
        self._malformed.append((row, shortened(text)))

    def _row(self, record: list[str]) -> bytes:
        cells = [cell.replace('"', '""') for cell in record]
        return self.separator.join(f'"{cell}"' if cell else "" for cell in cells).encode(self._codec)
