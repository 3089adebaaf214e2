"""Old releases are offered for as long as ``policies/releases.yaml`` says, then removed."""

from __future__ import annotations

import shutil
from datetime import date, timedelta

from pipelines.storage.hub import Hub
from pipelines.storage.manifest import latest, read, releases


def remove_old_releases(hub: Hub, day: date) -> dict[str, list[str]]:
    """Remove releases whose time is over.

    Args:
        hub: home and catalogue.
        day: the day in China; a release older than ``kept_days`` then goes, but never the latest, nor the youngest
            ``kept_at_least``.

    Returns:
        What was removed, by product.
    """
    policy = hub.catalog.policies.releases
    oldest = day - timedelta(days=policy.kept_days)
    removed: dict[str, list[str]] = {}
    going = hub.home.work("retention")
    shutil.rmtree(going, ignore_errors=True)
    going.mkdir(parents=True)
    for product in sorted(path.name for path in hub.home.shared.glob("*") if path.is_dir()):
        now = latest(hub.home, product)
        for release_id in releases(hub.home, product)[: -policy.kept_at_least]:
            folder = hub.home.shared / product / release_id
            made = read(folder).day
            if made >= oldest or (now is not None and release_id == now.release_id):
                continue
            folder.replace(going / f"{product}-{release_id}")  # gone at once, not file by file
            removed.setdefault(product, []).append(release_id)
    shutil.rmtree(going)
    return removed
