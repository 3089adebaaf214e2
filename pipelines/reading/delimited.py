"""CSV and its like: the fast reader, and what takes malformed lines out when that fails or does not account for the file.

``open_text`` looks at the beginning of a UTF-8 file only and gives the fast reader. When that reader fails, or the rows it gave
do not account for the file's separators (``Source.accounts_for``), ``salvaged`` reads the file once more and takes the broken lines
out. A GB18030 file, which has to be rewritten anyway, is judged on the way (``one_pass``).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from pipelines.catalog import Field, Layout
from pipelines.ground.limits import Deadline
from pipelines.reading import decoding
from pipelines.reading import encoding as encodings
from pipelines.reading.blank_end import rows_at_most
from pipelines.reading.dialect import Dialect, find_dialect
from pipelines.reading.escapes import holds_escaped_quotes
from pipelines.reading.headers import Columns
from pipelines.reading.layouts import layout_of
from pipelines.reading.problems import Unreadable
from pipelines.reading.rows import ROW_NUMBER
from pipelines.reading.source import Source, Terms, checked_columns, rows_of
from pipelines.reading.text import Text, as_text, has_long_lines

if TYPE_CHECKING:
    from pipelines.reading.salvaging import Salvaged

_REWRITTEN: Final = ("gb18030", "utf-16")  # their UTF-8 form has every line marked that is in no encoding


def open_text(path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms) -> Source:
    """Open a CSV file; see ``open_source``.

    Raises:
        Unreadable: it is in no encoding we know, or has no header we know.
    """
    at_once = read_in_one_pass(path, suffix, fields, title, scratch, terms)
    if at_once is not None and not _escapes_quotes(at_once):
        return at_once
    text = as_text(path, scratch, terms.limits)
    if text.damaged or at_once is not None:
        return _salvaged(path, text, suffix, fields, title, scratch, terms)
    fast = _fast(path, text, suffix, fields, title, terms)
    return _salvaged(path, text, suffix, fields, title, scratch, terms) if _escapes_quotes(fast) else fast


def _escapes_quotes(source: Source) -> bool:
    """True where the fast reader would end cells at quotes that are part of them."""
    return source.text is not None and holds_escaped_quotes(source.text, source.separator)


def salvaged(path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms) -> Source:
    """Open a damaged CSV file, taking its malformed lines out.

    Raises:
        Unreadable: it is in no encoding we know, or has no header we know.
    """
    return _salvaged(path, as_text(path, scratch, terms.limits), suffix, fields, title, scratch, terms)


def read_in_one_pass(
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
    if has_long_lines(path, terms.limits, lone=lone):
        return None
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
    if passed.damaged and dialect.trailing:
        return None  # some lines may end as the header does, without the separators that the others end with
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
        (*dialect.skipped_rows, *passed.found.skipped_rows),
        layout,
        terms,
        remarks=_remarks(dialect, passed.found.trimmed),
    )


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
        n_rows=rows_at_most(text.path, dialect.body_at),
        raise_if_empty=False,
        glob=False,
    )
    return Source(
        path,
        text.encoding,
        found,
        fields,
        rows_of(table, found, fields),
        table,
        text.path,
        dialect.separator,
        dialect.body_at,
        skipped_rows=dialect.skipped_rows,
        layout=layout,
        terms=terms,
        remarks=_remarks(dialect),
    )


def _salvaged(
    path: Path, text: Text, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path, terms: Terms
) -> Source:
    from pipelines.reading.salvaging import MARKED, rewrite

    deadline = Deadline(terms.limits)
    while True:
        dialect, found, layout = _header(text.path, suffix, fields, title, text.encoding, terms, each_line=True)
        target = scratch / f"{path.name}.clean.csv"
        start = (dialect.body_at, dialect.row)
        encoding = MARKED if text.encoding in _REWRITTEN else "utf-8"
        seen = rewrite(
            text.path, dialect.separator, dialect.header, start, target, deadline,
            encoding=encoding, longest=terms.limits.row_bytes,
        )  # fmt: skip
        better = _reconsidered(path, text, seen)
        if better is None:
            break
        text = as_text(path, scratch, terms.limits, known=better)
    return Source(
        path,
        text.encoding,
        found,
        fields,
        *_clean(target, dialect, found, fields),
        malformed=tuple(seen.malformed),
        skipped_rows=(*dialect.skipped_rows, *seen.skipped_rows),
        layout=layout,
        terms=terms,
        separator=dialect.separator,
        remarks=_remarks(dialect, seen.trimmed),
    )


def _reconsidered(path: Path, text: Text, seen: Salvaged) -> str | None:
    """The encoding most lines are in, where that is another than the one the file was read in.

    Raises:
        Unreadable: most lines are in none.
    """
    if text.encoding != "utf-8" or 2 * seen.undecodable <= seen.wide:
        return None
    main = encodings.main_encoding(path)
    return main if main != "utf-8" else None


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
    return rows_of(table, found, fields), table


def _header(
    text: Path,
    suffix: str,
    fields: tuple[Field, ...],
    title: str,
    encoding: str,
    terms: Terms,
    *,
    each_line: bool = False,
) -> tuple[Dialect, Columns, Layout | None]:
    """The header of a file; ``each_line``: separators that end a line for nothing are looked for line by line."""
    dialect = find_dialect(text, suffix, fields)
    if each_line and dialect.trailing:
        dialect = replace(dialect, header=dialect.header[: -dialect.trailing], trailing=0)
    named = dialect.header[: len(dialect.header) - dialect.trailing]
    found = checked_columns(named, fields, title, encoding, terms)
    layout = layout_of(found, terms.layouts, terms.declared)
    return dialect, found.widened(dialect.header), layout


def _remarks(dialect: Dialect, trimmed: int = 0) -> tuple[str, ...]:
    """What is told of separators at the end of lines that the header does not have."""
    shown = {"\t": "制表符", ",": "逗号", ";": "分号", "|": "竖线"}[dialect.separator]
    if dialect.trailing:
        return (
            f"每行末尾比表头多 {dialect.trailing} 个{shown}，多出来的列是空的，已略去，不影响入库；请在导出程序里去掉。",
        )
    if trimmed:
        return (f"有 {trimmed:,} 行的末尾比表头多出空的列（多了{shown}），已略去，不影响入库；请在导出程序里去掉。",)
    return ()
