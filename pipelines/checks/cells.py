"""What a workbook says of a cell: that it is a number where a text is asked for, is shown otherwise than stored, or is merged.

A bit for each field in a column beside the row, made while the workbook is read (``pipelines.reading.cell_evidence``); 0 for files
that have no cells. The parameter of a rule is the place of its field.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.registry import Lookups, PairCheck, Parameters, register
from pipelines.checks.sql_functions import expect


def bit_of(rule: Rule) -> int:
    """The bit of the rule's field in its column of evidence."""
    return 1 << int(rule.parameters[0])


def _said(rule: Rule, _: Lookups) -> pl.Expr:
    return (pl.col(str(rule.other)) & bit_of(rule)) != 0


def _unsaid(_: str, evidence: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The field's bit is not set in the second column, whatever is in the first."""
    expect(parameters, 1, int, prefixes)
    return f"coalesce(({evidence}::BIGINT & {1 << int(parameters[0])}) = 0, true)"


register(
    __name__,
    *(
        PairCheck(name, _said, _unsaid, suite_name=f"not_{name}")
        for name in ("lost_digits", "shown_otherwise", "taken_as_shown", "merged_cell")
    ),
)
