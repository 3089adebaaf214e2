"""Which text encoding a file is in: byte order mark, then strict UTF-8, then strict GB18030 (domain.md §8.3).

``gbk`` is never used: it fails on the four-byte characters of real names, and GB18030 reads everything it does.
A file that is mostly one of them with some lines in neither or the other is read line by line: its bad lines are refused,
never guessed.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from pipelines.reading.chunks import whole_lines
from pipelines.reading.problems import Unreadable, undecodable

CHUNK: Final = 1 << 20
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TOLERATED: Final = 0.5  # at most half of the lines with non-ASCII bytes may be in no encoding or in another
_THREE_BYTES: Final = "\u0800"  # the first character that takes three bytes in UTF-8


def guess(path: Path) -> str:
    """The encoding the beginning of the file suggests, without reading all of it."""
    with path.open("rb") as stream:
        head = stream.read(CHUNK)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if decodes(head, "utf-8"):
        return "utf-8"
    lines = [line for line in head.splitlines() if not line.isascii()]
    return "utf-8" if sum(map(is_utf8, lines)) > len(lines) / 2 else "gb18030"


def is_utf8(line: bytes) -> bool:
    """True where a line can only be meant as UTF-8.

    Three-byte characters, all Chinese ones, do not come about by chance. Two-byte ones do: two ideographs in GB18030, 联通 for
    one, are letters of other scripts in UTF-8.
    """
    try:
        return max(line.decode("utf-8"), default="") >= _THREE_BYTES
    except UnicodeDecodeError:
        return False


def main_encoding(path: Path, *, lone_returns: bool = False) -> str:
    """The encoding most lines of a damaged file are in; ``lone_returns``: its lines end with them.

    Raises:
        Unreadable: most lines with non-ASCII bytes are in neither UTF-8 nor GB18030.
    """
    first: tuple[int, int, int] | None = None
    lines = utf8 = gb18030 = 0
    with path.open("rb") as stream:
        for number, line in enumerate(_lines(stream, lone_returns=lone_returns), start=1):
            if line.isascii():
                continue
            lines += 1
            if is_utf8(line):
                utf8 += 1
            elif decodes(line, "gb18030", final=True):
                gb18030 += 1
            elif first is None:
                first = (number, *_first_bad(line))
    if first is not None and max(utf8, gb18030) < _TOLERATED * lines:
        raise Unreadable(undecodable(*first))
    return "utf-8" if utf8 >= gb18030 else "gb18030"


def _lines(stream: BinaryIO, *, lone_returns: bool) -> Iterator[bytes]:
    for chunk in whole_lines(stream, lone_returns=lone_returns):
        yield from chunk.removesuffix(b"\n").split(b"\n")


def looks_like_utf16(head: bytes) -> bool:
    """True for text of two bytes a character without a byte order mark: ends of lines and separators with a NUL beside them."""
    if head.count(0) * 10 < len(head):
        return False
    for ends in ((b"\n\x00", b"\r\x00", b",\x00", b"\t\x00"), (b"\x00\n", b"\x00\r", b"\x00,", b"\x00\t")):
        places = [at for end in ends for at in _places(head, end)]
        if places and all(at % 2 == 0 for at in places):
            return True
    return False


def _places(head: bytes, wanted: bytes) -> list[int]:
    found: list[int] = []
    at = head.find(wanted)
    while at >= 0 and len(found) < 100:
        found.append(at)
        at = head.find(wanted, at + 2)
    return found


def decodes(data: bytes, encoding: str, *, final: bool = False) -> bool:
    """True where the bytes are in the encoding; with ``final`` none of them may be the beginning of a character."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(data, final)
    except UnicodeDecodeError:
        return False
    return True


def _first_bad(line: bytes) -> tuple[int, int]:
    """Place (from 1) and value of the first byte that is not UTF-8."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start + 1, line[error.start]
    return 1, line[0]
