"""Collecting with its replies: from the inboxes to the lake, and the answers to the outboxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pipelines import collecting
from pipelines.collecting import Collected, Settling, UnclaimedEntry, Waived, plan_groups
from pipelines.ground.clock import CHINA
from pipelines.operations.messages import holds_messages, tell_messages
from pipelines.pages.catalogue import keep
from pipelines.pages.replies import OutboxReplies
from pipelines.storage.hub import Hub
from pipelines.storage.work_group import WorkGroup

__all__ = ["Planned", "collect", "collect_group", "plan_collecting", "plan_groups", "waive"]

_REPLIES: Final = OutboxReplies()


@dataclass(frozen=True)
class Planned:
    """The work groups that wait, what nobody claims in the inboxes, and what is not at rest there yet."""

    groups: list[WorkGroup]
    unclaimed: tuple[UnclaimedEntry, ...]
    settling: tuple[Settling, ...] = ()


def collect(
    hub: Hub, *, provider: str | None, as_of: datetime, progress: Callable[[str], None] = lambda _: None
) -> Collected:
    """One pass over the inboxes (``pipelines.collecting.collect``)."""
    done = collecting.collect(hub, _REPLIES, provider=provider, as_of=as_of, progress=progress)
    if holds_messages(hub, {receipt.dataset_id for receipt in done.receipts}):
        tell_messages(hub, as_of.astimezone(CHINA).date())
    return done


def plan_collecting(hub: Hub, *, provider: str | None, dataset: str | None, as_of: datetime) -> Planned:
    """Take what lies in the inboxes and pack it into work groups; each is then for ``collect_group``.

    The catalogue's site is written first: receipts link to it.
    """
    keep(hub.home, hub.catalog)
    arrived = collecting.receive(hub, _REPLIES, provider=provider, as_of=as_of)
    return Planned(plan_groups(hub, provider=provider, dataset=dataset), arrived.unclaimed, arrived.settling)


def collect_group(hub: Hub, group: WorkGroup) -> Collected:
    """Screen one work group and commit it, once (``pipelines.collecting.collect_group``)."""
    done = collecting.collect_group(hub, _REPLIES, group)
    if done.receipts and holds_messages(hub, [group.dataset_id]):
        tell_messages(hub, max(date.fromisoformat(receipt.received_at[:10]) for receipt in done.receipts))
    return done


def waive(
    hub: Hub, ids: Sequence[str], *, batch: str | None, rule: str | None, by: str, reason: str, day: date
) -> Waived:
    """Waive open rows (``pipelines.collecting.waive``)."""
    return collecting.waive(hub, _REPLIES, ids, batch=batch, rule=rule, by=by, reason=reason, day=day)
