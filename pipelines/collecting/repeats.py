"""Rows of one file that are the same record: exact repeats are told, contradictions are found and refused.

While a pass goes on, eight bytes of each row that was not refused are kept (``_version``, ``pipelines.screening.versions``). Only
where some are there twice are these rows looked up in what the pass staged, and the pass is repeated with what was found beside
them; nearly no file has any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.screening.versions import CONTENT, VERSION
from pipelines.storage.columns import BATCH, ROW_NUMBER

_OTHERS_NAMED: Final = 5
_GROUPS_TOLD: Final = 5
_ROWS_TOLD: Final = 10


@dataclass(frozen=True)
class Repeats:
    """What rows of files say again: by batch, the rows that contradict others with the numbers of these, and groups of repeats."""

    contradicting: Mapping[str, Mapping[int, str]] = attribute(default_factory=dict)
    repeated: Mapping[str, tuple[tuple[int, ...], ...]] = attribute(default_factory=dict)


def repeats(versions: Sequence[pl.Series], staged: Path) -> Repeats:
    """Look for rows that are the same record.

    Args:
        versions: ``_version`` of the rows of each slice, without nulls.
        staged: folder of the rows that the pass staged.
    """
    every = pl.concat(versions) if versions else pl.Series(VERSION, [], dtype=pl.UInt64)
    twice = every.filter(every.is_duplicated()).unique()
    if twice.is_empty():
        return Repeats()
    rows = (
        pl.scan_parquet(staged / "*.parquet")
        .filter(pl.col(VERSION).is_in(twice.implode()))
        .select(BATCH, ROW_NUMBER, VERSION, CONTENT)
        .collect(engine="streaming")
        .sort(BATCH, ROW_NUMBER)
    )
    groups = rows.group_by(BATCH, VERSION, maintain_order=True).agg(ROW_NUMBER, CONTENT)
    contradicting: dict[str, dict[int, str]] = {}
    repeated: dict[str, list[tuple[int, ...]]] = {}
    for batch, _, numbers, contents in groups.rows():
        by_content: dict[int, list[int]] = {}
        for number, content in zip(numbers, contents, strict=True):
            by_content.setdefault(content, []).append(number)
        if len(by_content) == 1:
            repeated.setdefault(batch, []).append(tuple(numbers))
            continue
        for same in by_content.values():
            mine = set(same)
            # One more than is named is enough to know that there are more: all rows of a file may have one key.
            others = list(islice((number for number in numbers if number not in mine), _OTHERS_NAMED + 1))
            shown = "、".join(map(str, others[:_OTHERS_NAMED])) + ("…" if len(others) > _OTHERS_NAMED else "")
            contradicting.setdefault(batch, {}).update(dict.fromkeys(same, shown))
    return Repeats(contradicting, {batch: tuple(found) for batch, found in repeated.items()})


def in_words(groups: Sequence[tuple[int, ...]]) -> str:
    """Exact repeats, told once for all."""
    more = sum(len(rows) - 1 for rows in groups)
    shown = "；".join(
        f"第 {'、'.join(map(str, rows[:_ROWS_TOLD]))} 行" + ("等" if len(rows) > _ROWS_TOLD else "")
        for rows in groups[:_GROUPS_TOLD]
    )
    further = f"，等 {len(groups):,} 组" if len(groups) > _GROUPS_TOLD else ""
    return (
        f"文件里有重复的行，内容完全相同：{shown}{further}，多出 {more:,} 行。重复的行不会变成两条记录；"
        "请检查导出程序，看是不是漏了别的行。"
    )
