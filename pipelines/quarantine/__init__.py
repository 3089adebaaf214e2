"""The life of a refused row: open until a later batch brings it right (resolved) or somebody says why not (waived)."""

from pipelines.quarantine.closings import BATCH_CLOSES, WAIVER_CLOSES, close_group
from pipelines.quarantine.open_rows import open_rows
from pipelines.quarantine.waivers import Waived, waive

__all__ = ["BATCH_CLOSES", "WAIVER_CLOSES", "Waived", "close_group", "open_rows", "waive"]
