"""Removing files from ``.done/`` when they have lain there for the set time, and ``raw/`` holds the same bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import Path
from typing import Final

from pipelines.collecting import manifest
from pipelines.collecting.deliveries import manifest_beside
from pipelines.collecting.inbox_names import Listing, manifests_of
from pipelines.collecting.put_away import PutAway, put_away
from pipelines.storage import raw
from pipelines.storage.arrivals import Arrivals, TakenFile
from pipelines.storage.home import Home
from pipelines.storage.open_folder import IS_A_LINK, OpenFolder

_PIECE: Final = 1 << 20
_NANOSECONDS: Final = 1_000_000_000


def remove_old(home: Home, as_of: datetime, days: int) -> list[str]:
    """Remove what was put away more than so many days ago.

    How long a file lies there is said by the file system (``ctime``: it was moved, or written to), not by the day of its receipt:
    deliveries of old days may be collected today. What changed since it was taken, or is not in ``raw/`` to the byte, stays.

    Args:
        home: the hub's home.
        as_of: the instant of the upkeep, aware.
        days: how long files are kept.

    Returns:
        Their paths below the inbox.
    """
    if not home.inbox.is_dir():
        return []
    removed: list[str] = []
    before = int((as_of - timedelta(days=days)).timestamp()) * _NANOSECONDS
    with home.locked(), OpenFolder.at(home.inbox) as inbox:
        for provider_id in (name for name in inbox.names() if home.arrivals(name).exists() and inbox.is_folder(name)):
            known = Arrivals.of(home, provider_id)
            with inbox.folder(provider_id) as provider:
                old = [one.key for one in _removed(home, provider, known, before)]
            if old:
                for key in old:
                    del known.taken[key]
                known.write(home.arrivals(provider_id))
                removed += [f"{provider_id}/{key}" for key in old]
    return removed


def _removed(home: Home, provider: OpenFolder, known: Arrivals, before: int) -> Iterator[PutAway]:
    listings: dict[Path, Listing] = {}
    for one in put_away(provider):
        taken = known.taken.get(one.key)
        if one.is_file and taken is not None and one.found.st_ctime_ns < before and _is_safe(home, one, taken):
            if one.folder.path not in listings:
                listings[one.folder.path] = Listing(one.folder.names())
            for name in (*listings[one.folder.path].marks_of(one.name), *_read_manifests(one)):
                one.folder.remove(name)
            one.folder.remove(one.name)
            yield one


def _is_safe(home: Home, one: PutAway, taken: TakenFile) -> bool:
    """True where the file is what was taken, and the raw zone holds every byte of it."""
    if not taken.is_still(one.found):
        return False
    try:
        with one.folder.open(one.name) as mine, raw.path_of(home, taken.sha256).open("rb") as kept:
            same = _same_bytes(mine, kept)
            return same and taken.is_still(os.fstat(mine.fileno()))
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in IS_A_LINK:
            raise
        return False


def _same_bytes(one: BufferedReader, other: BufferedReader) -> bool:
    while True:
        mine, theirs = one.read(_PIECE), other.read(_PIECE)
        if mine != theirs:
            return False
        if not mine:
            return True


def _read_manifests(one: PutAway) -> tuple[str, ...]:
    """Names of the file's manifests, where they could be read: what they say stands in the record of the delivery."""
    beside = manifest_beside(one.folder, one.name)
    try:
        if beside is not None:
            manifest.parse(beside)
    except manifest.Unusable:
        return ()
    return manifests_of(one.name)
