"""Which text encoding a file is in: byte order mark, then strict UTF-8, then strict GB18030 (domain.md §8.3).

``gbk`` is never used: it fails on the four-byte characters of real names, and GB18030 reads everything it does.
A file that is mostly one of them with some lines in neither or the other is read line by line: its bad lines are refused,
never guessed.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from pipelines.reading.problems import Unreadable, undecodable

CHUNK: Final = 1 << 20
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
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
    if _decodes(head, "utf-8"):
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


def has_utf8_lines(path: Path) -> bool:
    """True where a line of a GB18030 file is UTF-8: strict decoding lets one in three such lines pass as mojibake."""
    with path.open("rb") as stream:
        return any(is_utf8(line) for line in stream if not line.isascii())


def main_encoding(path: Path) -> str:
    """The encoding most lines of a damaged file are in.

    Raises:
        Unreadable: most lines with non-ASCII bytes are in neither UTF-8 nor GB18030.
    """
    first: tuple[int, int, int] | None = None
    lines = utf8 = gb18030 = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if line.isascii():
                continue
            lines += 1
            if is_utf8(line):
                utf8 += 1
            elif _decodes(line, "gb18030", final=True):
                gb18030 += 1
            elif first is None:
                first = (number, *_first_bad(line))
    if first is not None and max(utf8, gb18030) < _TOLERATED * lines:
        raise Unreadable(undecodable(*first))
    return "utf-8" if utf8 >= gb18030 else "gb18030"


def transcode(path: Path, encoding: str, target: Path) -> None:
    """Write the file again as UTF-8 without a byte order mark.

    Raises:
        UnicodeDecodeError: the file is not in that encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as source, target.open("wb") as sink:
        while chunk := source.read(CHUNK):
            sink.write(decoder.decode(chunk).encode())
        sink.write(decoder.decode(b"", final=True).encode())


def _decodes(data: bytes, encoding: str, *, final: bool = False) -> bool:
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
