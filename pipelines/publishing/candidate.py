"""A release in the making: built in ``state/work``, part by part, then checked, and only then moved to."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow.parquet as pq

from pipelines.catalog.models import Product
from pipelines.ground.clock import CHINA
from pipelines.ground.errors import HubError
from pipelines.publishing.bucket import Made, part_file, removed_by_reason
from pipelines.publishing.displays import display_rows
from pipelines.publishing.gate import Refused
from pipelines.publishing.leaving import LeavingFiles
from pipelines.publishing.new_records import NewRecords, joined
from pipelines.publishing.takedowns import takedown_rows
from pipelines.records.changes import ADDED, CHANGE_TYPE, CHANGED, REMOVED
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import (
    CHANGES,
    DATA,
    Account,
    Changes,
    Failure,
    FoundIdentifier,
    Manifest,
    PartEntry,
    Validation,
    changes_file,
    failure_path,
    point_to,
    release_id,
    save,
)
from pipelines.storage.parts import bucket_of_part
from pipelines.storage.set_aside import UNSOUND
from pipelines.storage.superseded import KINDS
from pipelines.storage.tables import COMPRESSION_LEVEL

_SAMPLE: Final = 4096


class Candidate:
    """The folder of a release before it is one.

    Args:
        hub: home and catalogue.
        product: what is released.
        key: the record key.
        previous: the latest release.
        definition: digest of what the catalogue says of it.
    """

    def __init__(
        self, hub: Hub, product: Product, key: Sequence[str], previous: Manifest | None, definition: str
    ) -> None:
        self._hub = hub
        self.product = product
        self.previous = previous
        self.definition = definition
        self._key = list(key)
        self.work = hub.home.work(f"release-{product.id}")
        shutil.rmtree(self.work, ignore_errors=True)
        self.folder = self.work / "candidate"
        (self.folder / DATA).mkdir(parents=True)
        self._parts: dict[str, PartEntry] = {}
        self._taken_down: list[Mapping[str, Any]] = []
        self._turned_unsound = 0
        self._fresh: dict[str, list[Path]] = {}
        self._updated: dict[str, tuple[int, int]] = {}
        self._changes = ChangesFile(self.folder / CHANGES)
        self.leaving = LeavingFiles(self.work / "leaving")

    @property
    def data(self) -> Path:
        """Where data files go."""
        return self.folder / DATA

    @property
    def changed(self) -> bool:
        """True where anything differs from the latest release."""
        return self.previous is None or any(self._changes.counts.values()) or (
            self.previous.definition != self.definition
        )  # fmt: skip

    @property
    def removed(self) -> Counter[str]:
        """Removed records by reason."""
        return self._changes.removed

    @property
    def lost(self) -> Mapping[str, int]:
        """Removed records by reason, those left out that an unsound row replaced: they are a matter of its provider."""
        return {**self.removed, UNSOUND: self._turned_unsound}

    def link(self, part: str) -> None:
        """Take a part over from the latest release, as a hard link."""
        if self.previous is None:
            raise HubError("a part is unchanged, but there is no previous release")
        entry = self.previous.buckets[part]
        self._link(part)
        self._parts[part] = entry

    def add(self, made: Made) -> None:
        """Take a bucket that was rebuilt."""
        for name, one in made.parts.items():
            if one.taken_over:
                self._link(name)
            elif not made.updated:
                self._fresh.setdefault(bucket_of_part(name), []).append(self.folder / one.file.path)
            self._parts[name] = PartEntry(file=one.file, rows=one.rows, findings=dict(one.findings))
        if made.updated and made.parts:
            begin = sum(self._changes.counts.values())
            self._updated[bucket_of_part(next(iter(made.parts)))] = (begin, begin + made.changes.height)
        self._taken_down += made.taken_down
        self._turned_unsound += made.turned_unsound
        self.leaving.add(made.leaving)
        self._changes.add(made.changes)

    def _link(self, part: str) -> None:
        if self.previous is not None:
            os.link(part_file(self._hub, self.product.id, part, self.previous), self._target(part, self.previous))

    def _target(self, part: str, manifest: Manifest) -> Path:
        return self.folder / manifest.buckets[part].file.path

    def new_records(self, buckets: Sequence[str]) -> NewRecords:
        """Every record of some buckets that is not as in the latest release; once ``manifest`` has finished the changes."""
        chosen = set(buckets)
        files = (path for bucket, paths in sorted(self._fresh.items()) if bucket in chosen for path in sorted(paths))
        spans = joined([span for bucket, span in self._updated.items() if bucket in chosen and span[0] < span[1]])
        return NewRecords(tuple(files), self._changes.path if spans else None, spans)

    def manifest(self, as_of: datetime) -> Manifest:
        """Finish ``changes.parquet`` and describe the candidate; ``validation`` comes later.

        Raises:
            HubError: rows are missing.
        """
        self._changes.close()
        files = [self._parts[bucket].file for bucket in sorted(self._parts)]
        account, reasons = self._account()
        day = as_of.astimezone(CHINA).date()
        instant = as_of.isoformat(timespec="seconds")
        product = self.product
        paths = [self.folder / file.path for file in files]
        parts = self._parts.values()
        return Manifest(
            product_id=product.id,
            release_id=release_id(day, self.previous, files),
            as_of=instant,
            created_at=instant,
            catalog_version=self._hub.catalog.version,
            dataset_id=product.dataset,
            access_class=product.access_class,
            publication_clock=product.publication_clock,
            rows=account.published,
            record_key=self._key,
            fields=list(self._hub.catalog.product_fields(product.id)),
            files=files,
            changes=Changes(**self._changes.counts),
            removed=dict(sorted(self.removed.items())),
            changes_file=changes_file(self._changes.path),
            previous_release_id=self.previous.release_id if self.previous else None,
            withheld=reasons,
            account=account,
            kinds={kind: sum(getattr(entry.rows, kind) for entry in parts) for kind in KINDS},
            findings=_sum(entry.findings for entry in parts),
            taken_down=takedown_rows(self._hub.catalog, product, self._taken_down, day),
            displays=display_rows(self._hub.home, product.id, paths, day) if product.publication_clock else [],
            definition=self.definition,
            buckets=dict(sorted(self._parts.items())),
        )

    def _account(self) -> tuple[Account, dict[str, int]]:
        """Every row of the lake in one of the account's columns, and why those withheld are."""
        rows = [entry.rows for entry in self._parts.values()]
        reasons = _sum(one.withheld for one in rows)
        account = Account(
            accepted=sum(one.accepted for one in rows),
            published=sum(one.published for one in rows),
            superseded=sum(one.superseded for one in rows),
            duplicate=sum(one.duplicate for one in rows),
            withheld=sum(reasons.values()),
        )
        if not account.balances():
            raise HubError(f"{self.product.id}: rows are missing from the release: {account.to_json()}")
        was, counts = self.previous.rows if self.previous else 0, self._changes.counts
        if was + counts[ADDED] - counts[REMOVED] != account.published:
            raise HubError(f"{self.product.id}: {was} rows before, changes {counts}, but {account.published} rows now")
        return account, reasons

    def refuse(self, manifest: Manifest, error: Refused) -> None:
        """Leave the reason beside ``latest``."""
        Failure(
            release_id=manifest.release_id,
            product_id=self.product.id,
            dataset_id=self.product.dataset,
            as_of=manifest.as_of,
            reason=str(error),
            found=[FoundIdentifier(**hit.to_json()) for hit in error.hits],
        ).write(failure_path(self._hub.home, self.product.id, manifest.release_id))

    def move(self, manifest: Manifest, validation: Validation) -> Manifest:
        """Make the candidate the latest release."""
        manifest.validation = validation
        save(manifest, self.folder)
        target = self._hub.home.release(self.product.id, manifest.release_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        # A run that died between the rename and the pointer left the same thing.
        shutil.rmtree(target, ignore_errors=True)
        self.folder.replace(target)
        point_to(self._hub.home, self.product.id, manifest.release_id)
        return manifest

    def discard(self) -> None:
        """Remove what is left of the work."""
        self._changes.close()
        shutil.rmtree(self.work, ignore_errors=True)


class _Writer(pq.ParquetWriter):
    """A candidate that failed is thrown away: its files are not finished when they are collected, which would fail again, aloud."""

    def __del__(self) -> None:
        """Nothing."""


class ChangesFile:
    """changes.parquet, written bucket by bucket, and how many there are of each kind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: _Writer | None = None
        self.counts = dict.fromkeys((ADDED, CHANGED, REMOVED), 0)
        self.removed: Counter[str] = Counter()

    def add(self, changed: pl.DataFrame) -> None:
        """Append the changes of a bucket."""
        table = changed.to_arrow()
        if self._writer is None:
            # Without statistics, and dictionaries only where values repeat: a fifth less time, measured on penalties.
            self._writer = _Writer(
                self.path,
                table.schema,
                compression="zstd",
                compression_level=COMPRESSION_LEVEL,
                write_statistics=False,
                use_dictionary=_repeating(changed),  # type: ignore[arg-type]  # the stubs know only bool
            )
        self._writer.write_table(table)
        for kind, number in changed.group_by(CHANGE_TYPE).len().rows():
            self.counts[kind] += number
        self.removed.update(removed_by_reason(changed))

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _repeating(rows: pl.DataFrame) -> list[str]:
    """Columns of which a dictionary makes sense, by a sample."""
    sample = rows.head(_SAMPLE)
    return [name for name in rows.columns if sample[name].n_unique() <= sample.height // 2]


def _sum(counts: Any) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return {name: number for name, number in sorted(total.items()) if number}
