"""What came out of the DAGs: where receipts, releases and scorecards are, with the counts of the ledger."""

from __future__ import annotations

import json
from pathlib import Path

from rich.table import Table as RichTable

from pipelines.airflow_home.place import relative_path
from pipelines.storage.home import Home
from pipelines.storage.outbox import RECEIPT_JSON


def summary(home: Path) -> RichTable:
    """Where things are, with the counts of the ledger."""
    from pipelines.storage.ledger import ledger

    place = Home(home.resolve())
    batches, releases = ledger(place, "batches").read(), ledger(place, "releases").read()
    totals = ledger(place, "indicators").read().filter(indicator="total")
    came, accepted, refused = (int(batches[name].sum()) for name in ("rows_in", "rows_accepted", "rows_refused"))
    statuses = sorted(batches["status"].value_counts().iter_rows())
    receipts = sum(1 for _ in place.outboxes.glob(f"*/*/{RECEIPT_JSON}"))
    latest = sorted(place.shared.glob("*/latest.json"))
    pages = sorted(place.scorecards.glob("*/index.html"))
    scored, of = (rows["region_code"].n_unique() for rows in (totals.filter(status="scored"), totals))

    table = RichTable(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    by_status = ", ".join(f"{count:,} {status}" for status, count in statuses)
    table.add_row("files", f"{batches.height:,} ({by_status or 'none'})")
    table.add_row("rows", f"{came:,} in = {accepted:,} accepted + {refused:,} refused")
    outbox = relative_path(place.outboxes)
    table.add_row("receipts", f"{receipts:,} under {outbox}/<provider>/<batch>/receipt.json")
    table.add_row("releases", f"{releases.height:,} of {len(latest)} products under {relative_path(place.shared)}/")
    for path in latest:
        product, release = path.parent.name, json.loads(path.read_text(encoding="utf-8"))["release_id"]
        records = int(releases.filter(release_id=release, product_id=product)["published"].sum())
        table.add_row("", f"{product}: {records:,} records in {relative_path(path.parent / release)}/")
    table.add_row("scorecard", f"{scored:,} regions scored, of {of:,}" + ("" if pages else "; no page was made"))
    if pages:
        table.add_row("", f"{relative_path(pages[-1])}  {pages[-1].as_uri()}")
    return table
