"""Rows against what the hub has accepted before: a known key with a value that was never seen with it (domain.md R03).

Texts are compared without blanks, middle dots and bracket styles (domain.md §1.1). A reference is read before the rows are, so that
both routes stay pure functions of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.registry import Lookups, PairCheck, Parameters, register, register_functions
from pipelines.checks.sql_functions import identifier, no_prefixes
from pipelines.records.comparing import matched

SCHEMA: Final = {"key": pl.String(), "value": pl.String()}


def empty() -> pl.DataFrame:
    """A reference that knows nothing."""
    return pl.DataFrame(schema=SCHEMA)


def reference_table(name: str) -> str:
    """Table of a reference in SQL: ``key`` and ``value``, the value as ``hub_matched`` makes it."""
    return f"reference_{name}"


def _mismatch(rule: Rule, lookups: Lookups) -> pl.Expr:
    """True where the reference knows the other cell, but not with this one.

    The values of a reference are as ``matched`` makes them.
    """
    known = lookups.references.get(str(rule.parameters[0]), empty())
    if known.is_empty():
        return pl.lit(False)
    keys = known.select("key").unique().with_columns(known_key=pl.lit(True))
    pairs = known.unique().with_columns(known_pair=pl.lit(True))

    def one(rows: pl.Series) -> pl.Series:
        cells = rows.struct.unnest().lazy()
        found = cells.join(keys.lazy(), on="key", how="left", maintain_order="left").join(
            pairs.lazy(), on=["key", "value"], how="left", maintain_order="left"
        )
        wrong = pl.col("known_key").fill_null(False) & pl.col("known_pair").is_null() & pl.col("value").is_not_null()
        return found.select(wrong).collect(engine="in-memory").to_series()

    cells = pl.struct(pl.col(str(rule.other)).alias("key"), matched(pl.col(rule.field)).alias("value"))
    return cells.map_batches(one, return_dtype=pl.Boolean, is_elementwise=True)


def _known(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The first column is known with the second in a reference, where that knows the second at all."""
    no_prefixes(prefixes)
    if len(parameters) != 1:
        raise ValueError("needs the id of one reference")
    table = identifier(reference_table(str(parameters[0])))
    known = f"coalesce({b} IN (SELECT key FROM {table}), false)"
    pair = f"coalesce(({b} || chr(31) || hub_matched({a})) IN (SELECT key || chr(31) || value FROM {table}), true)"
    return f"{known} <= {pair}"


register_functions(
    {
        # A name or number without blanks, middle dots and bracket styles.
        "hub_matched(s)": r"""regexp_replace(translate(s, '（〔[【［）〕]】］', '((((()))))'), '[\s\p{Z}·•・．]', '', 'g')""",
    }
)
register(__name__, PairCheck("known_with", _mismatch, _known))
