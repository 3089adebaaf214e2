"""Bytes to text rows with the row numbers a person sees; malformed lines are kept as they came."""

from pipelines.ground.limits import Limits
from pipelines.reading.opening import SUFFIXES, kind_of_file, open_source, salvage
from pipelines.reading.problems import Problem, Unreadable, missing_columns, no_rows, not_in_catalogue
from pipelines.reading.rows import RAW_TEXT, ROW_NUMBER
from pipelines.reading.skipped_rows import SkippedRow
from pipelines.reading.source import EMPTY, LAST_EMPTY, SKIPPED_ROW, Source, Terms

__all__ = [
    "EMPTY",
    "LAST_EMPTY",
    "RAW_TEXT",
    "ROW_NUMBER",
    "SKIPPED_ROW",
    "SUFFIXES",
    "Limits",
    "Problem",
    "SkippedRow",
    "Source",
    "Terms",
    "Unreadable",
    "kind_of_file",
    "missing_columns",
    "no_rows",
    "not_in_catalogue",
    "open_source",
    "salvage",
]
