"""Does a CSV file have as many separators as its rows and columns demand?

The fast reader fills a short row with empty cells and says nothing (measured, Polars 2.1: with ``empty_string_is_null=False``
too). So the separators outside quotes are counted apart: a row of *n* columns has *n - 1* of them, a blank line none. The
count costs less than reading, and is needed only where the last column has empty cells at all; where there are rows that are no
records besides, which may have separators or not, record by record.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

CHUNK: Final = 1 << 20  # as much as the second-level cache holds
_FEW_QUOTES: Final = 1 << 12
_QUOTE: Final = ord('"')
_NEWLINE: Final = ord("\n")
_RETURN: Final = ord("\r")
_NO_QUOTES: Final = np.zeros(0, dtype=np.intp)


def separators_outside_quotes(path: Path, separator: str, start: int = 0) -> int:
    """Separators outside quoted cells, from the byte ``start`` on."""
    wanted = ord(separator)
    total = 0
    quoted = False
    with path.open("rb", buffering=0) as stream:
        stream.seek(start)
        while chunk := stream.read(CHUNK):
            bytes_ = np.frombuffer(chunk, dtype=np.uint8)
            found = bytes_ == wanted
            quotes = np.flatnonzero(bytes_ == _QUOTE) if b'"' in chunk else _NO_QUOTES
            total += int(np.count_nonzero(found)) - _inside(found, quotes, quoted=quoted)
            quoted ^= len(quotes) % 2 == 1
    return total


def _inside(found: NDArray[np.bool_], quotes: NDArray[np.intp], *, quoted: bool) -> int:
    """How many of the found bytes stand between an opening and a closing quote."""
    edges = [*([0] if quoted else []), *quotes.tolist()] if len(quotes) < _FEW_QUOTES else None
    if edges is not None:
        ends = [*edges[1::2], len(found)] if len(edges) % 2 else edges[1::2]
        return sum(int(np.count_nonzero(found[a:b])) for a, b in zip(edges[::2], ends, strict=True))
    spans = np.concatenate([np.zeros(1, dtype=np.intp), quotes])
    return int(np.add.reduceat(found, spans, dtype=np.int64)[0 if quoted else 1 :: 2].sum())


def records_are_whole(path: Path, separator: str, width: int, start: int = 0) -> bool:
    """Whether every record, from the byte ``start`` on, has the separators of ``width`` columns or is a blank line."""
    wanted = ord(separator)
    quoted = False
    separators = length = 0  # of the record that goes on from the chunk before
    with path.open("rb", buffering=0) as stream:
        stream.seek(start)
        while chunk := stream.read(CHUNK):
            bytes_ = np.frombuffer(chunk, dtype=np.uint8)
            outside = np.ones(len(bytes_), dtype=np.bool_)
            if quoted or b'"' in chunk:
                outside = (np.cumsum(bytes_ == _QUOTE) + quoted) % 2 == 0
            ends = np.flatnonzero(outside & (bytes_ == _NEWLINE))
            found = np.flatnonzero(outside & (bytes_ == wanted))
            filled = np.flatnonzero((bytes_ != _RETURN) & (bytes_ != _NEWLINE))
            each = np.diff(np.searchsorted(found, ends), prepend=0)
            lengths = np.diff(np.searchsorted(filled, ends), prepend=0)
            if len(ends):
                each[0] += separators
                lengths[0] += length
                if bool(np.any((lengths > 0) & (each != width - 1))):
                    return False
                separators = length = 0
                found, filled = found[found > ends[-1]], filled[filled > ends[-1]]
            separators += len(found)
            length += len(filled)
            quoted = not bool(outside[-1])
    return length == 0 or separators == width - 1
