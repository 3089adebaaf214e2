"""Which datasets are to be published after some changed, and how they are shared out among tasks."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.storage.hub import Hub


def task_batches(datasets: Sequence[str], most: int = 6) -> list[list[str]]:
    """Datasets in the portions of one task each: starting a task costs more than publishing a small dataset.

    Neighbours go to different tasks, so that the large ones (they are neighbours: registrations, licences, penalties) do too.
    """
    number = -(-len(datasets) // most)
    return [list(datasets[first::number]) for first in range(number)]


def affected_datasets(hub: Hub, datasets: Sequence[str]) -> list[str]:
    """Datasets to publish when these changed: themselves, and all that messages and answers among them may be about."""
    if hub.catalog.policies.repair.exchange_sets.isdisjoint(datasets):
        return sorted(datasets)
    named = {name for name, dataset in hub.catalog.datasets.items() if dataset.reference is not None}
    return sorted(named | set(datasets))
