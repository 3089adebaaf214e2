"""The lines of a chunk, all at once: where they are, which are in the encoding of their file."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.reading.chunks import MARK
from pipelines.reading.encoding import is_utf8
from pipelines.reading.gb18030 import noted, transcoded
from pipelines.reading.line_places import line_begins, line_ends

_LOOKED_AT: Final = 48  # bytes of each line
_FEW: Final = 20


def wide_lines(chunk: bytes, ends: NDArray[np.intp]) -> int:
    """How many lines of a chunk hold bytes beyond ASCII."""
    values = np.frombuffer(chunk, dtype=np.uint8)
    return int(np.count_nonzero(np.maximum.reduceat(values, line_begins(ends)) >= 0x80))


def bad_lines(chunk: bytes, ends: NDArray[np.intp], encoding: str) -> tuple[str, NDArray[np.intp]]:
    """Decode a chunk of whole lines.

    Args:
        chunk: bytes.
        ends: places of the newline that ends each line, or of the end of the chunk.
        encoding: UTF-8 or GB18030.

    Returns:
        The text, which has as many lines, and the numbers (from 0) of the lines that are not in the encoding.
    """
    text, places = noted(chunk, encoding)
    if not places:
        return text, np.zeros(0, dtype=np.intp)
    return text, np.unique(np.searchsorted(ends, np.asarray(places, dtype=np.intp)))


def _proved_at_once(values: NDArray[np.uint8], begins: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which lines are proved not to be UTF-8 by their first bytes.

    The proof is a lead byte that no continuation byte follows: nearly every line of ideographs has one, and no line of UTF-8.
    """
    proved = ends - begins >= _LOOKED_AT
    if proved.any():
        looked = np.lib.stride_tricks.sliding_window_view(values, _LOOKED_AT)[begins[proved]]
        proved[proved] = np.any((looked[:, :-1] >= 0xC0) & ((looked[:, 1:] ^ 0x80) >= 0x40), axis=1)
    return proved


def utf8_lines(chunk: bytes, ends: NDArray[np.intp]) -> list[int]:
    """Numbers of the lines of a GB18030 chunk that can only be meant as UTF-8 (``encoding.is_utf8``)."""
    values = np.frombuffer(chunk, dtype=np.uint8)
    begins = line_begins(ends)
    candidates = np.flatnonzero(~_proved_at_once(values, begins, ends))
    if len(candidates) * _FEW > len(ends):
        never = np.zeros(len(values), dtype=np.bool_)
        np.logical_and(values[:-1] >= 0xC0, (values[1:] ^ 0x80) >= 0x40, out=never[:-1])
        candidates = np.flatnonzero(~np.logical_or.reduceat(never, begins))
    lines = ((n, chunk[begins[n] : ends[n]]) for n in candidates.tolist())
    return [n for n, line in lines if not line.isascii() and is_utf8(line)]


def from_gb18030(chunk: bytes) -> tuple[bytes, list[int]]:
    """A chunk of whole lines as UTF-8, and the numbers (from 0) of the lines that are marked."""
    ends = line_ends(chunk)
    begins = line_begins(ends)
    foreign = {n: MARK + chunk[begins[n] : ends[n]] for n in utf8_lines(chunk, ends)}
    content, bad = transcoded(chunk, lambda text: MARK + text.encode(), foreign)
    return content, sorted({*foreign, *bad})
