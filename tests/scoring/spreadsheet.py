"""The formulas of a workbook computed again, as a spreadsheet would, from nothing but the numbers that are no formulas."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any, Final

import openpyxl
from openpyxl.formula import Tokenizer
from openpyxl.utils import column_index_from_string

_PYTHON: Final = {"=": "==", "<>": "!="}


class Spreadsheet:
    """``value(sheet, column, row)``: what a cell shows once everything has been recomputed; ``""`` for an empty one."""

    def __init__(self, path: Path) -> None:
        self._cells: dict[str, list[list[Any]]] = {
            sheet.title: [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
            for sheet in openpyxl.load_workbook(path).worksheets
        }
        self._known: dict[tuple[str, int, int], Any] = {}
        self._columns: dict[tuple[str, int], list[Any]] = {}
        self._sums: dict[tuple[int, ...], dict[tuple[Any, ...], float]] = {}
        self._code: dict[tuple[str, str], CodeType] = {}
        self.formulas = 0

    def value(self, sheet: str, column: int, row: int) -> Any:
        """Column and row from one."""
        at = (sheet, column, row)
        if at not in self._known:
            content = self._cells[sheet][row - 1][column - 1]
            if isinstance(content, str) and content.startswith("="):
                self.formulas += 1
                content = eval(self._compiled(sheet, content, row), {"self": self, "row": row})
            self._known[at] = content
        return self._known[at]

    def column(self, sheet: str, column: int) -> list[Any]:
        """All values of a column, its title too."""
        at = (sheet, column)
        if at not in self._columns:
            self._columns[at] = [self.value(sheet, column, row) for row in range(1, len(self._cells[sheet]) + 1)]
        return self._columns[at]

    def _compiled(self, sheet: str, formula: str, row: int) -> CodeType:
        """The formulas of a column differ in their own row only, which is written as 0 here: one translation serves all."""
        at = (sheet, re.sub(rf"(?<=\$[A-Z]){row}\b", "0", formula))
        if at not in self._code:
            self._code[at] = compile(self._python(at[1], sheet), formula, "eval")
        return self._code[at]

    def _python(self, formula: str, sheet: str) -> str:
        parts = []
        for token in Tokenizer(formula).items:
            match token.type, token.subtype:
                case "FUNC", "OPEN":
                    parts.append(f"self.call({token.value[:-1]!r}, lambda: (")
                case "FUNC", "CLOSE":
                    parts.append("))")
                case "SEP", _:
                    parts.append("), lambda: (")
                case "OPERAND", "RANGE":
                    parts.append(f"self.look({token.value!r}, {sheet!r}, row)")
                case "OPERAND", "TEXT":
                    parts.append(repr(token.value[1:-1]))
                case "OPERATOR-INFIX", _:
                    parts.append(_PYTHON.get(token.value, token.value))
                case _:
                    parts.append(token.value)
        return "".join(parts)

    def look(self, reference: str, sheet: str, row: int) -> Any:
        """A cell (row 0 is ``row``), or a whole column as a list."""
        other, _, place = reference.rpartition("!")
        first, _, last = place.replace("$", "").partition(":")
        if last:
            return self.column(other or sheet, column_index_from_string(first))
        letters = first.rstrip("0123456789")
        return self.value(other or sheet, column_index_from_string(letters), int(first[len(letters) :]) or row)

    def call(self, name: str, *arguments: Callable[[], Any]) -> Any:
        """A function; its arguments are looked at when they are needed."""
        if name == "IF":
            return arguments[1]() if arguments[0]() else arguments[2]()
        values = [argument() for argument in arguments]
        numbers = [one for some in values for one in (some if isinstance(some, list) else [some])]
        numbers = [one for one in numbers if isinstance(one, int | float) and not isinstance(one, bool)]
        match name:
            case "AND" | "OR":
                return {"AND": all, "OR": any}[name](values)
            case "MIN" | "MAX" | "SUM":
                return {"MIN": min, "MAX": max, "SUM": sum}[name](numbers)
            case "COUNT":
                return len(numbers)
            case "MEDIAN" | "AVERAGE":
                return {"MEDIAN": statistics.median, "AVERAGE": statistics.fmean}[name](numbers)
            case "RANK":
                return 1 + sum(one > values[0] for one in values[1] if isinstance(one, int | float))
            case "SUMIFS":
                return self._sum_where(values[0], values[1::2]).get(tuple(values[2::2]), 0)
            case "COUNTIF" | "COUNTIFS":
                tests = list(zip(values[0::2], values[1::2], strict=True))
                return sum(all(_holds(some[n], what) for some, what in tests) for n in range(len(values[0])))
            case _:
                raise NotImplementedError(name)

    def _sum_where(self, summed: list[Any], where: list[list[Any]]) -> dict[tuple[Any, ...], float]:
        """Sums of a column by what stands in others; columns are kept, so their identity names them."""
        at = (id(summed), *map(id, where))
        if at not in self._sums:
            sums = self._sums[at] = {}
            for value, *key in zip(summed, *where, strict=True):
                if isinstance(value, int | float):
                    sums[tuple(key)] = sums.get(tuple(key), 0) + value
        return self._sums[at]


def _holds(value: Any, criterion: str) -> bool:
    for sign, holds in ((">=", float.__ge__), ("<=", float.__le__), ("<", float.__lt__)):
        if criterion.startswith(sign):
            return isinstance(value, int | float) and holds(float(value), float(criterion[len(sign) :]))
    return bool(value == criterion)
