"""A GB18030 file decoded and judged in one pass, so that a damaged one costs no second.

What is written is the file in UTF-8, with a line of its own behind the header, ``0,1,2,…``, by which the clean rows below can
be read. Lines that are no record are blank in it (``salvaging``). Chunks are decoded and looked at two at a time.

Cells in quotes take judging line by line, which a file without damage must not pay: as long as no line was wrong, chunks with
quotes are passed as they are. When a line is wrong afterwards, that pass was in vain and the caller takes the longer way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from pipelines.ground.limits import Deadline
from pipelines.ground.ordered_map import ordered_map
from pipelines.reading.chunks import MARK, SMALL, whole_lines
from pipelines.reading.dialect import Dialect
from pipelines.reading.gb18030 import NAME
from pipelines.reading.lines import from_gb18030
from pipelines.reading.problems import Unreadable, too_slow
from pipelines.reading.salvaging import MARKED, Lines, Salvaged, named_by_place, with_last

_IN_CHARACTERS: Final = "|"  # the second byte of characters too
HEAD: Final = 1 << 20  # as much as ``dialect`` looks at


@dataclass(frozen=True)
class DecodedFile:
    """What a pass found; ``body_at`` is where the first row below the header begins in what was written."""

    dialect: Dialect
    found: Salvaged
    body_at: int
    damaged: bool


def decoded_and_judged(
    path: Path, target: Path, find: Callable[[Path], Dialect], deadline: Deadline, *, lone_returns: bool
) -> DecodedFile | None:
    """Write a GB18030 file as UTF-8 without its malformed lines.

    Args:
        path: the bytes.
        target: what is written.
        find: the dialect by the beginning of the file, which is in ``target`` by then.
        deadline: for the whole file.
        lone_returns: its lines end with them.

    Returns:
        What was found; None where lines were passed that should have been judged, or the header is not GB18030.

    Raises:
        Unreadable: the time is over, or what ``find`` raises.
    """
    with path.open("rb", buffering=0) as source, target.open("wb") as sink:
        chunks = whole_lines(source, lone_returns=lone_returns, size=SMALL)
        raw, head = b"", b""
        while len(head) < HEAD and (chunk := next(chunks, b"")):
            raw += chunk
            head += from_gb18030(chunk)[0]
        sink.write(head)
        sink.flush()
        dialect = find(target)
        if MARK in head[: dialect.body_at]:
            return None
        sink.seek(dialect.body_at)
        sink.truncate()
        sink.write(named_by_place(dialect.header, dialect.separator))
        body_at = sink.tell()

        found = Salvaged()
        number, carried = dialect.row, b""
        damaged = passed = False

        def made(content: bytes, *, last: bool) -> Lines:
            encoding = NAME if dialect.separator != _IN_CHARACTERS else MARKED
            return Lines(content, dialect.separator, dialect.header, last=last, encoding=encoding)

        def looked_at(part: tuple[bytes, bool]) -> Lines:
            content, last = part
            lines = made(content if dialect.separator != _IN_CHARACTERS else from_gb18030(content)[0], last=last)
            if lines.quoted and not (damaged or lines.wrong):
                lines.as_they_are()
                return lines
            return lines.judged()

        below = raw.split(b"\n", dialect.lines)[dialect.lines :]
        parts = with_last(chain((part for part in below if part), chunks))
        for lines in ordered_map(looked_at, parts):
            if deadline.passed:
                raise Unreadable(too_slow(deadline.seconds))
            if carried:
                lines = made(carried + lines.content, last=lines.last)  # noqa: PLW2901
            wrong = lines.wrong
            if wrong and passed:
                return None
            if lines.quoted and not wrong and not damaged:
                passed = True
                sink.write(lines.as_they_are())
                continue
            damaged = damaged or wrong
            sink.write(lines.judged().clean)
            carried, number = lines.content[lines.cut :], number + lines.report(found, number)
    return DecodedFile(dialect, found, body_at, damaged)
