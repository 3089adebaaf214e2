"""Where the lines of a chunk begin and end."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_NEWLINE: Final = ord("\n")


def line_ends(chunk: bytes) -> NDArray[np.intp]:
    """Where each line of a chunk ends: the newline, or the end of the chunk."""
    values = np.frombuffer(chunk, dtype=np.uint8)
    ends = np.flatnonzero(values == _NEWLINE)
    if len(values) and values[-1] != _NEWLINE:
        ends = np.append(ends, len(values))
    return ends


def line_begins(ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where each line of a chunk begins, by where each ends."""
    return np.concatenate([np.zeros(1, dtype=np.intp), ends[:-1] + 1])


def line_begin(ends: NDArray[np.intp], line: int) -> int:
    """Where one line begins."""
    return int(ends[line - 1]) + 1 if line else 0
