"""When a rule over two fields applies, by the value of the other field: one boolean column for each condition, shared by rules."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from pipelines.catalog import Rule
from pipelines.screening.distinct import where


def applies_name(rule: Rule) -> str:
    """Column that says whether a conditional rule applies to a row; the same for rules with the same condition."""
    form = rule.primitive.partition("_when_")[2]
    return f"applies:{rule.other}:{form}:{'|'.join(str(p) for p in rule.parameters)}"


def conditional(rule: Rule) -> bool:
    """True where the rule applies under a condition only."""
    return "_when_" in rule.primitive


def conditions(rules: Iterable[Rule]) -> list[pl.Expr]:
    """The columns of all conditions of the rules, over tidy text."""
    found = {applies_name(rule): rule for rule in rules if conditional(rule)}
    return [_applies(rule).alias(name) for name, rule in found.items()]


def _applies(rule: Rule) -> pl.Expr:
    other, texts = pl.col(str(rule.other)), [str(p) for p in rule.parameters]
    match rule.primitive.partition("_when_")[2]:
        case "in":
            return where(other, lambda value: value.is_in(texts))
        case "contains":
            return where(other, lambda value: value.str.contains_any(texts))
        case "not_null":
            return other.is_not_null()
        case _:
            raise KeyError(rule.primitive)
