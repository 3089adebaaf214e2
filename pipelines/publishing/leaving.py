"""Records that leave a product because a message or the clock says so: whose they were, and who asked for it.

Other reasons are not of this kind: a newer version or a changed catalogue replaces records, and what leaves without a reason is
refused (``pipelines.publishing.gate``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.records.changes import REASON
from pipelines.records.display import State
from pipelines.records.messages import ASKED_BY
from pipelines.storage.columns import PROVIDER
from pipelines.storage.held import RECORD_PROVIDER, Kind

REASONS: Final[dict[Kind, tuple[str, ...]]] = {
    "messages": (State.REPAIRED.value, State.WITHDRAWN.value, State.ON_HOLD.value),
    "clock": (State.EXPIRED.value,),
}


def leaving(
    changed: pl.DataFrame, before: pl.DataFrame | None, asked: pl.DataFrame, key: Sequence[str]
) -> pl.DataFrame | None:
    """Of the changes of a bucket, what leaves by messages or the clock.

    Args:
        changed: in the columns of ``pipelines.records.changes``.
        before: the records of the latest release that they change, with their provenance.
        asked: record key and who asked, one row for each record that a message is in force about.
        key: record key.

    Returns:
        Record key, ``reason``, ``_record_provider`` and ``_asked_by`` (null: the clock), one row for each record; None where
        nothing leaves.
    """
    reasons = [reason for some in REASONS.values() for reason in some]
    gone = changed.filter(pl.col(REASON).is_in(reasons)).select(*key, REASON)
    if gone.is_empty() or before is None:
        return None
    owners = before.select(*key, pl.col(PROVIDER).alias(RECORD_PROVIDER))
    return gone.join(owners, on=list(key), how="left", nulls_equal=True, maintain_order="left").join(
        asked.select(*key, ASKED_BY), on=list(key), how="left", nulls_equal=True, maintain_order="left"
    )


class LeavingFiles:
    """What leaves with a candidate, in a folder of its own, a file for each bucket: it may be many."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[Path] = []
        self.records = 0

    def add(self, rows: pl.DataFrame | None) -> None:
        """Take those of a bucket."""
        if rows is None or rows.is_empty():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{len(self._files):05d}.parquet"
        rows.write_parquet(path)
        self._files.append(path)
        self.records += rows.height

    def scan(self) -> pl.LazyFrame:
        """All of them; there must be some."""
        return pl.scan_parquet(self._files)
