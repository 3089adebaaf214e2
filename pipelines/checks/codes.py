"""Texts of a code table, one or several joined, and those of the table of an earlier layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import LAYOUT, Rule
from pipelines.checks.registry import CellCheck, Lookups, PairCheck, Parameters, register
from pipelines.checks.sql_functions import no_prefixes, texts
from pipelines.storage.sql import literal

SEPARATORS: Final = ";；、,，"
"""Between the items of a joined list."""

_BLANK: Final = r"[\s\x0B\x{85}\p{Z}]*"


def _not_in_table(rule: Rule, _: Lookups) -> pl.Expr:
    cell = pl.col(rule.field)
    found = cell.is_in([str(p) for p in rule.parameters])
    for prefix in rule.prefixes:
        found = found | cell.str.starts_with(prefix)
    return ~found


def _in_set(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """One of the texts in the parameters, or anything that starts with a prefix."""
    found = f"{column} IN ({', '.join(map(literal, texts(parameters)))})"
    starts = [f"starts_with({column}, {literal(prefix)})" for prefix in prefixes]
    return f"({' OR '.join([found, *starts])})"


def _items_not_in_table(rule: Rule, _: Lookups) -> pl.Expr:
    known = sorted((str(p) for p in rule.parameters if not set(str(p)) & set(SEPARATORS)), key=len, reverse=True)
    item = "|".join([*map(re.escape, known), *(f"{re.escape(prefix)}[^{SEPARATORS}]*" for prefix in rule.prefixes)])
    return ~pl.col(rule.field).str.contains(rf"^\s*(?:{item})\s*(?:[{SEPARATORS}]\s*(?:{item})\s*)*$")


def _items_in_set(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    within = [re.sub(r"([^\w])", r"\\\1", value) for value in texts(parameters) if not set(value) & set(SEPARATORS)]
    starts = [re.sub(r"([^\w])", r"\\\1", prefix) + f"[^{SEPARATORS}]*" for prefix in prefixes]
    item = f"{_BLANK}(?:{'|'.join([*within, *starts])}){_BLANK}"
    return f"regexp_full_match({column}, {literal(f'{item}(?:[{SEPARATORS}]{item})*')})"


def _not_in_table_of_layout(rule: Rule, _: Lookups) -> pl.Expr:
    said = pl.concat_str(pl.col(LAYOUT), pl.lit("|"), pl.col(rule.field))
    return ~said.is_in([str(text) for text in rule.parameters])


def _in_set_of_layout(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The first column, where filled, is one of the texts that the parameters give for the layout in the second one."""
    no_prefixes(prefixes)
    return f"({a} IS NULL OR coalesce(concat({b}, '|', {a}) IN ({', '.join(map(literal, texts(parameters)))}), false))"


register(
    __name__,
    CellCheck("in_table", _not_in_table, _in_set, suite_name="in_set"),
    CellCheck("items_in_table", _items_not_in_table, _items_in_set, suite_name="items_in_set"),
    PairCheck("in_table_of_layout", _not_in_table_of_layout, _in_set_of_layout, suite_name="in_set_of_layout"),
)
