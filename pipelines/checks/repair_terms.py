"""Conditions of repair (``policies/repair.yaml``, ``enforced``): asked of rows for which the terms hold.

``_repair_terms`` and ``_repairable_from`` stand beside the row (``pipelines.screening.repair_terms``). The first parameter of a
rule is the id of its terms; the others are the texts that do not meet a condition, for what is empty or in no code table is
another rule's.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.catalog import REPAIR_TERMS, REPAIRABLE_FROM, Rule
from pipelines.checks.prepared_columns import typed_name
from pipelines.checks.registry import Lookups, PairCheck, Parameters, register
from pipelines.checks.sql_functions import no_prefixes, texts
from pipelines.storage.sql import literal

_ISO_DAY = 10


def _unmet(rule: Rule, _: Lookups) -> pl.Expr:
    terms, *others = (str(one) for one in rule.parameters)
    return (pl.col(REPAIR_TERMS) == terms) & pl.col(rule.field).is_in(others)


def _met(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    no_prefixes(prefixes)
    terms, *others = texts(parameters)
    return (
        f"(coalesce({b} <> {literal(terms)}, true) OR coalesce({a} NOT IN ({', '.join(map(literal, others))}), true))"
    )


def _too_early(rule: Rule, _: Lookups) -> pl.Expr:
    begins = f"{rule.parameters[0]}|"
    day = pl.col(REPAIRABLE_FROM).str.strip_prefix(begins).str.to_date("%Y-%m-%d", strict=False)
    return pl.col(REPAIRABLE_FROM).str.starts_with(begins) & (pl.col(typed_name(rule.field)) < day)


def _not_before(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    no_prefixes(prefixes)
    [terms] = texts(parameters)
    of_terms = f"coalesce(starts_with({b}, {literal(terms + '|')}), false)"
    return f"(NOT {of_terms} OR coalesce(hub_date({a}) >= CAST(right({b}, {_ISO_DAY}) AS DATE), true))"


register(
    __name__,
    PairCheck("repair_condition", _unmet, _met),
    PairCheck("repair_min_display", _too_early, _not_before),
)
