"""How large, deep and slow a delivery may be; beyond a limit it is refused with a sentence, never with a crash.

Each has an environment variable CREDIT_HUB_MAX_<NAME>, as CREDIT_HUB_MAX_FILE_BYTES (``pipelines.ground.environment``).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

MEMORY_LIMIT: Final = "1GB"
"""What DuckDB may hold before it spills to disk, unless the settings say otherwise."""


@dataclass(frozen=True)
class Limits:
    """Limits of one file.

    ``row_bytes`` is a row of a text file or an element of JSON; ``zip_ratio`` unpacked by packed bytes, looked at where an archive
    unpacks to more than ``zip_ratio_from_bytes``; ``zip_depth`` how many archives may lie in one another; ``cells`` rows
    by columns of a sheet; ``seconds`` what reading one file, without screening it, may take; ``workbook_memory_bytes``
    the address space of the process that reads workbooks.
    """

    file_bytes: int = 8 << 30
    row_bytes: int = 1 << 20
    columns: int = 1_000
    rows: int = 50_000_000
    cells: int = 40_000_000
    sheets: int = 50
    zip_members: int = 2_000
    zip_bytes: int = 16 << 30
    zip_ratio: int = 200
    zip_ratio_from_bytes: int = 32 << 20
    zip_depth: int = 2
    seconds: int = 900
    workbook_memory_bytes: int = 6 << 30


class Deadline:
    """When reading a file must be done; counts from when it is made."""

    def __init__(self, limits: Limits) -> None:
        self.seconds = limits.seconds
        self._ends = time.monotonic() + limits.seconds

    @property
    def left(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def passed(self) -> bool:
        """True where the time is over."""
        return time.monotonic() > self._ends
