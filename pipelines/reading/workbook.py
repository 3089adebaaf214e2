"""XLSX, XLS and ODS: the one sheet that holds records, its cells as texts, row numbers as the spreadsheet shows them.

What its cells are beside their texts is looked at apart (``cell_evidence``). Hidden rows and rows behind a filter are rows. A row
with an error value (``#REF!``) in a column that is read is malformed. Other sheets, notes and lists of options for one, are named
in the receipt; where two sheets hold records the workbook is refused, for none of them may be left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.catalog import Field
from pipelines.ground.limits import Limits
from pipelines.reading.headers import find_header, header_of, known_columns
from pipelines.reading.opener import opener
from pipelines.reading.package import LOCKED, check_workbook
from pipelines.reading.problems import (
    HEADER_ROWS,
    Unreadable,
    broken_workbook,
    empty_workbook,
    encrypted,
    several_sheets,
    too_large,
)
from pipelines.reading.rows import ROW_NUMBER, shortened
from pipelines.reading.skipped_rows import SHEET, TITLE, SkippedRow, header_rows

_ONE_SHEET: Final = (
    "请只把数据行复制到新工作簿的一张工作表里，另存为 .xlsx 后重新报送。",
    "Copy the rows alone to one sheet of a new workbook and send that.",
)
_LIKE_RECORDS: Final = 2  # a sheet with fewer known columns is a list of options, not records


@dataclass(frozen=True)
class Sheet:
    """The sheet with the records: ``table`` has ``_row_number`` and the columns ``0``, ``1``, … as text, empty cells null.

    ``cells`` is what stands in it beside the texts, as ``pipelines.cells.SheetCells`` answers; None where nothing is known.
    ``height`` is rows of the sheet, ``kind`` the ending of what the file is.
    """

    header: tuple[str, ...]
    table: pl.LazyFrame
    malformed: tuple[tuple[int, str], ...]
    skipped_rows: tuple[SkippedRow, ...]
    cells: Mapping[str, Any] | None = None
    height: int = 0
    kind: str = ""


@dataclass(frozen=True)
class _Found:
    """A sheet with its header, if it has one."""

    content: dict[str, Any]
    rows: tuple[tuple[str, ...], ...]
    place: int
    last: int
    known: int
    header: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.content["name"])

    @property
    def shown_name(self) -> str:
        """The name for people: who looks for a hidden sheet must know that it is."""
        return self.name if self.content.get("visible", "visible") == "visible" else f"{self.name}（隐藏）"

    @property
    def records(self) -> int:
        """Rows below the header, empty ones included."""
        return int(self.content.get("height", 0)) - self.last - 1


def read_workbook(path: Path, suffix: str, fields: tuple[Field, ...], scratch: Path, limits: Limits) -> Sheet:
    """Read a workbook.

    Args:
        path: the bytes.
        suffix: ``.xlsx``, ``.xls`` or ``.ods``; what the content is decides how it is read.
        fields: of the dataset.
        scratch: folder for the rows, which must stay while they are read.
        limits: of the file.

    Raises:
        Unreadable: there is no workbook, nothing in it, more than one sheet with records, or more than the limits allow.
    """
    folder = folder_of(path, suffix, scratch)
    kind = check_workbook(path, limits)
    if kind == LOCKED:
        unlocked = folder / "unlocked"
        opener.unlock(path.resolve(), unlocked, limits)
        path, kind = unlocked, check_workbook(unlocked, limits)
        if kind == LOCKED:
            raise Unreadable(encrypted("工作簿", "workbook"))
    book = folder / f"book{kind}"  # the library goes by the ending
    book.unlink(missing_ok=True)
    book.symlink_to(path.resolve())
    found, skipped_rows = _best(opener.sheets(book, folder, limits), fields, limits)
    cells = opener.cells(book, found.name, folder, limits)
    sheet = _sheet(found, skipped_rows, fields, _numbers(cells) if found.content["errors"] else ())
    return replace(sheet, cells=cells, height=int(found.content["height"]), kind=kind)


def folder_of(path: Path, suffix: str, scratch: Path) -> Path:
    """Where the sheets of a file are written."""
    folder = scratch / f"{path.name}{suffix}.sheets"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sheet_with_records(sheets: Sequence[dict[str, Any]], fields: tuple[Field, ...], limits: Limits) -> Sheet:
    """The one of some sheets that holds records.

    Args:
        sheets: as ``sheets`` answers.
        fields: of the dataset.
        limits: of the file.

    Raises:
        Unreadable: nothing is in them, more than one holds records, or more than the limits allow.
    """
    found, skipped_rows = _best(sheets, fields, limits)
    return replace(_sheet(found, skipped_rows, fields), cells=found.content.get("cells"))


def _best(
    sheets: Sequence[dict[str, Any]], fields: tuple[Field, ...], limits: Limits
) -> tuple[_Found, tuple[SkippedRow, ...]]:
    """The sheet that holds records, and the others."""
    _check(sheets, limits)
    found = [_looked_at(sheet, fields) for sheet in sheets if sheet.get("file")]
    if not found:
        errors = [str(sheet["error"]) for sheet in sheets if sheet.get("error")]
        raise Unreadable(broken_workbook(errors[0]) if errors else empty_workbook())
    best = max(found, key=lambda one: (one.known, one.records > 0))
    least = max(_LIKE_RECORDS, best.known // 2)
    others = [one for one in found if one is not best and one.known >= least and one.records > 0]
    if others and best.records > 0:
        raise Unreadable(several_sheets([one.shown_name for one in (best, *others)]))
    unread = [s for s in sheets if s is not best.content and (s.get("error") or s.get("file"))]
    skipped_rows = [SkippedRow(0, SHEET, str(sheet["name"])) for sheet in unread]
    return best, tuple(skipped_rows)


def _numbers(cells: Mapping[str, Any]) -> set[tuple[int, int]]:
    """Places of numbers that are looked at apart: the library calls a day beyond its calendar an error."""
    odd = pl.read_ipc(cells["odd"], columns=["row", "column"])
    return set(odd.rows())


def _check(sheets: Sequence[dict[str, Any]], limits: Limits) -> None:
    if len(sheets) > limits.sheets:
        raise Unreadable(too_large("工作表数", "Sheets", len(sheets), limits.sheets, todo=_ONE_SHEET))
    for sheet in sheets:
        cells = int(sheet.get("height", 0)) * int(sheet.get("width", 0))
        if cells > limits.cells:
            name = f"工作表“{sheet['name']}”的单元格数"
            cells_of = f"Cells of sheet '{sheet['name']}'"
            raise Unreadable(too_large(name, cells_of, cells, limits.cells, todo=_ONE_SHEET))


def _looked_at(sheet: dict[str, Any], fields: tuple[Field, ...]) -> _Found:
    head = pl.scan_ipc(sheet["file"]).head(HEADER_ROWS).collect()
    rows = tuple(tuple("" if text is None else str(text) for text in row) for row in head.rows())
    place, last, known = find_header(rows, fields)
    return _Found(sheet, rows, place, last, known, header_of(rows, place, last, fields))


def _sheet(
    found: _Found,
    skipped_rows: tuple[SkippedRow, ...],
    fields: tuple[Field, ...],
    numbers: Collection[tuple[int, int]] = (),
) -> Sheet:
    rows = pl.scan_ipc(found.content["file"], row_index_name=ROW_NUMBER, row_index_offset=1)
    names = [str(place) for place in range(int(found.content["width"]))]
    table = rows.filter(pl.col(ROW_NUMBER) > found.last + 1).select(
        pl.col(ROW_NUMBER).cast(pl.Int64),
        *(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in names),
    )
    read = {n for n, text in enumerate(found.header) if known_columns([text], fields)}
    wrong: dict[int, dict[int, str]] = {}
    for row, column, text in found.content["errors"]:
        if row > found.last and column in read and (row, column) not in numbers:
            wrong.setdefault(row + 1, {})[column] = text
    malformed: list[tuple[int, str]] = []
    if wrong:
        bad = pl.Series(sorted(wrong), dtype=pl.Int64)
        for number, *cells in table.filter(pl.col(ROW_NUMBER).is_in(bad.implode())).collect().rows():
            texts = [wrong[number].get(place, cell or "") for place, cell in enumerate(cells)]
            malformed.append((number, shortened("\t".join(texts))))
        table = table.filter(~pl.col(ROW_NUMBER).is_in(bad.implode()))
    above = [
        SkippedRow(n + 1, TITLE, " ".join(filter(None, row)))
        for n, row in enumerate(found.rows[: found.place])
        if any(row)
    ]
    below = header_rows(found.rows, found.place, found.last, found.header)
    return Sheet(found.header, table, tuple(malformed), (*above, *below, *skipped_rows))
