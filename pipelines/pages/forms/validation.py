"""What Excel checks while somebody types: drop-downs, lengths and bounds, each with the words beside the cell.

A value outside a list is stopped only where nothing else is right; where a field takes several values or 其他-xxx, Excel
asks. The hub screens every row anyway.
"""

from __future__ import annotations

from typing import Any, Final

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import CodeTable, Field, Kind
from pipelines.pages.workbook import letters

_LONGEST_TITLE: Final = 32  # of Excel, in characters


class Choices:
    """The hidden sheet with one column of texts for each code table."""

    def __init__(self, sheet: Any, name: str) -> None:
        self.sheet = sheet
        self._name = name
        self._ranges: dict[str, str] = {}

    def of(self, table: CodeTable) -> str:
        """The range that holds the names of a table's values; put there at first call."""
        if table.id not in self._ranges:
            position = len(self._ranges)
            names = current(table)
            self.sheet.write_string(0, position, table.title_zh)
            for row, text in enumerate(names, start=1):
                self.sheet.write_string(row, position, text)
            place = letters(position)
            self._ranges[table.id] = f"='{self._name}'!${place}$2:${place}${len(names) + 1}"
        return self._ranges[table.id]


def current(table: CodeTable) -> list[str]:
    """Names of the values that hold until further notice; all where none does."""
    lasting = [entry.label_zh for entry in table.entries if entry.valid_to is None]
    return list(dict.fromkeys(lasting or [entry.label_zh for entry in table.entries]))


def rule(catalog: Catalog, field: Field, choices: Choices, message: str) -> dict[str, Any]:
    """The data validation of a column, as xlsxwriter takes it."""
    found: dict[str, Any] = {
        "validate": "any",
        "input_title": field.title_zh[:_LONGEST_TITLE],
        "input_message": message,
    }
    if field.code_table:
        table = catalog.code_tables[field.code_table]
        strict = field.kind is Kind.CODE and field.other_prefix is None
        found |= {
            "validate": "list",
            "source": choices.of(table),
            "error_type": "stop" if strict else "warning",
            "error_title": "不在下拉列表里"[:_LONGEST_TITLE],
            "error_message": f"“{table.title_zh}”见“代码表”；{_otherwise(field)}",
        }
    elif field.kind in (Kind.DECIMAL, Kind.INTEGER):
        found |= {
            "validate": "decimal" if field.kind is Kind.DECIMAL else "integer",
            **_bounds(field),
            "error_type": "warning",
            "error_title": "不是数字，或者超出范围",
            "error_message": "只填数字，不写单位和千分位逗号；金额按表头所写的单位填。",
        }
    elif field.max_length is not None:
        found |= {
            "validate": "length",
            "criteria": "<=",
            "value": field.max_length,
            "error_type": "warning",
            "error_title": "太长",
            "error_message": f"最长 {field.max_length} 个字符。",
        }
    return found


def _otherwise(field: Field) -> str:
    several = "有几项的，用分号“;”隔开；" if field.kind is Kind.CODES else ""
    other = f"表里没有的，写“{field.other_prefix}”加具体内容。" if field.other_prefix else "请从下拉列表中选。"
    return several + other


def _bounds(field: Field) -> dict[str, Any]:
    low = field.min_exclusive if field.min_exclusive is not None else field.min_inclusive
    if low is not None and field.max_inclusive is not None:
        return {"criteria": "between", "minimum": low, "maximum": field.max_inclusive}
    if low is not None:
        return {"criteria": ">" if field.min_exclusive is not None else ">=", "value": low}
    if field.max_inclusive is not None:
        return {"criteria": "<=", "value": field.max_inclusive}
    return {"criteria": "between", "minimum": -1e15, "maximum": 1e15}
