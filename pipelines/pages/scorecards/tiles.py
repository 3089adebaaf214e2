"""The place of a region's tile in the grid of the overview: rough bearings of equal tiles, no map, no borders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

COLUMNS: Final = 8

# Rows from north to south, columns from west to east; a dot is an empty cell.
_GRID: Final = """
    650000 660000 .      .      150000 .      .      230000
    .      630000 620000 640000 .      110000 210000 220000
    .      .      .      610000 140000 130000 120000 .
    .      540000 510000 500000 410000 370000 320000 .
    .      .      530000 520000 420000 340000 330000 310000
    .      .      .      450000 430000 360000 350000 .
    .      .      .      460000 440000 .      .      .
"""

_PLACES: Final = {
    code: (row, column)
    for row, line in enumerate(_GRID.strip().splitlines(), start=1)
    for column, code in enumerate(line.split(), start=1)
    if code != "."
}


def places(codes: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Row and column, from one, of every region; one the grid does not know goes into the rows below it."""
    result: dict[str, tuple[int, int]] = {}
    below = max(row for row, _ in _PLACES.values())
    unknown = 0
    for code in codes:
        if code in _PLACES:
            result[code] = _PLACES[code]
        else:
            result[code] = (below + 1 + unknown // COLUMNS, 1 + unknown % COLUMNS)
            unknown += 1
    return result
