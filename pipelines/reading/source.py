"""One file as text rows: a lazy frame with one text column for each field of the dataset.

``open_source`` looks at the beginning of a CSV file only and gives the fast reader. When that reader fails, or the rows
it gave do not account for the file's separators (``accounts_for``), ``salvage`` reads the file once more and takes the
broken lines out.

Columns of ``rows``: ``_row_number`` (what a spreadsheet shows, header = 1; of JSON the element), ``_empty`` (no record:
nothing in any cell, or an aside), ``_last_empty`` (a record whose last cell has nothing), ``_aside`` (why a row with
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
from pipelines.reading import decoding, structure
from pipelines.reading import encoding as encodings
from pipelines.reading.asides import Aside, kinds
from pipelines.reading.dialect import Dialect, find_dialect
from pipelines.reading.elements import EXTRA, Elements, read_elements
from pipelines.reading.headers import Columns, columns, of_fields
from pipelines.reading.layouts import layout_of
from pipelines.reading.limits import Deadline, Limits
from pipelines.reading.problems import (
    Unreadable,
    empty_file,
    no_json_rows,
    too_large,
    undecodable,
    unsupported_format,
    utf16_without_mark,
)
from pipelines.reading.salvage import ROW_NUMBER, Salvaged, rewrite
from pipelines.reading.workbook import read_workbook

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
        width = len(self.columns.names)
        if empty:
            return structure.records_are_whole(self.text, self.separator, width, self.body_at)
        return structure.separators_outside_quotes(self.text, self.separator, self.body_at) == rows * (width - 1)

    def cells(self, row_numbers: Sequence[int]) -> pl.DataFrame:
        """Some rows with every column as sent, unknown ones included: ``_row_number`` and the texts of the header.

        A text that stands twice in the header has its place behind it (``备注#7``). For findings: the file is read again.
        """
        wanted = pl.Series(sorted(set(row_numbers)), dtype=pl.Int64)
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
    text = _as_text(path, scratch, terms)
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
    return _salvaged(path, _as_text(path, scratch, terms), suffix, fields, title, scratch, terms)


@dataclass(frozen=True)
class _Text:
    """The UTF-8 form of a file, and in which encoding it came; ``damaged``: it has lines that are marked."""

    path: Path
    encoding: str
    damaged: bool = False


def _as_text(path: Path, scratch: Path, terms: Terms, told: str | None = None) -> _Text:
    """The file as UTF-8: itself where it is that already.

    Raises:
        Unreadable: it is in no encoding we know, or has a line beyond the limit.
    """
    with path.open("rb") as stream:
        head = stream.read(encodings.CHUNK)
    name = told or encodings.guess(path)
    doubled, lone = decoding.ends_of(head)
    target = scratch / f"{path.name}.utf8"
    if name == "utf-32" or (name != "utf-16" and encodings.looks_like_utf16(head)):
        raise Unreadable(utf16_without_mark() if name != "utf-32" else undecodable(1, 1, head[0]))
    if name == "utf-16":
        seen = decoding.rewrite_utf16(path, target)
        with target.open("rb") as stream:
            doubled, lone = decoding.ends_of(stream.read(encodings.CHUNK))
        if doubled or lone:
            plain = scratch / f"{path.name}.plain"
            decoding.rewrite_utf8(target, plain, lone_returns=lone)
            plain.replace(target)
        _check_lines(target, terms, lone=False)
        return _Text(target, name, seen.marked > 0)
    _check_lines(path, terms, lone=lone)
    if name == "gb18030":
        seen = decoding.rewrite_gb18030(path, target, lone_returns=lone)
        if told is None and 2 * seen.marked > seen.wide:
            main = encodings.main_encoding(path, lone_returns=lone)
            if main != name:
                return _as_text(path, scratch, terms, told=main)
        return _Text(target, name, seen.marked > 0)
    if doubled or lone:
        decoding.rewrite_utf8(path, target, lone_returns=lone)
        return _Text(target, name)
    return _Text(path, name)


def _check_lines(path: Path, terms: Terms, *, lone: bool) -> None:
    limit = terms.limits.row_bytes
    line = decoding.overlong_line(path, limit, lone_returns=lone)
    if line is not None:
        raise Unreadable(
            too_large(
                f"第 {line} 行的长度",
                f"Length of line {line}",
                _length(path, line),
                limit,
                unit_zh=" 字节",
                unit_en=" bytes",
            )
        )


def _length(path: Path, number: int) -> int:
    """Bytes of a line, counted without holding it."""
    seen, length = 1, 0
    with path.open("rb") as stream:
        while chunk := stream.read(decoding.CHUNK):
            for part, piece in enumerate(chunk.split(b"\n")):
                seen += part > 0
                if seen > number:
                    return length
                length += len(piece) if seen == number else 0
    return length


def _fast(path: Path, text: _Text, suffix: str, fields: tuple[Field, ...], title: str, terms: Terms) -> Source:
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
    path: Path, text: _Text, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms
) -> Source:
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
        text = _as_text(path, scratch, terms, told=better)
    positions = [str(place) for place in range(len(found.names))]
    table = pl.scan_csv(
        target,
        separator=dialect.separator,
        has_header=True,
        schema=dict.fromkeys(positions, pl.String),
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
        malformed=tuple(seen.malformed),
        asides=(*dialect.asides, *seen.asides),
        layout=layout,
        terms=terms,
    )


def _reconsidered(path: Path, text: _Text, seen: Salvaged) -> str | None:
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
    sheet = read_workbook(path, suffix, fields, scratch, terms.limits)
    found = checked_columns(sheet.header, fields, title, suffix[1:], terms)
    layout = layout_of(found, terms.layouts, terms.told)
    rows = _rows(sheet.table, found, fields, at_once=True)
    return Source(
        path, suffix[1:], found, fields, rows, sheet.table,
        malformed=sheet.malformed, asides=sheet.asides, layout=layout, terms=terms,
    )  # fmt: skip


def _elements(path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms) -> Source:
    text = _as_elements(path, scratch)
    target = scratch / f"{path.name}.parquet"
    read: Elements = read_elements(text.path, suffix, fields, target, terms.limits, marked=text.damaged)
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


def _as_elements(path: Path, scratch: Path) -> _Text:
    """JSON as UTF-8; lines in another encoding are marked."""
    with path.open("rb") as stream:
        head = stream.read(encodings.CHUNK)
    name = encodings.guess(path)
    target = scratch / f"{path.name}.utf8"
    if name == "utf-32" or (name != "utf-16" and encodings.looks_like_utf16(head)):
        raise Unreadable(utf16_without_mark() if name != "utf-32" else undecodable(1, 1, head[0]))
    if name == "utf-16":
        return _Text(target, name, decoding.rewrite_utf16(path, target).marked > 0)
    if name == "gb18030":
        return _Text(target, name, decoding.rewrite_gb18030(path, target, lone_returns=False).marked > 0)
    return _Text(path, name, damaged=True)


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
