"""What every workbook shares: how it is opened, its font and colours, heads of columns, and how a sheet prints.

The same content gives the same bytes. A text stays a text: no string is read as a formula, a number or a link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

Format = Mapping[str, object]

CREATED: Final = datetime(2026, 1, 1)
"""When a workbook says that it was made, where nothing else is known: fixed, for the same bytes."""
BLUE: Final = "#2C65A8"
LINE: Final = "#D9DFE6"
_AUTHOR: Final = "公共信用信息归集共享总枢纽"
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}

FONT: Final[Format] = {"font_name": "Microsoft YaHei", "font_size": 10}
AS_TEXT: Final[Format] = {"num_format": "@"}
TEXT: Final[Format] = {**FONT, **AS_TEXT, "text_wrap": True, "valign": "top"}
HEAD: Final[Format] = {
    **TEXT, "bold": True, "font_color": "#FFFFFF", "bg_color": "#16365F", "border": 1, "border_color": "#FFFFFF",
}  # fmt: skip
ADDED_HEAD: Final[Format] = {**HEAD, "font_color": "#17212D", "bg_color": LINE}
BAD: Final[Format] = {"bg_color": "#FBD9D5", "font_color": "#9C1C15", "border": 1, "border_color": "#C0392B"}
DOUBT: Final[Format] = {"bg_color": "#FFF1CC", "font_color": "#6B4000", "border": 1, "border_color": "#C58A00"}
MUTED: Final[Format] = {"bg_color": "#EEF2F6", "font_color": "#536070"}


@contextmanager
def workbook(target: Path | BytesIO, title: str, subject: str = "", created: datetime = CREATED) -> Iterator[Any]:
    """An xlsxwriter workbook; whole when the block is left."""
    with xlsxwriter.Workbook(target if isinstance(target, BytesIO) else str(target), dict(_OPTIONS)) as book:
        book.set_properties({"title": title, "subject": subject, "author": _AUTHOR, "created": created})
        yield book


def write_heads(sheet: Any, row: int, columns: Sequence[tuple[str, float]], head: Any) -> None:
    """The heads of some columns, title and width in characters, into a row."""
    for place, (title, width) in enumerate(columns):
        sheet.set_column(place, place, width)
        sheet.write_string(row, place, title, head)


def print_landscape(sheet: Any, heads: int | None = None) -> None:
    """On A4; with the row of the heads all columns on one page, and the heads on each."""
    sheet.set_landscape()
    sheet.set_paper(9)
    if heads is not None:
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(heads)


def letters(place: int) -> str:
    """Letters of a column, counted from 0."""
    return str(xl_col_to_name(place))


def width(title: str, least: int = 12, most: int = 32) -> int:
    """Characters a column needs for its head, of which a wide one counts twice."""
    return max(least, min(most, 2 * len(title) + 4))
