"""Which accepted row is the correction of which refused one: pure functions over the rows of one dataset.

Four ways, each from the same provider only:

``echo``   the accepted row repeats the number of the refused one (column 退回编号) and fits it (``fitting``);
``key``    both have the same record key, which the refused row still says soundly (``screening.record``);
``code``   the refused row has no sound key, its cells being shifted or its line broken, but what makes the accepted record's key
           stands in it all the same: the subject's credit code and every other part;
``cells``  the refused row has no sound key, and every cell that no refusing rule blamed is the same in one accepted record only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from pipelines.catalog import RECORD
from pipelines.collecting.fitting import fitting
from pipelines.identifiers import credit_code
from pipelines.screening import Screen
from pipelines.screening.field_checks import lake_name
from pipelines.screening.record import of_records
from pipelines.storage.columns import ANSWERS_TO, BATCH, PROVIDER, RECORD_KEY, ROW_NUMBER, SUBJECT_KEY
from pipelines.storage.superseded import DERIVED

PAIRS: Final = {"quarantine_id": pl.String(), "closing_id": pl.String(), "recognised_by": pl.String()}
_SLICE: Final = 65_536
_FEWEST_CELLS: Final = 3  # cells that must be filled and agree, the name among them
_CODE: Final = r"[0-9A-Za-z]{18}"
_SUBJECT: Final = "subject_key"


def corrections(screen: Screen, refused: pl.LazyFrame, accepted: pl.LazyFrame) -> pl.DataFrame:
    """Pairs of a refused row and the batch that holds its correction.

    Args:
        screen: of the dataset.
        refused: in the columns of ``quarantine_schema``.
        accepted: in the columns of ``record_schema``.

    Returns:
        ``quarantine_id, closing_id, recognised_by``; a row may come several times.
    """
    keyed = accepted.select(PROVIDER, pl.col(BATCH).alias("closing_id"), of_records(screen.dataset).alias(RECORD_KEY))
    by_key = refused.filter(pl.col(RECORD_KEY).is_not_null()).select("quarantine_id", PROVIDER, RECORD_KEY)
    parts = [
        _pairs(_declared(screen, refused, accepted), "echo"),
        _pairs(by_key.join(keyed, on=[RECORD_KEY, PROVIDER]), "key"),
    ]
    for some in _slices(refused.filter(pl.col(RECORD_KEY).is_null())):
        parts.append(_by_code(screen, some, accepted))
        parts.append(_by_cells(screen, some, accepted))
    return pl.concat(parts).unique(["quarantine_id", "closing_id"], keep="first", maintain_order=True)


def _declared(screen: Screen, refused: pl.LazyFrame, accepted: pl.LazyFrame) -> pl.LazyFrame:
    """Accepted rows that name a refused row and fit it."""
    names = [name for name in screen.names if name in accepted.collect_schema()]
    answers = accepted.filter(pl.col(ANSWERS_TO).is_not_null()).select(
        pl.col(ANSWERS_TO).alias("quarantine_id"), PROVIDER, pl.col(BATCH).alias("closing_id"), *names
    )
    return fitting_pairs(screen, refused, answers)


def fitting_pairs(screen: Screen, refused: pl.LazyFrame, answers: pl.LazyFrame) -> pl.LazyFrame:
    """Answers that name a row of ``refused`` and fit it; few rows, so that they are held in memory."""
    named = answers.collect(engine="streaming")
    asked = named.lazy().select("quarantine_id", PROVIDER).unique()
    there = refused.join(asked, on=["quarantine_id", PROVIDER], how="semi").collect(engine="streaming")
    return fitting(screen.catalog, screen.dataset, there, named).lazy()


def _pairs(rows: pl.LazyFrame, how: str) -> pl.DataFrame:
    found = rows.select("quarantine_id", "closing_id", pl.lit(how).alias("recognised_by"))
    return found.unique().collect(engine="streaming").sort("quarantine_id", "closing_id")


def _slices(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    for part in rows.collect_batches(chunk_size=_SLICE, maintain_order=True, engine="streaming"):
        if part.height:
            yield part.rechunk()


def _by_code(screen: Screen, refused: pl.DataFrame, accepted: pl.LazyFrame) -> pl.DataFrame:
    """Rows in whose text the key of an accepted record stands, in whatever cell."""
    dataset = screen.dataset
    texts = pl.concat_str([pl.col(name).fill_null("") for name in ("raw_text", *screen.names)], separator="\x1f")
    rows = refused.select("quarantine_id", PROVIDER, texts.alias("text")).with_columns(
        pl.col("text").str.extract_all(_CODE).alias("code")
    )
    rows = rows.explode("code").with_columns(pl.col("code").str.to_uppercase())
    rows = rows.filter(pl.col("code").is_not_null() & credit_code.reason(pl.col("code")).is_null()).unique()
    if rows.is_empty():
        return pl.DataFrame(schema=PAIRS)
    subject = SUBJECT_KEY if _SUBJECT in dataset.record_key else dataset.subject.credit_code
    others = [name for name in dataset.record_key if name != subject and name not in DERIVED]
    named = [pl.col(name).cast(pl.String).alias(f"key:{name}") for name in others]
    keyed = accepted.select(PROVIDER, pl.col(BATCH).alias("closing_id"), pl.col(subject).alias("code"), *named).unique()
    found = rows.lazy().join(keyed, on=["code", PROVIDER])
    for name in others:
        part = pl.col(f"key:{name}")
        found = found.filter(part.is_not_null() & pl.col("text").str.contains(part, literal=True))
    return _pairs(found, "code")


def _by_cells(screen: Screen, refused: pl.DataFrame, accepted: pl.LazyFrame) -> pl.DataFrame:
    """Rows of which every cell that was not blamed is the same in one accepted record, and in one refused row of a batch."""
    blamed = {
        rule.id: sorted({rule.field, *([rule.other] if rule.other in screen.names else [])})
        for rule in screen.rules
        if rule.rejects
    }
    lists = pl.col("rule_ids").list.eval(pl.element().replace_strict(
        {rule: "|".join(fields) for rule, fields in blamed.items()}, default=None, return_dtype=pl.String))  # fmt: skip
    whole = refused.filter(
        pl.col("raw_text").is_null()
        & pl.col("rule_ids").list.eval(pl.element().str.contains(rf"\.{RECORD}\.")).list.any().not_()
    )
    if whole.is_empty():
        return pl.DataFrame(schema=PAIRS)
    valued = {one.field.id for one in screen.field_checks if one.valued}
    said = screen.judged(whole.lazy()).select(
        "quarantine_id",
        BATCH,
        PROVIDER,
        lists.list.drop_nulls().list.join("|").str.split("|").list.unique().list.sort().list.join("|").alias("blamed"),
        *(pl.col(lake_name(name) if name in valued else name).alias(name) for name in screen.names),
    ).collect()  # fmt: skip
    parts = [pl.DataFrame(schema=PAIRS)]
    for (key,), rows in said.partition_by("blamed", as_dict=True).items():
        sound = [name for name in screen.names if name not in str(key).split("|")]
        if screen.dataset.subject.name not in sound:
            continue
        filled = pl.sum_horizontal(pl.col(name).is_not_null() for name in sound) >= _FEWEST_CELLS
        mine = rows.filter(filled & pl.col(screen.dataset.subject.name).is_not_null())
        mine = mine.filter(pl.struct(BATCH, *sound).is_unique())
        if mine.is_empty():
            continue
        keyed = accepted.with_columns(of_records(screen.dataset).alias("key")).join(
            mine.lazy().select(PROVIDER, *sound).unique(), on=[PROVIDER, *sound], how="semi", nulls_equal=True
        )
        # A record that came in several rows is one; two records that agree in all these cells cannot be distinguished.
        single = (
            keyed.select(PROVIDER, BATCH, "key", *sound).unique().filter(pl.struct(PROVIDER, BATCH, *sound).is_unique())
        )
        pairs = mine.lazy().join(single.rename({BATCH: "closing_id"}), on=[PROVIDER, *sound], nulls_equal=True)
        parts.append(_pairs(pairs, "cells"))
    return pl.concat(parts)


__all__ = ["PAIRS", "ROW_NUMBER", "corrections"]
