"""Organisation codes, registration numbers and citizen IDs.

Sources of the SQL: GB 11714-1997, GS15-2006, GB 11643-1999; the Polars route calls ``pipelines.identifiers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.conditions import SQL_CONDITIONS, SqlCondition, applies_name
from pipelines.checks.registry import (
    CELL_SQL,
    CellCheck,
    CellSql,
    Lookups,
    PairCheck,
    PairSql,
    Parameters,
    register,
    register_functions,
    register_sql,
)
from pipelines.checks.sql_functions import no_prefixes, plain
from pipelines.identifiers import citizen_id, organisation_code, registration_number
from pipelines.storage.sql import literal

_ORGANISATION: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STAND_INS: Final = (
    *("无", "/", "-", "—", "N/A", "NULL", "空", "不详", "待补"),
    *("123456789", "123456789012345", "123456789012345678"),
)


def _no_organisation_code(rule: Rule, _: Lookups) -> pl.Expr:
    cell = pl.col(rule.field)
    return cell.is_not_null() & organisation_code.reason(cell).is_not_null()


def _no_registration_number(rule: Rule, _: Lookups) -> pl.Expr:
    cell = pl.col(rule.field)
    return cell.is_not_null() & registration_number.reason(cell).is_not_null()


def _no_citizen_id(rule: Rule, _: Lookups) -> pl.Expr:
    cell = pl.col(rule.field)
    return pl.col(applies_name(rule)) & cell.is_not_null() & citizen_id.reason(cell).is_not_null()


def weighted(alphabet: str, weights: Sequence[int]) -> str:
    """Σ value·weight over the first characters of ``s``; a character's value is its place in the alphabet."""
    return " + ".join(f"(strpos('{alphabet}', s[{i}]) - 1) * {weight}" for i, weight in enumerate(weights, 1))


def _digits(weights: Sequence[int]) -> str:
    return " + ".join(f"(ascii(s[{i}]) - 48) * {weight}" for i, weight in enumerate(weights, 1))


def _mod_11_10() -> str:
    """ISO 7064 MOD 11,10 over fifteen digits: the last intermediate sum, 1 when the check digit is right."""
    product, total = "10", ""
    for place in range(1, 16):
        total = f"(({product} + ascii(s[{place}]) - 49) % 10 + 1)"
        product = f"{total} * 2 % 11"
    return total


def _legacy(present: str, legacy: str) -> CellSql:
    """Present numbers; with the parameter ``legacy`` also those of the time before."""

    def passes(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        if list(parameters) not in ([], ["legacy"]) or prefixes:
            raise ValueError("the only parameter it takes is 'legacy'")
        good = f"({present} OR {legacy})" if parameters else f"({present})"
        return f"(NOT hub_stand_in({{s}}) AND {good})".format(s=column)

    return passes


_is_citizen_id: Final = _legacy(
    "hub_citizen_id_holds({s}) AND hub_province({s}) AND hub_birth_date({s}) IS NOT NULL",
    "regexp_full_match({s}, '[0-9]{{15}}') AND hub_province({s}) AND hub_birth_date({s}) IS NOT NULL",
)


def _citizen_id_where(condition: SqlCondition) -> PairSql:
    """The first column, where filled, must be a citizen ID where the condition holds for the second."""

    def passes(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        no_prefixes(prefixes)
        holds = _is_citizen_id(a, (), ())
        return f"({a} IS NULL OR {holds} OR NOT coalesce({condition(b, parameters)}, false))"

    return passes


register_functions(
    {
        # GB 11714-1997: C9 = 11 - (Σ mod 11), 10 written X and 11 written 0.
        "hub_organisation_code_holds(s)": f"""regexp_full_match(s, '[0-9A-Z]{{8}}[0-9X]')
        AND '0X987654321'[({weighted(_ORGANISATION, (3, 7, 9, 10, 5, 8, 4, 2))}) % 11 + 1] = s[9]""",
        # GS15-2006.
        "hub_registration_number_holds(s)": f"regexp_full_match(s, '[0-9]{{15}}') AND {_mod_11_10()} = 1",
        # GB 11643-1999.
        "hub_citizen_id_holds(s)": f"""regexp_full_match(s, '[0-9]{{17}}[0-9X]')
        AND '10X98765432'[({_digits((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))}) % 11 + 1] = s[18]""",
        "hub_province(s)": "regexp_matches(s, '^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])')",
        "hub_birth_date(s)": r"""CASE WHEN regexp_full_match(s, '\d{17}[\dX]') THEN hub_compact_day(s[7:14])
        WHEN regexp_full_match(s, '\d{15}') THEN hub_compact_day('19' || s[7:12]) END""",
        "hub_plausible_person(s)": """hub_province(s) AND length(s) IN (15, 18)
        AND coalesce(year(hub_birth_date(s)) BETWEEN 1900 AND 2099, false)
        AND (length(s) = 15 OR hub_citizen_id_holds(s))""",
        "hub_stand_in(s)": f"""s = repeat(s[1], length(s)) OR regexp_full_match(s, '0*X')
        OR s IN ({", ".join(map(literal, _STAND_INS))})""",
    }
)
register(
    __name__,
    CellCheck(
        "organisation_code",
        _no_organisation_code,
        plain("(NOT hub_stand_in({s}) AND hub_organisation_code_holds({s}))"),
    ),
    CellCheck(
        "registration_number",
        _no_registration_number,
        _legacy("hub_registration_number_holds({s})", "regexp_full_match({s}, '[0-9]{{13}}')"),
    ),
    *(
        PairCheck(f"citizen_id_when_{form}", _no_citizen_id, _citizen_id_where(condition))
        for form, condition in SQL_CONDITIONS.items()
    ),
)
register(
    __name__,
    CellCheck(
        "masked_number",
        lambda rule, _: pl.col(rule.field).str.contains(r"[*＊]{2}"),
        plain("NOT regexp_matches({s}, '[*＊][*＊]')"),
        suite_name="number_not_masked",
    ),
)
register_sql(CELL_SQL, "citizen_id", _is_citizen_id)
