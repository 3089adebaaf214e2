"""The day's upkeep of the hub: what is due is published, what was withdrawn is erased, old releases go, the lake is compacted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipelines.collecting.removing import remove_old
from pipelines.ground.clock import CHINA
from pipelines.publishing.publish import publish
from pipelines.publishing.published import Conflicts, Published, SetAsideFiles
from pipelines.publishing.retention import remove_old_releases
from pipelines.publishing.withdrawal import erase_withdrawn, pending
from pipelines.storage.hub import Hub
from pipelines.storage.maintenance import MOST_FILES, Maintained, maintain


@dataclass(frozen=True)
class Upkeep:
    """What was done: releases, erased rows by dataset, removed releases by product, tables of the lake, files out of inboxes."""

    released: Sequence[Published]
    erased: Mapping[str, int]
    removed: Mapping[str, Sequence[str]]
    tables: Sequence[Maintained]
    put_away_removed: Sequence[str] = ()


def publish_due(
    hub: Hub,
    as_of: datetime,
    conflicts: Conflicts,
    set_aside: SetAsideFiles,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Published]:
    """Publish whatever the clock, a message or a delivery has changed; most days, little."""
    return publish(hub, product=None, as_of=as_of, conflicts=conflicts, set_aside=set_aside, progress=progress)


def tidy(hub: Hub, as_of: datetime, *, most_files: int = MOST_FILES) -> Upkeep:
    """Everything but publishing.

    Args:
        hub: home and catalogue.
        as_of: the instant whose day decides which releases are old, and which withdrawn content is no longer sealed.
        most_files: a partition with more files than that is compacted.
    """
    tables = hub.tables()
    with hub.home.locked("lake.lock"):
        erased = erase_withdrawn(hub, as_of.astimezone(CHINA).date())
    marked = {f"records/{name}": pending(hub, name) for name in hub.catalog.datasets}
    purged = frozenset(name for name, mark in marked.items() if mark.exists())
    # Tables that are rebuilt with each release: nobody asks for what they held before, and it may be of erased records.
    derived = frozenset(name for name in tables if name.partition("/")[0] in ("losers", "conflicts", "set_aside"))
    done = maintain(hub.home, tables, most_files=most_files, purged=purged | derived)
    for name in purged:
        marked[name].unlink()
    removed = remove_old_releases(hub, as_of.astimezone(CHINA).date())
    put_away = remove_old(hub.home, as_of, hub.settings.done_days)
    return Upkeep((), erased, removed, done, put_away)


def upkeep(
    hub: Hub,
    as_of: datetime,
    conflicts: Conflicts,
    set_aside: SetAsideFiles,
    progress: Callable[[str], None] = lambda _: None,
) -> Upkeep:
    """Publish what is due, then tidy."""
    released = publish_due(hub, as_of, conflicts, set_aside, progress)
    done = tidy(hub, as_of)
    return replace(done, released=released)
