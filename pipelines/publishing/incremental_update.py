"""Large buckets brought up to date: only records that rows, messages or the clock have touched are resolved again.

All versions of their keys are looked up in the lake files the latest release was made from
(``pipelines.publishing.key_index``). Resolved once as they were and once with the new rows and messages, they tell by how much
every count of a part changes and in which parts rows are replaced; all other parts are taken over. The result is that of
rebuilding the bucket, byte for byte.

A day touches few records of every bucket, so buckets are resolved together, as many as have few enough; each part is then written
by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.ground.ordered_map import ordered_map
from pipelines.publishing.bucket import Bucket, Made, Part, Wanted, changes_of, part_file, takedowns, write
from pipelines.publishing.key_index import KeyIndex
from pipelines.publishing.leaving import leaving
from pipelines.publishing.resolved_records import entry, tally_of
from pipelines.records.display import TURNS
from pipelines.records.messages import ENDS_ON, holds_end
from pipelines.records.resolved_records import ACCEPTED, ResolvedRecords, View, resolve_display, view
from pipelines.storage.columns import BATCH, BUCKET, RECEIVED_ON, ROW_NUMBER
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import Manifest
from pipelines.storage.parts import PART, bucket_of_part, parts_of
from pipelines.storage.set_aside import PLACE
from pipelines.storage.superseded import key_columns, superseded_table
from pipelines.storage.tables import Table

_HELD: Final = "_held"
TOGETHER: Final = 200_000
"""Rows that are resolved at once, and those of one bucket more."""


@dataclass(frozen=True)
class BucketDelta:
    """A bucket of which some lake files are known.

    Attributes:
        bucket: its two digits.
        known: lake files the latest releases were made from, all of them still there.
        new: lake files that came since.
        messages: about the bucket, now.
        messages_used: by product, the messages its latest release was made with.
    """

    bucket: str
    known: Sequence[Path]
    new: Sequence[Path]
    messages: pl.DataFrame
    messages_used: Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class _Touched:
    """What was found of a bucket: versions of the touched keys in known files, new rows, the keys, and the clock's next turn."""

    delta: BucketDelta
    known: pl.DataFrame
    came: pl.DataFrame
    keys: pl.DataFrame
    next_state_change: date | None


@dataclass(frozen=True)
class IncrementalUpdate:
    """Buckets for products each of which was released before.

    Attributes:
        hub: home and catalogue.
        dataset: what the records are of.
        wanted: products to write.
        folders: where each product's data files go.
        day: the day the clock is read at.
        set_aside: ``_batch_id, _row_number`` of rows that no product may show; the latest releases did not.
    """

    hub: Hub
    dataset: Dataset
    wanted: Sequence[Wanted]
    folders: Mapping[str, Path]
    day: date
    set_aside: pl.DataFrame

    def make(self, deltas: Iterable[BucketDelta]) -> Iterator[tuple[str, Bucket]]:
        """The buckets, in their order."""
        batch: list[_Touched] = []
        for one in ordered_map(self._touched, deltas):
            batch.append(one)
            if sum(some.known.height + some.came.height for some in batch) >= TOGETHER:
                yield from self._together(batch)
                batch = []
        if batch:
            yield from self._together(batch)

    @cached_property
    def _key(self) -> list[str]:
        return key_columns(self.dataset)

    @cached_property
    def _table(self) -> Table:
        return self.hub.records(self.dataset.id)

    @cached_property
    def _days(self) -> list[date]:
        """The day of each product's latest release."""
        return [one.previous.day for one in self.wanted if one.previous is not None]

    def _touched(self, delta: BucketDelta) -> _Touched:
        came = self._table.scan(delta.new).collect()
        index = KeyIndex(self.hub, self.dataset, delta.bucket)
        since = min(self._days)
        holds = holds_end(delta.messages)
        ended = holds.filter((pl.col(ENDS_ON) > since) & (pl.col(ENDS_ON) <= self.day)).drop(ENDS_ON)
        found = index.look_up(delta.known, came, pl.concat([_differing(delta), ended]), since, self.day)
        index.forget_others([*delta.known, *delta.new])
        keys = pl.concat([found.rows.select(self._key), came.select(self._key)]).unique()
        bucket = pl.lit(delta.bucket).alias(BUCKET)
        return _Touched(
            delta,
            found.rows.with_columns(bucket),
            came.with_columns(bucket),
            keys.with_columns(bucket),
            min(filter(None, (found.next_state_change, _next(holds, self.day))), default=None),
        )

    def _together(self, batch: Sequence[_Touched]) -> Iterator[tuple[str, Bucket]]:
        keys = pl.concat([one.keys for one in batch])
        known = pl.concat([one.known for one in batch])
        before: list[tuple[date, pl.DataFrame, ResolvedRecords]] = []
        for one, day in zip(self.wanted, self._days, strict=True):
            messages_used = pl.concat([some.delta.messages_used[one.product.id] for some in batch])
            same = next(
                (resolved for when, about, resolved in before if when == day and about.equals(messages_used)), None
            )
            before.append((day, messages_used, same or self._resolve(known, messages_used, day)))
        now = self._resolve(
            pl.concat([known, *(one.came for one in batch)]), pl.concat([one.delta.messages for one in batch]), self.day
        )
        turns = dict(now.records.group_by(BUCKET).agg(pl.col(TURNS).min()).rows())
        lost = _by_bucket(now.superseded_versions, keys, self._key)
        made = [
            self._of_product(one, was, now, {some.delta.bucket: some.keys for some in batch})
            for one, (_, _, was) in zip(self.wanted, before, strict=True)
        ]
        for of in batch:
            bucket = of.delta.bucket
            days = [day for day in (of.next_state_change, turns.get(bucket)) if day is not None]
            products = {one.product.id: some[bucket] for one, some in zip(self.wanted, made, strict=True)}
            superseded_versions = self._superseded(
                bucket, of.keys.drop(BUCKET), lost.get(bucket, now.superseded_versions.clear())
            )
            resolved = pl.concat([of.known.select(PLACE), of.came.select(PLACE)])
            standing = now.set_aside.join(resolved, on=list(PLACE), how="semi")
            yield bucket, Bucket(products, min(days, default=None), superseded_versions, resolved, standing)

    def _resolve(self, rows: pl.DataFrame, messages: pl.DataFrame, day: date) -> ResolvedRecords:
        return resolve_display(
            self.hub.catalog, self.dataset, None, rows, messages, day, sliced=True, set_aside=self.set_aside
        )

    def _of_product(
        self, one: Wanted, before: ResolvedRecords, now: ResolvedRecords, keys: Mapping[str, pl.DataFrame]
    ) -> dict[str, Made]:
        previous = one.previous
        assert previous is not None
        was = view(self.hub.catalog, before, one.product, self._key)
        seen = view(self.hub.catalog, now, one.product, self._key)
        current = _partitioned(seen.frame.with_columns(seen.parts.alias(PART)), PART)
        none = seen.frame.clear()
        touched = sorted({*_parts(was), *_parts(seen)})
        replaced: list[pl.DataFrame] = []
        parts: dict[str, Part] = {
            name: _taken_over(previous, name)
            for bucket in keys
            for name in parts_of(previous.buckets, bucket)
            if name not in touched
        }

        def updated(name: str) -> tuple[pl.DataFrame, Part | None]:
            """Rows that are replaced, and the part where there is anything of it left."""
            described = previous.buckets.get(name)
            tally = tally_of(described)
            tally.subtract(was.tallies.get(name, {}))
            tally.update(seen.tallies.get(name, {}))
            rows = none if described is None else self._rows(one, previous, name)
            among = _among(rows, keys[bucket_of_part(name)], self._key)
            mine, wanted = rows.filter(among), current.get(name, none)
            if not tally[ACCEPTED]:
                return mine, None
            if described is not None and mine.equals(wanted):
                return mine, Part(described.file, **entry(tally, one.product), taken_over=True)
            whole = pl.concat([rows.filter(~among), wanted]).sort(self._key)
            return mine, Part(write(whole, self.folders[one.product.id], name), **entry(tally, one.product))

        for name, (mine, made) in zip(touched, ordered_map(updated, touched), strict=True):
            replaced.append(mine)
            if made is not None:
                parts[name] = made
        old = pl.concat(replaced).sort(self._key) if replaced else none
        turned = _by_bucket(changes_of(one, old, seen, self._key), pl.concat(keys.values()), self._key)
        by_bucket = {bucket: turned.get(bucket) for bucket in keys}
        nothing = changes_of(one, none, View(none, seen.parts.clear(), seen.hidden.clear(), {}), self._key)
        return {
            bucket: Made(
                {name: parts[name] for name in parts_of(parts, bucket)},
                nothing if some is None else some,
                takedowns(nothing if some is None else some, now.asked, self._key),
                # Other rows are set aside: the bucket is rebuilt whole. So none of those here was in the latest release.
                updated=True,
                leaving=None if some is None else leaving(some, old, now.asked, self._key),
            )
            for bucket, some in by_bucket.items()
        }

    def _rows(self, one: Wanted, previous: Manifest, name: str) -> pl.DataFrame:
        return pl.read_parquet(part_file(self.hub, one.product.id, name, previous), hive_partitioning=False)

    def _superseded(self, bucket: str, keys: pl.DataFrame, lost: pl.DataFrame) -> pl.DataFrame:
        """Rows that lost, in the order in which a bucket that is rebuilt has them."""
        files = self._superseded_files.get(bucket, [])
        others = self._superseded_table.scan(files).select(lost.columns)
        kept = others.join(keys.lazy(), on=self._key, how="anti", nulls_equal=True).collect()
        return pl.concat([kept, lost]).sort([*self._key, RECEIVED_ON, BATCH, ROW_NUMBER])

    @cached_property
    def _superseded_table(self) -> Table:
        return superseded_table(self.hub.home, self.dataset, self.hub.catalog.fields(self.dataset.id))

    @cached_property
    def _superseded_files(self) -> dict[str, list[Path]]:
        return self._superseded_table.by_partition()


def can_update(wanted: Sequence[Wanted], bucket: str) -> bool:
    """True where every product was released with this bucket in slices, and the catalogue says the same of it as then.

    Products that name records by digest have another key than the lake; exchange sets are small, and are always rebuilt.
    """
    return all(
        one.previous is not None
        and not one.product.names_records_by_digest
        and not one.redefined
        and any(name != bucket for name in parts_of(one.previous.buckets, bucket))
        for one in wanted
    )


def _next(holds: pl.DataFrame, day: date) -> date | None:
    """The next day after this one on which a hold may be over."""
    return holds.filter(pl.col(ENDS_ON) > day)[ENDS_ON].min()  # type: ignore[return-value]


def _differing(delta: BucketDelta) -> pl.DataFrame:
    """Messages that came since the latest release of some product, or are no more."""
    messages_used = [*delta.messages_used.values()]
    if all(before.equals(delta.messages) for before in messages_used):
        return delta.messages.clear()
    times = "_times"
    every = pl.concat([one.unique() for one in (delta.messages, *messages_used)])
    counted = every.group_by(pl.all()).len(times)
    return counted.filter(pl.col(times) <= len(messages_used)).select(every.columns)


def _among(rows: pl.DataFrame, keys: pl.DataFrame, key: list[str]) -> pl.Series:
    """Whether the key of each row is among some keys."""
    held = keys.select(*key, pl.lit(True).alias(_HELD))
    found = rows.select(key).join(held, on=key, how="left", nulls_equal=True, maintain_order="left")
    return found[_HELD].is_not_null()


def _by_bucket(rows: pl.DataFrame, keys: pl.DataFrame, key: list[str]) -> dict[str, pl.DataFrame]:
    """Rows by the bucket of their key, in their order."""
    there = rows.select(key).join(keys, on=key, how="left", nulls_equal=True, maintain_order="left")[BUCKET]
    return _partitioned(rows.with_columns(there), BUCKET)


def _partitioned(rows: pl.DataFrame, by: str) -> dict[str, pl.DataFrame]:
    parts = rows.partition_by(by, maintain_order=True, include_key=False, as_dict=True)
    return {str(name): part for (name,), part in parts.items()}


def _parts(seen: View) -> list[str]:
    """Parts in which anything lies; a bucket without a record stands among the counts as a whole, which is no slice."""
    return [name for name in seen.tallies if bucket_of_part(name) != name]


def _taken_over(previous: Manifest, name: str) -> Part:
    described = previous.buckets[name]
    return Part(described.file, described.rows, described.findings, taken_over=True)
