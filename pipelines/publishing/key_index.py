"""Where the versions of a record key stand in the lake, and when the clock turns each row: what a day's work has to look up.

    state/keys/<dataset_id>/<edition>/<bucket>/<lake file>.parquet
        key      hash of the record key
        named    hash of what messages name a record by: subject and number; only where messages can name records
        begins   the day on which display of the row begins, and
        ends     the day on which it stops; both null where it is never displayed

One row for each row of the lake file, in its order. Lake files never change, so neither does what is said of one. It is made from
the lake file when it is first asked for, and again where it is lost, damaged or of another edition: nothing but time depends on it.
The edition changes with the key, the display periods and the version of Polars, whose hashes these are. A hash only says where to
look: rows are distinguished by their keys.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow.parquet as pq
from pyarrow.lib import ArrowException

from pipelines.catalog import Dataset
from pipelines.records.comparing import matched
from pipelines.records.display import display_days
from pipelines.records.messages import NUMBER, SUBJECT
from pipelines.storage.columns import SUBJECT_KEY
from pipelines.storage.files import make_folder, restrict
from pipelines.storage.hub import Hub
from pipelines.storage.superseded import key_columns
from pipelines.storage.tables import Table

_KEY, _NAMED, _BEGINS, _ENDS = "key", "named", "begins", "ends"
_ROW: Final = "_row"
_FORM: Final = 1
"""Raised when what is written down changes."""


@dataclass(frozen=True)
class Found:
    """All versions of some keys in lake files, and the next day on which the clock turns any row of these files."""

    rows: pl.DataFrame
    next_state_change: date | None


@dataclass(frozen=True)
class KeyIndex:
    """The index of one bucket of a dataset."""

    hub: Hub
    dataset: Dataset
    bucket: str

    def look_up(
        self, files: Sequence[Path], came: pl.DataFrame, messages: pl.DataFrame, since: date, day: date
    ) -> Found:
        """Rows of every key that has a row among new rows, that messages name, or of which the clock has turned a row.

        Args:
            files: lake files of the bucket.
            came: rows that are in none of these files.
            messages: messages by which records are named.
            since: the clock turned a row after this day,
            day: and until this one.
        """
        if not files:
            return Found(self._table.scan([]).collect(), None)
        indices = [self._made(file) for file in files]
        entries = pl.scan_parquet([path for path, _ in indices], hive_partitioning=False, row_index_name=_ROW).collect()
        after, now = pl.lit(since, dtype=pl.Date), pl.lit(day, dtype=pl.Date)
        began, ended = pl.col(_BEGINS), pl.col(_ENDS)
        turned = (((began > after) & (began <= now)) | ((ended > after) & (ended <= now))).fill_null(False)
        wanted = [came.select(self._hash(self._key)).to_series(), entries.filter(turned)[_KEY]]
        if messages.height and _NAMED in entries.columns:
            named = messages.select(_hash([pl.col(SUBJECT), pl.col(NUMBER)])).to_series()
            wanted.append(entries.filter(pl.col(_NAMED).is_in(named.implode()))[_KEY])
        keys = pl.concat([one.rename(_KEY) for one in wanted]).unique()
        held = entries.filter(pl.col(_KEY).is_in(keys.implode()))[_ROW]
        following = pl.when(began > now).then(began).when(ended > now).then(ended)
        next_state_change = entries.select(following.min()).item()
        return Found(self._rows(files, [rows for _, rows in indices], held), next_state_change)

    def forget_others(self, files: Iterable[Path]) -> None:
        """Remove what is known of lake files that are no more, and other editions."""
        for other in self._root.iterdir() if self._root.is_dir() else ():
            if other.name != self._edition:
                shutil.rmtree(other, ignore_errors=True)
        there = {path.name for path in files}
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            if path.name not in there:
                path.unlink(missing_ok=True)

    @cached_property
    def _key(self) -> list[str]:
        return key_columns(self.dataset)

    @cached_property
    def _table(self) -> Table:
        return self.hub.records(self.dataset.id)

    @property
    def _root(self) -> Path:
        return self.hub.home.keys(self.dataset.id)

    @property
    def _folder(self) -> Path:
        return self._root / self._edition / self.bucket

    @cached_property
    def _edition(self) -> str:
        periods = self.hub.catalog.policies.display_periods.periods if self.dataset.display else []
        said: list[Any] = [
            _FORM,
            pl.__version__,
            self._key,
            self.dataset.reference.model_dump(mode="json") if self.dataset.reference else None,
            self.dataset.display.model_dump(mode="json") if self.dataset.display else None,
            [period.model_dump(mode="json", exclude={"note_zh"}) for period in periods],
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    def _hash(self, names: Sequence[str]) -> pl.Expr:
        return _hash([pl.col(name) for name in names])

    def _made(self, file: Path) -> tuple[Path, int]:
        """The index of a lake file and how many rows that has."""
        path = self._folder / file.name
        with suppress(OSError, ArrowException):  # there is none yet, or it is damaged
            return path, pq.read_metadata(path).num_rows
        begins, ends = display_days(self.hub.catalog, self.dataset)
        columns = [self._hash(self._key).alias(_KEY)]
        reference = self.dataset.reference
        if reference is not None:
            columns.append(_hash([pl.col(SUBJECT_KEY), matched(pl.col(reference.number))]).alias(_NAMED))
        columns += [pl.when(ends.is_not_null()).then(begins).alias(_BEGINS), ends.alias(_ENDS)]
        make_folder(self._folder)
        temporary = path.with_name(f".{path.name}")
        entries = self._table.scan([file]).select(columns).collect()
        entries.write_parquet(temporary, compression="lz4", statistics=False)
        restrict(temporary)
        temporary.replace(path)
        return path, entries.height

    def _rows(self, files: Sequence[Path], heights: Sequence[int], held: pl.Series) -> pl.DataFrame:
        """Rows of lake files by their place among the rows of all of them; only row groups in which one lies are read."""
        read: list[pl.LazyFrame] = []
        places: list[pl.Series] = []
        for file, end, height in zip(files, accumulate(heights), heights, strict=True):
            mine = held.filter((held >= end - height) & (held < end)) - (end - height)
            if mine.is_empty():
                continue
            begin = 0
            metadata = pq.read_metadata(file)
            for group in range(metadata.num_row_groups):
                length = metadata.row_group(group).num_rows
                here = mine.filter((mine >= begin) & (mine < begin + length)) - begin
                if here.len():
                    read.append(self._table.scan([file]).slice(begin, length))
                    places.append(here)
                begin += length
        chosen = [frame[rows] for frame, rows in zip(pl.collect_all(read), places, strict=True)]
        return pl.concat([self._table.scan([]).collect(), *chosen])


def _hash(columns: Sequence[pl.Expr]) -> pl.Expr:
    return pl.struct(columns).hash()
