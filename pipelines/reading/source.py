"""One file as text rows: a lazy frame with one text column for each field of the dataset.

``open_source`` looks at the beginning of the file only and gives the fast reader. When that reader fails, or the rows it
gave do not account for the file's separators (``accounts_for``), ``salvage`` reads the file line by line instead.

Columns of ``rows``: ``_row_number`` (what a spreadsheet shows, header = 1), ``_empty`` (no cell has anything),
``_last_empty`` (the last cell has nothing) and the field ids; empty cells, and fields the file does not have, are null.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Field
from pipelines.reading import encoding as encodings
from pipelines.reading import structure
from pipelines.reading.headers import Columns, columns
from pipelines.reading.problems import Unreadable, empty_file, undecodable, unsupported_format
from pipelines.reading.salvage import ROW_NUMBER, rewrite
from pipelines.reading.workbook import cells

EMPTY: Final = "_empty"
LAST_EMPTY: Final = "_last_empty"
SEPARATORS: Final = {".csv": ",", ".tsv": "\t", ".txt": ","}


@dataclass(frozen=True)
class Source:
    """A file that can be read; ``text`` is its UTF-8 form on disk, where it is a CSV file."""

    path: Path
    encoding: str
    columns: Columns
    fields: tuple[Field, ...]
    rows: pl.LazyFrame
    text: Path | None = None
    separator: str = ","
    malformed: tuple[tuple[int, str], ...] = ()

    def accounts_for(self, rows: int, empty: int, last_empty: int) -> bool:
        """Whether the rows the fast reader gave can be all there is; see ``structure.accounts_for``.

        ``rows`` does not count the ``empty`` ones, ``last_empty`` is how many rows have nothing in the last cell.
        """
        if self.text is None or last_empty == 0:
            return True
        total = structure.separators_outside_quotes(self.text, self.separator)
        return structure.accounts_for(total, len(self.columns.names), rows, empty)


def open_source(path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path) -> Source:
    """Open a delivered file.

    Args:
        path: the bytes.
        suffix: ending of the name it was sent under, lower case, with the dot.
        fields: the dataset's fields.
        title: the dataset's Chinese title, for messages.
        scratch: folder for what has to be written on the way.

    Raises:
        Unreadable: the whole file is to be rejected.
    """
    if path.stat().st_size == 0:
        raise Unreadable(empty_file())
    if suffix == ".xlsx":
        header, frame = cells(path)
        found = columns(header, fields, title)
        named = frame.rename({str(position): name for position, name in enumerate(found.names)})
        named = named.with_columns(pl.when(pl.col(name) != "").then(pl.col(name)) for name in found.names)
        return Source(path, "xlsx", found, fields, _rows(named.lazy(), found, fields))
    if suffix not in SEPARATORS:
        raise Unreadable(unsupported_format(suffix or path.name))
    name = encodings.guess(path)
    text = path
    if name == "gb18030" and encodings.has_utf8_lines(path):
        return salvage(path, suffix, fields, title, scratch)
    if name not in ("utf-8", "utf-8-sig"):
        text = scratch / f"{path.name}.utf8"
        try:
            encodings.transcode(path, name, text)
        except UnicodeDecodeError:
            return salvage(path, suffix, fields, title, scratch)
    return _csv(path, text, name, suffix, fields, title)


def salvage(path: Path, suffix: str, fields: tuple[Field, ...], title: str, scratch: Path) -> Source:
    """Open a damaged CSV file line by line, keeping its malformed lines.

    Raises:
        Unreadable: it is in no encoding we know, or has no header we know.
    """
    name = encodings.guess(path)
    text = path
    if name == "utf-16":
        text = scratch / f"{path.name}.utf8"
        try:
            encodings.transcode(path, name, text)
        except UnicodeDecodeError as error:
            raise Unreadable(undecodable(1, error.start + 1, error.object[error.start])) from error
        line_encoding = "utf-8"
    else:
        line_encoding = encodings.main_encoding(path)
        name = name if name == "utf-8-sig" and line_encoding == "utf-8" else line_encoding
    try:
        source = _csv(path, text, name, suffix, fields, title, line_encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(undecodable(1, error.start + 1, error.object[error.start])) from error
    target = scratch / f"{path.name}.parquet"
    positions = [str(position) for position in range(len(source.columns.names))]
    malformed = rewrite(text, line_encoding, source.separator, positions, target)
    frame = pl.scan_parquet(target).rename(dict(zip(positions, source.columns.names, strict=True)))
    return replace(
        source, rows=_rows(frame, source.columns, fields), text=None, encoding=name, malformed=tuple(malformed)
    )


def _csv(
    path: Path, text: Path, name: str, suffix: str, fields: tuple[Field, ...], title: str, line_encoding: str = "utf-8"
) -> Source:
    separator = SEPARATORS[suffix]
    header = _header(text, line_encoding, separator)
    if suffix == ".txt" and len(header) == 1 and "\t" in header[0]:
        separator = "\t"
        header = _header(text, line_encoding, separator)
    found = columns(header, fields, title)
    frame = pl.scan_csv(
        text,
        separator=separator,
        infer_schema=False,
        new_columns=list(found.names),
        row_index_name=ROW_NUMBER,
        row_index_offset=2,
        glob=False,
    )
    return Source(path, name, found, fields, _rows(frame, found, fields), text, separator)


def _header(text: Path, encoding: str, separator: str) -> list[str]:
    with text.open("rb") as stream:
        head = stream.read(encodings.CHUNK)
    if len(head) == encodings.CHUNK:
        head = head[: head.rfind(b"\n") + 1] or head
    first = head.decode(encoding, errors="strict" if encoding == "utf-8" and head.isascii() else "replace")
    try:
        return next(
            csv.reader(io.StringIO(first.removeprefix("\ufeff").replace("\x00", ""), newline=""), delimiter=separator),
            [],
        )
    except csv.Error:
        return first.partition("\n")[0].split(separator)


def _rows(frame: pl.LazyFrame, found: Columns, fields: tuple[Field, ...]) -> pl.LazyFrame:
    nothing = [pl.col(name).is_null() for name in found.names]
    absent = [pl.lit(None, dtype=pl.String).alias(field.id) for field in fields if field.id not in found.known]
    return frame.select(
        pl.col(ROW_NUMBER).cast(pl.Int64),
        pl.all_horizontal(nothing).alias(EMPTY),
        nothing[-1].alias(LAST_EMPTY),
        *(pl.col(field.id) for field in fields if field.id in found.known),
        *absent,
    ).select(ROW_NUMBER, EMPTY, LAST_EMPTY, *(field.id for field in fields))
