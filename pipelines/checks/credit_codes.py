"""Unified social credit codes: why one is none, and what is doubtful about one that is.

Source of the SQL: GB 32100-2015; the Polars route calls ``pipelines.identifiers.credit_code``, whose reason screening prepares.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.catalog.rules import NEVER
from pipelines.checks.conditions import applies_name, sql_is_in
from pipelines.checks.other_numbers import weighted
from pipelines.checks.prepared_columns import reason_name
from pipelines.checks.registry import (
    CellCheck,
    Lookups,
    PairCheck,
    PairSql,
    Parameters,
    register,
    register_functions,
)
from pipelines.checks.sql_functions import expect, identifier, no_prefixes, plain, texts
from pipelines.identifiers import credit_code
from pipelines.storage.sql import literal

REASONS: Final = (
    "valid",
    "missing",
    "placeholder",
    "citizen_id",
    "legacy_number",
    "length",
    "alphabet",
    "checksum",
)
"""What ``hub_credit_code_reason`` answers, as the place in this list; of several the first after ``valid``."""

DIVISIONS: Final = "administrative_division"
"""Table in SQL whose only column is every code of an administrative division."""

_ORGAN: Final = "11"
"""Registrar and category of organs of the state (机关), GB 32100-2015."""

_USCC: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _is_none(reason: str) -> CellCheck:
    """The code is none, for one reason."""
    return CellCheck(
        f"credit_code_{reason}",
        lambda rule, _: pl.col(reason_name(rule.field)) == reason,
        plain(f"hub_credit_code_reason({{s}}) <> {REASONS.index(reason)}"),
    )


def _good(rule: Rule) -> pl.Expr:
    return pl.col(rule.field).is_not_null() & pl.col(reason_name(rule.field)).is_null()


def _inner_check_fails(rule: Rule, _: Lookups) -> pl.Expr:
    return _good(rule) & ~credit_code.inner_check_holds(pl.col(rule.field))


def _pair_unknown(rule: Rule, lookups: Lookups) -> pl.Expr:
    return _good(rule) & ~credit_code.registrar_pair_known(pl.col(rule.field), lookups.registrar_pairs)


def _pair_known(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    no_prefixes(prefixes)
    pairs = ", ".join(map(literal, texts(parameters)))
    return f"(hub_credit_code_reason({column}) = 0) <= ({column}[1:2] IN ({pairs}))"


def _region_unknown(rule: Rule, lookups: Lookups) -> pl.Expr:
    return _good(rule) & ~credit_code.region_known(pl.col(rule.field), lookups.division_codes)


def _region_known(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """Six-digit codes, or the name of a table whose only column they are."""
    no_prefixes(prefixes)
    names = texts(parameters)
    by_table = len(names) == 1 and not names[0].isdigit()
    known = f"FROM {identifier(names[0])}" if by_table else ", ".join(map(literal, names))
    return f"(hub_credit_code_reason({column}) = 0) <= coalesce({column}[3:8] IN ({known}), false)"


def _starts(rule: Rule) -> pl.Expr:
    return pl.any_horizontal(pl.col(rule.field).str.starts_with(prefix) for prefix in rule.prefixes)


def _starts_otherwise(rule: Rule, _: Lookups) -> pl.Expr:
    # A code that is none is refused for it; its first characters say nothing.
    return pl.col(applies_name(rule)) & _good(rule) & ~_starts(rule)


def _starts_so(rule: Rule, _: Lookups) -> pl.Expr:
    return pl.col(applies_name(rule)) & _good(rule) & _starts(rule)


def _begins(*, so: bool) -> PairSql:
    """The first column, where it is a credit code, begins with one of the prefixes (or with none) where the second is in a set."""

    def passes(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        if not prefixes:
            raise ValueError("needs at least one prefix")
        begins = f"left({a}, {len(prefixes[0])}) IN ({', '.join(map(literal, prefixes))})"
        verdict = begins if so else f"NOT {begins}"
        agrees = f"(NOT coalesce({sql_is_in(b, parameters)}, false) OR coalesce({verdict}, true))"
        # The reason is outside OR: see pipelines.expectations.checks.
        return f"(hub_credit_code_reason({a}) = 0) <= {agrees}"

    return passes


def _starts_as_none_does(rule: Rule, _: Lookups) -> pl.Expr:
    return _good(rule) & pl.any_horizontal(pl.col(rule.field).str.starts_with(str(one)) for one in rule.parameters)


def _starts_as_it_may(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """A code that is good begins with none of the parameters."""
    no_prefixes(prefixes)
    begins = " OR ".join(f"starts_with({column}, {literal(one)})" for one in texts(parameters))
    return f"(hub_credit_code_reason({column}) = 0) <= NOT ({begins})"


def _is_an_organ(rule: Rule, _: Lookups) -> pl.Expr:
    return _good(rule) & pl.col(rule.field).str.starts_with(_ORGAN)


def _is_no_organ(a: str, _: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The first column is not the code of an organ of the state; the second is looked at by a rule of its own."""
    expect(parameters, 0, str, prefixes)
    return f"(hub_credit_code_reason({a}) = 0) <= coalesce(left({a}, 2) <> '{_ORGAN}', true)"


register_functions(
    {
        "hub_inner_check_holds(s)": "CAST(hub_organisation_code_holds(s[9:17]) AS BOOLEAN)",
        "hub_credit_code_layout(s)": rf"regexp_full_match(s, '[1-9ANY][{_USCC}]\d{{6}}[{_USCC}]{{10}}')",
        # GB 32100-2015: C18 = (31 - Σ mod 31) mod 31, so that with weight 1 the check character makes the sum 0. A code of
        # the layout with a letter before its end is valid or has a wrong check character: nearly all, so they come first.
        "hub_credit_code_reason(s)": rf"""CAST(coalesce(CASE
        WHEN hub_credit_code_layout(s) AND NOT regexp_full_match(s, '\d{{17}}.') THEN NULL
        WHEN s IS NULL OR s = '' THEN 1
        WHEN hub_stand_in(s) THEN 2
        WHEN regexp_full_match(s, '\d{{14,17}}[\dX]') AND hub_plausible_person(s)
            AND NOT hub_registration_number_holds(s) THEN 3
        WHEN length(s) IN (9, 13, 15) AND (hub_organisation_code_holds(s) OR regexp_full_match(s, '\d{{13}}')
            OR hub_registration_number_holds(s)) THEN 4
        WHEN length(s) <> 18 THEN 5
        WHEN NOT hub_credit_code_layout(s) THEN 6 END,
        CASE WHEN ({weighted(_USCC, [*(pow(3, i, 31) for i in range(17)), 1])}) % 31 <> 0 THEN 7 ELSE 0 END
        ) AS UTINYINT)""",
    },
    shared=("hub_credit_code_reason", "hub_inner_check_holds"),
)
register(
    __name__,
    *(_is_none(reason) for reason in REASONS[2:]),
    CellCheck(
        "credit_code_inner_check",
        _inner_check_fails,
        plain("(hub_credit_code_reason({s}) = 0) <= hub_inner_check_holds({s})"),
    ),
    CellCheck(
        "credit_code_registrar_pair",
        _pair_unknown,
        _pair_known,
        suite_parameters=lambda catalog: catalog.registrar_pairs,
    ),
    CellCheck(
        "credit_code_region_unknown",
        _region_unknown,
        _region_known,
        suite_name="credit_code_region_known",
        suite_parameters=lambda _: (DIVISIONS,),
    ),
    CellCheck("authority_code", _starts_as_none_does, _starts_as_it_may, suite_name="starts_with_none"),
    PairCheck("organ_as_subject", _is_an_organ, _is_no_organ, suite_name="no_organ_as_subject"),
    PairCheck("prefix_when_in", _starts_otherwise, _begins(so=True)),
    PairCheck(f"{NEVER}prefix_when_in", _starts_so, _begins(so=False)),
)
