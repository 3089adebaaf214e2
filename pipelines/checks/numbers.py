"""Whole numbers, decimals and their bounds.

Polars reads them from the typed value of the field, which screening makes; SQL reads the text again.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.dates import unreadable
from pipelines.checks.prepared_columns import typed_name
from pipelines.checks.registry import CellCheck, CellSql, Parameters, register, register_functions
from pipelines.checks.sql_functions import expect, plain


def _typed(rule: Rule) -> pl.Expr:
    return pl.col(typed_name(rule.field))


def decimal_shaped(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """A number of the precision and scale in the parameters; zeros behind the scale do no harm."""
    expect(parameters, 2, int, prefixes)
    precision, scale = int(parameters[0]), int(parameters[1])
    if not 0 <= scale < precision:
        raise ValueError("precision must be greater than scale")
    return f"regexp_full_match({column}, '[+-]?[0-9]{{1,{precision - scale}}}(\\.[0-9]{{0,{scale}}}0*)?')"


def _bound(operator: str) -> CellSql:
    """A bound on numbers; with precision and scale as further parameters, on decimals of that kind only."""

    def passes(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        expect(parameters[:1], 1, int | float, prefixes)
        within = f"coalesce(hub_number({column}) {operator} {parameters[0]!r}, true)"
        return f"(NOT {decimal_shaped(column, parameters[1:], ())} OR {within})" if parameters[1:] else within

    return passes


register_functions(
    {"hub_number(s)": r"try_cast(ltrim(regexp_extract(s, '^[+-]?\d+(\.\d*)?$'), '+') AS DOUBLE)"},
    shared=("hub_number",),
)
register(
    __name__,
    CellCheck(
        "integer",
        unreadable,
        plain("try_cast(ltrim(regexp_extract({s}, '^[+-]?[0-9]+$'), '+') AS BIGINT) IS NOT NULL"),
    ),
    CellCheck("decimal", unreadable, decimal_shaped),
    CellCheck("min_exclusive", lambda rule, _: _typed(rule) <= rule.parameters[0], _bound(">")),
    CellCheck("min_inclusive", lambda rule, _: _typed(rule) < rule.parameters[0], _bound(">=")),
    CellCheck("max_inclusive", lambda rule, _: _typed(rule) > rule.parameters[0], _bound("<=")),
)
