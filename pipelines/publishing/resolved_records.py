"""Records drawn from rows of the lake: resolved, their states on a day, the part each lies in, and what is counted of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.catalog.models import Product
from pipelines.publishing.messages import effects
from pipelines.records import Precedence, resolve
from pipelines.records.display import LATER, TURNS, with_state
from pipelines.records.view import WITHHELD, shown, withheld
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import PartEntry, PartRows
from pipelines.storage.parts import PART, is_sliced, part
from pipelines.storage.superseded import DUPLICATES, KIND, KINDS, SUPERSEDED, key_columns

WHY: Final = "_withheld"
ACCEPTED, PUBLISHED, DUPLICATE = "accepted", "published", "duplicate"
LATER_END, OF_OTHERS = "later_end_supplied", "messages_of_others"
_REASON: Final = "withheld:"

Tally = Counter[str]
"""Counts of a part: ``accepted``, each kind of loser, ``published``, ``withheld:<reason>``, and the findings by name."""


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
    def next_state_change(self) -> date | None:
        """The next day on which the clock changes one of the records."""
        return self.records[TURNS].min()  # type: ignore[return-value]


@dataclass(frozen=True)
class View:
    """What a product shows of drawn records: by part, its counts; and the records it does not show with ``_withheld``."""

    frame: pl.DataFrame
    parts: pl.Series
    hidden: pl.DataFrame
    tallies: Mapping[str, Tally]

    def of(self, name: str) -> pl.DataFrame:
        """The records of one part."""
        return self.frame if len(self.tallies) == 1 else self.frame.filter(self.parts == name)


def resolve_display(
    hub: Hub,
    dataset: Dataset,
    bucket: str | None,
    rows: pl.DataFrame,
    messages: pl.DataFrame,
    day: date,
    *,
    sliced: bool | None = None,
) -> ResolvedRecords:
    """Resolve rows that hold all versions of every key among them.

    Args:
        hub: for the catalogue.
        dataset: what the rows are of.
        bucket: where they lie; None where ``_bucket`` says so.
        rows: in the columns of ``record_schema``.
        messages: about the bucket, or the buckets.
        day: the day the clock is read at.
        sliced: whether the bucket is released in slices; None where these are all its rows, and tell.
    """
    resolved = resolve(rows, dataset, Precedence.of(hub.catalog, dataset.id, day))
    key = key_columns(dataset)
    asked = effects(rows, messages, dataset)
    if sliced is None:
        sliced = is_sliced(hub.catalog, dataset, resolved.records.height)
    states = with_state(resolved.records.lazy(), asked.frame.lazy(), key, hub.catalog, dataset, day)
    records = states.with_columns(part(bucket, dataset, sliced=sliced)).collect()
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
    for name, number in _by_part(asked.refused, records, key).group_by(PART).len().rows():
        counts[name][OF_OTHERS] += number
    return ResolvedRecords(records, resolved.superseded_versions, asked.frame, counts)


def view(hub: Hub, resolved: ResolvedRecords, product: Product, key: Sequence[str]) -> View:
    """What a product shows of drawn records."""
    records = resolved.records
    why = records.select(withheld(hub.catalog, product).alias(WHY)).to_series()
    kept = records if why.null_count() == records.height else records.filter(why.is_null())
    hidden = records.select(*key, PART).with_columns(why).filter(pl.col(WHY).is_not_null())
    tallies = {name: Counter(counted) for name, counted in resolved.counts.items()}
    for name, number in kept.group_by(PART).len().rows():
        tallies[name][PUBLISHED] += number
    for name, reason, number in hidden.group_by(PART, WHY).len().rows():
        tallies[name][f"{_REASON}{reason}"] += number
    if product.publication_clock:
        for name, number in kept.group_by(PART).agg(pl.col(LATER).sum()).rows():
            tallies[name][LATER_END] += int(number)
    return View(shown(kept, hub.catalog, product), kept[PART], hidden, tallies)


def entry(tally: Tally, product: Product) -> dict[str, Any]:
    """``rows`` and ``findings`` of a part, as manifests have them."""
    kinds = {kind: tally[kind] for kind in KINDS}
    reasons = {str(reason): tally[f"{_REASON}{reason}"] for reason in WITHHELD if tally[f"{_REASON}{reason}"]}
    rows = PartRows(
        accepted=tally[ACCEPTED],
        superseded=sum(kinds[kind] for kind in SUPERSEDED),
        duplicate=sum(kinds[kind] for kind in DUPLICATES),
        **kinds,
        published=tally[PUBLISHED],
        withheld=reasons,
    )
    names = (LATER_END, OF_OTHERS) if product.publication_clock else (OF_OTHERS,)
    return {"rows": rows, "findings": {name: tally[name] for name in names}}


def tally_of(described: PartEntry | None) -> Tally:
    """The counts of a part of a release; none where the release has no such part."""
    found: Tally = Counter()
    if described is None:
        return found
    rows = described.rows
    found.update({name: getattr(rows, name) for name in (ACCEPTED, PUBLISHED, *KINDS)})
    found.update({f"{_REASON}{reason}": number for reason, number in rows.withheld.items()})
    found.update(described.findings)
    return found


def _by_part(rows: pl.DataFrame, records: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Rows with the part of the record of their key."""
    return rows.join(records.select(*key, PART), on=list(key), how="inner", nulls_equal=True)
