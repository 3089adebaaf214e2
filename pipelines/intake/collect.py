"""Collect: one pass over the inboxes, and the screening of one work group.

Order of one group: findings to the outbox, refused rows to the quarantine, accepted rows to the lake, counts to the ledger,
receipts to the outbox. Every commit knows the group's id, so that whatever a crash left undone is done by the next run, once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, Final

import polars as pl

from pipelines import expectations
from pipelines.catalog import RECORD, Catalog, catalog
from pipelines.errors import HubError, InputError
from pipelines.home import Home, write_json
from pipelines.intake import raw
from pipelines.intake.delivery import Delivery
from pipelines.intake.groups import WorkGroup, finish, plan
from pipelines.intake.inbox import Stray, take
from pipelines.intake.outcome import Outcome, batches, rule_counts, status_of
from pipelines.intake.passes import Opened, Passed, screen_files
from pipelines.lake.ledger import ledger
from pipelines.lake.tables import Table
from pipelines.privacy.pseudonym import pseudonyms
from pipelines.reading import Problem, Unreadable, missing_columns, no_rows, not_in_catalogue, open_source
from pipelines.receipts.findings import findings, no_findings, refused_rows, write_csv
from pipelines.receipts.receipt import receipt
from pipelines.screening import BATCH, BUCKET, MEASURES, REFUSED, Screen, counts, quarantine_schema, record_schema
from pipelines.screening.columns import PROVIDER, RECEIVED_ON, REGION, ROW_NUMBER
from pipelines.settings import Settings
from pipelines.stopwatch import stage

_NO_LINES: Final = {BATCH: pl.String, ROW_NUMBER: pl.Int64, "raw_text": pl.String}


@dataclass(frozen=True)
class Collected:
    """What a pass did: receipts as written, and the datasets whose accepted rows changed."""

    receipts: tuple[dict[str, Any], ...]
    changed_datasets: tuple[str, ...]
    strays: tuple[Stray, ...] = ()


@dataclass(frozen=True)
class Hub:
    """A home with the settings and the catalogue it is run with."""

    settings: Settings
    home: Home
    catalog: Catalog

    @classmethod
    def open(cls, settings: Settings) -> Hub:
        """The hub of these settings.

        Raises:
            CatalogError: the catalogue cannot be used.
        """
        return cls(settings, Home(settings.home), catalog(settings.catalog))

    def records(self, dataset_id: str) -> Table:
        """Accepted record versions of a dataset."""
        return Table(self.home.records(dataset_id), record_schema(self.catalog.fields(dataset_id)), BUCKET)

    def quarantine(self, dataset_id: str) -> Table:
        """Refused rows of a dataset."""
        return Table(self.home.quarantine(dataset_id), quarantine_schema(self.catalog.fields(dataset_id)))


def collect(
    hub: Hub, *, provider: str | None, as_of: datetime, progress: Callable[[str], None] = lambda _: None
) -> Collected:
    """One pass over the inboxes: take, plan, screen every group.

    Raises:
        InputError: the provider is unknown, or the home cannot be written to.
        HubError: a group failed; what was committed before stands, and a re-run goes on from there.
    """
    strays = take(hub.home, hub.catalog, provider=provider, as_of=as_of)
    receipts: list[dict[str, Any]] = []
    changed: set[str] = set()
    if any(hub.home.pending.glob("*.json")):
        # Two seconds of import, beside the reading of the first group.
        Thread(target=import_module, args=["pipelines.expectations.counting"], daemon=True).start()
    for group in plan_groups(hub, provider=provider, dataset=None):
        progress(group.name)
        done = collect_group(hub, group)
        receipts += done.receipts
        changed |= set(done.changed_datasets)
    return Collected(tuple(receipts), tuple(sorted(changed)), tuple(strays))


def plan_groups(hub: Hub, *, provider: str | None, dataset: str | None) -> list[WorkGroup]:
    """Work groups to be done, of one dataset or of all.

    Raises:
        InputError: the catalogue has no such dataset.
    """
    if dataset not in (None, *hub.catalog.datasets):
        raise InputError(
            f"dataset '{dataset}' is not in the catalogue; use one of: {', '.join(sorted(hub.catalog.datasets))}"
        )
    groups = plan(hub.home, hub.settings.work_group_bytes, provider=provider)
    return [group for group in groups if dataset in (None, group.dataset_id)]


def collect_group(hub: Hub, group: WorkGroup) -> Collected:
    """Screen one work group and commit it, once.

    Raises:
        HubError: double entry does not balance, or rows are missing; nothing was committed.
    """
    with hub.home.locked(f"{group.id}.lock"):
        # Whoever waited here finds the group committed, and only writes its receipts again.
        done = _collect_locked(hub, group)
    (hub.home.root / "state" / f"{group.id}.lock").unlink(missing_ok=True)
    return done


def _collect_locked(hub: Hub, group: WorkGroup) -> Collected:
    work = hub.home.work(group.id)
    if not ledger(hub.home, "batches").knows(group.id):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        with hub.home.lake_in_use():
            _screen_and_commit(hub, group, work)
    written = _write_receipts(hub, group)
    finish(hub.home, group)
    shutil.rmtree(work, ignore_errors=True)
    changed = {r["dataset_id"] for r in written if r["rows"]["accepted"]}
    return Collected(tuple(written), tuple(sorted(changed)))


def _screen_and_commit(hub: Hub, group: WorkGroup, work: Path) -> None:
    outcomes = [Outcome(d, "duplicate", {}) for d in group.deliveries if d.first_batch_id]
    fresh = [d for d in group.deliveries if not d.first_batch_id]
    counted = pl.DataFrame(schema={BATCH: pl.String, "rule_id": pl.String, "rows": pl.Int64})
    if group.dataset_id not in hub.catalog.datasets:
        problem = not_in_catalogue(group.dataset_id, sorted(hub.catalog.datasets))
        outcomes += [Outcome(d, "rejected", {}, problem=problem) for d in fresh]
        rules: Sequence[Any] = ()
    else:
        rules = hub.catalog.rules[group.dataset_id]
        screen = Screen.of(hub.catalog, group.dataset_id, pseudonyms(hub.home))
        opened, rejected = _open(hub, screen, fresh, work)
        passed = screen_files(screen, opened, work) if opened else None
        if passed is not None:
            rejected += [Outcome(d, "rejected", {}, e.encoding, e.problem) for d, e in passed.rejected]
        outcomes += rejected
        if passed is not None and passed.opened:
            screened, counted = _split(hub, group, screen, passed, work)
            outcomes += screened
    table = ledger(hub.home, "rule_counts")
    if counted.height:
        table.append_frame(group.id, rule_counts(counted, rules), work / "ledger")
    rows = batches(outcomes, group.id, hub.catalog.version)
    if rows.height != len(group.deliveries):
        raise HubError(f"{group.id}: {len(group.deliveries)} deliveries, but {rows.height} outcomes")
    ledger(hub.home, "batches").append_frame(group.id, rows, work / "ledger")


def _open(hub: Hub, screen: Screen, deliveries: Sequence[Delivery], work: Path) -> tuple[list[Opened], list[Outcome]]:
    opened, rejected = [], []
    for delivery in deliveries:
        path = raw.path_of(hub.home, delivery.sha256)
        try:
            source = open_source(path, delivery.suffix, screen.fields, screen.dataset.title_zh, work)
        except Unreadable as error:
            rejected.append(Outcome(delivery, "rejected", {}, error.encoding, error.problem))
            continue
        opened.append(Opened(delivery, path, source))
    return opened, rejected


def _split(
    hub: Hub, group: WorkGroup, screen: Screen, passed: Passed, work: Path
) -> tuple[list[Outcome], pl.DataFrame]:
    """Compare the two routes, then commit refused and accepted rows; outcomes and rule counts of the files."""
    rules = hub.catalog.rules[group.dataset_id]
    flagged = pl.read_parquet(sorted(passed.flagged.iterdir()), hive_partitioning=False)
    lines = [
        {BATCH: one.delivery.batch_id, ROW_NUMBER: number, "raw_text": text}
        for one in passed.opened
        for number, text in one.source.malformed
    ]
    malformed = pl.DataFrame(lines, schema=_NO_LINES)
    counted = counts(flagged, screen.rules)
    totals = dict(counted.group_by("rule_id").agg(pl.col("rows").sum()).rows())
    suite = expectations.read(hub.settings.expectations, group.dataset_id)
    with stage("double entry"):
        expectations.compare(hub.catalog, suite, passed.staged, totals, hub.settings.memory_limit)
    line_rule = next(rule.id for rule in rules if rule.field == RECORD)
    broken_lines = (
        malformed.group_by(BATCH).agg(pl.len().cast(pl.Int64).alias("rows")).with_columns(rule_id=pl.lit(line_rule))
    )
    counted = pl.concat([counted, broken_lines.select(counted.columns)])
    outcomes = _outcomes(passed, flagged, malformed, counted, rules)

    with stage("findings"):
        found = findings(flagged, malformed, rules, {field.id: field for field in screen.fields})
    of_batch = {str(key[0]): rows for key, rows in found.partition_by(BATCH, as_dict=True).items()}
    for outcome in outcomes:
        delivery = outcome.delivery
        folder = hub.home.outbox(delivery.provider_id, delivery.batch_id)
        write_csv(folder / "findings.csv", of_batch.get(delivery.batch_id, found.clear()))
    with stage("quarantine"):
        quarantine = refused_rows(flagged, malformed, rules, screen.fields)
        if quarantine.height:
            table = hub.quarantine(group.dataset_id)
            table.append_frame(
                group.id, _with_delivery(quarantine, outcomes).select(*table.schema), work / "quarantine"
            )
    accepted = [(path, path.parent.name.partition("=")[2]) for path in sorted(passed.accepted.rglob("*.parquet"))]
    with stage("lake"):
        if accepted:
            hub.records(group.dataset_id).append(group.id, accepted)
    return outcomes, counted


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
    passed: Passed, flagged: pl.DataFrame, malformed: pl.DataFrame, counted: pl.DataFrame, rules: Sequence[Any]
) -> list[Outcome]:
    """Outcome of each file; conservation is asserted, not assumed."""
    measured = {row[BATCH]: row for row in passed.measured.select(BATCH, *MEASURES).to_dicts()}
    refused = dict(flagged.filter(pl.col(REFUSED)).group_by(BATCH).len().rows())
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
            )
        )
    return outcomes


def _write_receipts(hub: Hub, group: WorkGroup) -> list[dict[str, Any]]:
    """Receipts of a committed group, from the ledger."""
    rows = ledger(hub.home, "batches").scan().filter(pl.col("group_id") == group.id).collect().to_dicts()
    ids = [row["batch_id"] for row in rows]
    found = ledger(hub.home, "rule_counts").scan().filter(pl.col("batch_id").is_in(ids)).collect()
    by_batch = {str(key[0]): part.to_dicts() for key, part in found.partition_by("batch_id", as_dict=True).items()}
    rules = {rule.id: rule for rule in hub.catalog.rules.get(group.dataset_id, ())}
    written = []
    for row in sorted(rows, key=lambda r: r["batch_id"]):
        content = receipt(row, by_batch.get(row["batch_id"], []), rules)
        folder = hub.home.outbox(row["provider_id"], row["batch_id"])
        if not (folder / "findings.csv").exists():
            write_csv(folder / "findings.csv", no_findings())
        write_json(folder / "receipt.json", content)
        written.append(content)
    return written
