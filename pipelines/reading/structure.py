"""Does a CSV file have as many separators as its rows and columns demand?

The fast reader fills a short row with empty cells and says nothing (measured, Polars 2.1: with ``empty_string_is_null=False``
too). So the separators outside quotes are counted apart: a row of *n* columns has *n - 1* of them, a blank line none. The
count costs less than reading, and is needed only where the last column has empty cells at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_CHUNK: Final = 1 << 20  # as much as the second-level cache holds
_FEW_QUOTES: Final = 1 << 12
_QUOTE: Final = ord('"')
_NO_QUOTES: Final = np.zeros(0, dtype=np.intp)


def separators_outside_quotes(path: Path, separator: str, start: int = 0) -> int:
    """Separators outside quoted cells, from the byte ``start`` on: the header's included, those of titles above it not."""
    wanted = ord(separator)
    total = 0
    quoted = False
    with path.open("rb", buffering=0) as stream:
        stream.seek(start)
        while chunk := stream.read(_CHUNK):
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


def accounts_for(separators: int, width: int, rows: int, empty: int) -> bool:
    """Whether a count of separators fits the rows that were read.

    Args:
        separators: outside quotes, header included.
        width: columns of the header.
        rows: rows the fast reader saw, header and empty rows not counted.
        empty: rows it saw as no records; each is a blank line, or has all its separators.

    Returns:
        False where some row must be short, so that the file has to be read line by line.
    """
    surplus = separators - (rows + 1) * (width - 1)
    return surplus == 0 or (width > 1 and surplus % (width - 1) == 0 and 0 <= surplus // (width - 1) <= empty)
