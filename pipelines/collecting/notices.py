"""What of a file did not work as it was meant: its name, and what the columns 退回编号 and 确认说明 said.

Nothing of it is dropped in silence.

A number that names no refused row of the provider, or one of another record, closes nothing; a reason of fewer than
``SHORTEST_REASON`` characters confirms nothing. The row is judged all the same; the receipt says so, with the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from pipelines.collecting.fitting import fitting
from pipelines.collecting.words import places
from pipelines.reading import EMPTY, Source
from pipelines.screening import Screen, tidy
from pipelines.screening.confirmation import ECHO, REASON, SHORTEST_REASON
from pipelines.storage.columns import PROVIDER, ROW_NUMBER

Known = Callable[[Sequence[str]], pl.DataFrame]
"""Of some numbers those that name refused rows of the file's provider: rows of the quarantine."""
_NUMBER: Final = r"^[0-9a-f]{16}(?:-[0-9a-f]{8})?-[0-9]+$"
_COLUMNS_TOLD: Final = 10


def notices(source: Source, screen: Screen, known: Known | None = None) -> tuple[str, ...]:
    """In words, that a file is not what its name says, what its sheet hides, and what of the two columns had no effect.

    It is read again where it has one of them.

    Args:
        source: the file, opened with the two columns among its fields.
        screen: of its dataset.
        known: of the hub; without, only numbers that cannot be any are reported.
    """
    found = [source.notice] if source.notice else []
    found += [*_layout(source), *source.remarks, *_near_columns(source)]
    declared = [field.id for field in (ECHO, REASON) if field.id in source.columns.names]
    if not declared:
        return tuple(found)
    cells = source.rows.filter(~pl.col(EMPTY)).select(
        ROW_NUMBER, *screen.names, *(pl.col(name).map_batches(tidy.text, return_dtype=pl.String) for name in declared)
    )
    filled = cells.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in declared)).collect()
    if ECHO.id in declared:
        answers = filled.filter(pl.col(ECHO.id).is_not_null())
        found += _impossible(answers) if known is None else _without_effect(answers, screen, known)
    if REASON.id in declared:
        short = filled.filter(pl.col(REASON.id).str.len_chars() < SHORTEST_REASON)
        if short.height:
            found.append(
                f"{places(short[ROW_NUMBER].sort())}的“{REASON.title_zh}”太短（例如“{short[REASON.id][0]}”），没有起作用。"
                f"请写明为什么确认无误，至少 {SHORTEST_REASON} 个字，例如“批复原件如此”。"
            )
    return tuple(found)


def _layout(source: Source) -> list[str]:
    """That a file was read by an earlier standard, under which less is asked."""
    layout = source.layout
    if layout is None or not source.terms.layouts or layout.id == source.terms.layouts[0].id:
        return []
    titles = {field.id: field.title_zh for field in source.fields}
    lifted = [titles[name] for name in layout.lifts if name in titles and name not in source.columns.known]
    without = f"，旧标准没有的列（{'、'.join(lifted)}）不要求填写" if lifted else ""
    return [f"这个文件按“{layout.title_zh}”读取{without}；入库的记录标明了所依标准。新的决定请按现行标准报送。"]


def _near_columns(source: Source) -> list[str]:
    """Unknown columns that may have been meant as one of the dataset, told once for all."""
    near = source.columns.near
    if not near:
        return []
    pairs = "、".join(f"“{one.text[:60]}”是不是“{one.field.title_zh}”" for one in near[:_COLUMNS_TOLD])
    return [f"有的列没有认出，内容没有收：{pairs}？是的，请按目录的列名改正后重新报送。"]


def _impossible(rows: pl.DataFrame) -> list[str]:
    return _no_number(rows.filter(~pl.col(ECHO.id).str.contains(_NUMBER)))


def _without_effect(rows: pl.DataFrame, screen: Screen, known: Known) -> list[str]:
    """Numbers that name no refused row of the provider, and rows that cannot be what the named row became."""
    refused = known(rows[ECHO.id].unique().to_list())
    there = pl.col(ECHO.id).is_in(refused["quarantine_id"].unique().implode())
    answers = rows.filter(there).with_columns(pl.col(ECHO.id).alias("quarantine_id"))
    answers = answers.join(
        refused.select("quarantine_id", PROVIDER).unique(), on="quarantine_id", maintain_order="left"
    )
    fit = fitting(screen.catalog, screen.dataset, refused, answers)[ROW_NUMBER]
    other = answers.filter(~pl.col(ROW_NUMBER).is_in(fit.implode()))
    found = _no_number(rows.filter(~there))
    if other.height:
        shown = other["quarantine_id"][0]
        found.append(
            f"{places(other[ROW_NUMBER].sort())}的“{ECHO.title_zh}”指的不是同一条记录（例如“{shown}”：主体名称、代码和文书号都对不上），"
            "没有核销那一行。请核对是否抄错了行；不是改正以前退回的行，这一列留空。"
        )
    return found


def _no_number(wrong: pl.DataFrame) -> list[str]:
    if wrong.is_empty():
        return []
    shown = wrong[ECHO.id][0][:60]
    return [
        f"{places(wrong[ROW_NUMBER].sort())}的“{ECHO.title_zh}”不是本单位这个目录里退回过的行（例如“{shown}”），没有核销任何一行。"
        "请照抄 findings.xlsx 里的退回编号，不要改动；不是改正以前退回的行，这一列留空。"
    ]
