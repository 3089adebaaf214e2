"""A screened work group into the hub: findings to the outbox, refused rows to the quarantine, accepted rows to the lake.

Flagged rows are worked on slice by slice, as they were screened: a file of five million wrong rows needs no more memory than
one of a hundred thousand (invariant 10).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from pipelines import expectations
from pipelines.catalog import RECORD, Rule
from pipelines.errors import HubError
from pipelines.intake.groups import WorkGroup
from pipelines.intake.outcome import Outcome, status_of
from pipelines.intake.passes import Passed
from pipelines.lake.tables import COMPRESSION_LEVEL
from pipelines.reading import Problem, missing_columns, no_rows
from pipelines.receipts.findings import FindingsFiles, findings, refused_rows
from pipelines.screening import BATCH, MEASURES, REFUSED, Screen, counts
from pipelines.screening.columns import PROVIDER, RECEIVED_ON, REGION, ROW_NUMBER
from pipelines.stopwatch import stage

if TYPE_CHECKING:
    from pipelines.intake.collect import Hub

_NO_LINES: Final = {BATCH: pl.String, ROW_NUMBER: pl.Int64, "raw_text": pl.String}


def commit_rows(
    hub: Hub, group: WorkGroup, screen: Screen, passed: Passed, work: Path
) -> tuple[list[Outcome], pl.DataFrame]:
    """Compare the two routes, then commit refused and accepted rows.

    Returns:
        The outcome of each file, and ``_batch_id, rule_id, rows`` of every rule that was broken.

    Raises:
        HubError: the two routes count differently, or rows are missing; nothing was committed.
    """
    rules = hub.catalog.rules[group.dataset_id]
    malformed = _malformed(passed)
    counted, refused = _counted(passed, screen)
    totals = dict(counted.group_by("rule_id").agg(pl.col("rows").sum()).rows())
    suite = expectations.read(hub.settings.expectations, group.dataset_id)
    with stage("double entry"):
        expectations.compare(hub.catalog, suite, passed.staged, totals, hub.settings.memory_limit, screen.references)
    line_rule = next(rule.id for rule in rules if rule.field == RECORD)
    lines = malformed.group_by(BATCH).agg(pl.len().cast(pl.Int64).alias("rows")).with_columns(rule_id=pl.lit(line_rule))
    counted = pl.concat([counted, lines.select(counted.columns)])
    outcomes = _outcomes(passed, refused, malformed, counted, rules)
    with stage("findings and quarantine"):
        _refuse(hub, group, screen, passed, malformed, outcomes, work)
    accepted = [(path, path.parent.name.partition("=")[2]) for path in sorted(passed.accepted.rglob("*.parquet"))]
    with stage("lake"):
        if accepted:
            hub.records(group.dataset_id).append(group.id, accepted)
    return outcomes, counted


def _malformed(passed: Passed) -> pl.DataFrame:
    lines = [
        {BATCH: one.delivery.batch_id, ROW_NUMBER: number, "raw_text": text}
        for one in passed.opened
        for number, text in one.source.malformed
    ]
    return pl.DataFrame(lines, schema=_NO_LINES)


def _slices(passed: Passed) -> Iterator[pl.DataFrame]:
    for path in sorted(passed.flagged.iterdir()):
        yield pl.read_parquet(path, hive_partitioning=False)


def _counted(passed: Passed, screen: Screen) -> tuple[pl.DataFrame, dict[str, int]]:
    """Rows by batch and rule, and refused rows by batch."""
    parts, refused = [], []
    for flagged in _slices(passed):
        parts.append(counts(flagged, screen.rules))
        refused.append(flagged.filter(pl.col(REFUSED)).group_by(BATCH).agg(pl.len().cast(pl.Int64).alias("rows")))
    counted = pl.concat(parts).group_by(BATCH, "rule_id").agg(pl.col("rows").sum()).sort(BATCH, "rule_id")
    return counted, dict(pl.concat(refused).group_by(BATCH).agg(pl.col("rows").sum()).rows())


def _refuse(
    hub: Hub,
    group: WorkGroup,
    screen: Screen,
    passed: Passed,
    malformed: pl.DataFrame,
    outcomes: Sequence[Outcome],
    work: Path,
) -> None:
    """Write the findings of every file, and append refused rows to the quarantine in one commit."""
    rules = hub.catalog.rules[group.dataset_id]
    fields = {field.id: field for field in screen.fields}
    table = hub.quarantine(group.dataset_id)
    folders = {o.delivery.batch_id: hub.home.outbox(o.delivery.provider_id, o.delivery.batch_id) for o in outcomes}
    files = FindingsFiles(folders)
    refused: list[tuple[Path, str | None]] = []
    for number, (flagged, lines) in enumerate(_with_lines(_slices(passed), malformed)):
        files.add(findings(flagged, lines, rules, fields))
        rows = refused_rows(flagged, lines, rules, screen.fields)
        if rows.height:
            path = work / f"refused-{number:05d}.parquet"
            whole = _with_delivery(rows, outcomes).select(pl.col(n).cast(t) for n, t in table.schema.items())
            whole.write_parquet(path, compression_level=COMPRESSION_LEVEL)
            refused.append((path, None))
    files.finish()
    if refused:
        table.append(group.id, refused)


def _with_lines(slices: Iterator[pl.DataFrame], malformed: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Slices with the malformed lines that stand before their last row, so that findings come in the order of rows."""
    left = malformed
    flagged = pl.DataFrame()
    for flagged in slices:
        last = flagged.group_by(BATCH).agg(pl.col(ROW_NUMBER).max().alias("last"))
        placed = left.join(last, on=BATCH, how="left", maintain_order="left")
        before = (placed["last"] > placed[ROW_NUMBER]).fill_null(False)
        yield flagged, left.filter(before)
        left = left.filter(~before)
    if left.height:
        yield flagged.clear(), left


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


def _outcomes(
    passed: Passed,
    refused: Mapping[str, int],
    malformed: pl.DataFrame,
    counted: pl.DataFrame,
    rules: Sequence[Rule],
) -> list[Outcome]:
    """Outcome of each file; conservation is asserted, not assumed."""
    measured = {row[BATCH]: row for row in passed.measured.select(BATCH, *MEASURES).to_dicts()}
    lines = dict(malformed.group_by(BATCH).len().rows())
    required = [rule.id for rule in rules if rule.primitive.startswith("required")]
    missing = dict(counted.filter(pl.col("rule_id").is_in(required)).group_by(BATCH).agg(pl.col("rows").sum()).rows())
    outcomes = []
    for one in passed.opened:
        batch = one.delivery.batch_id
        found: Mapping[str, int] = measured.get(batch, dict.fromkeys(MEASURES, 0))
        broken = lines.get(batch, 0)
        if found["rows"] != found["accepted"] + refused.get(batch, 0):
            raise HubError(
                f"{batch}: {found['rows']} rows read, {found['accepted']} accepted, {refused.get(batch, 0)} refused"
            )
        problem: Problem | None = None
        if found["rows"] + broken == 0:
            problem = no_rows()
        elif one.source.columns.missing:
            problem = missing_columns([field.title_zh for field in one.source.columns.missing])
        outcomes.append(
            Outcome(
                one.delivery,
                status_of(found["accepted"], refused.get(batch, 0) + broken),
                {
                    "rows_in": found["rows"] + broken,
                    "rows_accepted": found["accepted"],
                    "rows_refused": refused.get(batch, 0) + broken,
                    "rows_warned": found["warned"],
                    "missing_cells": missing.get(batch, 0),
                    **{name: found[name] for name in MEASURES if name not in ("rows", "accepted", "warned")},
                },
                one.source.encoding,
                problem,
                one.source.columns.unknown,
                passed.asides.get(batch, ()),
            )
        )
    return outcomes
