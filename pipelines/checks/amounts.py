"""The fine a text names, in yuan, against the amount field, which is in 万元 (domain.md R07).

The usual mistake is exact: 2,000 元 filed as 2000 万元. So a field whose number equals the yuan of the text is suspect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.distinct import mapped
from pipelines.checks.numbers import decimal_shaped
from pipelines.checks.prepared_columns import typed_name
from pipelines.checks.registry import Lookups, PairCheck, Parameters, register, register_functions

FINE: Final = r"罚款(?:人民币)?\s*([0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?)\s*(万?)元"
_SQL_FINE: Final = r"罚款(?:人民币)?\s*(\d+(?:,\d\d\d)*(?:\.\d+)?)\s*(万?)元"


def yuan(text: pl.Expr) -> pl.Expr:
    """The first fine a text names, in yuan; null where it names none."""
    number = text.str.extract(FINE, 1).str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    return number * pl.when(text.str.extract(FINE, 2) == "万").then(10_000.0).otherwise(1.0)


def _in_yuan(rule: Rule, _: Lookups) -> pl.Expr:
    return pl.col(typed_name(rule.field)).cast(pl.Float64) == mapped(pl.col(str(rule.other)), yuan, pl.Float64())


def _not_in_yuan(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The first column, a decimal in 10,000 yuan, is not the number of yuan that the second one, a text, names as a fine."""
    shaped = decimal_shaped(a, parameters, prefixes)
    return f"coalesce({shaped}, false) <= coalesce(hub_number({a}) <> hub_fine_in_yuan({b}), true)"


register_functions(
    {
        # 罚款2,000元 is 2000, 罚款0.2万元 too; null where the text names no fine.
        "hub_fine_in_yuan(s)": rf"""try_cast(replace(regexp_extract(s, '{_SQL_FINE}', 1), ',', '') AS DOUBLE)
        * CASE WHEN regexp_extract(s, '{_SQL_FINE}', 2) = '万' THEN 10000.0::DOUBLE ELSE 1.0::DOUBLE END""",
    }
)
register(__name__, PairCheck("amount_unit", _in_yuan, _not_in_yuan, suite_name="amount_not_in_yuan"))
