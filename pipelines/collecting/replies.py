"""What collecting says to providers, as it is known here: content. How it looks is the business of a floor above (``pages``).

Collecting decides *when* a reply is written, because a receipt may only say what is committed and a group is finished only when
its receipts lie in the outbox. So the writer is handed in by whoever starts the work (``pipelines.operations``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl

from pipelines.storage.hub import Hub
from pipelines.storage.receipt import Receipt
from pipelines.storage.work_group import WorkGroup

if TYPE_CHECKING:
    from pipelines.collecting.unclaimed import UnclaimedEntry
    from pipelines.collecting.verdicts import Verdicts


class FindingsWriter(Protocol):
    """The findings of the deliveries of a work group, written slice by slice while rows are judged."""

    def add(self, found: pl.DataFrame, flagged: pl.DataFrame, malformed: pl.DataFrame) -> None:
        """Append what a slice found: ``_batch_id`` and the columns of findings.csv, and the rows and lines they are about."""

    def finish(self) -> None:
        """Make the files whole; none has its name yet."""

    def appear(self) -> None:
        """Put the files under their names."""

    def discard(self) -> None:
        """Remove what did not appear."""


class Replies(Protocol):
    """Writes what goes to the outboxes."""

    def findings(self, judged: Verdicts, folders: Mapping[str, Path], work: Path) -> FindingsWriter:
        """The findings of every delivery, by batch id of ``folders``; ``work`` is scratch."""

    def receipts(self, hub: Hub, group: WorkGroup, closing: Iterable[str]) -> list[Receipt]:
        """Receipts of a committed group, and again those of the batches in ``closing``, which closed refused rows of it."""

    def open_rows(self, hub: Hub, providers: Sequence[str], day: date) -> None:
        """The lists of what some providers still have to correct."""

    def unclaimed(self, hub: Hub, entries: Sequence[UnclaimedEntry], provider: str | None) -> None:
        """What lies in the inboxes and cannot be taken; ``provider`` is the only one that was looked at."""
