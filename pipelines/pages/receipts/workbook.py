"""findings.xlsx: what is wrong in a delivery, for a person with a spreadsheet.

Sheet 问题清单 has one line for each row and rule, all of them (a further sheet where one is full), with the cell's place and the
provider's own columns that the catalogue does not know. Sheet 原表标注 is the rows with findings in the layout they were sent in,
the cells to correct coloured, the reasons in notes, and behind them the number of the row, its 退回编号 and room for a 确认说明.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.catalog import RECORD, Rule
from pipelines.pages.receipts.layout import ROW_TITLE, Layout
from pipelines.pages.receipts.sheets import Rows, fill, styles
from pipelines.pages.words import WORDS
from pipelines.pages.workbook import (
    ADDED_HEAD,
    BAD,
    DOUBT,
    FONT,
    HEAD,
    MUTED,
    TEXT,
    print_landscape,
    width,
    workbook,
    write_heads,
)
from pipelines.privacy.mask import identifiers_masked
from pipelines.screening import REFUSED, Screen
from pipelines.screening.confirmation import ECHO, REASON
from pipelines.screening.findings import COLUMNS, broken_by, cells_shown, escape_formula, hint, quarantine_id
from pipelines.storage.columns import BATCH, ROW_NUMBER

LIST: Final = "问题清单"
COPY: Final = "原表标注"
MOST_COPIED: Final = 100_000
"""Rows of the copy: nobody corrects more by hand; the list has them all."""
MOST_NOTES: Final = 2_000
"""Cells with a note: spreadsheets become slow with more."""
_COLUMNS: Final = (
    ("行号", 8), ("规则", 34), ("处理", 8), ("数据项", 18), ("数据项名称", 18), ("现在的值", 26),
    ("要求", 30), ("问题", 40), ("怎么改", 46), ("退回编号", 24), ("单元格", 16),
)  # fmt: skip
_BAD, _DOUBT, _PLAIN, _OWN = range(4)
_NOTHING_WRONG: Final = "没有问题：各行都已入库，没有提示。"
_WHAT_IS_WRONG: Final = (
    f"每行是一处问题。“退回”的行没有入库，要改；“提示”的行已经入库，请核对。在“{COPY}”里可以看到要改的单元格。"
)


class FindingsWorkbook:
    """The workbook of one delivery, filled slice by slice."""

    def __init__(self, layout: Layout, screen: Screen, rules: Sequence[Rule], scratch: Path) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._layout, self._screen, self._rules, self._scratch = layout, screen, rules, scratch
        self._lists = [Rows(scratch / "list-0.xml", 3)]
        self._copy = Rows(scratch / "copy.xml", 2)
        self._notes: list[tuple[int, int, str]] = []
        self._left = 0
        for path in scratch.glob("*.xml"):
            path.unlink()

    def add(self, found: pl.DataFrame, flagged: pl.DataFrame, malformed: pl.DataFrame) -> None:
        """Append what a slice has of this delivery: its findings, the flagged rows and the malformed lines."""
        if found.height == 0:
            return
        self._add_to_list(found)
        wanted = found.select(pl.col("row_number").alias(ROW_NUMBER)).unique()
        rows = flagged.join(wanted, on=ROW_NUMBER, how="semi", maintain_order="left")
        self._add_to_copy(rows, malformed)

    def finish(self, target: Path) -> None:
        """Write the workbook."""
        heads = self._layout.heads
        notes = self._notes
        if self._left:
            notes = [(0, 0, f"这里只列出前 {MOST_COPIED:,} 行，另有 {self._left:,} 行请看“{LIST}”。"), *notes]
        skeleton = _skeleton(
            tuple(self._layout.unknown_titles), tuple(heads), tuple(notes), len(self._lists), self._lists[0].height
        )
        sheets = {f"sheet{number}.xml": [rows] for number, rows in enumerate(self._lists, start=1) if number == 1}
        sheets["sheet2.xml"] = [self._copy]
        sheets |= {f"sheet{number + 1}.xml": [rows] for number, rows in enumerate(self._lists, start=1) if number > 1}
        fill(skeleton, sheets, target)
        for path in self._scratch.glob("*.xml"):
            path.unlink()

    def _add_to_list(self, found: pl.DataFrame) -> None:
        extras = self._layout.extras(found["row_number"])
        own = [name for name in extras.columns if name != "row_number"]
        rows = found.join(extras, on="row_number", how="left", maintain_order="left") if own else found
        places = self._layout.places
        place = pl.col("field").replace_strict(places, default=None, return_dtype=pl.String)
        cell = pl.concat_str([place, pl.col("row_number").cast(pl.String)])
        style = _styles()
        severity = pl.when(pl.col("severity") == "reject").then(style[_BAD]).otherwise(style[_DOUBT])
        plain = pl.lit(style[_PLAIN])
        cells = {name: (pl.col(name), plain) for name in COLUMNS}
        cells["severity"] = (pl.col("severity").replace_strict(WORDS["row"]), severity)
        cells["value"] = (pl.col("value"), severity)
        cells["cell"] = (cell, plain)
        cells |= {name: (escape_formula(pl.col(name)), pl.lit(style[_OWN])) for name in own}
        while rows.height:
            if self._lists[-1].room == 0:
                self._lists.append(Rows(self._scratch / f"list-{len(self._lists)}.xml", 3))
            part = rows.head(self._lists[-1].room)
            self._lists[-1].add(cells, part)
            rows = rows.slice(part.height)

    def _add_to_copy(self, flagged: pl.DataFrame, malformed: pl.DataFrame) -> None:
        room = max(0, MOST_COPIED - self._copy.height)
        rows = pl.concat([_whole(flagged, self._screen), _lines(malformed)], how="diagonal").sort(ROW_NUMBER)
        self._left += max(0, rows.height - room)
        rows = rows.head(room)
        if rows.height == 0:
            return
        extras = self._layout.extras(rows[ROW_NUMBER]).rename({"row_number": ROW_NUMBER})
        rows = rows.join(extras, on=ROW_NUMBER, how="left", maintain_order="left") if extras.width > 1 else rows
        style = _styles()
        broken = self._broken(rows)
        cells: dict[str, tuple[pl.Expr, pl.Expr]] = {}
        for position, name in enumerate(self._layout.names):
            column = f"{position}:{name}"
            value = pl.col(name) if name in rows.columns else pl.lit(None, dtype=pl.String)
            if position == 0:
                value = pl.coalesce("raw_text", value)
            # As it came: a text cell is no formula, and whoever sends the sheet again sends what stands there.
            cells[column] = (value, self._style(name, broken, first=position == 0))
        plain = pl.lit(style[_OWN])
        cells[":row"] = (pl.col(ROW_NUMBER), plain)
        if ECHO.id not in self._layout.names:
            cells[":id"] = (pl.when(pl.col(REFUSED)).then(quarantine_id()), plain)
        if REASON.id not in self._layout.names:
            cells[":why"] = (pl.lit(None, dtype=pl.String), plain)
        self._note(rows, broken, self._copy.first + self._copy.height)
        self._copy.add(cells, rows)

    def _broken(self, rows: pl.DataFrame) -> list[Rule]:
        """Rules that some of the rows broke."""
        return [
            rule
            for rule in self._rules
            if rule.cells and rule.id in rows.columns and rows.select(_broke(rule).any()).item()
        ]

    def _style(self, name: str, broken: Sequence[Rule], *, first: bool) -> pl.Expr:
        """Red for a cell that a row was refused for, amber for one with a warning."""
        style = _styles()
        bad = [_broke(rule) for rule in broken if rule.field == name and rule.rejects]
        doubt = [_broke(rule) for rule in broken if rule.field == name and not rule.rejects]
        if first:
            bad.append(pl.col("raw_text").is_not_null())
        said = pl.lit(style[_PLAIN])
        if doubt:
            said = pl.when(pl.any_horizontal(doubt)).then(style[_DOUBT]).otherwise(said)
        return pl.when(pl.any_horizontal(bad)).then(style[_BAD]).otherwise(said) if bad else said

    def _note(self, rows: pl.DataFrame, broken: Sequence[Rule], first: int) -> None:
        """Notes of the cells to correct, as long as there may be more."""
        texts: dict[tuple[int, int], list[str]] = {}
        places = {name: position for position, name in enumerate(self._layout.names)}
        for rule in broken:
            place = places.get(rule.field)
            if place is None:
                continue
            for row in rows.select(_broke(rule).arg_true()).to_series().head(MOST_NOTES):
                texts.setdefault((first + row - 1, place), []).append(f"{rule.message_zh}{hint(rule)}")
        line = next((rule for rule in self._rules if rule.field == RECORD), None)
        if line is not None:
            for row in rows.select(pl.col("raw_text").is_not_null().arg_true()).to_series().head(MOST_NOTES):
                texts[first + row - 1, 0] = [f"{line.message_zh}{line.hint_zh}"]
        for (row, place), said in sorted(texts.items()):
            if len(self._notes) < MOST_NOTES:
                self._notes.append((row, place, "\n".join(said)))


def _broke(rule: Rule) -> pl.Expr:
    return broken_by(rule).fill_null(False)


def _whole(flagged: pl.DataFrame, screen: Screen) -> pl.DataFrame:
    """Flagged rows with their cells as they may be shown."""
    return flagged.with_columns(
        *cells_shown(screen.fields, screen.rules), pl.lit(None, dtype=pl.String).alias("raw_text")
    )


def _lines(malformed: pl.DataFrame) -> pl.DataFrame:
    return malformed.select(
        BATCH, ROW_NUMBER, pl.lit(True).alias(REFUSED), identifiers_masked(pl.col("raw_text")).alias("raw_text")
    )


@lru_cache(maxsize=1)
def _styles() -> list[int]:
    return styles(_skeleton((), ("一",), (), 1, 0), "sheet1.xml", 3)


@lru_cache(maxsize=1)
def without_findings() -> bytes:
    """The workbook of a delivery that has none."""
    return _skeleton((), (), (), 1, 0, empty=True)


def _skeleton(
    unknown: tuple[str, ...],
    heads: tuple[str, ...],
    notes: tuple[tuple[int, int, str], ...],
    lists: int,
    height: int,
    *,
    empty: bool = False,
) -> bytes:
    """Everything but the rows: sheets, heads, widths, notes; and in row 3 of the list a cell of each style."""
    stream = BytesIO()
    with workbook(stream, "报送问题清单") as book:
        head, added = book.add_format(HEAD), book.add_format(ADDED_HEAD)
        said = book.add_format({**FONT, "text_wrap": True, "valign": "vcenter"})
        base = {**TEXT, "text_wrap": False, "quote_prefix": True}
        kinds = [book.add_format({**base, **form}) for form in (BAD, DOUBT, {}, MUTED)]
        columns = [*_COLUMNS, *((f"自有列：{title}", 16) for title in unknown)]
        names = [LIST, *(f"{LIST}{number}" for number in range(2, lists + 1))]
        first, copy = book.add_worksheet(names[0]), book.add_worksheet(COPY) if not empty else None
        for sheet in (first, *(book.add_worksheet(name) for name in names[1:])):
            sheet.merge_range(0, 0, 0, 8, _NOTHING_WRONG if empty else _WHAT_IS_WRONG, said)
            sheet.set_row(0, 34)
            write_heads(sheet, 1, columns, head)
            for place, kind in enumerate(kinds):
                sheet.write_blank(2, place, None, kind)
            sheet.freeze_panes(2, 1)
            print_landscape(sheet, heads=1)
        if height and lists == 1:
            first.autofilter(1, 0, 1 + height, len(columns) - 1)
        if copy is not None:
            _copy_sheet(copy, heads, notes, head, added)
    return stream.getvalue()


def _copy_sheet(sheet: Any, heads: Sequence[str], notes: Sequence[tuple[int, int, str]], head: Any, own: Any) -> None:
    write_heads(sheet, 0, [(title, width(title)) for title in heads], head)
    for place, title in enumerate(heads):
        if title in (ROW_TITLE, ECHO.title_zh, REASON.title_zh):
            sheet.write_string(0, place, title, own)
    for row, place, text in notes:
        lines = 2 + len(text) // 16
        sheet.write_comment(row, place, text, {"author": LIST, "x_scale": 2.2, "y_scale": 0.35 + 0.2 * lines})
    sheet.freeze_panes(1, 0)
    print_landscape(sheet)
