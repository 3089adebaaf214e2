"""Waivers: somebody decides that open rows need no correction, and says who and why (``credit-hub waive``).

A waived row is not accepted by it: it only is no longer waited for. The decision stands in ``lake/ledger/waivers``, one for each
dataset; its id comes from what was decided, so that the same command again does nothing.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from pipelines.collecting.replies import Replies
from pipelines.collecting.resolutions import count_in_ledger
from pipelines.ground.errors import InputError
from pipelines.storage.columns import BATCH, PROVIDER, RECEIVED_ON, REGION
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.resolutions import LOCK, WAIVER_CLOSES

SHORTEST_REASON: Final = 4


@dataclass(frozen=True)
class Waived:
    """What a waiver did: rows it closed, rows that were closed before, and rows it left because of other rules they broke."""

    waiver_id: str | None
    rows: int
    already_closed: int
    left_open: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return vars(self)


@dataclass(frozen=True)
class _Chosen:
    rows: pl.DataFrame
    closed: int
    left: int


def waive(
    hub: Hub,
    replies: Replies,
    ids: Sequence[str],
    *,
    batch: str | None,
    rule: str | None,
    by: str,
    reason: str,
    day: date,
) -> Waived:
    """Waive open rows by their ids, or those of a batch, or those that broke nothing but a rule, or both of these.

    Args:
        hub: the hub.
        replies: writes the lists of what is still open.
        ids: quarantine ids.
        batch: the batch the rows were refused in.
        rule: a rule id; a row that broke another refusing rule too is left open.
        by: who decides.
        reason: why.
        day: the day of the decision.

    Raises:
        InputError: nothing was chosen, a thing chosen does not exist, or who or why is missing.
    """
    _usable(ids, batch, rule, by, reason)
    rules = {one.id for some in hub.catalog.rules.values() for one in some}
    if rule is not None and rule not in rules:
        raise InputError(
            f"--rule {rule}: the catalogue has no such rule; its id stands in findings.csv, column rule_id"
        )
    datasets = [rule.partition(".")[0]] if rule else list(hub.catalog.datasets)
    with hub.home.lake_in_use(), hub.home.locked(LOCK):
        _count_what_was_interrupted(hub, datasets)
        chosen = {name: _chosen(hub, name, ids, batch, rule) for name in datasets}
        found = sum(one.rows.height + one.closed + one.left for one in chosen.values())
        missing = set(ids) - {i for one in chosen.values() for i in one.rows["quarantine_id"]}
        if found == 0 or (missing and not _known(hub, missing)):
            what = sorted(missing)[0] if missing else batch or rule
            raise InputError(
                f"{what}: no refused row goes by this; its number stands in findings.csv, column quarantine_id"
            )
        closed, left = sum(one.closed for one in chosen.values()), sum(one.left for one in chosen.values())
        rows = {name: one.rows for name, one in chosen.items() if one.rows.height}
        if not rows:
            return Waived(None, 0, closed, left)
        ids_made = [_waive_in(hub, name, some, by.strip(), reason.strip(), day) for name, some in rows.items()]
        # What a provider still has to correct is listed at once, not when its next file comes.
        replies.open_rows(hub, sorted({one for some in rows.values() for one in some[PROVIDER]}), day)
    return Waived(", ".join(ids_made), sum(some.height for some in rows.values()), closed, left)


def _waive_in(hub: Hub, dataset_id: str, rows: pl.DataFrame, by: str, reason: str, day: date) -> str:
    """The decision into the ledger, then what it closes; the same command after a crash does what is left."""
    waiver_id = _id(by, reason, day, rows["quarantine_id"].to_list())
    work = hub.home.work(waiver_id)
    entry = {
        "waiver_id": [waiver_id],
        "waived_on": [day],
        "dataset_id": [dataset_id],
        "by": [by],
        "reason": [reason],
        "rows": [rows.height],
    }
    ledger(hub.home, "waivers").append_frame(waiver_id, pl.DataFrame(entry), work)
    hub.resolutions(dataset_id).append_frame(waiver_id, _closed(rows, waiver_id, day), work)
    count_in_ledger(hub, dataset_id, waiver_id)
    shutil.rmtree(work, ignore_errors=True)
    return waiver_id


def _count_what_was_interrupted(hub: Hub, datasets: Sequence[str]) -> None:
    """Waivers whose rows are closed and were not counted in the ledger, because the command was killed between."""
    for name in datasets:
        rows = (
            hub.resolutions(name)
            .scan()
            .filter(pl.col("closed_by") == WAIVER_CLOSES)
            .select("transaction")
            .unique()
            .collect()
        )
        for one in rows["transaction"].sort():
            count_in_ledger(hub, name, one)


def _usable(ids: Sequence[str], batch: str | None, rule: str | None, by: str, reason: str) -> None:
    if not ids and batch is None and rule is None:
        raise InputError("nothing was chosen; give quarantine ids, --batch or --rule")
    if ids and (batch is not None or rule is not None):
        raise InputError("give either quarantine ids, or --batch and --rule; not both")
    if not by.strip():
        raise InputError("--by: says nobody; give the name or post of who decides")
    if len(reason.strip()) < SHORTEST_REASON:
        raise InputError(f"--reason: '{reason}' is no reason; say in a sentence why these rows need no correction")


def _chosen(hub: Hub, dataset_id: str, ids: Sequence[str], batch: str | None, rule: str | None) -> _Chosen:
    wanted = pl.lit(True)
    if ids:
        wanted = pl.col("quarantine_id").is_in(list(ids))
    if batch is not None:
        wanted = wanted & (pl.col(BATCH) == batch)
    if rule is not None:
        wanted = wanted & pl.col("rule_ids").list.contains(rule)
    columns = ["quarantine_id", BATCH, PROVIDER, REGION, RECEIVED_ON, "rule_ids"]
    rows = hub.still_open(dataset_id).filter(wanted).select(columns).collect()
    everything = hub.quarantine(dataset_id).scan().filter(wanted).select(pl.len()).collect().item()
    closed = everything - rows.height
    if rule is None:
        return _Chosen(rows, closed, 0)
    refusing = [one.id for one in hub.catalog.rules[dataset_id] if one.rejects and one.id != rule]
    alone = rows.filter(pl.col("rule_ids").list.set_intersection(refusing).list.len() == 0)
    return _Chosen(alone, closed, rows.height - alone.height)


def _known(hub: Hub, ids: set[str]) -> bool:
    """True where every id is a refused row, closed or not."""
    found = 0
    for name in hub.catalog.datasets:
        rows = hub.quarantine(name).scan().filter(pl.col("quarantine_id").is_in(sorted(ids)))
        found += rows.select(pl.len()).collect().item()
    return found == len(ids)


def _closed(rows: pl.DataFrame, waiver_id: str, day: date) -> pl.DataFrame:
    return rows.select(
        "quarantine_id",
        pl.col(BATCH).alias("batch_id"),
        pl.col(PROVIDER).alias("provider_id"),
        pl.col(REGION).alias("region_code"),
        pl.lit(WAIVER_CLOSES).alias("closed_by"),
        pl.lit(waiver_id).alias("closing_id"),
        pl.lit(None, dtype=pl.String).alias("recognised_by"),
        pl.col(RECEIVED_ON).alias("refused_on"),
        pl.lit(day).alias("closed_on"),
        pl.lit(waiver_id).alias("transaction"),
    )


def _id(by: str, reason: str, day: date, ids: Sequence[str]) -> str:
    text = "\0".join([by, reason, day.isoformat(), *sorted(ids)])
    return f"waiver-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
