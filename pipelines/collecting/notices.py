"""What of a file did not work as it was meant: its name, and what the columns 退回编号 and 确认说明 said.

Nothing of it is dropped in silence.

A number that names no refused row of the provider closes nothing; a reason of fewer than ``SHORTEST_REASON`` characters confirms
nothing. The row is judged all the same; the receipt says so, with the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from pipelines.reading import EMPTY, Source
from pipelines.screening import tidy
from pipelines.screening.confirmation import ECHO, REASON, SHORTEST_REASON
from pipelines.storage.columns import ROW_NUMBER

Known = Callable[[Sequence[str]], frozenset[str]]
"""Which of some numbers name refused rows of the file's provider."""
_NUMBER: Final = r"^[0-9a-f]{16}(?:-[0-9a-f]{8})?-[0-9]+$"
_ROWS_TOLD: Final = 10


def notices(source: Source, known: Known | None = None) -> tuple[str, ...]:
    """In words, that a file is not what its name says, what its sheet hides, and what of the two columns had no effect.

    It is read again where it has one of them.

    Args:
        source: the file, opened with the two columns among its fields.
        known: of the hub; without, only numbers that cannot be any are reported.
    """
    found = [*([source.notice] if source.notice else []), *source.notices]
    declared = [field.id for field in (ECHO, REASON) if field.id in source.columns.names]
    if not declared:
        return tuple(found)
    cells = source.rows.filter(~pl.col(EMPTY)).select(
        ROW_NUMBER, *(pl.col(name).map_batches(tidy.text, return_dtype=pl.String) for name in declared)
    )
    filled = cells.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in declared)).collect()
    if ECHO.id in declared:
        found += _unknown_numbers(filled.filter(pl.col(ECHO.id).is_not_null()), known)
    if REASON.id in declared:
        short = filled.filter(pl.col(REASON.id).str.len_chars() < SHORTEST_REASON)
        if short.height:
            found.append(
                f"{_places(short)}的“{REASON.title_zh}”太短（例如“{short[REASON.id][0]}”），没有起作用。"
                f"请写明为什么确认无误，至少 {SHORTEST_REASON} 个字，例如“批复原件如此”。"
            )
    return tuple(found)


def _unknown_numbers(rows: pl.DataFrame, known: Known | None) -> list[str]:
    numbers = rows[ECHO.id]
    if known is None:
        wrong = rows.filter(~numbers.str.contains(_NUMBER))
    else:
        there = known(numbers.unique().to_list())
        wrong = rows.filter(~numbers.is_in(sorted(there)))
    if wrong.is_empty():
        return []
    shown = wrong[ECHO.id][0][:60]
    return [
        f"{_places(wrong)}的“{ECHO.title_zh}”不是本单位这个目录里退回过的行（例如“{shown}”），没有核销任何一行。"
        "请照抄 findings.xlsx 里的退回编号，不要改动；不是改正以前退回的行，这一列留空。"
    ]


def _places(rows: pl.DataFrame) -> str:
    numbers = rows[ROW_NUMBER].sort()
    shown = "、".join(map(str, numbers.head(_ROWS_TOLD)))
    return f"第 {shown} 行" if len(numbers) <= _ROWS_TOLD else f"第 {shown} 行等 {len(numbers):,} 行"
