"""One sheet with a frozen header row, whose cells are written with the format of their column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pipelines.pages.workbook import FONT, HEAD, letters, print_landscape, write_heads

COUNT: Final = "#,##0"
RATE: Final = "0.00%"
LIMIT: Final = "0.0##%"
POINTS: Final = "0.00"
WEIGHT: Final = "0.##"
SIGNED: Final = "+0.00;-0.00;0.00"
_BAR: Final = {
    "type": "data_bar", "bar_color": "#7FA6D6", "min_type": "num", "max_type": "num",
    "min_value": 0, "max_value": 100,
}  # fmt: skip

# Title, width in characters, number format (None: text).
Column = tuple[str, int, str | None]


class Sheet:
    """Rows are added one after the other; ``columns`` are found by their titles, also from other sheets."""

    def __init__(self, book: Any, name: str, columns: Sequence[Column], frozen: int = 2) -> None:
        self.name = name
        self.sheet = book.add_worksheet(name)
        self.titles = [title for title, _, _ in columns]
        self._formats = [
            book.add_format({**FONT, "valign": "top"} | ({"num_format": form} if form else {"text_wrap": True}))
            for _, _, form in columns
        ]
        write_heads(self.sheet, 0, [(title, width) for title, width, _ in columns], book.add_format(HEAD))
        self.sheet.freeze_panes(1, min(frozen, len(columns) - 1))
        print_landscape(self.sheet, heads=0)
        self.rows = 0

    def cell(self, title: str) -> str:
        """Reference to a cell of the row that ``add`` writes next: ``$F12``."""
        return f"${_letter(self.titles, title)}{self.rows + 2}"

    def add(self, values: Sequence[object]) -> None:
        """One row; a pair is a formula with its result, None an empty cell."""
        self.rows += 1
        for position, (value, form) in enumerate(zip(values, self._formats, strict=True)):
            match value:
                case None:
                    self.sheet.write_blank(self.rows, position, None, form)
                case str():
                    self.sheet.write_string(self.rows, position, value, form)
                case (formula, result):
                    self.sheet.write_formula(self.rows, position, formula, form, "" if result is None else result)
                case _:
                    self.sheet.write_number(self.rows, position, value, form)

    def finish(self, bars: str | None = None) -> None:
        """A filter over all columns, and data bars from 0 to 100 in one."""
        self.sheet.autofilter(0, 0, max(1, self.rows), len(self.titles) - 1)
        if bars:
            column = self.titles.index(bars)
            self.sheet.conditional_format(1, column, max(1, self.rows), column, _BAR)


def whole(name: str, columns: Sequence[Column], title: str) -> str:
    """Reference to a whole column of a sheet by its title: ``指标!$F:$F``; its title is text, which sums leave out."""
    letter = _letter([one for one, _, _ in columns], title)
    return f"{name}!${letter}:${letter}"


def _letter(titles: Sequence[str], title: str) -> str:
    return letters(titles.index(title))
