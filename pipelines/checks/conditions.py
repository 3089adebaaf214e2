"""When a rule over two fields applies, by the value of the other field: the forms of conditions, each by both routes.

In Polars a condition is one boolean column, shared by all rules that have it; in SQL it is part of each check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.distinct import where
from pipelines.checks.registry import Parameters
from pipelines.checks.sql_functions import expect, texts
from pipelines.storage.sql import literal

SqlCondition = Callable[[str, Parameters], str]


def applies_name(rule: Rule) -> str:
    """Column that says whether a conditional rule applies to a row; the same for rules with the same condition."""
    form = rule.primitive.partition("_when_")[2]
    return f"applies:{rule.second}:{form}:{'|'.join(str(p) for p in rule.parameters)}"


def conditional(rule: Rule) -> bool:
    """True where the rule applies under a condition only."""
    return "_when_" in rule.primitive


def conditions(rules: Iterable[Rule]) -> list[pl.Expr]:
    """The columns of all conditions of the rules, over tidy text."""
    found = {applies_name(rule): rule for rule in rules if conditional(rule)}
    return [_applies(rule).alias(name) for name, rule in found.items()]


def _applies(rule: Rule) -> pl.Expr:
    other, values = pl.col(rule.second), [str(p) for p in rule.parameters]
    match rule.primitive.partition("_when_")[2]:
        case "in":
            return where(other, lambda value: value.is_in(values))
        case "contains":
            return where(other, lambda value: value.str.contains_any(values))
        case "not_null":
            return other.is_not_null()
        case _:
            raise KeyError(rule.primitive)


def sql_is_in(column: str, parameters: Parameters) -> str:
    """One of the texts in the parameters."""
    return f"({column} IN ({', '.join(map(literal, texts(parameters)))}))"


def _sql_contains(column: str, parameters: Parameters) -> str:
    return f"({' OR '.join(f'contains({column}, {literal(part)})' for part in texts(parameters))})"


def _sql_is_filled(column: str, parameters: Parameters) -> str:
    expect(parameters, 0, str, ())
    return f"({column} IS NOT NULL)"


SQL_CONDITIONS: Final[Mapping[str, SqlCondition]] = {
    "in": sql_is_in,
    "contains": _sql_contains,
    "not_null": _sql_is_filled,
}
"""By form, as the name of a primitive ends."""
