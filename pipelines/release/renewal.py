"""A large bucket brought up to date: only records that rows, messages or the clock have touched are resolved anew.

All versions of their keys are looked up in the lake files the latest release was made from (``pipelines.release.key_index``). Drawn
once as they were and once with the new rows and messages, they tell by how much every count of a part changes and in which parts
rows are replaced; all other parts are taken over. The result is that of making the bucket anew, byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.intake.collect import Hub
from pipelines.lake.tables import Table
from pipelines.release.bucket import (
    Bucket,
    Made,
    Part,
    Wanted,
    changes_of,
    part_file,
    takedowns,
    write,
)
from pipelines.release.drawn import ACCEPTED, Drawn, View, draw, entry, tally_of, view
from pipelines.release.key_index import KeyIndex
from pipelines.release.manifest import Manifest, day_of
from pipelines.release.parts import bucket_of_part, parts_of
from pipelines.resolution import key_columns, losers_table
from pipelines.screening.columns import BATCH, RECEIVED_ON, ROW_NUMBER

_HELD: Final = "_held"


@dataclass(frozen=True)
class Renewal:
    """A bucket of which some lake files are known.

    Attributes:
        hub: home and catalogue.
        dataset: what the records are of.
        bucket: its two digits.
        known: lake files the latest releases were made from, all of them still there.
        new: lake files that came since.
        messages: about the bucket, now.
        day: the day the clock is read at.
    """

    hub: Hub
    dataset: Dataset
    bucket: str
    known: Sequence[Path]
    new: Sequence[Path]
    messages: pl.DataFrame
    day: date

    def make(self, wanted: Sequence[Wanted], folders: Mapping[str, Path], told: Mapping[str, pl.DataFrame]) -> Bucket:
        """The bucket for every product that wants it, each of which was released before.

        Args:
            wanted: products to write.
            folders: where each product's data files go.
            told: by product, the messages its latest release was made with.
        """
        days = {one.product.id: _day_of(one) for one in wanted}
        came = self._table.scan(self.new).collect()
        about = [told[one.product.id] for one in wanted]
        index = KeyIndex(self.hub, self.dataset, self.bucket)
        found = index.look_up(self.known, came, self._differing(about), min(days.values()), self.day)
        index.forget_others([*self.known, *self.new])
        rows = pl.concat([found.rows, came])
        affected = rows.select(self._key).unique()
        before: list[Drawn] = []
        for number, one in enumerate(wanted):
            earlier = [n for n in range(number) if days[wanted[n].product.id] == days[one.product.id]]
            same = next((n for n in earlier if about[n].equals(about[number])), None)
            before.append(self._draw(found.rows, about[number], days[one.product.id]) if same is None else before[same])
        now = self._draw(rows, self.messages, self.day)
        made = {
            one.product.id: self._of_product(one, was, now, affected, folders[one.product.id])
            for one, was in zip(wanted, before, strict=True)
        }
        turns = [one for one in (found.turns_on, now.turns_on) if one is not None]
        return Bucket(made, min(turns, default=None), self._losers(affected, now))

    @cached_property
    def _key(self) -> list[str]:
        return key_columns(self.dataset)

    @cached_property
    def _table(self) -> Table:
        return self.hub.records(self.dataset.id)

    def _draw(self, rows: pl.DataFrame, messages: pl.DataFrame, day: date) -> Drawn:
        return draw(self.hub, self.dataset, self.bucket, rows, messages, day, sliced=True)

    def _differing(self, told: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """Messages that came since, or are no more."""
        if all(before.equals(self.messages) for before in told):
            return self.messages.clear()
        every = pl.concat([one.unique() for one in (self.messages, *told)])
        counted = every.group_by(pl.all()).len("_times")
        return counted.filter(pl.col("_times") <= len(told)).select(every.columns)

    def _of_product(self, one: Wanted, before: Drawn, now: Drawn, affected: pl.DataFrame, folder: Path) -> Made:
        previous = one.previous
        assert previous is not None
        was = view(self.hub, before, one.product, self._key)
        seen = view(self.hub, now, one.product, self._key)
        touched = sorted({*_parts(was), *_parts(seen)})
        replaced: list[pl.DataFrame] = []
        parts: dict[str, Part] = {
            name: _taken_over(previous, name)
            for name in parts_of(previous["buckets"], self.bucket)
            if name not in touched
        }
        for name in touched:
            described = previous["buckets"].get(name)
            tally = tally_of(described)
            tally.subtract(was.tallies.get(name, {}))
            tally.update(seen.tallies.get(name, {}))
            rows = seen.frame.clear() if described is None else self._rows(one, previous, name)
            among = _among(rows, affected, self._key)
            mine = rows.filter(among)
            replaced.append(mine)
            if not tally[ACCEPTED]:
                continue
            current = seen.frame.filter(seen.parts == name)
            if described is not None and mine.equals(current):
                parts[name] = Part(described["file"], **entry(tally, one.product), taken_over=True)
                continue
            whole = pl.concat([rows.filter(~among), current]).sort(self._key)
            parts[name] = Part(write(whole, folder, name), **entry(tally, one.product))
        old = pl.concat(replaced).sort(self._key) if replaced else seen.frame.clear()
        turned = changes_of(one, old, seen, self._key)
        return Made(dict(sorted(parts.items())), turned, takedowns(turned, now.asked, self._key), renewed=True)

    def _rows(self, one: Wanted, previous: Manifest, name: str) -> pl.DataFrame:
        return pl.read_parquet(part_file(self.hub, one.product.id, name, previous), hive_partitioning=False)

    def _losers(self, affected: pl.DataFrame, now: Drawn) -> pl.DataFrame:
        """Rows that lost, in the order in which a bucket that is made anew has them."""
        table = losers_table(self.hub.home, self.dataset, self.hub.catalog.fields(self.dataset.id))
        there = [path for path, partition in table.files().items() if partition == self.bucket]
        others = (
            table.scan(there)
            .select(now.losers.columns)
            .join(affected.lazy(), on=self._key, how="anti", nulls_equal=True)
            .collect()
        )
        return pl.concat([others, now.losers]).sort([*self._key, RECEIVED_ON, BATCH, ROW_NUMBER])


def can_renew(wanted: Sequence[Wanted], bucket: str) -> bool:
    """True where every product was released with this bucket in slices, and the catalogue says the same of it as then."""
    return all(
        one.previous is not None
        and not one.redefined
        and any(name != bucket for name in parts_of(one.previous["buckets"], bucket))
        for one in wanted
    )


def _among(rows: pl.DataFrame, keys: pl.DataFrame, key: list[str]) -> pl.Series:
    """Whether the key of each row is among some keys."""
    held = keys.with_columns(pl.lit(True).alias(_HELD))
    found = rows.select(key).join(held, on=key, how="left", nulls_equal=True, maintain_order="left")
    return found[_HELD].is_not_null()


def _parts(seen: View) -> list[str]:
    """Parts in which anything lies; a bucket without a record stands among the counts as a whole, which is no slice."""
    return [name for name in seen.tallies if bucket_of_part(name) != name]


def _taken_over(previous: Manifest, name: str) -> Part:
    described = previous["buckets"][name]
    return Part(described["file"], described["rows"], described["findings"], taken_over=True)


def _day_of(one: Wanted) -> date:
    assert one.previous is not None
    return day_of(one.previous)
