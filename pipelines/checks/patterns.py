"""Texts that match a regular expression as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.registry import CellCheck, Lookups, Parameters, register
from pipelines.checks.sql_functions import expect
from pipelines.storage.sql import literal


def _unlike(rule: Rule, _: Lookups) -> pl.Expr:
    return ~pl.col(rule.field).str.contains(f"^(?:{rule.parameters[0]})$")


def _matches(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    expect(parameters, 1, str, prefixes)
    return f"regexp_full_match({column}, {literal(str(parameters[0]))})"


register(__name__, CellCheck("pattern", _unlike, _matches))
