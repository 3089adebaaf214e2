"""Many findings with one cause, told once: a column that is empty in every row, cells one column aside, lines broken alike.

The findings stay as they are, a line for each (contract); what is said here is for the person who would otherwise read a thousand of
them before seeing that one thing is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from pipelines.catalog import Kind, Rule
from pipelines.collecting.words import places
from pipelines.identifiers import clean, credit_code
from pipelines.screening import Screen
from pipelines.storage.columns import BATCH, ROW_NUMBER

_FEWEST: Final = 3  # rows from which on one cause is more likely than chance
_MOST: Final = 0.9  # of the rows, to say so of a column
_LOOKED_AT: Final = 1_000
_FAULTS_TOLD: Final = 3


def causes(
    screen: Screen, broken: Mapping[str, int], rows: int, flagged: pl.DataFrame, malformed: pl.DataFrame
) -> tuple[str, ...]:
    """What the findings of one file have in common.

    Args:
        screen: of its dataset.
        broken: rows by rule id.
        rows: of the file, malformed lines not counted.
        flagged: the first of its flagged rows, as ``Screen.flagged`` gives them.
        malformed: its malformed lines, ``_row_number, fault``.
    """
    return (*_empty_columns(screen, broken, rows), *_shifted(screen, broken, rows, flagged), *_alike(malformed))


def _empty_columns(screen: Screen, broken: Mapping[str, int], rows: int) -> list[str]:
    """Columns that must be filled and are empty in every row."""
    if rows < _FEWEST:
        return []
    rules = [rule for rule in screen.rules if rule.primitive.startswith("required") and broken.get(rule.id) == rows]
    if not rules:
        return []
    named = "、".join(dict.fromkeys(f"“{rule.field_zh}”" for rule in rules))
    return [
        f"整列没有填写：{named}，{rows:,} 行都是空的。多半是导出时漏选了字段，或者列名写错了列；不必逐行补，补齐整列后重报。"
    ]


def _shifted(screen: Screen, broken: Mapping[str, int], rows: int, flagged: pl.DataFrame) -> list[str]:
    """The subject's codes stand in another column than theirs."""
    code = screen.dataset.subject.credit_code
    wrong = [rule for rule in screen.rules if rule.field == code and rule.rejects and not _is_missing(rule)]
    if rows < _FEWEST or sum(broken.get(rule.id, 0) for rule in wrong) < _MOST * rows:
        return []
    some = flagged.head(_LOOKED_AT)
    for field in screen.fields:
        if field.kind is Kind.CREDIT_CODE:
            continue
        cells = some.select(clean(pl.col(field.id)).alias("code"))
        good = cells.select((pl.col("code").is_not_null() & credit_code.reason(pl.col("code")).is_null()).mean()).item()
        if good is not None and good >= _MOST:
            own = next(one.title_zh for one in screen.fields if one.id == code)
            return [
                f"“{own}”一列几乎都不是代码，代码在“{field.title_zh}”一列里：表头和数据错位了。"
                "不必逐个单元格改，请把列对齐，整个文件重报。"
            ]
    return []


def _is_missing(rule: Rule) -> bool:
    return rule.primitive.startswith(("required", "empty"))


def _alike(malformed: pl.DataFrame) -> list[str]:
    """Lines that are no record for the same reason."""
    found = malformed.group_by("fault").agg(pl.len(), pl.col(ROW_NUMBER).sort()).sort("len", "fault", descending=True)
    return [
        f"{places(pl.Series(numbers))}读不成一条记录，原因相同：应为{fault}。多半是同一个原因，请先改导出程序。"
        for fault, count, numbers in found.head(_FAULTS_TOLD).rows()
        if count >= _FEWEST
    ]


def first_flagged(flagged: pl.DataFrame | None, more: pl.DataFrame) -> pl.DataFrame:
    """The first flagged rows of each file, slice by slice."""
    both = more if flagged is None else pl.concat([flagged, more])
    return both.group_by(BATCH, maintain_order=True).head(_LOOKED_AT)
