"""Open a delivered file, whatever its format.

What only some files need (numpy, PyArrow, workbooks) is imported when one comes, so that a small file is checked at once.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Field
from pipelines.reading.delimited import open_text, salvaged
from pipelines.reading.disguise import TEXT, Disguise, disguise_of, notice
from pipelines.reading.format_problems import OF_OTHER_PROGRAMS, no_text, unsupported_format, wrong_content
from pipelines.reading.headers import of_fields
from pipelines.reading.layouts import layout_of
from pipelines.reading.problems import (
    Unreadable,
    empty_file,
    no_json_rows,
    no_usable_element,
    too_large,
)
from pipelines.reading.rows import EXTRA, ROW_NUMBER
from pipelines.reading.signature import check_protection, content_of, looks_like_text
from pipelines.reading.source import Source, Terms, checked_columns, rows_of
from pipelines.reading.text import as_elements

TEXTS: Final = (".csv", ".tsv", ".txt")
WORKBOOKS: Final = (".xlsx", ".xls", ".ods")
ELEMENTS: Final = (".json", ".jsonl")
_SHOWN: Final = 200  # characters of an element in a message
_KINDS: Final = (TEXTS, WORKBOOKS, ELEMENTS)  # endings under which the same bytes are read in the same way
SUFFIXES: Final = (*TEXTS, *WORKBOOKS, *ELEMENTS)
_OF_NO_TEXT: Final = ("undecodable", "unknown_header", "not_json", "too_large")  # what bytes that are no text look like


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
    check_protection(path)
    found = content_of(path)
    if suffix not in SUFFIXES:
        raise Unreadable(unsupported_format(suffix, found))
    if suffix in WORKBOOKS:
        if found in OF_OTHER_PROGRAMS:
            raise Unreadable(wrong_content(suffix, found))
        return _workbook(path, suffix, fields, title, scratch, terms)
    if found is not None:
        raise Unreadable(wrong_content(suffix, found))
    try:
        if suffix in ELEMENTS:
            return _elements(path, suffix, fields, title, scratch, terms)
        return open_text(path, suffix, fields, title, scratch, terms)
    except Unreadable as error:
        if error.problem.code in _OF_NO_TEXT and not looks_like_text(path):
            raise Unreadable(no_text(suffix), error.encoding) from error
        raise


def kind_of_file(path: Path, suffix: str) -> str:
    """One ending for all under which these bytes are read in the same way."""
    if suffix in WORKBOOKS:
        try:
            if disguise_of(path, suffix) == TEXT:
                return TEXTS[0]
        except Unreadable:
            return WORKBOOKS[0]
    return next((kinds[0] for kinds in _KINDS if suffix in kinds), suffix)


def salvage(
    path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms | None = None
) -> Source:
    """Open a damaged CSV file, taking its malformed lines out.

    Raises:
        Unreadable: it is in no encoding we know, or has no header we know.
    """
    found = salvaged(path, suffix, fields, title, scratch, terms or Terms())
    return found if suffix not in WORKBOOKS else _in_disguise(found, suffix, TEXT)


def _workbook(path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms) -> Source:
    from pipelines.reading.cell_evidence import evidence_of
    from pipelines.reading.sheet_notices import sheet_notices
    from pipelines.reading.workbook import folder_of, read_workbook, sheet_with_records

    disguise = disguise_of(path, suffix)
    encoding = suffix[1:]
    if disguise == TEXT:
        return _in_disguise(open_text(path, suffix, fields, title, scratch, terms), suffix, disguise)
    if disguise is None:
        sheet = read_workbook(path, suffix, fields, scratch, terms.limits)
    else:
        from pipelines.reading.markup import sheets_of

        encoding, sheets = sheets_of(path, disguise, folder_of(path, suffix, scratch), terms.limits)
        sheet = sheet_with_records(sheets, fields, terms.limits)
    found = checked_columns(sheet.header, fields, title, encoding, terms)
    layout = layout_of(found, terms.layouts, terms.declared)
    table = sheet.table
    beside: list[pl.Expr] = []
    told: tuple[str, ...] = ()
    if sheet.cells is not None:
        evidence = evidence_of(sheet.cells, table, found, fields)
        told = sheet_notices(sheet.cells, table, found, sheet.height, sheet.kind)
        table, beside = evidence.read_into(table), evidence.beside()
    rows = rows_of(table, found, fields, at_once=True).with_columns(beside)
    source = Source(
        path, encoding, found, fields, rows, table,
        malformed=sheet.malformed, skipped_rows=sheet.skipped_rows, layout=layout, terms=terms,
        remarks=told, has_evidence=bool(beside),
    )  # fmt: skip
    return source if disguise is None else _in_disguise(source, suffix, disguise)


def _in_disguise(source: Source, suffix: str, found: Disguise) -> Source:
    return replace(source, read_as=found.suffix, notice=notice(suffix, found))


def _elements(path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms) -> Source:
    from pipelines.reading.elements import read_elements

    text = as_elements(path, scratch)
    target = scratch / f"{path.name}.parquet"
    read = read_elements(text.path, suffix, fields, target, terms.limits, marked=text.damaged)
    if not read.names and not read.malformed and read.rows == 0:
        if read.is_array:
            found = of_fields(())
            nothing = pl.LazyFrame(schema={ROW_NUMBER: pl.Int64})
            return Source(path, text.encoding, found, fields, rows_of(nothing, found, fields), nothing, terms=terms)
        raise Unreadable(no_json_rows(), text.encoding)
    if not read.names and read.malformed:
        number, example = read.malformed[0]
        raise Unreadable(no_usable_element(len(read.malformed), number, example[:_SHOWN]), text.encoding)
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
    layout = layout_of(found, terms.layouts, terms.declared)
    rows = rows_of(table, found, fields, with_skipped_rows=False)
    return Source(
        path, text.encoding, found, fields, rows, table,
        malformed=tuple(read.malformed), layout=layout, terms=terms,
    )  # fmt: skip


def _extra(name: str) -> pl.Expr:
    """A value of a column that is no field of the dataset."""
    return pl.col(EXTRA).map_elements(lambda text: _value(text, name), return_dtype=pl.String)


def _value(text: str, name: str) -> str | None:
    value = json.loads(text).get(name)
    return None if value is None else str(value)
