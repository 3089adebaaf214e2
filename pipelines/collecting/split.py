"""A screened work group into the hub: findings to the outbox, refused rows to the quarantine, accepted rows to the lake."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import polars as pl

from pipelines.collecting.outcome import Outcome
from pipelines.collecting.passes import ScreeningResult
from pipelines.collecting.replies import FindingsWriter, Replies
from pipelines.collecting.returned_rows import known_in
from pipelines.collecting.verdicts import Verdicts, judge
from pipelines.ground.stopwatch import stage
from pipelines.screening import Screen
from pipelines.storage.columns import BATCH, PROVIDER, RECEIVED_ON, REGION
from pipelines.storage.hub import Hub
from pipelines.storage.tables import COMPRESSION_LEVEL, Schema
from pipelines.storage.work_group import WorkGroup


def commit_rows(
    hub: Hub, replies: Replies, group: WorkGroup, screen: Screen, passed: ScreeningResult, work: Path
) -> tuple[Sequence[Outcome], pl.DataFrame]:
    """Compare the two routes, then commit refused and accepted rows.

    Returns:
        The outcome of each file, and ``_batch_id, rule_id, rows, confirmed`` of every rule that was broken.

    Raises:
        HubError: the two routes count differently, or rows are missing; nothing was committed.
    """
    from pipelines import expectations  # DuckDB, which precheck does without

    judged = judge(screen, passed, known_in(hub, group.dataset_id))
    suite = expectations.read(hub.settings.expectations, group.dataset_id)
    outcomes = judged.outcomes
    folders = {o.delivery.batch_id: hub.home.outbox(o.delivery.provider_id, o.delivery.batch_id) for o in outcomes}
    files = replies.findings(judged, folders, work)
    # DuckDB counts beside the writing of findings (at 2 M rows either takes eight seconds, mostly on one core); only when the
    # two routes agree do the findings get their names, and the rows their tables.
    with ThreadPoolExecutor(1) as beside:
        written = beside.submit(_write_refused, judged, files, hub.quarantine(group.dataset_id).schema, work)
        try:
            with stage("double entry"):
                expectations.compare(
                    hub.catalog, suite, passed.staged, judged.cells, hub.settings.memory_limit, screen.references
                )
            with stage("findings and quarantine"):
                refused = written.result()
        except BaseException:
            wait([written])
            files.discard()
            raise
    files.appear()
    accepted = [(path, path.parent.name.partition("=")[2]) for path in sorted(passed.accepted.rglob("*.parquet"))]
    with stage("lake"):
        if refused:
            hub.quarantine(group.dataset_id).append(group.id, refused)
        if accepted:
            hub.records(group.dataset_id).append(group.id, accepted)
    return outcomes, judged.counted


def _write_refused(
    judged: Verdicts, files: FindingsWriter, schema: Schema, work: Path
) -> list[tuple[Path, str | None]]:
    """Write the findings of every file, and the refused rows as files of the quarantine."""
    refused: list[tuple[Path, str | None]] = []
    for number, rows in enumerate(judged.findings(files)):
        path = work / f"refused-{number:05d}.parquet"
        whole = _with_delivery(rows, judged.outcomes).select(pl.col(n).cast(t) for n, t in schema.items())
        whole.write_parquet(path, compression_level=COMPRESSION_LEVEL)
        refused.append((path, None))
    return refused


def _with_delivery(rows: pl.DataFrame, outcomes: Sequence[Outcome]) -> pl.DataFrame:
    deliveries = pl.DataFrame(
        {
            BATCH: [o.delivery.batch_id for o in outcomes],
            PROVIDER: [o.delivery.provider_id for o in outcomes],
            REGION: [o.delivery.region_code for o in outcomes],
            RECEIVED_ON: [o.delivery.day for o in outcomes],
        }
    )
    return rows.join(deliveries, on=BATCH, how="left", maintain_order="left")
