"""One file as text rows: a lazy frame with one text column for each field of the dataset.

``open_source`` looks at the beginning of a CSV file only and gives the fast reader. When that reader fails, or the rows
it gave do not account for the file's separators (``accounts_for``), ``salvage`` reads the file once more and takes the
broken lines out. A GB18030 file, which has to be rewritten anyway, is judged on the way (``one_pass``).

What only some files need (numpy, PyArrow, workbooks) is imported when one comes, so that a small file is checked at once.

Columns of ``rows``: ``_row_number`` (what a spreadsheet shows, header = 1; of JSON the element), ``_empty`` (no record:
nothing in any cell, or an aside), ``_last_empty`` (a record whose last cell has nothing), ``_aside`` (why a row with
cells is no record, else null) and the field ids; empty cells, and fields the file does not have, are null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from pipelines.catalog import Field, Layout
from pipelines.reading import decoding
from pipelines.reading import encoding as encodings
from pipelines.reading.asides import Aside, kinds
from pipelines.reading.dialect import Dialect, find_dialect
from pipelines.reading.headers import Columns, columns, of_fields
from pipelines.reading.layouts import layout_of
from pipelines.reading.limits import Deadline, Limits
from pipelines.reading.problems import (
    Unreadable,
    empty_file,
    no_json_rows,
    too_large,
    unsupported_format,
)
from pipelines.reading.rows import EXTRA, ROW_NUMBER
from pipelines.reading.text import Text, as_elements, as_text, check_lines

if TYPE_CHECKING:
    from pipelines.reading.salvaging import Salvaged

EMPTY: Final = "_empty"
LAST_EMPTY: Final = "_last_empty"
ASIDE: Final = "_aside"
TEXTS: Final = (".csv", ".tsv", ".txt")
WORKBOOKS: Final = (".xlsx", ".xls")
ELEMENTS: Final = (".json", ".jsonl")
_REWRITTEN: Final = ("gb18030", "utf-16")  # their UTF-8 form has every line marked that is in no encoding
SUFFIXES: Final = (*TEXTS, *WORKBOOKS, *ELEMENTS)


@dataclass(frozen=True)
class Terms:
    """On what terms files of a dataset are read: limits, the dataset's layouts, and the one the manifest tells, if any."""

    limits: Limits = attribute(default_factory=Limits)
    layouts: tuple[Layout, ...] = ()
    told: str | None = None


@dataclass(frozen=True)
class Source:
    """A file that can be read; ``text`` is its UTF-8 form on disk, where it is a CSV file.

    ``table`` has ``_row_number`` and every column as sent, named ``0``, ``1``, … in the order of ``columns.header``, unknown ones
    included. ``asides`` are those known at once, titles above the header for one; others stand in ``rows``.
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
    asides: tuple[Aside, ...] = ()
    layout: Layout | None = None
    terms: Terms = attribute(default_factory=Terms)

    def accounts_for(self, rows: int, empty: int, last_empty: int) -> bool:
        """Whether the rows the fast reader gave are all there is, none of them short.

        ``rows`` does not count the ``empty`` ones, ``last_empty`` is how many of them have nothing in the last cell: as a
        short row has.
        """
        if self.text is None or last_empty == 0:
            return True
        from pipelines.reading import structure

        width = len(self.columns.names)
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


def open_source(
    path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms | None = None
) -> Source:
    """Open a delivered file.

    Args:
        path: the bytes.
        suffix: ending of the name it was sent under, lower case, with the dot.
        fields: the dataset's fields.
        title: the dataset's Chinese title, for messages.
        scratch: folder for what has to be written on the way; it must stay while the source is read.
        terms: limits and layouts; without them the default limits.

    Raises:
        Unreadable: the whole file is to be rejected.
    """
    terms = terms or Terms()
    size = path.stat().st_size
    if size == 0:
        raise Unreadable(empty_file())
    if size > terms.limits.file_bytes:
        raise Unreadable(
            too_large("文件大小", "File size", size, terms.limits.file_bytes, unit_zh=" 字节", unit_en=" bytes")
        )
    if suffix in WORKBOOKS:
        return _workbook(path, suffix, fields, title, scratch, terms)
    if suffix in ELEMENTS:
        return _elements(path, suffix, fields, title, scratch, terms)
    if suffix not in TEXTS:
        raise Unreadable(unsupported_format(suffix or path.name))
    at_once = _at_once(path, suffix, fields, title, scratch, terms)
    if at_once is not None:
        return at_once
    text = as_text(path, scratch, terms.limits)
    if text.damaged:
        return _salvaged(path, text, suffix, fields, title, scratch, terms)
    return _fast(path, text, suffix, fields, title, terms)


def salvage(
    path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms | None = None
) -> Source:
    """Open a damaged CSV file, taking its malformed lines out.

    Raises:
        Unreadable: it is in no encoding we know, or has no header we know.
    """
    terms = terms or Terms()
    return _salvaged(path, as_text(path, scratch, terms.limits), suffix, fields, title, scratch, terms)


def _fast(path: Path, text: Text, suffix: str, fields: tuple[Field, ...], title: str, terms: Terms) -> Source:
    dialect, found, layout = _header(text.path, suffix, fields, title, text.encoding, terms)
    positions = [str(place) for place in range(len(found.names))]
    table = pl.scan_csv(
        text.path,
        separator=dialect.separator,
        has_header=False,
        schema=dict.fromkeys(positions, pl.String),
        skip_lines=dialect.lines,
        row_index_name=ROW_NUMBER,
        row_index_offset=dialect.row,
        raise_if_empty=False,
        glob=False,
    )
    return Source(
        path,
        text.encoding,
        found,
        fields,
        _rows(table, found, fields),
        table,
        text.path,
        dialect.separator,
        dialect.body_at,
        asides=dialect.asides,
        layout=layout,
        terms=terms,
    )


def _salvaged(
    path: Path, text: Text, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms
) -> Source:
    from pipelines.reading.salvaging import rewrite

    deadline = Deadline(terms.limits)
    while True:
        dialect, found, layout = _header(text.path, suffix, fields, title, text.encoding, terms)
        target = scratch / f"{path.name}.clean.csv"
        start = (dialect.body_at, dialect.row)
        seen = rewrite(
            text.path, dialect.separator, dialect.header, start, target, deadline, marked=text.encoding in _REWRITTEN
        )
        better = _reconsidered(path, text, seen)
        if better is None:
            break
        text = as_text(path, scratch, terms.limits, told=better)
    return Source(
        path,
        text.encoding,
        found,
        fields,
        *_clean(target, dialect, found, fields),
        malformed=tuple(seen.malformed),
        asides=(*dialect.asides, *seen.asides),
        layout=layout,
        terms=terms,
    )


def _at_once(
    path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms
) -> Source | None:
    """A GB18030 file, decoded and judged in one pass; None where it is none, or has to be looked at more closely."""
    if encodings.guess(path) != "gb18030":
        return None
    with path.open("rb") as stream:
        head = stream.read(encodings.CHUNK)
    if encodings.looks_like_utf16(head):
        return None
    _, lone = decoding.ends_of(head)
    check_lines(path, terms.limits, lone=lone)
    from pipelines.reading.one_pass import decoded_and_judged

    deadline = Deadline(terms.limits)
    target = scratch / f"{path.name}.once.csv"
    headers: list[tuple[Dialect, Columns, Layout | None]] = []

    def find(text: Path) -> Dialect:
        headers.append(_header(text, suffix, fields, title, "gb18030", terms))
        return headers[0][0]

    try:
        passed = decoded_and_judged(path, target, find, deadline, lone_returns=lone)
    except Unreadable:
        if deadline.passed:
            raise
        return None  # it may be UTF-8 after all
    if passed is None or 2 * passed.found.undecodable > passed.found.wide:
        return None
    dialect, found, layout = headers[0]
    return Source(
        path,
        "gb18030",
        found,
        fields,
        *_clean(target, dialect, found, fields, dialect.lines),
        None if passed.damaged else target,
        dialect.separator,
        passed.body_at,
        tuple(passed.found.malformed),
        (*dialect.asides, *passed.found.asides),
        layout,
        terms,
    )


def _clean(
    target: Path, dialect: Dialect, found: Columns, fields: tuple[Field, ...], lines: int = 0
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Rows and table of a clean file (``salvaging``) that has some lines before its header."""
    table = pl.scan_csv(
        target,
        separator=dialect.separator,
        has_header=True,
        skip_lines=lines,
        schema=dict.fromkeys((str(place) for place in range(len(found.names))), pl.String),
        row_index_name=ROW_NUMBER,
        row_index_offset=dialect.row,
        raise_if_empty=False,
        glob=False,
    )
    return _rows(table, found, fields), table


def _reconsidered(path: Path, text: Text, seen: Salvaged) -> str | None:
    """The encoding most lines are in, where that is another than the one the file was read in.

    Raises:
        Unreadable: most lines are in none.
    """
    if text.encoding != "utf-8" or 2 * seen.undecodable <= seen.wide:
        return None
    main = encodings.main_encoding(path)
    return main if main != "utf-8" else None


def _header(
    text: Path, suffix: str, fields: tuple[Field, ...], title: str, encoding: str, terms: Terms
) -> tuple[Dialect, Columns, Layout | None]:
    dialect = find_dialect(text, suffix, fields)
    found = checked_columns(dialect.header, fields, title, encoding, terms)
    return dialect, found, layout_of(found, terms.layouts, terms.told)


def checked_columns(
    header: Sequence[str], fields: tuple[Field, ...], title: str, encoding: str, terms: Terms
) -> Columns:
    """The columns of a header.

    Raises:
        Unreadable: there are too many, none is known, or two are the same field.
    """
    if len(header) > terms.limits.columns:
        raise Unreadable(too_large("列数", "Columns", len(header), terms.limits.columns), encoding)
    try:
        return columns(header, fields, title)
    except Unreadable as error:
        raise Unreadable(error.problem, encoding) from error


def _workbook(path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms) -> Source:
    from pipelines.reading.workbook import read_workbook

    sheet = read_workbook(path, suffix, fields, scratch, terms.limits)
    found = checked_columns(sheet.header, fields, title, suffix[1:], terms)
    layout = layout_of(found, terms.layouts, terms.told)
    rows = _rows(sheet.table, found, fields, at_once=True)
    return Source(
        path, suffix[1:], found, fields, rows, sheet.table,
        malformed=sheet.malformed, asides=sheet.asides, layout=layout, terms=terms,
    )  # fmt: skip


def _elements(path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms) -> Source:
    from pipelines.reading.elements import read_elements

    text = as_elements(path, scratch)
    target = scratch / f"{path.name}.parquet"
    read = read_elements(text.path, suffix, fields, target, terms.limits, marked=text.damaged)
    if not read.names and not read.malformed and read.rows == 0:
        if read.is_array:
            found = of_fields(())
            nothing = pl.LazyFrame(schema={ROW_NUMBER: pl.Int64})
            return Source(path, text.encoding, found, fields, _rows(nothing, found, fields), nothing, terms=terms)
        raise Unreadable(no_json_rows(), text.encoding)
    if not read.names:
        raise Unreadable(no_json_rows(), text.encoding)
    found = checked_columns(read.names, fields, title, text.encoding, terms)
    frame = pl.scan_parquet(target)
    table = frame.select(
        ROW_NUMBER,
        *(
            (pl.col(name) if name in frame.collect_schema().names() else _extra(text_)).alias(str(place))
            for place, (name, text_) in enumerate(zip(found.names, read.names, strict=True))
        ),
    )
    layout = layout_of(found, terms.layouts, terms.told)
    rows = _rows(table, found, fields, with_asides=False)
    return Source(
        path, text.encoding, found, fields, rows, table,
        malformed=tuple(read.malformed), layout=layout, terms=terms,
    )  # fmt: skip


def _extra(name: str) -> pl.Expr:
    """A value of a column that is no field of the dataset."""
    return pl.col(EXTRA).map_elements(lambda text: _value(text, name), return_dtype=pl.String)


def _value(text: str, name: str) -> str | None:
    import json

    value = json.loads(text).get(name)
    return None if value is None else str(value)


def _rows(
    table: pl.LazyFrame, found: Columns, fields: tuple[Field, ...], *, with_asides: bool = True, at_once: bool = False
) -> pl.LazyFrame:
    positions = [str(place) for place in range(len(found.names))]
    nothing = [pl.col(place).is_null() for place in positions]
    known = {name: place for place, name in zip(positions, found.names, strict=True)}
    aside = kinds(found.header) if with_asides and positions else pl.lit(None, dtype=pl.String)
    empty = pl.all_horizontal(nothing) if nothing else pl.lit(False)
    last = nothing[-1] if nothing else pl.lit(False)
    return table.select(
        pl.col(ROW_NUMBER).cast(pl.Int64),
        empty.alias(EMPTY),
        last.alias(LAST_EMPTY) if not at_once else pl.lit(False).alias(LAST_EMPTY),
        aside.alias(ASIDE),
        *(
            pl.col(known[field.id]).alias(field.id)
            if field.id in known
            else pl.lit(None, dtype=pl.String).alias(field.id)
            for field in fields
        ),
    ).with_columns(
        (pl.col(EMPTY) | pl.col(ASIDE).is_not_null()).alias(EMPTY),
        (pl.col(LAST_EMPTY) & ~pl.col(EMPTY) & pl.col(ASIDE).is_null()).alias(LAST_EMPTY),
    )
