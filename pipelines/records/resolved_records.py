"""Records of some keys as products show them: resolved, their states on a day, the part each lies in, and what is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.catalog.models import Product
from pipelines.records.digests import with_digests
from pipelines.records.display import LATER, STATE, TAKEN_DOWN, TURNS, with_state
from pipelines.records.erased import still_withdrawn
from pipelines.records.message_effects import effects
from pipelines.records.precedence import Precedence
from pipelines.records.resolve import resolve
from pipelines.records.view import shown, withheld
from pipelines.storage.columns import BATCH, ROW_NUMBER
from pipelines.storage.parts import PART, is_sliced, part
from pipelines.storage.set_aside import PLACE, UNSOUND
from pipelines.storage.superseded import KIND, key_columns

WHY: Final = "_withheld"
_UNSOUND: Final = "_unsound"
_NONE_SET_ASIDE: Final = pl.DataFrame(schema={BATCH: pl.String, ROW_NUMBER: pl.Int64})
ACCEPTED, PUBLISHED = "accepted", "published"
LATER_END, OF_OTHERS = "later_end_supplied", "messages_of_others"
REASON: Final = "withheld:"

Tally = Counter[str]
"""Counts of a part: ``accepted``, each kind of superseded version, ``published``, ``withheld:<reason>``, and findings by name."""


@dataclass(frozen=True)
class ResolvedRecords:
    """All versions of some keys as records.

    ``records`` have their state and ``_part``; ``superseded_versions`` the columns of ``pipelines.storage.superseded``;
    ``counts`` what does not depend on the product, by part; ``asked`` is the frame of ``effects``.
    """

    records: pl.DataFrame
    superseded_versions: pl.DataFrame
    asked: pl.DataFrame
    counts: Mapping[str, Tally]

    @property
    def set_aside(self) -> pl.DataFrame:
        """``_batch_id, _row_number`` of records that are set aside: a record that was taken down is no matter for its provider."""
        standing = pl.col(_UNSOUND) & ~pl.col(STATE).is_in([str(state) for state in TAKEN_DOWN])
        return self.records.filter(standing).select(PLACE)

    @property
    def next_state_change(self) -> date | None:
        """The next day on which the clock changes one of the records."""
        return self.records[TURNS].min()  # type: ignore[return-value]


@dataclass(frozen=True)
class View:
    """What a product shows of resolved records: its counts by part; and the records it does not show, with ``_withheld``.

    ``hidden`` has the key, ``_part`` and where each came from.
    """

    frame: pl.DataFrame
    parts: pl.Series
    hidden: pl.DataFrame
    tallies: Mapping[str, Tally]

    def of(self, name: str) -> pl.DataFrame:
        """The records of one part."""
        return self.frame if len(self.tallies) == 1 else self.frame.filter(self.parts == name)


def resolve_display(
    catalog: Catalog,
    dataset: Dataset,
    bucket: str | None,
    rows: pl.DataFrame,
    messages: pl.DataFrame,
    day: date,
    *,
    sliced: bool | None = None,
    set_aside: pl.DataFrame = _NONE_SET_ASIDE,
) -> ResolvedRecords:
    """Resolve rows that hold all versions of every key among them.

    Args:
        catalog: for the policies.
        dataset: what the rows are of.
        bucket: where they lie; None where ``_bucket`` says so.
        rows: in the columns of ``record_schema``.
        messages: about the bucket, or the buckets.
        day: the day the clock is read at.
        sliced: whether the bucket is released in slices; None where these are all its rows: then their number says.
        set_aside: ``_batch_id, _row_number`` of rows that no product may show. Such a row still stands for its key: an older
            version would be shown as if it were what the provider says now.
    """
    resolved = resolve(rows, dataset, Precedence.of(catalog, dataset.id, day))
    key = key_columns(dataset)
    asked = effects(resolved.records, messages, dataset, catalog, day)
    in_effect = still_withdrawn(resolved.records, asked.frame, catalog, dataset)
    if sliced is None:
        sliced = is_sliced(catalog, dataset, resolved.records.height)
    states = with_state(resolved.records.lazy(), in_effect.lazy(), key, catalog, dataset, day)
    unsound = set_aside.lazy().with_columns(pl.lit(True).alias(_UNSOUND))
    records = (
        states.with_columns(part(bucket, dataset, sliced=sliced))
        .join(unsound, on=list(PLACE), how="left", maintain_order="left")
        .with_columns(pl.col(_UNSOUND).fill_null(False))
        .collect()
    )
    counts: dict[str, Tally] = {name: Counter() for name in records[PART].unique().sort()}
    if not counts and bucket is not None:
        counts[bucket] = Counter()
    for name, number in records.group_by(PART).len().rows():
        counts[name][ACCEPTED] += number
    for name, kind, number in (
        _by_part(resolved.superseded_versions.select(*key, KIND), records, key).group_by(PART, KIND).len().rows()
    ):
        counts[name][ACCEPTED] += number
        counts[name][kind] += number
    for name, number in _by_part(asked.of_others, records, key).group_by(PART).len().rows():
        counts[name][OF_OTHERS] += number
    return ResolvedRecords(records, resolved.superseded_versions, in_effect, counts)


def view(catalog: Catalog, resolved: ResolvedRecords, product: Product, key: Sequence[str]) -> View:
    """What a product shows of resolved records; ``key``: its columns that tell records apart."""
    records = with_digests(resolved.records, catalog, product)
    # Last of all reasons: what would not be shown anyway is not missed.
    unsound = pl.when(pl.col(_UNSOUND)).then(pl.lit(UNSOUND))
    why = records.select(pl.coalesce(withheld(catalog, product), unsound).alias(WHY)).to_series()
    kept = records if why.null_count() == records.height else records.filter(why.is_null())
    hidden = records.select(*key, PART, *PLACE).with_columns(why).filter(pl.col(WHY).is_not_null())
    tallies = {name: Counter(counted) for name, counted in resolved.counts.items()}
    for name, number in kept.group_by(PART).len().rows():
        tallies[name][PUBLISHED] += number
    for name, reason, number in hidden.group_by(PART, WHY).len().rows():
        tallies[name][f"{REASON}{reason}"] += number
    if product.publication_clock:
        for name, number in kept.group_by(PART).agg(pl.col(LATER).sum()).rows():
            tallies[name][LATER_END] += int(number)
    return View(shown(kept, catalog, product), kept[PART], hidden, tallies)


def _by_part(rows: pl.DataFrame, records: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Rows with the part of the record of their key."""
    return rows.join(records.select(*key, PART), on=list(key), how="inner", nulls_equal=True)
