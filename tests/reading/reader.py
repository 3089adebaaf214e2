"""Reading one file as the hub does: the fast reader, and line by line where that fails or does not account for the file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.catalog import Field
from pipelines.reading import EMPTY, LAST_EMPTY, Source, open_source, salvage

ROW_NUMBER = "_row_number"


def fields_of(headers: Sequence[str]) -> tuple[Field, ...]:
    """Throw-away fields ``f0``, ``f1``, … that are sent under these headers."""
    return tuple(Field(id=f"f{n}", title_zh=header, definition="for a test") for n, header in enumerate(headers))


@dataclass(frozen=True)
class Read:
    """Records by row number, cells by header's place, an empty cell as ""; and malformed lines by row number."""

    records: dict[int, tuple[str, ...]]
    malformed: tuple[tuple[int, str], ...]
    encoding: str

    @property
    def rows_in(self) -> int:
        return len(self.records) + len(self.malformed)


def read(content: bytes, fields: tuple[Field, ...], suffix: str = ".csv") -> Read:
    """Read bytes.

    Raises:
        Unreadable: as the hub does.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(content)
        source = open_source(path, suffix, fields, "测试", Path(folder))
        try:
            rows = source.rows.collect()
        except pl.exceptions.PolarsError:
            return _by_line(path, suffix, fields, Path(folder))
        empty = int(rows[EMPTY].sum())
        if not source.accounts_for(rows.height - empty, empty, int(rows[LAST_EMPTY].sum())):
            return _by_line(path, suffix, fields, Path(folder))
        return _result(source, rows, fields)


def _by_line(path: Path, suffix: str, fields: tuple[Field, ...], folder: Path) -> Read:
    source = salvage(path, suffix, fields, "测试", folder)
    return _result(source, source.rows.collect(), fields)


def _result(source: Source, rows: pl.DataFrame, fields: tuple[Field, ...]) -> Read:
    full = rows.filter(~pl.col(EMPTY)).select(ROW_NUMBER, *(pl.col(f.id).fill_null("") for f in fields))
    assert full[ROW_NUMBER].is_unique().all()
    return Read({row[0]: tuple(row[1:]) for row in full.rows()}, source.malformed, source.encoding)
