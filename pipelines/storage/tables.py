"""One Delta table of the lake: create, append exactly once, list its files.

Delta is loaded by the first table that is opened: ``precheck``, which opens none, starts without it.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.schema import Schema as DeltaSchema
    from deltalake.transaction import AddAction, RemoveAction

DIGEST_DIGITS: Final = 32
COMPRESSION_LEVEL: Final = 1
_MOST_SNAPSHOTS: Final = 256

Schema = Mapping[str, pl.DataType]


@dataclass(frozen=True)
class Table:
    """A table at ``path`` with the columns of ``schema``; ``partition`` is a string column that lies in the path only."""

    path: Path
    schema: Schema
    partition: str | None = None

    def open(self) -> DeltaTable | None:
        """The table as it is now, or None where nothing was ever written."""
        if not (self.path / "_delta_log").is_dir():
            return None
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        try:
            return DeltaTable(str(self.path))
        except TableNotFoundError:
            return None

    def snapshot(self) -> DeltaTable | None:
        """The table as it is now, only to be read: the one read before, while nothing in the folder of its log has changed.

        Never commit through it. A commit must fail where another came between, so it starts from a table opened for itself.
        """
        try:
            with os.scandir(self.path / "_delta_log") as entries:
                log = sorted((entry.name, *_identity(entry.stat())) for entry in entries)
        except FileNotFoundError:
            return None
        return _snapshot(self, tuple(log))

    def open_or_create(self) -> DeltaTable:
        """The table, created empty if need be, and widened by columns the catalogue has gained."""
        from deltalake import DeltaTable

        table = self.open()
        wanted = self._delta_schema()
        if table is None:
            partitions = [self.partition] if self.partition else None
            return DeltaTable.create(str(self.path), schema=wanted, partition_by=partitions, mode="ignore")
        known = {field.name for field in table.schema().fields}
        new = [field for field in wanted.fields if field.name not in known]
        if new:
            table.alter.add_columns(new)
            table = DeltaTable(str(self.path))
        return table

    def knows(self, transaction: str) -> bool:
        """True where the transaction was committed before."""
        table = self.snapshot()
        return table is not None and table.transaction_version(transaction) is not None

    def append(self, transaction: str, files: Iterable[tuple[Path, str | None]]) -> bool:
        """Commit Parquet files once, under the id of a transaction.

        Args:
            transaction: whoever appends the same thing again uses the same id.
            files: files outside the table with their partition value; they are moved into the table's folder.

        Returns:
            False where the transaction was committed before (then the files are left where they are).
        """
        from deltalake import CommitProperties, Transaction
        from deltalake.exceptions import CommitFailedError

        table = self.open_or_create()
        if table.transaction_version(transaction) is not None:
            return False
        actions: list[AddAction | RemoveAction] = [self._move_in(file, partition) for file, partition in files]
        properties = CommitProperties(app_transactions=[Transaction(transaction, 1)])
        try:
            table.create_write_transaction(
                actions,
                "append",
                table.schema(),
                [self.partition] if self.partition else None,
                commit_properties=properties,
            )
        except CommitFailedError as error:
            # Another process may have committed the same work between our look and our commit; anything else is an error.
            if "transaction" in str(error).lower() and self.knows(transaction):
                return False
            raise
        return True

    def append_frame(self, transaction: str, frame: pl.DataFrame, scratch: Path) -> bool:
        """Commit a small frame once; its columns must be those of the schema."""
        scratch.mkdir(parents=True, exist_ok=True)
        path = scratch / f"{self.path.parent.name}-{self.path.name}.parquet"
        frame.select(pl.col(name).cast(dtype) for name, dtype in self.schema.items()).write_parquet(
            path, compression_level=COMPRESSION_LEVEL
        )
        return self.append(transaction, [(path, None)])

    def replace(self, partition: str | None, files: Iterable[Path]) -> None:
        """Put files in the place of all files of a partition (or of the table), in one commit: compaction."""
        table = self.open_or_create()
        filters = [(self.partition, "=", partition)] if self.partition and partition is not None else None
        table.create_write_transaction(
            [self._move_in(file, partition) for file in files],
            "overwrite",
            table.schema(),
            [self.partition] if self.partition else None,
            partition_filters=filters,
        )

    def replace_partitions(self, files: Mapping[str, Path | None]) -> bool:
        """Put one file, or nothing, in the place of all files of each partition named, in one commit: tables that are derived.

        Returns:
            False where every partition held this very content already; nothing was committed.
        """
        from deltalake.transaction import RemoveAction

        there: dict[str | None, list[Path]] = {}
        for path, partition in self.files().items():
            there.setdefault(partition, []).append(path)
        changed = {
            partition: file
            for partition, file in files.items()
            if [path.stem for path in there.get(partition, [])] != ([digest(file)[:DIGEST_DIGITS]] if file else [])
        }
        if not changed:
            return False
        table = self.open_or_create()
        now = int(time.time() * 1000)  # what Delta calls the deletion time: how long vacuum waits, nothing that is read
        actions: list[AddAction | RemoveAction] = [
            RemoveAction(
                path=path.relative_to(self.path).as_posix(),
                data_change=True,
                deletion_timestamp=now,
                size=path.stat().st_size,
                partition_values={str(self.partition): partition},
            )
            for partition in changed
            for path in there.get(partition, [])
        ]
        actions += [self._move_in(file, partition) for partition, file in changed.items() if file is not None]
        table.create_write_transaction(actions, "append", table.schema(), [str(self.partition)])
        return True

    def files(self) -> dict[Path, str | None]:
        """The table's data files with their partition value, in the order of their names."""
        table = self.snapshot()
        if table is None:
            return {}
        names = sorted(str(name) for name in table.file_uris())
        result: dict[Path, str | None] = {}
        for name in names:
            path = Path(name.removeprefix("file://"))
            result[path] = path.parent.name.partition("=")[2] if self.partition else None
        return result

    def by_partition(self) -> dict[str, list[Path]]:
        """The table's data files by partition value, of a table that has one."""
        found: dict[str, list[Path]] = {}
        for path, partition in self.files().items():
            found.setdefault(str(partition), []).append(path)
        return found

    def scan(self, files: Iterable[Path] | None = None) -> pl.LazyFrame:
        """The rows of the table, or of some of its files, with the columns of the schema."""
        chosen = sorted(self.files() if files is None else files)
        schema = {name: dtype for name, dtype in self.schema.items() if name != self.partition}
        if not chosen:
            return _no_rows(tuple(schema.items())).lazy()
        return pl.scan_parquet(
            chosen, schema=schema, missing_columns="insert", extra_columns="ignore", hive_partitioning=False
        )

    def read(self) -> pl.DataFrame:
        """All rows: for the small tables."""
        return self.scan().collect()

    def _delta_schema(self) -> DeltaSchema:
        return _delta_schema(tuple(self.schema.items()))

    def _move_in(self, file: Path, partition: str | None) -> AddAction:
        from deltalake.transaction import AddAction

        folder = self.path / f"{self.partition}={partition}" if self.partition else self.path
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{digest(file)[:DIGEST_DIGITS]}.parquet"
        rows = pl.scan_parquet(file, hive_partitioning=False).select(pl.len()).collect().item()
        file.replace(target)
        status = target.stat()
        return AddAction(
            path=target.relative_to(self.path).as_posix(),
            size=status.st_size,
            partition_values={self.partition: partition} if self.partition else {},
            modification_time=int(status.st_mtime * 1000),
            data_change=True,
            stats=json.dumps({"numRecords": rows}),
        )


_Log = tuple[tuple[str, int, int, int, int], ...]


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    """What differs as soon as a file is another one or was written again; nobody can set the time of change back."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


class _Snapshots(threading.local):
    """The tables this thread has read, each with the log it was read from: of one table the last, of all some hundreds."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Path, tuple[_Log, DeltaTable | None]] = OrderedDict()


_snapshots: Final = _Snapshots()


def _snapshot(table: Table, log: _Log) -> DeltaTable | None:
    kept = _snapshots.kept
    if table.path not in kept or kept[table.path][0] != log:
        kept[table.path] = log, table.open()
    kept.move_to_end(table.path)
    if len(kept) > _MOST_SNAPSHOTS:
        kept.popitem(last=False)
    return kept[table.path][1]


@lru_cache(maxsize=256)
def _no_rows(schema: tuple[tuple[str, pl.DataType], ...]) -> pl.DataFrame:
    """A frame of many columns is dear to make, even an empty one, and most tables of a small hub have no rows."""
    return pl.DataFrame(schema=dict(schema))


@lru_cache(maxsize=256)
def _delta_schema(schema: tuple[tuple[str, pl.DataType], ...]) -> DeltaSchema:
    from deltalake.schema import Schema as DeltaSchema

    return DeltaSchema.from_arrow(_no_rows(schema).to_arrow(compat_level=pl.CompatLevel.oldest()).schema)


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
