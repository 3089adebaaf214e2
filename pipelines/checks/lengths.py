"""How long a text may be, in characters: a Chinese character, a letter, a digit and a sign count one each."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.registry import CellCheck, Lookups, Parameters, register
from pipelines.checks.sql_functions import expect


def _too_long(rule: Rule, _: Lookups) -> pl.Expr:
    limit = int(rule.parameters[0])

    def over(values: pl.Series) -> pl.Series:
        # Characters never outnumber bytes, and bytes are known without reading the text.
        longest = values.str.len_bytes().max()
        if longest is None or int(str(longest)) <= limit:
            return pl.repeat(False, len(values), dtype=pl.Boolean, eager=True)
        return values.str.len_chars() > limit

    return pl.col(rule.field).map_batches(over, return_dtype=pl.Boolean, is_elementwise=True)


def _short_enough(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    expect(parameters, 1, int, prefixes)
    return f"length({column}) <= {parameters[0]}"


register(__name__, CellCheck("max_length", _too_long, _short_enough, of_any_text=True))
