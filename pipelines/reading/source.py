"""One file as text rows: a lazy frame with one text column for each field of the dataset.

Columns of ``rows``: ``_row_number`` (what a spreadsheet shows, header = 1; of JSON the element), ``_empty`` (no record:
nothing in any cell, or a skipped row), ``_last_empty`` (a record whose last cell has nothing), ``_skipped_row`` (why a row with
cells is no record, else null) and the field ids; empty cells, and fields the file does not have, are null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Field, Layout
from pipelines.ground.limits import Limits
from pipelines.reading.headers import Columns, aliases, columns
from pipelines.reading.layouts import layout_of
from pipelines.reading.problems import Unreadable, too_large
from pipelines.reading.rows import ROW_NUMBER
from pipelines.reading.skipped_rows import SkippedRow, kinds

EMPTY: Final = "_empty"
LAST_EMPTY: Final = "_last_empty"
SKIPPED_ROW: Final = "_aside"
_SMALL: Final = 1 << 20


@dataclass(frozen=True)
class Terms:
    """On what terms files of a dataset are read: limits, the dataset's layouts, and the one the manifest tells, if any."""

    limits: Limits = attribute(default_factory=Limits)
    layouts: tuple[Layout, ...] = ()
    declared: str | None = None


@dataclass(frozen=True)
class Source:
    """A file that can be read; ``text`` is its UTF-8 form on disk, where it is a CSV file.

    ``table`` has ``_row_number`` and every column as sent, named ``0``, ``1``, … in the order of ``columns.header``, unknown ones
    included. ``skipped_rows`` are those known at once, titles above the header for one; others are in ``rows``. Where the content
    is not what the name says, ``read_as`` is the ending it should have, and ``notice`` says so to the sender; ``remarks`` say what
    else of the file as a whole was read otherwise than it stands there, and what a sheet hides, strikes out or may have cut off.
    ``has_evidence``: ``rows`` have the columns of ``EVIDENCE``.
    """

    path: Path
    encoding: str
    columns: Columns
    fields: tuple[Field, ...]
    rows: pl.LazyFrame
    table: pl.LazyFrame
    text: Path | None = None
    separator: str = ","
    body_at: int = 0
    malformed: tuple[tuple[int, str], ...] = ()
    skipped_rows: tuple[SkippedRow, ...] = ()
    layout: Layout | None = None
    terms: Terms = attribute(default_factory=Terms)
    read_as: str = ""
    notice: str = ""
    remarks: tuple[str, ...] = ()
    has_evidence: bool = False

    def accounts_for(self, rows: int, empty: int, last_empty: int) -> bool:
        """Whether the rows the fast reader gave are all there is, none of them short.

        ``rows`` does not count the ``empty`` ones, ``last_empty`` is how many of them have nothing in the last cell: as a
        short row has.
        """
        if self.text is None or last_empty == 0:
            return True
        width = len(self.columns.names)
        if not empty and self.text.stat().st_size <= _SMALL:
            # Every second part lies outside quotes. A small file is checked before NumPy could be imported.
            with self.text.open("rb") as stream:
                stream.seek(self.body_at)
                outside = stream.read().split(b'"')[::2]
            return sum(part.count(self.separator.encode()) for part in outside) == rows * (width - 1)
        from pipelines.reading import structure

        if empty:
            return structure.records_are_whole(self.text, self.separator, width, self.body_at)
        return structure.separators_outside_quotes(self.text, self.separator, self.body_at) == rows * (width - 1)

    def cells(self, row_numbers: Sequence[int]) -> pl.DataFrame:
        """Some rows with every column as sent, unknown ones included: ``_row_number`` and the texts of the header.

        A text that stands twice in the header has its place behind it (``备注#7``). For findings: the file is read again.
        """
        wanted = pl.Series(sorted(set(row_numbers) - {number for number, _ in self.malformed}), dtype=pl.Int64)
        names = [text.strip() or f"#{place}" for place, text in enumerate(self.columns.header, start=1)]
        names = [f"{name}#{n}" if names.count(name) > 1 else name for n, name in enumerate(names, start=1)]
        rows = self.table.filter(pl.col(ROW_NUMBER).is_in(wanted.implode())).collect()
        return rows.select(ROW_NUMBER, *(pl.col(str(n)).alias(name) for n, name in enumerate(names)))


def rows_of(
    table: pl.LazyFrame,
    found: Columns,
    fields: tuple[Field, ...],
    *,
    with_skipped_rows: bool = True,
    at_once: bool = False,
) -> pl.LazyFrame:
    """The rows of a table whose columns are named ``0``, ``1``, … in the order of the header.

    Args:
        table: with ``_row_number``.
        found: which column is which field.
        fields: of the dataset.
        with_skipped_rows: rows may be notes or totals.
        at_once: no row can be short, so that an empty last cell tells nothing.
    """
    positions = [str(place) for place in range(len(found.names))]
    nothing = [pl.col(place).is_null() for place in positions]
    known = {name: place for place, name in zip(positions, found.names, strict=True)}
    if with_skipped_rows and positions:
        skipped_row = kinds(found.header, aliases(fields), [one for field in fields for one in field.accepted_headers])
    else:
        skipped_row = pl.lit(None, dtype=pl.String)
    empty = pl.all_horizontal(nothing) if nothing else pl.lit(False)
    last = nothing[-1] if nothing else pl.lit(False)
    return table.select(
        pl.col(ROW_NUMBER).cast(pl.Int64),
        empty.alias(EMPTY),
        last.alias(LAST_EMPTY) if not at_once else pl.lit(False).alias(LAST_EMPTY),
        skipped_row.alias(SKIPPED_ROW),
        *(
            pl.col(known[field.id]).alias(field.id)
            if field.id in known
            else pl.lit(None, dtype=pl.String).alias(field.id)
            for field in fields
        ),
    ).with_columns(
        (pl.col(EMPTY) | pl.col(SKIPPED_ROW).is_not_null()).alias(EMPTY),
        (pl.col(LAST_EMPTY) & ~pl.col(EMPTY) & pl.col(SKIPPED_ROW).is_null()).alias(LAST_EMPTY),
    )


def checked_columns(
    header: Sequence[str], fields: tuple[Field, ...], title: str, encoding: str, terms: Terms
) -> Columns:
    """The columns of a header.

    Raises:
        Unreadable: there are too many, none is known, or two are the same field.
    """
    if len(header) > terms.limits.columns:
        todo = ("请按目录模板的列导出后重新报送。", "Export the columns of the catalogue and send the file again.")
        raise Unreadable(too_large("列数", "Columns", len(header), terms.limits.columns, todo=todo), encoding)
    try:
        found = columns(header, fields, title)
        layout = layout_of(found, terms.layouts, terms.declared)
        return columns(header, fields, title, layout.headers) if layout and layout.headers else found
    except Unreadable as error:
        raise Unreadable(error.problem, encoding) from error
