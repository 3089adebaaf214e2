"""Text and Parquet files as DuckDB sees them in a statement: one way of quoting for all who write SQL."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def literal(text: str) -> str:
    """A string as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def parquet(files: Iterable[Path], *, union_by_name: bool = False, row_numbers: bool = False) -> str:
    """The rows of Parquet files as a table function; at least one file.

    Args:
        files: in the order in which their rows come.
        union_by_name: older files may lack columns of newer ones.
        row_numbers: with the place of each row in its file, from 0 on, as ``file_row_number``.
    """
    options = "union_by_name=true, " if union_by_name else ""
    options += "file_row_number=true, " if row_numbers else ""
    return f"read_parquet([{', '.join(literal(str(file)) for file in files)}], {options}hive_partitioning=false)"
