"""Closings: which refused row is closed, and by what (docs/decisions/0014).

    lake/closings/<dataset_id>      one row for each refused row that is closed: quarantine_id, the batch it was refused in, whether
                                    a batch or a waiver closed it (``closed_by``) and which (``closing_id``), how the correction was
                                    recognised, and the days of refusal and closing
    lake/ledger/closures            the same counted by batch and what closed its rows

A refused row is **open** while it is not in there; nothing is ever taken out.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.storage.tables import Schema

BATCH_CLOSES: Final = "batch"


WAIVER_CLOSES: Final = "waiver"


LOCK: Final = "closings.lock"


RESOLUTIONS: Final[Schema] = {
    "quarantine_id": pl.String(),
    "batch_id": pl.String(),
    "provider_id": pl.String(),
    "region_code": pl.String(),
    "closed_by": pl.String(),  # batch, waiver
    "closing_id": pl.String(),
    "recognised_by": pl.String(),  # echo, key, code, cells; null for a waiver
    "refused_on": pl.Date(),
    "closed_on": pl.Date(),
    "transaction": pl.String(),  # the work group or waiver that wrote this row
}
