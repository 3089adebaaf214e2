"""Does a file that was read hold what its manifest says: rows, and sums of columns."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import polars as pl

from pipelines.collecting.manifest import Manifest, differs
from pipelines.reading import EMPTY, Problem, Source
from pipelines.reading.headers import aliases, key

_SCALE: Final = 10
_NUMBER: Final = r"^[+-]?\d{1,20}(\.\d{1,10})?$"


def disagreement(manifest: Manifest, source: Source, rows: int) -> Problem | None:
    """The first figure that differs.

    Args:
        manifest: what was said.
        source: the file, as it was read in the end.
        rows: its records, malformed ones not counted.
    """
    found = rows + len(source.malformed)
    if manifest.rows is not None and manifest.rows != found:
        return differs("行数", "rows", manifest.rows, found)
    known = aliases(source.fields)
    wanted: dict[str, str] = {}
    for name in manifest.control_totals:
        field = known.get(key(name))
        if field is None or field not in source.columns.known:
            return differs(f"合计列“{name}”", f"control total of '{name}'", manifest.control_totals[name], "没有这一列")
        wanted[name] = field
    if not wanted:
        return None
    sums = _sums(source, set(wanted.values()))
    for name, field in wanted.items():
        said = Decimal(manifest.control_totals[name])
        if said != sums[field]:
            return differs(f"“{name}”合计", f"total of '{name}'", f"{said:f}", f"{sums[field].normalize():f}")
    return None


def _sums(source: Source, fields: Iterable[str]) -> dict[str, Decimal]:
    names = sorted(fields)
    cells = [pl.col(name).str.strip_chars().str.replace_all(",", "", literal=True) for name in names]
    numbers = [
        pl.when(cell.str.contains(_NUMBER)).then(cell).cast(pl.Decimal(38, _SCALE), strict=False).sum().alias(name)
        for name, cell in zip(names, cells, strict=True)
    ]
    row = source.rows.filter(~pl.col(EMPTY)).select(numbers).collect(engine="streaming").row(0)
    return {name: Decimal(value or 0) for name, value in zip(names, row, strict=True)}
