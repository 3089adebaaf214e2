"""What must hold for any bytes under any ending: read or rejected with a problem, nothing else; every row once, under its number."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from pipelines.catalog import Field
from pipelines.collecting.manifest import Unusable, parse
from pipelines.ground.limits import Limits
from pipelines.reading import EMPTY, LAST_EMPTY, ROW_NUMBER, Source, Terms, Unreadable, open_source, salvage

SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".xlsx", ".xls", ".manifest")
HEADERS = ("企业名称", "文号", "a")
FIELDS = tuple(Field(id=f"f{n}", title_zh=header, definition="for a test") for n, header in enumerate(HEADERS))
TERMS = Terms(Limits(seconds=20, row_bytes=1 << 16, cells=1 << 20, workbook_memory_bytes=2 << 30))


def rows_of(content: bytes, suffix: str) -> int | None:
    """Rows of a file as the hub reads it, malformed ones included; None where it was rejected.

    Raises:
        AssertionError: a row is there twice, or a problem says nothing.
    """
    if suffix == ".manifest":
        try:
            parse(content)
        except Unusable as error:
            assert error.problem.message_zh
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        try:
            source, rows = _read(path, suffix, Path(folder))
        except Unreadable as error:
            assert error.problem.message_zh
            assert error.problem.message_en
            return None
        numbers = [*rows.filter(~pl.col(EMPTY))[ROW_NUMBER].to_list(), *(number for number, _ in source.malformed)]
        assert len(numbers) == len(set(numbers)), "a row stands twice"
        assert all(number >= 1 for number in numbers)
        source.cells(numbers[:3])
        return len(numbers)


def _read(path: Path, suffix: str, folder: Path) -> tuple[Source, pl.DataFrame]:
    source = open_source(path, suffix, FIELDS, "测试", folder, TERMS)
    try:
        rows = source.rows.collect()
    except pl.exceptions.PolarsError:
        if source.text is None:
            raise
        rows = None
    if rows is None or not _accounted(source, rows):
        source = salvage(path, suffix, FIELDS, "测试", folder, TERMS)
        rows = source.rows.collect()
        assert _accounted(source, rows), "rows that were read line by line do not account for the file"
    return source, rows


def _accounted(source: Source, rows: pl.DataFrame) -> bool:
    empty = int(rows[EMPTY].sum())
    return source.accounts_for(rows.height - empty, empty, int(rows[LAST_EMPTY].sum()))


def check(data: bytes) -> None:
    """One input of the fuzzer: the first byte says under which ending the rest was sent."""
    if data:
        rows_of(data[1:], SUFFIXES[data[0] % len(SUFFIXES)])
