"""The replies of ``pipelines.collecting.replies`` as the pages, sheets and lists of the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from pipelines.collecting.unclaimed import UnclaimedEntry
from pipelines.collecting.verdicts import Verdicts
from pipelines.pages.open_rows import write_open_rows
from pipelines.pages.receipts.files import FindingsFiles, findings_files
from pipelines.pages.receipts.unclaimed import write_not_taken
from pipelines.pages.receipts.write import write_receipts
from pipelines.storage.hub import Hub
from pipelines.storage.receipt import Receipt
from pipelines.storage.work_group import WorkGroup


class OutboxReplies:
    """Writes into ``outbox/<provider_id>/``."""

    def findings(self, judged: Verdicts, folders: Mapping[str, Path], work: Path) -> FindingsFiles:
        """findings.csv and findings.xlsx."""
        return findings_files(judged, folders, work)

    def receipts(self, hub: Hub, group: WorkGroup, closing: Iterable[str]) -> list[Receipt]:
        """receipt.json and receipt.html."""
        return write_receipts(hub, group, closing)

    def open_rows(self, hub: Hub, providers: Sequence[str], day: date) -> None:
        """open.csv and open.html."""
        write_open_rows(hub, providers, day)

    def unclaimed(self, hub: Hub, entries: Sequence[UnclaimedEntry], provider: str | None) -> None:
        """not_taken.html."""
        write_not_taken(hub.home, hub.catalog, entries, provider)
