"""Does another row of the file say something else of the same record? The hub puts beside a row which ones do.

The row rules get the rows from the pass over the file (``pipelines.screening.versions``); the suite gets a column that its own SQL
fills from the digests of key and content (``SQL_CONTRADICTING``), so that each route looks for contradictions itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.registry import Lookups, PairCheck, Parameters, register
from pipelines.checks.sql_functions import expect

SQL_CONTRADICTING: Final = """
SELECT _version FROM {rows} WHERE _version IS NOT NULL
GROUP BY _version HAVING count(*) > 1 AND min(_content) <> max(_content)
"""
"""The versions of the staged rows under which rows say different things."""
MOST_LISTED: Final = 1_000


def sql_with_contradictions(rows: str, contradicting: str, listed: Sequence[int]) -> str:
    """The staged rows, with ``_contradicts`` found by SQL.

    The rows are read again for each column that is looked at: what nobody asks for must cost nothing there, as a join would.

    Args:
        rows: table of the staged rows.
        contradicting: table of what ``SQL_CONTRADICTING`` gave.
        listed: these; where there are more than ``MOST_LISTED``, more than so many of them.
    """
    if not listed:
        found = "NULL::VARCHAR"
    elif len(listed) <= MOST_LISTED:
        found = f"CASE WHEN _version IN ({', '.join(map(str, listed))}) THEN '1' END"
    else:
        found = f"CASE WHEN _version IN (SELECT _version FROM {contradicting}) THEN '1' END"
    return f"SELECT * REPLACE ({found} AS _contradicts) FROM {rows}"


def _contradicts(rule: Rule, _: Lookups) -> pl.Expr:
    return pl.col(rule.second).is_not_null()


def _no_other(_a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    expect(parameters, 0, str, prefixes)
    return f"({b} IS NULL)"


register(__name__, PairCheck("one_content", _contradicts, _no_other))
