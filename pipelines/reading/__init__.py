"""Bytes to text rows with the row numbers a person sees; malformed lines are kept as they came."""

from pipelines.reading.problems import Problem, Unreadable, missing_columns, no_rows, not_in_catalogue
from pipelines.reading.salvage import RAW_TEXT, ROW_NUMBER
from pipelines.reading.source import EMPTY, LAST_EMPTY, Source, open_source, salvage

__all__ = [
    "EMPTY",
    "LAST_EMPTY",
    "RAW_TEXT",
    "ROW_NUMBER",
    "Problem",
    "Source",
    "Unreadable",
    "missing_columns",
    "no_rows",
    "not_in_catalogue",
    "open_source",
    "salvage",
]
