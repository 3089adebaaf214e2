"""Collect: one pass over the inboxes, and the screening of one work group.

Order of one group: findings to the outbox, refused rows to the quarantine, accepted rows to the lake, counts to the ledger,
closings of earlier refused rows, receipts to the outbox. Every commit knows the group's id, so that whatever a crash left undone
is done by the next run, once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl

from pipelines.collecting.groups import finish, plan
from pipelines.collecting.history import with_history
from pipelines.collecting.inbox import Arrived, anything_waits, take
from pipelines.collecting.outcome import Outcome, batches, rule_counts
from pipelines.collecting.passes import Opened, open_delivery, screen_files
from pipelines.collecting.references import read_references
from pipelines.collecting.replies import Replies
from pipelines.collecting.resolutions import close_group, forget
from pipelines.collecting.returned_rows import originals_of
from pipelines.collecting.settling import Settling
from pipelines.collecting.split import commit_rows
from pipelines.collecting.unclaimed import UnclaimedEntry
from pipelines.ground.errors import HubError, InputError
from pipelines.ground.stopwatch import stage
from pipelines.reading import Problem, Unreadable, not_in_catalogue
from pipelines.screening import COUNTED, Screen
from pipelines.storage import raw
from pipelines.storage.access import close_to_others, groups_of, open_outboxes
from pipelines.storage.delivery import Delivery
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.pseudonym_key import pseudonyms
from pipelines.storage.receipt import Receipt
from pipelines.storage.work_group import WorkGroup


@dataclass(frozen=True)
class Collected:
    """What a pass did: receipts as written, and the datasets whose accepted rows changed."""

    receipts: tuple[Receipt, ...]
    changed_datasets: tuple[str, ...]
    unclaimed: tuple[UnclaimedEntry, ...] = ()
    settling: tuple[Settling, ...] = ()


def collect(
    hub: Hub,
    replies: Replies,
    *,
    provider: str | None,
    as_of: datetime,
    progress: Callable[[str], None] = lambda _: None,
) -> Collected:
    """One pass over the inboxes: take, plan, screen every group.

    Raises:
        InputError: the provider is unknown, or the home cannot be written to.
        HubError: a group failed; what was committed before stands, and a re-run goes on from there.
    """
    if anything_waits(hub.home) or any(hub.home.pending.glob("*.json")):
        # Two seconds of import, beside the copying of files into the raw zone.
        Thread(target=import_module, args=["pipelines.expectations.counting"], daemon=True).start()
    arrived = receive(hub, replies, provider=provider, as_of=as_of)
    receipts: list[Receipt] = []
    changed: set[str] = set()
    for group in plan_groups(hub, provider=provider, dataset=None):
        progress(group.name)
        done = collect_group(hub, replies, group)
        receipts += done.receipts
        changed |= set(done.changed_datasets)
    return Collected(tuple(receipts), tuple(sorted(changed)), arrived.unclaimed, arrived.settling)


def receive(hub: Hub, replies: Replies, *, provider: str | None, as_of: datetime) -> Arrived:
    """Take what lies whole in the inboxes, and tell the providers what could not be taken.

    Raises:
        InputError: the provider is unknown, the home cannot be written to, or the settings name a group that is not there.
    """
    home, settings = hub.home, hub.settings
    with home.locked():
        close_to_others(home)
        sending = [one for one in hub.catalog.providers if (home.inbox / one).is_dir()]
        open_outboxes(home, sending, groups_of(settings.outbox_group, hub.catalog.providers))
    arrived = take(
        home,
        hub.catalog,
        provider=provider,
        as_of=as_of,
        limits=settings.limits,
        settle_seconds=settings.settle_seconds,
    )
    replies.unclaimed(hub, arrived.unclaimed, provider)
    return arrived


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


def collect_group(hub: Hub, replies: Replies, group: WorkGroup) -> Collected:
    """Screen one work group and commit it, once.

    Raises:
        HubError: double entry does not balance, or rows are missing; nothing was committed.
    """
    with hub.home.locked(f"{group.id}.lock"):
        # Whoever waited here finds the group committed, and only writes its receipts again.
        done = _collect_locked(hub, replies, group)
    hub.home.forget_lock(f"{group.id}.lock")
    return done


def _collect_locked(hub: Hub, replies: Replies, group: WorkGroup) -> Collected:
    work = hub.home.work(group.id)
    if not ledger(hub.home, "batches").knows(group.id):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        with hub.home.lake_in_use():
            _screen_and_commit(hub, replies, group, work)
    with hub.home.lake_in_use(), stage("closings"):
        closing = _close(hub, group)
    written = replies.receipts(hub, group, closing)
    # Before the group's own file goes: after that nobody would come back for it.
    shutil.rmtree(work, ignore_errors=True)
    finish(hub.home, group)
    forget(hub, group)
    changed = {one.dataset_id for one in written if one.rows.accepted}
    return Collected(tuple(written), tuple(sorted(changed)))


def _close(hub: Hub, group: WorkGroup) -> frozenset[str]:
    """Close refused rows that the group corrects, or whose correction came before them; ids of the batches that closed some."""
    if group.dataset_id not in hub.catalog.datasets:
        return frozenset()
    return close_group(hub, group, Screen.of(hub.catalog, group.dataset_id, pseudonyms(hub.home, hub.settings)))


def _screen_and_commit(hub: Hub, replies: Replies, group: WorkGroup, work: Path) -> None:
    outcomes = [Outcome(d, "duplicate", {}) for d in group.deliveries if d.first_batch_id]
    fresh = [d for d in group.deliveries if not d.first_batch_id]
    counted = pl.DataFrame(schema=COUNTED)
    if group.dataset_id not in hub.catalog.datasets:
        problem = not_in_catalogue(group.dataset_id, sorted(hub.catalog.datasets))
        outcomes += [Outcome(d, "rejected", {}, problem=problem) for d in fresh]
        rules: Sequence[Any] = ()
    else:
        rules = hub.catalog.rules[group.dataset_id]
        references = read_references(hub.catalog, rules, hub.records)
        screen = Screen.of(hub.catalog, group.dataset_id, pseudonyms(hub.home, hub.settings), references)
        opened, rejected = _open(hub, screen, fresh, work)
        passed = screen_files(screen, opened, work, originals_of(hub, screen)) if opened else None
        if passed is not None:
            rejected += [Outcome(d, "rejected", {}, e.encoding, e.problem) for d, e in passed.rejected]
        outcomes += rejected
        if passed is not None and passed.opened:
            screened, counted = commit_rows(hub, replies, group, screen, passed, work)
            outcomes += with_history(hub, screen, screened)
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
        if delivery.problem:
            rejected.append(Outcome(delivery, "rejected", {}, problem=Problem(**delivery.problem)))
            continue
        path = raw.path_of(hub.home, delivery.sha256)
        try:
            opened.append(open_delivery(screen, delivery, path, hub.settings.limits, work))
        except Unreadable as error:
            rejected.append(Outcome(delivery, "rejected", {}, error.encoding, error.problem))
            continue
    return opened, rejected
