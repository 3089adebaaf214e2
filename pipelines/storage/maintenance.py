"""Keeping the lake small: many small files become few, and files that belong to no table are removed.

A bucket of a table is compacted when it holds more than a few files. Rows keep their values and their order of batch and row;
nothing else changes. Files that compaction replaced stay for a week, so that whoever reads an older version can finish; files
that hold content which was erased go at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.storage.compactions import forget, note
from pipelines.storage.home import Home
from pipelines.storage.tables import COMPRESSION_LEVEL, DIGEST_DIGITS, Table, digest

MOST_FILES: Final = 8
KEPT_HOURS: Final = 168
ROW_GROUP: Final = 32_768
"""Rows that are read for one that is looked for: what came together stays together."""


@dataclass(frozen=True)
class Maintained:
    """What was done to one table."""

    table: str
    files_before: int
    files_after: int
    removed: int
    log_bytes: int


def maintain(
    home: Home, tables: dict[str, Table], *, most_files: int = MOST_FILES, purged: frozenset[str] = frozenset()
) -> list[Maintained]:
    """Compact every table that needs it and remove what belongs to none.

    Args:
        home: the hub's home.
        tables: by the name that is reported.
        most_files: a partition with more files than that is compacted.
        purged: names of tables of which no file that was replaced may stay, however young.
    """
    done = []
    with home.locked("lake.lock"):
        for name, table in sorted(tables.items()):
            opened = table.open()
            if opened is None:
                continue
            before = len(table.files())
            work = home.work("maintain")
            for partition, files in _crowded(table, most_files):
                work.mkdir(parents=True, exist_ok=True)
                whole = work / "compacted.parquet"
                table.scan(files).sink_parquet(whole, compression_level=COMPRESSION_LEVEL, row_group_size=ROW_GROUP)
                note(home, name, f"{digest(whole)[:DIGEST_DIGITS]}.parquet", files)
                table.replace(partition, [whole])
            forget(home, name, table.files())
            shutil.rmtree(work, ignore_errors=True)
            opened = table.open_or_create()
            hours, enforced = (0, False) if name in purged else (KEPT_HOURS, True)
            removed = opened.vacuum(
                retention_hours=hours, enforce_retention_duration=enforced, dry_run=False, full=True
            )  # full: what a killed run moved in and no commit names, too
            opened.create_checkpoint()
            opened.cleanup_metadata()
            done.append(Maintained(name, before, len(table.files()), len(removed), _log_bytes(table.path)))
    return done


def _crowded(table: Table, most_files: int) -> Iterator[tuple[str | None, list[Path]]]:
    by_partition: dict[str | None, list[Path]] = {}
    for path, partition in table.files().items():
        by_partition.setdefault(partition, []).append(path)
    for partition, files in sorted(by_partition.items(), key=lambda item: str(item[0])):
        if len(files) > most_files:
            yield partition, files


def _log_bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in (path / "_delta_log").iterdir())
