"""Blank lines at the end of a text file: millions of them are no rows, and need not be read as such."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_LOOKED_AT: Final = 1 << 16
_PIECE: Final = 1 << 20
_BLANKS: Final = b" \t\r\n"


def rows_at_most(text: Path, start: int) -> int | None:
    """How many lines there are up to the last one with anything in it, where the file ends in 64 KB of blank ones; else None.

    Args:
        text: the file in UTF-8.
        start: where the first row begins, in bytes.
    """
    size = text.stat().st_size
    if size - start <= _LOOKED_AT:
        return None
    with text.open("rb", buffering=0) as stream:
        stream.seek(size - _LOOKED_AT)
        if stream.read(_LOOKED_AT).strip(_BLANKS):
            return None
        end = size
        while end > start:
            begin = max(start, end - _PIECE)
            stream.seek(begin)
            if kept := stream.read(end - begin).rstrip(_BLANKS):
                end = begin + len(kept)
                break
            end = begin
        stream.seek(start)
        lines, left = 1, end - start
        while left > 0 and (piece := stream.read(min(_PIECE, left))):
            lines, left = lines + piece.count(b"\n"), left - len(piece)
    return lines
