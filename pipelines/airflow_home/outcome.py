"""What came out of the DAGs: where receipts, releases and scorecards are, with the counts of the ledger."""

from __future__ import annotations

import json
from pathlib import Path

from rich.table import Table as RichTable

from pipelines.airflow_home.place import relative_path
from pipelines.storage.home import Home


def summary(home: Path) -> RichTable:
    """Where things are, with the counts of the ledger."""
    from pipelines.storage.ledger import ledger

    place = Home(home.resolve())
    batches = ledger(place, "batches").read()
    releases = ledger(place, "releases").read()
    indicators = ledger(place, "indicators").read()
    rows = {name: int(batches[name].sum()) for name in ("rows_in", "rows_accepted", "rows_refused")}
    by_status = ", ".join(
        f"{count:,} {status}" for status, count in sorted(batches["status"].value_counts().iter_rows())
    )
    latest = sorted(place.shared.glob("*/latest.json"))
    receipts = sum(1 for _ in (place.root / "outbox").glob("*/*/receipt.json"))
    totals = indicators.filter(indicators["indicator"] == "total")
    scored = totals.filter(totals["status"] == "scored")["region_code"].n_unique()
    on_it = totals["region_code"].n_unique()
    pages = sorted(place.scorecards.glob("*/index.html"))

    table = RichTable(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    table.add_row("files", f"{batches.height:,} ({by_status or 'none'})")
    table.add_row(
        "rows", f"{rows['rows_in']:,} in = {rows['rows_accepted']:,} accepted + {rows['rows_refused']:,} refused"
    )
    table.add_row(
        "receipts", f"{receipts:,} under {relative_path(place.root / 'outbox')}/<provider>/<batch>/receipt.json"
    )
    table.add_row("releases", f"{releases.height:,} of {len(latest)} products under {relative_path(place.shared)}/")
    for path in latest:
        release = json.loads(path.read_text(encoding="utf-8"))["release_id"]
        count = releases.filter(releases["release_id"] == release, releases["product_id"] == path.parent.name)[
            "published"
        ]
        table.add_row(
            "", f"{path.parent.name}: {int(count.sum()):,} records in {relative_path(path.parent / release)}/"
        )
    table.add_row("scorecard", f"{scored:,} regions scored, of {on_it:,}" + ("" if pages else "; no page was made"))
    if pages:
        table.add_row("", f"{relative_path(pages[-1])}  {pages[-1].as_uri()}")
    return table
