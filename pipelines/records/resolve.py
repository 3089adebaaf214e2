"""One record per record key, by the declared order of survivorship, never by order of arrival; and a reason for every other row.

The winner's *content* is that of the row that comes first by the criteria (nulls last); among rows equal in all of them the
greatest content, compared field by field. Its *provenance* is that of the first row that brought this content, so that a
monthly full delivery of unchanged records changes nothing downstream; a copy that somebody else sent first does not make the
record theirs (``Precedence.whose``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.records.precedence import OF_AUTHORITY, TIMES, Precedence
from pipelines.storage.columns import BATCH, PROVENANCE, PROVIDER, RECEIVED_ON, ROW_NUMBER, SUBJECT_KEY
from pipelines.storage.superseded import (
    CONFLICT,
    DECIDED_BY,
    DIFFERS,
    DUPLICATES,
    KIND,
    KINDS,
    OLDER_VERSION,
    OTHER_CHANNEL,
    SUPERSEDED,
    UNCHANGED,
    WINNER_BATCH,
    WINNER_ROW,
    columns,
    key_columns,
    no_superseded_versions,
)

_PLACE: Final = "_place"
_OWN: Final = "_own"
_WON: Final = "_won_by_"
_NOT_BY_TIME: Final = "not_by_time"
_WINNERS_PROVIDER: Final = "_winners_provider_id"


@dataclass(frozen=True)
class Resolved:
    """The records of a bucket and what became of its other rows: ``accepted = published + superseded + duplicate``.

    ``superseded_versions`` has the columns of ``pipelines.storage.superseded``, and ``kinds`` counts them by kind.
    """

    records: pl.DataFrame
    accepted: int
    superseded: int
    duplicate: int
    superseded_versions: pl.DataFrame = field(default_factory=pl.DataFrame)
    kinds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))


def resolve(rows: pl.DataFrame, dataset: Dataset, precedence: Precedence | None = None) -> Resolved:
    """Resolve rows that hold all versions of every key among them.

    Args:
        rows: in the columns of ``record_schema``.
        dataset: for record key and version order.
        precedence: what decides between versions; without it, the times of ``version_order`` and then the content.

    Returns:
        Records sorted by key, the other rows with their kind, and counts: ``duplicate`` rows say what the winner says,
        ``superseded`` ones something else.
    """
    order = precedence or Precedence()
    key = key_columns(dataset)
    repeated = rows.select(pl.struct(key).is_duplicated()).to_series()
    if not repeated.any():
        return Resolved(rows.sort(key), rows.height, 0, 0, no_superseded_versions(rows, dataset))
    content = [name for name in rows.columns if name not in PROVENANCE or name == SUBJECT_KEY]
    rest = [name for name in content if name not in key]
    several = order.measured(rows.filter(repeated), key, rest).with_row_index(_PLACE)
    criteria = order.columns(dataset, rest)
    newest = several.sort(
        [*key, *(column for _, column, _ in criteria)],
        descending=[False] * len(key) + [greatest for _, _, greatest in criteria],
        nulls_last=True,
    ).unique(key, keep="first", maintain_order=True)
    same = several.join(newest.select(content), on=content, how="semi", nulls_equal=True)
    whose = order.whose
    winners = same.sort(
        [*key, *(column for column, _ in whose), RECEIVED_ON, BATCH, ROW_NUMBER],
        descending=[False] * len(key) + [greatest for _, greatest in whose] + [False] * 3,
        nulls_last=True,
    ).unique(key, keep="first", maintain_order=True)
    records = pl.concat([rows.filter(~repeated), winners.select(rows.columns)]).sort(key)
    superseded_versions = several.join(winners.select(_PLACE), on=_PLACE, how="anti", maintain_order="left")
    channel = {*order.channel_fields, *dataset.version_order}
    substance = [name for name in content if name not in channel]
    alike = superseded_versions.join(newest.select(substance), on=substance, how="semi", nulls_equal=True)
    named = _named(superseded_versions, newest, winners, key, criteria).with_columns(
        kind_of(
            pl.col(_PLACE).is_in(same[_PLACE].implode()),
            pl.col(_PLACE).is_in(alike[_PLACE].implode()),
            pl.col(_OWN),
            pl.col(DECIDED_BY),
        ).alias(KIND)
    )
    named = _with_differences(named, newest, key, [name for name in substance if name[0] != "_" and name not in key])
    kinds = dict.fromkeys(KINDS, 0) | dict(named.group_by(KIND).len().rows())
    return Resolved(
        records,
        accepted=rows.height,
        superseded=sum(kinds[kind] for kind in SUPERSEDED),
        duplicate=sum(kinds[kind] for kind in DUPLICATES),
        superseded_versions=named.select(columns(dataset)).sort([*key, RECEIVED_ON, BATCH, ROW_NUMBER]),
        kinds=kinds,
    )


def _named(
    superseded_versions: pl.DataFrame,
    newest: pl.DataFrame,
    winners: pl.DataFrame,
    key: Sequence[str],
    criteria: Sequence[tuple[str, str, bool]],
) -> pl.DataFrame:
    """Superseded versions with the criterion that decided against each (null: it has the winner's content) and who won."""
    compared = [column for _, column, _ in criteria]
    deciding = newest.select(*key, *(pl.col(column).alias(_WON + column) for column in compared))
    standing = winners.select(
        *key,
        pl.col(BATCH).alias(WINNER_BATCH),
        pl.col(ROW_NUMBER).alias(WINNER_ROW),
        pl.col(PROVIDER).alias(_WINNERS_PROVIDER),
    )
    both = superseded_versions.join(deciding, on=key, how="left", nulls_equal=True, maintain_order="left").join(
        standing, on=key, how="left", nulls_equal=True, maintain_order="left"
    )
    decided = pl.coalesce(
        pl.when(pl.col(column).ne_missing(pl.col(_WON + column))).then(pl.lit(criterion))
        for criterion, column, _ in criteria
    )
    # What a time would have decided against as well is an older version, whosever it is.
    others = [(criterion, column) for criterion, column, _ in criteria if criterion not in OF_AUTHORITY]
    older = pl.coalesce(
        pl.when(pl.col(column).ne_missing(pl.col(_WON + column))).then(
            pl.when((pl.col(column) < pl.col(_WON + column)).fill_null(pl.col(column).is_null()))
            .then(pl.lit(criterion if criterion in TIMES else _NOT_BY_TIME))
            .otherwise(pl.lit(_NOT_BY_TIME))
        )
        for criterion, column in others
    )
    decided = pl.when(decided.is_in([*OF_AUTHORITY]) & older.is_in(TIMES)).then(older).otherwise(decided)
    return both.with_columns(decided.alias(DECIDED_BY), (pl.col(PROVIDER) == pl.col(_WINNERS_PROVIDER)).alias(_OWN))


def _with_differences(
    superseded_versions: pl.DataFrame, newest: pl.DataFrame, key: Sequence[str], compared: Sequence[str]
) -> pl.DataFrame:
    """What contradicting rows say differently; they are few, so only they are compared field by field."""
    against = superseded_versions.filter(pl.col(KIND) == CONFLICT).select(*key, _PLACE, *compared)
    said = newest.select(*key, *(pl.col(name).alias(_WON + name) for name in compared))
    differing = pl.concat_list(
        pl.when(pl.col(name).ne_missing(pl.col(_WON + name))).then(pl.lit(name)) for name in compared
    )
    found = against.join(said, on=key, how="left", nulls_equal=True).select(
        _PLACE, differing.list.drop_nulls().list.join(",").alias(DIFFERS)
    )
    return superseded_versions.join(found, on=_PLACE, how="left", maintain_order="left")


def kind_of(same: pl.Expr, alike: pl.Expr, own: pl.Expr, decided_by: pl.Expr) -> pl.Expr:
    """The kind of a version that is not the record.

    Args:
        same: it has the winner's content.
        alike: it has it but for what tells the channel.
        own: it comes from the winner's provider.
        decided_by: the criterion that decided against it, null where it has the winner's content.
    """
    by_time = decided_by.is_in(TIMES)
    return (
        pl.when(alike & ~own)
        .then(pl.lit(OTHER_CHANNEL))
        .when(same | (alike & ~by_time))
        .then(pl.lit(UNCHANGED))
        .when(by_time)
        .then(pl.lit(OLDER_VERSION))
        .otherwise(pl.lit(CONFLICT))
    )
