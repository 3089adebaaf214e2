"""Is the cell filled where it must be, and empty where it must be?"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.conditions import SQL_CONDITIONS, SqlCondition, applies_name
from pipelines.checks.registry import BuiltIn, CellCheck, Lookups, PairCheck, PairSql, Parameters, register
from pipelines.checks.sql_functions import no_prefixes


def _empty(rule: Rule, _: Lookups) -> pl.Expr:
    return pl.col(rule.field).is_null()


def _empty_where_it_applies(rule: Rule, _: Lookups) -> pl.Expr:
    return pl.col(rule.field).is_null() & pl.col(applies_name(rule))


def _filled_where_it_applies(rule: Rule, _: Lookups) -> pl.Expr:
    return pl.col(rule.field).is_not_null() & pl.col(applies_name(rule))


def _where(condition: SqlCondition, verdict: str) -> PairSql:
    """The first column must be (not) null where the condition holds for the second."""

    def passes(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        no_prefixes(prefixes)
        return f"({a} IS {verdict} OR NOT coalesce({condition(b, parameters)}, false))"

    return passes


register(__name__, CellCheck("required", _empty, BuiltIn("expect_column_values_to_not_be_null")))
for _form, _condition in SQL_CONDITIONS.items():
    register(
        __name__,
        PairCheck(f"required_when_{_form}", _empty_where_it_applies, _where(_condition, "NOT NULL")),
        PairCheck(
            f"empty_when_{_form}",
            _filled_where_it_applies,
            _where(_condition, "NULL"),
            suite_name=f"null_when_{_form}",
        ),
    )
