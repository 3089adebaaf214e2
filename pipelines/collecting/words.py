"""Rows of a file in words: the first of them, and how many they are."""

from __future__ import annotations

from typing import Final

import polars as pl

_ROWS_TOLD: Final = 10


def places(numbers: pl.Series) -> str:
    """Row numbers, sorted, as people read them: ``第 2、3、5 行``, or the first ones and their number."""
    shown = "、".join(map(str, numbers.head(_ROWS_TOLD)))
    return f"第 {shown} 行" if len(numbers) <= _ROWS_TOLD else f"第 {shown} 行等 {len(numbers):,} 行"
