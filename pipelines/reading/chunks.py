"""A delivered text file in chunks of whole lines, and the mark of a line that is in no encoding."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

CHUNK: Final = 4 << 20
SMALL: Final = 1 << 20  # decoded at once: smaller, and threads wait; larger, and memory waits
MARK: Final = b"\xff"


def whole_lines(stream: BinaryIO, *, lone_returns: bool = False, size: int = CHUNK) -> Iterator[bytes]:
    r"""The rest of a stream in chunks that end with a newline, ``\r\r\n`` as ``\r\n``.

    Where lone ``\r`` end lines they are newlines. A line longer than a chunk comes whole: lengths are checked before
    (``overlong_line``).
    """
    parts: list[bytes] = []
    while chunk := stream.read(size):
        if lone_returns:
            chunk = chunk.replace(b"\r", b"\n")
        cut = chunk.rfind(b"\n") + 1
        if cut == 0:
            parts.append(chunk)
            continue
        yield _plain_ends(b"".join([*parts, memoryview(chunk)[:cut]]))
        parts = [chunk[cut:]] if cut < len(chunk) else []
    if rest := b"".join(parts):
        yield rest


def overlong_line(path: Path, limit: int, *, lone_returns: bool = False) -> int | None:
    """Number of the first line longer than the limit, None where there is none.

    Looks at hardly more than one page for each ``limit`` bytes.
    """
    end = b"\r" if lone_returns else b"\n"
    size = path.stat().st_size
    if size <= limit:
        return None
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        begin = 0
        while size - begin > limit:
            found = content.rfind(end, begin, begin + limit + 1)
            if found < 0:
                return _count(content, end, begin) + 1
            begin = found + 1
    return None


def _count(content: mmap.mmap, end: bytes, stop: int) -> int:
    return sum(content[at : min(at + CHUNK, stop)].count(end) for at in range(0, stop, CHUNK))


def _plain_ends(chunk: bytes) -> bytes:
    while b"\r" in chunk and b"\r\r\n" in chunk:
        chunk = chunk.replace(b"\r\r\n", b"\r\n")
    return chunk
