"""Calendar days and points in time, and their order.

Polars reads them from the typed value of the field, which screening makes; SQL reads the text again by its own functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from pipelines.catalog import RECEIVED_ON, Kind, Rule
from pipelines.checks.prepared_columns import typed_name
from pipelines.checks.registry import (
    PAIR_SQL,
    CellCheck,
    Lookups,
    PairCheck,
    Parameters,
    register,
    register_functions,
    register_sql,
)
from pipelines.checks.sql_functions import expect, plain
from pipelines.storage.sql import literal

NO_DATES: Final = (
    *(
        date(1, 1, 1),
        date(1582, 10, 15),
        date(1753, 1, 1),
    ),  # the first days of .NET and Oracle, of Lotus, of SQL Server
    *(
        date(1899, 12, 30),
        date(1899, 12, 31),
        date(1900, 1, 1),
        date(1900, 1, 2),
    ),  # 0 and 1 of OLE, of Excel, of SQL Server
    *(date(1904, 1, 1), date(1904, 1, 2)),  # 0 and 1 of Excel for the Mac
    *(date(1969, 12, 31), date(1970, 1, 1)),  # 0 of Unix and Java, here and west of Greenwich
    date(9999, 12, 31),
)
"""Days that programs write where there is no date."""

_DAY: Final = r"(\d{4}[-/.年]\d\d?[-/.月]\d\d?日?)"
_DAY_OR_COMPACT: Final = rf"({_DAY}|\d{{8}})"


def unreadable(rule: Rule, _: Lookups) -> pl.Expr:
    """True where a filled cell has no typed value."""
    return pl.col(rule.field).is_not_null() & pl.col(typed_name(rule.field)).is_null()


def _day(rule: Rule) -> pl.Expr:
    """The day of a date or of a point in time."""
    return pl.col(typed_name(rule.field)).cast(pl.Date)


def _too_early(rule: Rule, _: Lookups) -> pl.Expr:
    return _day(rule) < date.fromisoformat(str(rule.parameters[0]))


def _doubtful(rule: Rule, _: Lookups) -> pl.Expr:
    return (_day(rule) > date.fromisoformat(str(rule.parameters[0]))) | _day(rule).is_in(list(NO_DATES))


def _sql_day(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The day in a column of the kind that the second parameter names; the first must be a day."""
    expect(parameters, 2, str, prefixes)
    date.fromisoformat(str(parameters[0]))
    return f"CAST(hub_instant({column}) AS DATE)" if parameters[1] == Kind.TIMESTAMP else f"hub_date({column})"


def _early_enough(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    day = _sql_day(column, parameters, prefixes)
    return f"coalesce({day} >= DATE {literal(str(parameters[0]))}, true)"


def _meant(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    day = _sql_day(column, parameters, prefixes)
    never = ", ".join(f"DATE {literal(one.isoformat())}" for one in NO_DATES)
    # A day that is none counts as the last of all. No AND: see pipelines.expectations.checks.
    last = f"DATE {literal(str(parameters[0]))}"
    return (
        f"coalesce(greatest({day}, CASE WHEN {day} IN ({never}) THEN DATE '9999-12-31' ELSE {day} END) <= {last}, true)"
    )


def _after(rule: Rule, _: Lookups) -> pl.Expr:
    other = pl.col(RECEIVED_ON) if rule.other == RECEIVED_ON else pl.col(typed_name(str(rule.other)))
    return pl.col(typed_name(rule.field)) > other


def _day_not_after(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    expect(parameters, 0, str, prefixes)
    return f"coalesce(hub_date({a}) <= hub_date({b}), true)"


def _instant_not_after(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    expect(parameters, 0, str, prefixes)
    return f"coalesce(hub_instant({a}) <= hub_instant({b}), true)"


register_functions(
    {
        "hub_compact_day(s)": r"try_cast(regexp_replace(s, '^(\d{4})(\d{2})(\d{2})$', '\1-\2-\3') AS DATE)",
        "hub_before_time(s)": "split_part(split_part(CAST(s AS VARCHAR), ' ', 1), 'T', 1)",
        "hub_after_time(s)": "regexp_extract(CAST(s AS VARCHAR), '^[^ T]+[ T]+(.*)$', 1)",
        # A calendar day alone. What is ISO already, nearly all, is not taken apart.
        "hub_day(s)": rf"""CASE WHEN CAST(try_cast(s AS DATE) AS VARCHAR) = s AND length(s) = 10 THEN try_cast(s AS DATE)
        WHEN s[1:4] = '0000' THEN NULL
        WHEN regexp_full_match(s, '\d{{8}}') THEN hub_compact_day(s)
        WHEN regexp_full_match(s, '{_DAY}') THEN try_cast(translate(s, '/.年月日', '----') AS DATE) END""",
        "hub_midnight(s)": rf"regexp_full_match(s, '{_DAY_OR_COMPACT}([ T]0?0:00(:00(\.0+)?)?)?')",
        # The calendar day of a text that may end in midnight, as spreadsheets write it; null where there is none.
        "hub_date(s)": """coalesce(hub_day(CAST(s AS VARCHAR)),
        CASE WHEN hub_midnight(CAST(s AS VARCHAR)) THEN hub_day(hub_before_time(s)) END)""",
        # The instant of a text, a day alone being its midnight; fractions of a second are cut off.
        "hub_instant(s)": rf"""CASE WHEN hub_after_time(s) = '' THEN CAST(hub_date(s) AS TIMESTAMP)
        WHEN regexp_full_match(CAST(s AS VARCHAR), '{_DAY}[ T]+([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?')
        THEN hub_day(hub_before_time(s)) + try_cast(split_part(hub_after_time(s), '.', 1) AS INTERVAL)
        WHEN hub_midnight(CAST(s AS VARCHAR)) THEN CAST(hub_date(s) AS TIMESTAMP) END""",
    },
    shared=("hub_date", "hub_instant"),
)
register(
    __name__,
    CellCheck("date", unreadable, plain("hub_date({s}) IS NOT NULL")),
    CellCheck("timestamp", unreadable, plain("hub_instant({s}) IS NOT NULL")),
    CellCheck("too_early", _too_early, _early_enough, suite_name="date_not_before"),
    CellCheck("doubtful_date", _doubtful, _meant, suite_name="no_doubtful_date"),
    PairCheck("date_not_after", _after, _day_not_after),
)
register_sql(PAIR_SQL, "instant_not_after", _instant_not_after)
