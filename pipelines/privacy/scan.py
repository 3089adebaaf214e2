"""The last look before anything is published: is there a citizen ID anywhere in it (invariant 7)?

A hit needs the shape, a possible birth date and the check digit, so that long numbers in scopes and addresses are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.privacy.find import citizen_ids_in
from pipelines.privacy.mask import CITIZEN_ID_SHAPE


@dataclass(frozen=True)
class Hit:
    """A column in which citizen IDs stand, and in how many rows."""

    column: str
    rows: int


def scan(files: Sequence[Path], columns: Sequence[str]) -> list[Hit]:
    """Look for citizen IDs in text columns of Parquet files.

    Args:
        files: what is to be published.
        columns: text columns to look at; identifiers that were checked to be no citizen ID need not be among them.

    Returns:
        The columns with hits.
    """
    if not files or not columns:
        return []
    rows = pl.scan_parquet(list(files), hive_partitioning=False)
    shaped = rows.select(pl.col(name).str.contains(CITIZEN_ID_SHAPE).sum() for name in columns).collect(
        engine="streaming"
    )
    suspects = [name for name in columns if shaped[name].item()]
    hits = []
    for name in suspects:
        found = rows.select(name).filter(pl.col(name).str.contains(CITIZEN_ID_SHAPE)).collect(engine="streaming")
        if number := int(citizen_ids_in(found[name]).sum()):
            hits.append(Hit(name, number))
    return hits
