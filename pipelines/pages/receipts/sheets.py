"""A workbook from a skeleton and rows: xlsxwriter makes everything but the rows, which Polars writes as XML, slice by slice.

xlsxwriter in its constant-memory mode writes about 130,000 cells a second; this writes about ten times as many, and memory does not
grow with rows either. A cell is an inline string (``t="inlineStr"``), which no spreadsheet evaluates, or a whole number.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

LAST_ROW: Final = 1_048_576
_EPOCH: Final = (2026, 1, 1, 0, 0, 0)  # fixed: the same findings give the same bytes
_LEVEL: Final = 1
_NOT_XML: Final = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
_LONGEST_CELL: Final = 32_767
_DATA: Final = re.compile(rb"<sheetData ?/>|<sheetData>(.*?)</sheetData>", re.DOTALL)
_ROW: Final = re.compile(rb"<row [^>]*(?:/>|(?<!/)>.*?</row>)", re.DOTALL)
_DIMENSION: Final = re.compile(rb"<dimension [^>]*/>")
_PART: Final = 1 << 20


@dataclass
class Rows:
    """Rows of one sheet below those of the skeleton, gathered in a file."""

    path: Path
    first: int
    """Number of the first row, from 1."""
    height: int = 0

    @property
    def room(self) -> int:
        """Rows the sheet still takes."""
        return LAST_ROW - (self.first + self.height) + 1

    def add(self, cells: Mapping[str, tuple[pl.Expr, pl.Expr]], rows: pl.DataFrame) -> None:
        """Append rows; no more than there is ``room``.

        Args:
            cells: for each column in its order the text (or whole number) and the number of its style.
            rows: what the expressions are over.
        """
        if rows.height == 0:
            return
        row = (pl.int_range(pl.len()) + self.first + self.height).cast(pl.String)
        parts = [_cell(value, style, rows) for value, style in cells.values()]
        xml = rows.select(pl.concat_str([pl.lit('<row r="'), row, pl.lit('">'), *parts, pl.lit("</row>")]).alias("xml"))
        with self.path.open("ab") as stream:
            stream.write("".join(xml["xml"]).encode())
        self.height += rows.height


def _cell(value: pl.Expr, style: pl.Expr, rows: pl.DataFrame) -> pl.Expr:
    """One cell as XML; an empty one keeps its style, so that it shows where something is missing."""
    styled = pl.concat_str([pl.lit('<c s="'), style.cast(pl.String), pl.lit('"')])
    if rows.select(value.alias("v")).schema["v"].is_integer():
        return pl.concat_str([styled, pl.lit("><v>"), value.cast(pl.String), pl.lit("</v></c>")])
    text = value.str.replace_all(_NOT_XML, "�").str.head(_LONGEST_CELL)
    text = text.str.replace_all("&", "&amp;", literal=True).str.replace_all("<", "&lt;", literal=True)
    text = text.str.replace_all(">", "&gt;", literal=True).str.replace_all("_x", "_x005F_x", literal=True)
    text = text.str.replace_all("\r", "_x000D_", literal=True)
    filled = pl.concat_str(
        [styled, pl.lit(' t="inlineStr"><is><t xml:space="preserve">'), text, pl.lit("</t></is></c>")]
    )
    return filled.fill_null(pl.concat_str([styled, pl.lit("/>")]))


def styles(skeleton: bytes, sheet: str, row: int) -> list[int]:
    """Numbers of the styles of the cells in a row of a skeleton's sheet (``sheet1.xml`` …), in their order."""
    with zipfile.ZipFile(io.BytesIO(skeleton)) as book:
        xml = book.read(f"xl/worksheets/{sheet}")
    found = re.search(rb'<row r="%d"[^>]*>(.*?)</row>' % row, xml, re.DOTALL)
    return [int(number) for number in re.findall(rb'<c r="[A-Z]+\d+" s="(\d+)"', found[1])] if found else []


def fill(skeleton: bytes, rows: Mapping[str, Sequence[Rows]], target: Path) -> None:
    """Write a workbook: the skeleton with rows put below the rows its sheets have above ``first``.

    Args:
        skeleton: an XLSX file.
        rows: by the name of a sheet's part, ``sheet1.xml`` …: what goes below; rows of the skeleton from there on are left out.
        target: what to write; whoever reads it must wait until this has returned.
    """
    with (
        zipfile.ZipFile(io.BytesIO(skeleton)) as book,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as made,
    ):
        for name in book.namelist():
            content = book.read(name)
            some = rows.get(name.removeprefix("xl/worksheets/")) if name.startswith("xl/worksheets/sheet") else None
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with made.open(entry, "w", force_zip64=True) as stream:
                if some is None:
                    stream.write(content)
                    continue
                content = _DIMENSION.sub(b"", content)
                data = _DATA.search(content)
                if data is None:
                    raise ValueError(f"{name}: no sheetData")
                head = b"".join(row for row in _ROW.findall(data[1] or b"") if _number(row) < some[0].first)
                stream.write(content[: data.start()] + b"<sheetData>" + head)
                for one in some:
                    if one.path.exists():
                        with one.path.open("rb") as source:
                            while part := source.read(_PART):
                                stream.write(part)
                stream.write(b"</sheetData>" + content[data.end() :])


def _number(row: bytes) -> int:
    found = re.match(rb'<row r="(\d+)"', row)
    return int(found[1]) if found else 0
