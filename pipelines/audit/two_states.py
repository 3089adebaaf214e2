"""Rows in two states at once: accepted and refused, open and closed, standing and superseded, in a release and removed by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from pipelines.audit.finding import AuditFinding, below
from pipelines.publishing.messages import Messages
from pipelines.publishing.sources import is_current
from pipelines.records.changes import CHANGE_TYPE, REMOVED
from pipelines.storage.columns import BATCH, ROW_NUMBER
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import CHANGES, Manifest, latest
from pipelines.storage.outbox import OPEN_CSV

_PLACE = (BATCH, ROW_NUMBER)
_MOST = 5
"""Rows that are named of each file; the rest is counted."""


def accepted_and_refused(hub: Hub) -> Iterator[AuditFinding]:
    """Rows of a file that stand in the records and in the quarantine; each row of a file was one or the other."""
    for dataset_id in hub.catalog.datasets:
        refused = hub.quarantine(dataset_id).scan().select(_PLACE).unique()
        both = hub.records(dataset_id).scan().select(_PLACE).join(refused, on=list(_PLACE), how="semi")
        for batch, rows in _by_batch(both):
            said = f"row {rows} is accepted (lake/records) and refused (lake/quarantine) at once: restore lake/*/{dataset_id}"
            yield AuditFinding(batch, said)


def open_and_closed(hub: Hub) -> Iterator[AuditFinding]:
    """Refused rows that a provider's list of open ones names, although they are closed."""
    closed = [hub.resolutions(dataset_id).scan().select("quarantine_id") for dataset_id in hub.catalog.datasets]
    every = pl.concat(closed).collect().to_series()
    busy = any(hub.home.groups.glob("*.json"))
    for path in sorted(hub.home.outboxes.glob(f"*/{OPEN_CSV}")):
        listed = pl.read_csv(path, infer_schema=False)
        wrong = sorted(listed.filter(pl.col("quarantine_id").is_in(every.implode()))["quarantine_id"])
        if wrong:
            said = f"lists refused rows as open that are closed (lake/closings): {_some(wrong)}; the next 'collect' writes it again"
            yield AuditFinding(below(hub.home, path), said, leftover=busy)


def standing_and_superseded(hub: Hub, messages: Messages) -> Iterator[AuditFinding]:
    """Rows that the latest release shows as the record although another superseded them; those of a release to come excepted."""
    for dataset_id, dataset in hub.catalog.datasets.items():
        manifest, product = latest(hub.home, dataset_id), hub.catalog.products.get(dataset_id)
        table = hub.superseded(dataset_id)
        files = table.files()
        if manifest is None or product is None or product.dataset != dataset.id or not files:
            continue
        folder = hub.home.shared / dataset_id / manifest.release_id
        paths = [path for path in manifest.paths(folder) if path.exists()]
        if not paths or not is_current(hub, product, manifest, hub.records(dataset_id).by_partition(), messages):
            continue
        shown = pl.scan_parquet(paths, hive_partitioning=False, missing_columns="insert").select(_PLACE)
        both = shown.join(table.scan(files).select(_PLACE), on=list(_PLACE), how="semi")
        for batch, rows in _by_batch(both):
            said = (
                f"row {rows} is the record in {below(hub.home, folder)} and lost to another in lake/losers/{dataset_id}: "
                f"remove lake/losers/{dataset_id} and state/sources/{dataset_id}.json, and publish"
            )
            yield AuditFinding(batch, said)


def shown_and_removed(hub: Hub, folder: Path, manifest: Manifest) -> Iterator[AuditFinding]:
    """Records that a release holds and whose tombstone is in its own changes."""
    if not manifest.changes.removed:
        return
    key: list[str] = manifest.record_key
    gone = pl.scan_parquet(folder / CHANGES).filter(pl.col(CHANGE_TYPE) == REMOVED).select(key)
    paths = manifest.paths(folder)
    shown = pl.scan_parquet(paths, hive_partitioning=False).select(key)
    both = gone.join(shown, on=key, how="semi", nulls_equal=True).collect()
    if both.height:
        named = ["/".join(str(value) for value in row) for row in both.sort(key).rows()]
        said = f"removes records that the release still holds: {_some(named)}; withdraw the release, and publish again"
        yield AuditFinding(below(hub.home, folder / CHANGES), said)


def _by_batch(rows: pl.LazyFrame) -> Iterator[tuple[str, str]]:
    """Of each batch its row numbers, as text."""
    found = rows.group_by(BATCH).agg(pl.col(ROW_NUMBER).unique().sort()).sort(BATCH).collect(engine="streaming")
    for batch, numbers in found.rows():
        yield batch, _some([str(number) for number in numbers])


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
