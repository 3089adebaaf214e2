"""Work groups: pending files of one dataset packed by bytes, so that a thousand tiny files are one task and one commit.

A plan is written down before it is carried out (``state/groups/<group_id>.json``) and kept until it is done: after a crash the
same group comes again, with the same id, and the lake knows by the id what it already has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipelines.collecting.deliveries import pending
from pipelines.storage.delivery import Delivery
from pipelines.storage.home import Home
from pipelines.storage.work_group import WorkGroup

MOST_FILES: Final = 2000


def plan(home: Home, group_bytes: int, *, provider: str | None = None) -> list[WorkGroup]:
    """Groups to work on: those begun and not finished, then new ones of what is pending.

    Args:
        home: the hub's home.
        group_bytes: about how many bytes of files make a group; a larger file is a group of its own.
        provider: only this provider's new deliveries.
    """
    with home.locked():
        groups = list(WorkGroup.read_all(home.groups))
        planned = {d.batch_id for group in groups for d in group.deliveries}
        new = [d for d in pending(home) if d.batch_id not in planned and provider in (None, d.provider_id)]
        for members in _packed(new, group_bytes):
            group = WorkGroup.of(members)
            group.write(home.group(group.id))
            groups.append(group)
    return groups


def finish(home: Home, group: WorkGroup) -> None:
    """Forget a group whose receipts are written; the pending marks go first, so that a crash between repeats nothing."""
    for delivery in group.deliveries:
        home.pending_delivery(delivery.batch_id).unlink(missing_ok=True)
    home.group(group.id).unlink(missing_ok=True)


def _packed(deliveries: list[Delivery], group_bytes: int) -> Iterator[list[Delivery]]:
    current: list[Delivery] = []
    size = 0
    for delivery in deliveries:
        full = size + delivery.bytes > group_bytes or len(current) >= MOST_FILES
        if current and (full or delivery.dataset_id != current[0].dataset_id):
            yield current
            current, size = [], 0
        current.append(delivery)
        size += delivery.bytes
    if current:
        yield current
