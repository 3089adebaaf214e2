"""What is new in a candidate, which is all the gate looks at: whole data files, and of updated buckets the records they brought."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.records.changes import CHANGE_TYPE, REASON, REMOVED
from pipelines.storage.sql import literal, parquet

_ROW: Final = "file_row_number"

Spans = tuple[tuple[int, int], ...]
"""Rows of a file: from the first number on, and before the second."""


@dataclass(frozen=True)
class NewRecords:
    """Records of a candidate that are not as in the latest release.

    ``files`` are data files rebuilt. ``changes`` is the candidate's ``changes.parquet`` where buckets were updated, and ``spans``
    are its rows that are theirs: but for its changes such a bucket was in the latest release.
    """

    files: tuple[Path, ...] = ()
    changes: Path | None = None
    spans: Spans = ()

    def __bool__(self) -> bool:
        return bool(self.files) or self.changes is not None

    def lazy(self) -> pl.LazyFrame:
        """The records; there must be a file."""
        found = [pl.scan_parquet(list(self.files), hive_partitioning=False)] if self.files else []
        if self.changes is not None:
            row = pl.col(_ROW)
            mine = pl.any_horizontal((row >= begin) & (row < end) for begin, end in self.spans)
            brought = pl.scan_parquet(self.changes, row_index_name=_ROW).filter(mine, pl.col(CHANGE_TYPE) != REMOVED)
            found.append(brought.drop(_ROW, CHANGE_TYPE, REASON))
        return pl.concat(found)

    def sql(self) -> str:
        """The records as a query; there must be a file."""
        found = [f"SELECT * FROM {parquet(self.files)}"] if self.files else []
        if self.changes is not None:
            mine = " OR ".join(f"({_ROW} >= {begin} AND {_ROW} < {end})" for begin, end in self.spans)
            rows = parquet([self.changes], row_numbers=True)
            kept = f"* EXCLUDE ({_ROW}, {CHANGE_TYPE}, {REASON})"
            found.append(f"SELECT {kept} FROM {rows} WHERE {CHANGE_TYPE} <> {literal(REMOVED)} AND ({mine})")
        return " UNION ALL BY NAME ".join(found)


def joined(spans: list[tuple[int, int]]) -> Spans:
    """Spans in order, those that touch made one."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if found and found[-1][1] == begin:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return tuple(found)
