"""Whether the name of somebody without a credit code is an organisation's, by the words that organisations have in their names.

A wrong name is only asked for again; a person that passed as an organisation would be displayed by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.conditions import SQL_CONDITIONS, SqlCondition, applies_name
from pipelines.checks.registry import Lookups, PairCheck, PairSql, Parameters, register
from pipelines.checks.sql_functions import no_prefixes
from pipelines.storage.sql import literal

_CHINESE: Final = (
    *("公司", "企业", "集团", "商行", "商店", "店", "厂", "社", "会", "组", "队", "部", "所", "站", "村", "行", "馆"),
    *("中心", "机构", "办事处", "代表处", "基金", "学校", "学院", "大学", "医院", "合作", "事务", "联合", "俱乐部"),
)
_LATIN: Final = (
    *(
        "Ltd",
        "Limited",
        "Inc",
        "Incorporated",
        "Corp",
        "Corporation",
        "Company",
        "Co",
        "LLC",
        "LLP",
        "PLC",
        "Pte",
        "GmbH",
    ),
    *(
        "AG",
        "SA",
        "SAS",
        "BV",
        "NV",
        "KK",
        "Bank",
        "Fund",
        "Group",
        "Holdings",
        "University",
        "Association",
        "Foundation",
    ),
)
_WORDS: Final = "|".join(_CHINESE)
_LATIN_WORDS: Final = "|".join(_LATIN)


def _no_organisation(rule: Rule, _: Lookups) -> pl.Expr:
    def one(rows: pl.Series) -> pl.Series:
        frame = rows.struct.unnest()
        broken = pl.repeat(False, len(rows), dtype=pl.Boolean, eager=True)
        places = frame["applies"].fill_null(False).arg_true()
        if places.is_empty():
            return broken  # nearly every row has a code: the names of the others alone are looked at
        names = frame["name"].gather(places)
        latin = names.str.replace_all(".", "", literal=True).str.contains(rf"(?i)\b(?:{_LATIN_WORDS})\b")
        return broken.scatter(places, ~(names.str.contains(_WORDS) | latin).fill_null(True))

    cells = pl.struct(pl.col(applies_name(rule)).alias("applies"), pl.col(rule.field).alias("name"))
    return cells.map_batches(one, return_dtype=pl.Boolean, is_elementwise=True)


def _organisation_where(condition: SqlCondition) -> PairSql:
    def passes(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        no_prefixes(prefixes)
        words = f"regexp_matches({a}, {literal(_WORDS)})"
        latin = f"regexp_matches(replace({a}, '.', ''), {literal(rf'(?i)(^|[^0-9A-Za-z_])({_LATIN_WORDS})([^0-9A-Za-z_]|$)')})"
        return f"(NOT coalesce({condition(b, parameters)}, false) OR coalesce({words} OR {latin}, true))"

    return passes


register(
    __name__,
    *(
        PairCheck(f"organisation_name_when_{form}", _no_organisation, _organisation_where(condition))
        for form, condition in SQL_CONDITIONS.items()
    ),
)
