"""Does a CSV file have as many separators as its rows and columns demand?

The fast reader fills a short row with empty cells and says nothing (measured, Polars 2.1: with ``empty_string_is_null=False``
too). So the separators outside quotes are counted apart: a row of *n* columns has *n - 1* of them, a blank line none. The
count costs less than reading, and is needed only where the last column has empty cells at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_CHUNK: Final = 1 << 22


def separators_outside_quotes(path: Path, separator: str) -> int:
    """Separators outside quoted cells, the header's included."""
    wanted = separator.encode()
    total = 0
    quoted = False
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if b'"' not in chunk:
                total += 0 if quoted else chunk.count(wanted)
                continue
            parts = chunk.split(b'"')
            total += b"\n".join(parts[quoted::2]).count(wanted)
            quoted ^= len(parts) % 2 == 0
    return total


def accounts_for(separators: int, width: int, rows: int, empty: int) -> bool:
    """Whether a count of separators fits the rows that were read.

    Args:
        separators: outside quotes, header included.
        width: columns of the header.
        rows: rows the fast reader saw, header and empty rows not counted.
        empty: rows it saw as empty in every column; each is a blank line or consists of separators.

    Returns:
        False where some row must be short, so that the file has to be read line by line.
    """
    surplus = separators - (rows + 1) * (width - 1)
    return surplus == 0 or (width > 1 and surplus % (width - 1) == 0 and 0 <= surplus // (width - 1) <= empty)
