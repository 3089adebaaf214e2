"""The breaker: a release with which more records would leave than ``policies/releases.yaml`` allows waits for a person.

Every single one of these removals may be right, and has its reason; together they may be a stolen account that withdraws all a
province ever sent, or a clock that was set wrong. So nothing is refused: the release that stands goes on to be offered as it is,
old releases included, and whoever approves what would leave (``pipelines.publishing.held``) lets the next publish release it.

What was approved is not counted again: a later candidate passes as long as what leaves beyond it is below the shares. A release
that waits keeps its id as long as approving it would be enough; only where more has come is a new one held in its place. The first
release of a product takes nothing away, and never waits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow.parquet as pq

from pipelines.catalog.models import BreakerLimits
from pipelines.publishing.leaving import REASONS, LeavingFiles
from pipelines.records.changes import REASON
from pipelines.records.messages import ASKED_BY
from pipelines.storage.columns import PROVIDER
from pipelines.storage.held import (
    RECORD_PROVIDER,
    Excess,
    HeldRelease,
    Leaving,
    forget,
    held_releases,
    keep,
    records_of,
)
from pipelines.storage.home import Home
from pipelines.storage.manifest import Approved, Manifest

_APPROVED: Final = "approved"
_SAMPLE_OF_EACH: Final = 3
_LARGEST_SAMPLE: Final = 30
_ID_DIGITS: Final = 12


@dataclass(frozen=True)
class Passed:
    """The release may go out; ``approved`` says by whose word, where it would have waited without."""

    approved: tuple[Approved, ...] = ()


def judge(
    home: Home, limits: BreakerLimits, previous: Manifest | None, candidate: Manifest, left: LeavingFiles, work: Path
) -> Passed | HeldRelease:
    """Whether a candidate may go out, or what is held in its place.

    Args:
        home: where held releases lie; the product's publish lock is held.
        limits: of the product.
        previous: the release that stands.
        candidate: its manifest.
        left: what leaves with it.
        work: scratch folder.
    """
    if previous is None or left.records < limits.at_least:
        return Passed()
    every = left.scan()
    before = _records_before(home, previous)
    if not exceeded(limits, before, every):
        return Passed()
    key = candidate.record_key
    known = [one for one in held_releases(home, candidate.product_id) if _comparable(home, one, key)]
    approved = [one for one in known if one.decision is not None and one.decision.decision == _APPROVED]
    rest = _without(home, every, approved, key)
    found = exceeded(limits, before, rest)
    if not found:
        return Passed(
            tuple(
                Approved(held_id=one.held_id, **one.decision.model_dump(include={"why", "by", "at"}))
                for one in approved
                if one.decision is not None and _touches(home, one, every, key)
            )
        )
    for one in known:
        if one not in approved and not exceeded(limits, before, _without(home, rest, [one], key)):
            return one
    path = work / "held.parquet"
    rest.sink_parquet(path)
    held = _described(candidate, previous, before, found, path)
    keep(home, held, path)
    forget(home, candidate.product_id, but=frozenset({held.held_id, *(one.held_id for one in approved)}))
    return held


def exceeded(limits: BreakerLimits, before: Mapping[str | None, int], rows: pl.LazyFrame) -> list[Excess]:
    """Shares that are too large, those of the whole product first.

    Args:
        limits: of the product.
        before: records of the release that stands, by provider.
        rows: what leaves: ``reason`` and ``_record_provider`` at least.
    """
    counted = rows.group_by(RECORD_PROVIDER, REASON).len().collect(engine="streaming").rows()
    found: list[Excess] = []
    for kind, reasons in REASONS.items():
        shares = limits.by_messages if kind == "messages" else limits.by_clock
        numbers: dict[str | None, int] = {}
        for provider, reason, number in counted:
            if reason in reasons:
                numbers[provider] = numbers.get(provider, 0) + number
        scopes: list[tuple[str | None, int, int, float]] = [
            (None, sum(numbers.values()), sum(before.values()), shares.of_product)
        ]
        scopes += [
            (provider, number, before.get(provider, 0), shares.of_provider)
            for provider, number in sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0] or ""))
        ]
        found += [
            Excess(kind=kind, provider_id=provider, leaving=number, of=of, largest_share=largest)
            for provider, number, of, largest in scopes
            if number >= limits.at_least and number > of * largest
        ]
    return sorted(found, key=lambda one: one.provider_id is not None)


def _records_before(home: Home, previous: Manifest) -> dict[str | None, int]:
    """Records of a release by provider."""
    files = previous.paths(home.release(previous.product_id, previous.release_id))
    rows = pl.scan_parquet(files, hive_partitioning=False).group_by(PROVIDER).len()
    return dict(rows.collect(engine="streaming").rows())


def _comparable(home: Home, held: HeldRelease, key: Sequence[str]) -> bool:
    """Whether its records are there, by the record key of today."""
    records = records_of(home, held)
    return records is not None and {*key, REASON, ASKED_BY} <= set(records.collect_schema().names())


def _touches(home: Home, held: HeldRelease, rows: pl.LazyFrame, key: Sequence[str]) -> bool:
    """Whether any of the rows is among the records of a held release."""
    records = records_of(home, held)
    if records is None:
        return False
    both = rows.join(records, on=[*key, REASON, ASKED_BY], how="semi", nulls_equal=True)
    return bool(both.select(pl.len()).collect(engine="streaming").item())


def _without(home: Home, rows: pl.LazyFrame, some: Iterable[HeldRelease], key: Sequence[str]) -> pl.LazyFrame:
    """Rows that are not among the records of held releases, for the same reason and the same sender."""
    for one in some:
        if (records := records_of(home, one)) is not None:
            rows = rows.join(records, on=[*key, REASON, ASKED_BY], how="anti", nulls_equal=True)
    return rows


def _described(
    candidate: Manifest, previous: Manifest, before: Mapping[str | None, int], found: Sequence[Excess], path: Path
) -> HeldRelease:
    rows = pl.scan_parquet(path)
    who = [ASKED_BY, RECORD_PROVIDER, REASON]
    counts = rows.group_by(who).len().sort(*who, nulls_last=True).collect(engine="streaming").rows()
    sample = (
        rows.sort(candidate.record_key)
        .group_by(who, maintain_order=True)
        .head(_SAMPLE_OF_EACH)
        .select(pl.col(one).cast(pl.String) for one in dict.fromkeys([*candidate.record_key, *who]))
        .head(_LARGEST_SAMPLE)
        .collect()
    )
    owners = {owner for _, owner, _, _ in counts}
    return HeldRelease(
        held_id=f"{candidate.product_id}-{_digest(candidate.product_id, path)}",
        product_id=candidate.product_id,
        dataset_id=str(candidate.dataset_id),
        as_of=candidate.as_of,
        standing_release_id=previous.release_id,
        rows_before=sum(before.values()),
        leaving=sum(number for *_, number in counts),
        exceeded=list(found),
        counts=[
            Leaving(asked_by=sender, record_provider=owner, reason=reason, records=number)
            for sender, owner, reason, number in counts
        ],
        records_before={owner: before.get(owner, 0) for owner in sorted(filter(None, owners))},
        sample=sample.to_dicts(),
    )


def _digest(product_id: str, path: Path) -> str:
    """Of the product and its rows in any order, batch by batch: as many as they are, they are never held together."""
    total = 0
    for batch in pq.ParquetFile(path).iter_batches():
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            total += int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")
    return hashlib.sha256(f"{product_id}\0{total}".encode()).hexdigest()[:_ID_DIGITS]
