"""The cells of a workbook judged by what they are: numbers, days, merged cells, what is hidden or struck out.

What comes out stands beside the rows of the sheet: texts that count in place of those of the sheet, and for each thing that is
said about cells one column with a bit for each field (``EVIDENCE`` in ``pipelines.catalog``), by which both routes judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from pipelines.catalog import EVIDENCE, MERGED, Field
from pipelines.cells.sheet_cells import NUMBER, SHOWN
from pipelines.reading.cell_values import counted, days, format_of, shows_days, unit_of, use_of
from pipelines.reading.headers import Columns
from pipelines.reading.problems import Unreadable, broken_workbook
from pipelines.reading.rows import ROW_NUMBER

_MOST_FIELDS: Final = 62
"""Bits of a number beside the sign."""
_RESULT: Final = {"row": pl.Int64(), "column": pl.Int64(), "text": pl.String(), "said": pl.String()}


@dataclass(frozen=True)
class Evidence:
    """What is said of cells: ``texts`` by column, ``masks`` by the name of theirs; ``row`` and ``text`` or ``mask``, by row."""

    texts: Mapping[int, pl.DataFrame] = field(default_factory=dict)
    masks: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    def read_into(self, table: pl.LazyFrame) -> pl.LazyFrame:
        """The table with the texts that count."""
        return table.with_columns(
            pl.struct(ROW_NUMBER, str(column)).map_batches(_replaced(rows), return_dtype=pl.String, is_elementwise=True)
            .alias(str(column))
            for column, rows in self.texts.items()
        )  # fmt: skip

    def beside(self) -> list[pl.Expr]:
        """The columns of ``EVIDENCE``, over rows with their numbers."""
        return [
            pl.col(ROW_NUMBER)
            .map_batches(_masked(self.masks[name]), return_dtype=pl.Int64, is_elementwise=True)
            .alias(name)
            if name in self.masks
            else pl.lit(0, dtype=pl.Int64).alias(name)
            for name in EVIDENCE
        ]


def evidence_of(cells: Mapping[str, Any], table: pl.LazyFrame, found: Columns, fields: tuple[Field, ...]) -> Evidence:
    """Judge the cells of a sheet.

    Args:
        cells: as ``pipelines.cells.SheetCells`` answers.
        table: rows below the header, with ``_row_number`` and the columns ``0``, ``1``, … as text.
        found: which column is which field.
        fields: of the dataset.
    """
    by_id = {one.id: one for one in fields}
    columns = [by_id.get(name) for name in found.names]
    first = table.select(pl.col(ROW_NUMBER).min()).collect().item()
    if first is None:
        return Evidence()
    odd = pl.read_ipc(cells["odd"]).with_columns(pl.col("row") + 1)
    odd = odd.filter((pl.col("row") >= first) & (pl.col("column") < len(columns)))
    judged = [_of_column(cells, odd.filter(pl.col("column") == n), columns[n], table) for n in odd["column"].unique()]
    read = pl.concat([pl.DataFrame(schema=_RESULT), *judged]).unique(["row", "column"], keep="first")
    filled = _filled(cells["merges"], read, table, columns, first)
    texts = pl.concat([read, filled]).unique(["row", "column"], keep="last")
    said = pl.concat([texts, filled.with_columns(pl.lit(MERGED).alias("said"))])
    places = {n: fields.index(one) for n, one in enumerate(columns) if one is not None}
    bits = {n: 1 << place for n, place in places.items() if place <= _MOST_FIELDS}
    said = said.filter(pl.col("said").is_not_null() & pl.col("column").is_in(list(bits)))
    said = said.with_columns(pl.col("column").replace_strict(bits, return_dtype=pl.Int64, default=0).alias("mask"))
    masks = said.group_by("said", "row").agg(pl.col("mask").sum()).sort("row")
    return Evidence(
        {int(n): part.select("row", "text") for (n,), part in texts.sort("row").partition_by("column", as_dict=True).items()},
        {str(name): part.select("row", "mask") for (name,), part in masks.partition_by("said", as_dict=True).items()},
    )  # fmt: skip


def _of_column(cells: Mapping[str, Any], odd: pl.DataFrame, field: Field | None, table: pl.LazyFrame) -> pl.DataFrame:
    """The odd cells of one column: what they count as."""
    use, unit, formats = use_of(field), unit_of(field), cells["formats"]
    known = odd["style"].unique().to_list()
    shown = {style: shows_days(format_of(formats, style)) for style in known}
    dated = pl.col("style").is_in([style for style, (day, _) in shown.items() if day]) & (pl.col("kind") == NUMBER)
    only_time = pl.col("style").is_in([style for style, (_, time) in shown.items() if time])
    text, said = days(use, pl.col("value").cast(pl.Float64), only_time=only_time, since_1904=cells["since_1904"])
    serials = odd.filter(dated).select("row", "column", text.alias("text"), said.alias("said"))
    others = _with_texts(odd.filter(~dated), table)
    different = others.select("style", "kind", "value").unique()
    results = [counted(use, unit, format_of(formats, s), kind, value) for s, kind, value in different.rows()]
    meant = different.with_columns(
        pl.Series("text", [one.text for one in results], dtype=pl.String),
        pl.Series("said", [one.said for one in results], dtype=pl.String),
    )
    return pl.concat([serials, others.join(meant, on=["style", "kind", "value"]).select(*_RESULT)])


def _with_texts(odd: pl.DataFrame, table: pl.LazyFrame) -> pl.DataFrame:
    """The odd cells with the text of those that are texts; cells of other rows than the table's are left out."""
    texts = odd.filter(pl.col("kind") == SHOWN)
    if texts.is_empty():
        return odd
    name = str(texts["column"][0])
    rows = table.select(pl.col(ROW_NUMBER).alias("row"), pl.col(name).alias("value"))
    wanted = texts.drop("value").lazy().join(rows, on="row").filter(pl.col("value").is_not_null()).collect()
    return pl.concat([odd.filter(pl.col("kind") != SHOWN), wanted.select(odd.columns)])


def _filled(
    merges: list[list[int]], read: pl.DataFrame, table: pl.LazyFrame, columns: list[Field | None], first: int
) -> pl.DataFrame:
    """The cells that merged cells cover below their first one, in rows that have something of their own."""
    nothing = pl.DataFrame(schema=_RESULT)
    down = [one for one in merges if one[2] > one[0] and one[0] + 1 >= first and one[1] < len(columns)]
    names = [str(n) for n, field in enumerate(columns) if field is not None]
    if not down or not names:
        return nothing
    frame = pl.DataFrame(down, schema=["top", "column", "bottom", "right"], orient="row").cast(pl.Int64) + 1
    frame = frame.with_columns(pl.col("column") - 1)
    spanned = pl.col(ROW_NUMBER).is_between(frame["top"].min(), frame["bottom"].max())
    within = table.filter(spanned).collect()
    own = within.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in names))[ROW_NUMBER]
    wide = [str(n) for n in frame["column"].unique().sort()]
    tops = within.filter(pl.col(ROW_NUMBER).is_in(frame["top"].implode())).select(ROW_NUMBER, *wide)
    stored = tops.unpivot(index=ROW_NUMBER, variable_name="column", value_name="stored").select(
        pl.col(ROW_NUMBER).alias("top"), pl.col("column").cast(pl.Int64), "stored"
    )
    counted_as = read.rename({"row": "top"})
    heads = frame.join(stored, on=["top", "column"], how="left").join(counted_as, on=["top", "column"], how="left")
    heads = heads.with_columns(pl.coalesce("text", "stored").alias("text")).filter(pl.col("text").is_not_null())
    heads = heads.with_columns(
        own.search_sorted(heads["top"] + 1, side="left").cast(pl.Int64).alias("begin"),
        own.search_sorted(heads["bottom"], side="right").cast(pl.Int64).alias("end"),
    ).filter(pl.col("begin") < pl.col("end"))
    if heads.select((pl.col("end") - pl.col("begin")).sum()).item() > own.len() * len(columns):
        raise Unreadable(broken_workbook("merged cells overlap"))
    below = heads.with_columns(pl.int_ranges("begin", "end").alias("place")).explode("place")
    return (
        below.with_columns(own.gather(below["place"]).alias("row"))
        .select(*_RESULT)
        .unique(["row", "column"], keep="first")
    )


def _replaced(rows: pl.DataFrame) -> Any:
    def one(cells: pl.Series) -> pl.Series:
        frame = cells.struct.unnest()
        numbers, texts = frame.to_series(0), frame.to_series(1)
        here = _here(rows, numbers)
        if here.is_empty():
            return texts
        return texts.clone().scatter(here["place"], here["text"])

    return one


def _masked(rows: pl.DataFrame) -> Any:
    def one(numbers: pl.Series) -> pl.Series:
        here = _here(rows, numbers)
        made = pl.repeat(0, len(numbers), dtype=pl.Int64, eager=True)
        return made if here.is_empty() else made.scatter(here["place"], here["mask"])

    return one


def _here(rows: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """Those of some rows that are among the numbers, with their places there; both are in order."""
    if numbers.is_empty():
        return rows.clear().with_columns(pl.lit(0).alias("place"))
    low = rows["row"].search_sorted(numbers[0], side="left")
    high = rows["row"].search_sorted(numbers[-1], side="right")
    some = rows[low:high]
    if some.is_empty():
        return some.with_columns(pl.lit(0).alias("place"))
    places = numbers.search_sorted(some["row"], side="left")
    return some.with_columns(places.alias("place")).filter(numbers.gather(places) == some["row"])
