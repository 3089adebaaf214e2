"""Bytes to text rows with the row numbers a person sees; malformed lines are kept as they came."""

from pipelines.ground.limits import Limits
from pipelines.reading.opening import SUFFIXES, kind_of_file, open_source, salvage
from pipelines.reading.problems import Problem, Unreadable, missing_columns, no_rows, not_in_catalogue
from pipelines.reading.rows import RAW_TEXT, ROW_NUMBER
from pipelines.reading.skipped_rows import Aside
from pipelines.reading.source import ASIDE, EMPTY, LAST_EMPTY, Source, Terms

__all__ = [
    "ASIDE",
    "EMPTY",
    "LAST_EMPTY",
    "RAW_TEXT",
    "ROW_NUMBER",
    "SUFFIXES",
    "Aside",
    "Limits",
    "Problem",
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
