"""What a text must not hold: lost or private characters, what clean-up had to take away, and personal data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import CLEANED, Rule
from pipelines.checks.prepared_columns import cleaned_name
from pipelines.checks.registry import (
    CELL_SQL,
    CellCheck,
    Parameters,
    register,
    register_functions,
    register_sql,
)
from pipelines.checks.sql_functions import expect, plain
from pipelines.privacy.find import holds_citizen_id, holds_mobile

_PERSON: Final = r"[1-9]\d{5}(18|19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]"

TEXT_CHECKS: Final = (
    "no_replacement_character",
    "no_private_use_character",
    "no_control_character",
    "no_citizen_id_in_text",
    "no_mobile_in_text",
)
"""Checks, by their names in the suites, that only a text can fail which is odd (``ODD_TEXT``)."""

ODD_TEXT: Final = (
    r"regexp_matches({s}, '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F\x{{E000}}-\x{{F8FF}}\x{{FFFD}}]|锟斤拷|[0-9]{{11}}')"
)
"""SQL with ``{s}`` for the column: one test for all of ``TEXT_CHECKS``; true for every text that fails one of them."""


def _cell(rule: Rule) -> pl.Expr:
    return pl.col(rule.field)


def _bit_unset(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The bit of a field in the mask of cleaned fields; the parameter is the place of the field."""
    expect(parameters, 1, int, prefixes)
    return f"({column}::BIGINT & {1 << int(parameters[0])}) = 0"


register_functions(
    {
        # The numbers are taken apart only where there is one: nearly never.
        "hub_citizen_id_in_text(s)": rf"""CASE WHEN regexp_matches(s, '{_PERSON}')
        THEN len(list_filter(regexp_extract_all(s, '{_PERSON}'), lambda number: hub_plausible_person(upper(number)))) > 0
        ELSE false END""",
    }
)
register(
    __name__,
    CellCheck(
        "replacement_character",
        lambda rule, _: _cell(rule).str.contains("\ufffd|锟斤拷"),
        plain("NOT (contains({s}, chr(65533)) OR contains({s}, '锟斤拷'))"),
        suite_name="no_replacement_character",
        of_any_text=True,
    ),
    CellCheck(
        "private_use_character",
        lambda rule, _: _cell(rule).str.contains("[\ue000-\uf8ff]"),
        plain(r"NOT regexp_matches({s}, '[\x{{E000}}-\x{{F8FF}}]')"),
        suite_name="no_private_use_character",
    ),
    CellCheck(
        "citizen_id_in_text",
        lambda rule, _: holds_citizen_id(_cell(rule)),
        plain("NOT hub_citizen_id_in_text({s})"),
        suite_name="no_citizen_id_in_text",
        of_any_text=True,
    ),
    CellCheck(
        "mobile_in_text",
        lambda rule, _: holds_mobile(_cell(rule)),
        plain("NOT regexp_matches({s}, '(^|[^0-9])1[3-9][0-9]{{9}}([^0-9]|$)')"),
        suite_name="no_mobile_in_text",
    ),
    CellCheck(
        "cleaned",
        lambda rule, _: pl.col(cleaned_name(rule.field)),
        _bit_unset,
        suite_name="not_cleaned",
        suite_column=CLEANED,
    ),
)
register_sql(CELL_SQL, "no_control_character", plain(r"NOT regexp_matches({s}, '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]')"))
