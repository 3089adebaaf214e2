"""The UTF-8 form of a delivered text file, on disk: the file itself, or one written from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.ground.limits import Limits
from pipelines.reading import chunks, decoding
from pipelines.reading import encoding as encodings
from pipelines.reading.problems import Unreadable, too_large, undecodable, utf16_without_mark

_HELD: Final = 16  # times the limit of a row: a line that is refused alone is held as a whole, one beyond this is not


@dataclass(frozen=True)
class Text:
    """The UTF-8 form of a file, and in which encoding it came; ``damaged``: it has lines that are marked, or too long."""

    path: Path
    encoding: str
    damaged: bool = False


def as_text(path: Path, scratch: Path, limits: Limits, known: str | None = None) -> Text:
    """The file as UTF-8: itself where it is that already.

    Raises:
        Unreadable: it is in no encoding we know, or has a line beyond the limit.
    """
    with path.open("rb") as stream:
        head = stream.read(encodings.CHUNK)
    name = known or encodings.guess(path)
    doubled, lone = decoding.ends_of(head)
    target = scratch / f"{path.name}.utf8"
    if name == "utf-32" or (name != "utf-16" and encodings.looks_like_utf16(head)):
        raise Unreadable(utf16_without_mark() if name != "utf-32" else undecodable(1, 1, head[0]))
    if name == "utf-16":
        seen = decoding.rewrite_utf16(path, target)
        with target.open("rb") as stream:
            doubled, lone = decoding.ends_of(stream.read(encodings.CHUNK))
        if doubled or lone:
            plain = scratch / f"{path.name}.plain"
            decoding.rewrite_utf8(target, plain, lone_returns=lone)
            plain.replace(target)
        long = has_long_lines(target, limits, lone=False)
        return Text(target, name, long or seen.marked > 0)
    long = has_long_lines(path, limits, lone=lone)
    if name == "gb18030":
        seen = decoding.rewrite_gb18030(path, target, lone_returns=lone)
        if known is None and 2 * seen.marked > seen.wide:
            main = encodings.main_encoding(path, lone_returns=lone)
            if main != name:
                return as_text(path, scratch, limits, known=main)
        return Text(target, name, long or seen.marked > 0)
    if doubled or lone:
        decoding.rewrite_utf8(path, target, lone_returns=lone)
        return Text(target, name, long)
    return Text(path, name, long)


def has_long_lines(path: Path, limits: Limits, *, lone: bool) -> bool:
    """True where a line is beyond the limit: it is refused, and the others are read (``salvaging``).

    Raises:
        Unreadable: the header is, or a line is so long that it cannot be held: its ends were lost.
    """
    limit = limits.row_bytes
    line = chunks.overlong_line(path, limit, lone_returns=lone)
    if line is None:
        return False
    if line > 1:
        limit *= _HELD
        line = chunks.overlong_line(path, limit, lone_returns=lone)
    if line is not None:
        raise Unreadable(
            too_large(
                f"第 {line} 行的长度",
                f"Length of line {line}",
                _length(path, line),
                limit,
                unit_zh=" 字节",
                unit_en=" bytes",
                todo=(
                    "多半是中间丢了换行符，请检查导出程序，重新导出后报送。",
                    "Line ends were probably lost; check the export and send the file again.",
                ),
            )
        )
    return True


def _length(path: Path, number: int) -> int:
    """Bytes of a line, counted without holding it."""
    seen, length = 1, 0
    with path.open("rb") as stream:
        while chunk := stream.read(chunks.CHUNK):
            for part, piece in enumerate(chunk.split(b"\n")):
                seen += part > 0
                if seen > number:
                    return length
                length += len(piece) if seen == number else 0
    return length


def as_elements(path: Path, scratch: Path) -> Text:
    """JSON as UTF-8; lines in another encoding are marked."""
    with path.open("rb") as stream:
        head = stream.read(encodings.CHUNK)
    name = encodings.guess(path)
    target = scratch / f"{path.name}.utf8"
    if name == "utf-32" or (name != "utf-16" and encodings.looks_like_utf16(head)):
        raise Unreadable(utf16_without_mark() if name != "utf-32" else undecodable(1, 1, head[0]))
    if name == "utf-16":
        return Text(target, name, decoding.rewrite_utf16(path, target).marked > 0)
    if name == "gb18030":
        return Text(target, name, decoding.rewrite_gb18030(path, target, lone_returns=False).marked > 0)
    return Text(path, name, damaged=True)
