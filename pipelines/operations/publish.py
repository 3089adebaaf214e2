"""Publishing with its replies: from the lake to releases, and to the outboxes the month's conflicts and the rows set aside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from pipelines import publishing
from pipelines.ground.clock import CHINA
from pipelines.operations.messages import tell_messages
from pipelines.pages.conflict_files import write_conflict_files
from pipelines.pages.set_aside_files import write_set_aside_files
from pipelines.publishing import Published, affected_datasets, task_batches
from pipelines.publishing.upkeep import Upkeep, tidy
from pipelines.publishing.upkeep import publish_due as run_publish_due
from pipelines.publishing.upkeep import upkeep as run_upkeep
from pipelines.storage.hub import Hub

__all__ = ["plan_publishing", "publish", "publish_due", "tidy", "upkeep"]


def publish(
    hub: Hub,
    *,
    product: str | None,
    as_of: datetime,
    datasets: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Published]:
    """Release every product whose records changed (``pipelines.publishing.publish``)."""
    done = publishing.publish(
        hub,
        product=product,
        as_of=as_of,
        conflicts=write_conflict_files,
        set_aside=write_set_aside_files,
        datasets=datasets,
        progress=progress,
    )
    if product is None and datasets is None:
        tell_messages(hub, as_of.astimezone(CHINA).date())
    return done


def plan_publishing(hub: Hub, changed: Collection[str]) -> list[list[str]]:
    """The datasets to publish, a list for each task: those that changed and those their messages name; all where none is given."""
    return task_batches(affected_datasets(hub, sorted(changed)) if changed else sorted(hub.catalog.datasets))


def publish_due(hub: Hub, as_of: datetime, progress: Callable[[str], None] = lambda _: None) -> list[Published]:
    """Publish whatever the clock, a message or a delivery has changed."""
    done = run_publish_due(hub, as_of, write_conflict_files, write_set_aside_files, progress)
    tell_messages(hub, as_of.astimezone(CHINA).date())
    return done


def upkeep(hub: Hub, as_of: datetime, progress: Callable[[str], None] = lambda _: None) -> Upkeep:
    """Publish what is due, then tidy (``pipelines.publishing.upkeep``)."""
    done = run_upkeep(hub, as_of, write_conflict_files, write_set_aside_files, progress)
    tell_messages(hub, as_of.astimezone(CHINA).date())
    return done
