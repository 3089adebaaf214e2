"""How a delivered file is laid out: its columns in their order, which field each is, and which the catalogue does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Field
from pipelines.pages.workbook import letters
from pipelines.privacy.mask import identifiers_masked
from pipelines.reading import ROW_NUMBER, Source, Unreadable
from pipelines.reading.headers import UNKNOWN, Columns, key
from pipelines.screening import Screen
from pipelines.screening.confirmation import ECHO, REASON

ROW_TITLE: Final = "原文件行号"
_WITHOUT_CELLS: Final = (".json", ".jsonl")
Reader = Callable[[tuple[Field, ...], bool], Source]
"""Opens a file with some fields, line by line where the second argument says so."""


def has_cells(file_name: str) -> bool:
    """Whether a file has cells with letters and numbers, as a spreadsheet shows them; JSON has not."""
    return not file_name.lower().endswith(_WITHOUT_CELLS)


@dataclass(frozen=True)
class Layout:
    """The layout of one delivery; ``read`` opens its file again with other fields, ``scratch`` is a file that may be written."""

    columns: Columns
    fields: tuple[Field, ...]
    read: Reader
    scratch: Path
    has_cells: bool = True

    @classmethod
    def of(cls, columns: Columns, screen: Screen, read: Reader, scratch: Path, *, has_cells: bool = True) -> Layout:
        """The layout of a file that was opened with the fields of ``screen.delivered``."""
        return cls(columns, screen.delivered, read, scratch, has_cells)

    @property
    def names(self) -> tuple[str, ...]:
        """Field ids, and ``unknown:<position>:<header>``, in the order of the file."""
        return self.columns.names

    @cached_property
    def heads(self) -> list[str]:
        """The heads of the copy's columns: the header as sent, then the columns the hub adds."""
        titles = {field.id: field.title_zh for field in self.fields}
        sent = self.columns.header or tuple(titles.get(name, name.rpartition(":")[2]) for name in self.names)
        added = [ROW_TITLE, *(one.title_zh for one in (ECHO, REASON) if one.id not in self.names)]
        return [*sent, *added]

    @cached_property
    def places(self) -> dict[str, str]:
        """Letters of the columns, by field id; none where a file has no cells."""
        if not self.has_cells:
            return {}
        return {name: letters(place) for place, name in enumerate(self.names)}

    @cached_property
    def unknown(self) -> dict[str, Field]:
        """A stand-in field for each unknown column that differs from the others, by the column's name."""
        found: dict[str, Field] = {}
        keys = [key(name.split(":", 2)[2]) for name in self.names if name.startswith(UNKNOWN)]
        for place, name in enumerate(self.names):
            title = name.split(":", 2)[2] if name.startswith(UNKNOWN) else ""
            if title and keys.count(key(title)) == 1 and key(title):
                found[name] = Field(id=f"own_column_{place}", title_zh=title, definition=title)
        return found

    @property
    def unknown_titles(self) -> list[str]:
        """Headers of the unknown columns."""
        return [field.title_zh for field in self.unknown.values()]

    def extras(self, rows: pl.Series) -> pl.DataFrame:
        """Cells of the unknown columns in some rows: ``row_number`` and a column for each name; identifiers in them masked."""
        wanted = rows.unique().sort()
        nothing = pl.DataFrame({"row_number": wanted})
        if not self.unknown or wanted.is_empty():
            return nothing
        own = self._own
        return (
            nothing
            if own is None
            else own.filter(pl.col("row_number").is_in(wanted.implode())).collect(engine="streaming")
        )

    @cached_property
    def _own(self) -> pl.LazyFrame | None:
        """The unknown columns of the whole file; None where it cannot be read once more."""
        stand_ins = {field.id: name for name, field in self.unknown.items()}
        columns = [
            pl.col(ROW_NUMBER).cast(pl.Int64).alias("row_number"),
            *(identifiers_masked(pl.col(stand_in)).alias(name) for stand_in, name in stand_ins.items()),
        ]
        for line_by_line in (False, True):
            try:
                source = self.read((*self.fields, *self.unknown.values()), line_by_line)
                source.rows.select(columns).sink_parquet(self.scratch, mkdir=True)
            except (Unreadable, pl.exceptions.PolarsError):
                continue
            return pl.scan_parquet(self.scratch)
        return None
