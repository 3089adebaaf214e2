"""The last look before anything is published: is there a citizen ID anywhere in it (invariant 7)?

A hit needs the shape, a possible birth date and the check digit, so that long numbers in scopes and addresses are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import polars as pl

from pipelines.privacy.find import citizen_ids_in
from pipelines.privacy.mask import CITIZEN_ID_SHAPE, masked

_BATCH: Final = "_batch_id"
_ROW: Final = "_row_number"


@dataclass(frozen=True)
class Hit:
    """A column that holds citizen IDs, in how many rows, and where the first of them came from.

    ``batch_id`` and ``row_number`` find the row as it was delivered; ``record`` is its key, each part masked. Nothing of the
    value itself is here.
    """

    column: str
    rows: int
    batch_id: str | None = None
    row_number: int | None = None
    record: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For failure records."""
        return asdict(self) | {"record": list(self.record)}


def scan_rows(rows: pl.LazyFrame, columns: Sequence[str], key: Sequence[str] = ()) -> list[Hit]:
    """Look for citizen IDs in text columns.

    Args:
        rows: what is to be published.
        columns: text columns to look at; identifiers that were checked to be no citizen ID need not be among them.
        key: the record key's columns, to say which record it is.

    Returns:
        The columns with hits.
    """
    if not columns:
        return []
    shaped = rows.select(pl.col(name).str.contains(CITIZEN_ID_SHAPE).sum() for name in columns).collect(
        engine="streaming"
    )
    suspects = [name for name in columns if shaped[name].item()]
    there = rows.collect_schema().names() if suspects else []
    hits = []
    for name in suspects:
        parts = [
            pl.col(name),
            *(pl.col(p).alias(f"place:{p}") for p in (_BATCH, _ROW) if p in there),
            *(masked(pl.col(k).cast(pl.String)).alias(f"key:{k}") for k in key),
        ]
        found = rows.select(parts).filter(pl.col(name).str.contains(CITIZEN_ID_SHAPE)).collect(engine="streaming")
        real = found.filter(citizen_ids_in(found[name]))
        if real.height:
            first = real.sort([c for c in real.columns if c.startswith("place:")] or [name]).row(0, named=True)
            record = tuple(str(first[f"key:{k}"]) for k in key)
            hits.append(Hit(name, real.height, first.get(f"place:{_BATCH}"), first.get(f"place:{_ROW}"), record))
    return hits
