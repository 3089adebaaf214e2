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
_TOLERATED: Final = 0.5  # at most half of the lines with non-ASCII bytes may be in another encoding


def guess(path: Path) -> str:
    """The encoding the beginning of the file suggests, without reading all of it."""
    with path.open("rb") as stream:
        head = stream.read(CHUNK)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    return "utf-8" if _decodes(head, "utf-8") else "gb18030"


def holds(path: Path, encoding: str) -> bool:
    """True where the whole file decodes strictly."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def main_encoding(path: Path) -> str:
    """The encoding most lines of a damaged file are in.

    Raises:
        Unreadable: most lines with non-ASCII bytes are in neither UTF-8 nor GB18030.
    """
    bad = {"utf-8": 0, "gb18030": 0}
    first: dict[str, tuple[int, int, int]] = {}
    lines = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if line.isascii():
                continue
            lines += 1
            for encoding in bad:
                try:
                    line.decode(encoding)
                except UnicodeDecodeError as error:
                    bad[encoding] += 1
                    first.setdefault(encoding, (number, error.start + 1, line[error.start]))
    best = min(bad, key=lambda name: bad[name])
    if lines and bad[best] > _TOLERATED * lines:
        raise Unreadable(undecodable(*first["utf-8"]))
    return best


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


def _decodes(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True
