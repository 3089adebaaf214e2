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
_PLACE: Final = (_BATCH, _ROW, "_provider_id", "_region_code", "_subject_key")
_TEXT: Final = "_text_looked_at"


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
    masks = [masked(pl.col(name).cast(pl.String)).alias(f"key:{name}") for name in key]
    hits = []
    for column, found in rows_holding(rows, columns, masks).items():
        there = [name for name in (_BATCH, _ROW) if name in found.columns]
        first = (found.sort(there) if there else found).row(0, named=True)
        record = tuple(str(first[f"key:{name}"]) for name in key)
        hits.append(Hit(column, found.height, first.get(_BATCH), first.get(_ROW), record))
    return hits


def rows_holding(rows: pl.LazyFrame, columns: Sequence[str], kept: Sequence[pl.Expr] = ()) -> dict[str, pl.DataFrame]:
    """Rows in which a text column holds a citizen ID.

    Args:
        rows: what is to be published.
        columns: text columns to look at.
        kept: what to say of a row besides its provenance; never the text itself.

    Returns:
        By column, where there is any: where the row came from (``_batch_id, _row_number, _provider_id, _region_code``) and whom it
        is about (``_subject_key``), as far as the rows say so, and ``kept``.
    """
    if not columns:
        return {}
    shaped = rows.select(pl.col(name).str.contains(CITIZEN_ID_SHAPE).sum() for name in columns).collect(
        engine="streaming"
    )
    suspects = [name for name in columns if shaped[name].item()]
    there = rows.collect_schema().names() if suspects else []
    found = {}
    for name in suspects:
        parts = [pl.col(name).alias(_TEXT), *(pl.col(one) for one in _PLACE if one in there), *kept]
        texts = rows.select(parts).filter(pl.col(_TEXT).str.contains(CITIZEN_ID_SHAPE)).collect(engine="streaming")
        real = texts.filter(citizen_ids_in(texts[_TEXT])).drop(_TEXT)
        if real.height:
            found[name] = real
    return found
