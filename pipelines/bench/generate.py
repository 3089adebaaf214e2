"""Large penalty files: as many rows as wanted, 30 official columns, written in chunks: memory does not grow with rows.

About 3 % of the rows have one defect of ten kinds, 1 % repeat the record key of an earlier row of their chunk, 5 % are
about natural persons and 5 % about self-employed households. All of it is invented (see ``pipelines.demo.codes``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from pipelines.catalog import Catalog
from pipelines.demo import files
from pipelines.demo.authorities import authorities
from pipelines.demo.codes import citizen_ids, credit_codes
from pipelines.demo.drawing import Draw
from pipelines.demo.places import counties
from pipelines.demo.vocabulary import Words, profiles, words

DATASET: Final = "administrative_penalty"
CHUNK: Final = 50_000
DEFECTS: Final = 0.03
REPEATED: Final = 0.01
NATURAL: Final = 0.05
HOUSEHOLDS: Final = 0.05
DECIDED_FROM: Final = date(2023, 1, 1)
DECIDED_TO: Final = date(2026, 3, 31)

_POOL: Final = 60_000
_COLUMNS: Final = 30
_QUOTED: Final = 0.004
_FINES: Final = (
    "0.02",
    "0.05",
    "0.1",
    "0.2",
    "0.3",
    "0.5",
    "0.8",
    "1",
    "1.2",
    "2",
    "3",
    "5",
    "8.5",
    "10",
    "20",
    "35.6",
)
_CLAUSES: Final = (
    "违法行为持续时间较短，未造成危害后果",
    "近两年内未因同类违法行为受过处罚",
    "在法定期限内未提出陈述申辩，视为放弃",
    "案件经集体讨论决定，裁量等级为从轻",
    "已退缴相关款项并提交整改材料",
    "检验报告和询问笔录在案佐证",
)


@dataclass(frozen=True)
class _Pool:
    """What rows are put together from: subjects, authorities by bureau, offences."""

    subjects: pl.DataFrame
    authorities: pl.DataFrame
    offences: pl.DataFrame
    words: Words


def write_penalties(path: Path, rows: int, seed: int, catalog: Catalog) -> None:
    """Write administrative penalties as UTF-8 CSV under the official codes ``CF_XDR_MC`` … ``BZ``.

    Args:
        path: the file; what was there is replaced.
        rows: how many, about 590 bytes each.
        seed: the same seed, rows and catalogue give the same bytes.
        catalog: for the columns, their order and the divisions.
    """
    for _ in Penalties(catalog, seed).write(path, rows, DECIDED_FROM, DECIDED_TO):
        pass


class Penalties:
    """Penalties numbered one after the other, in as many files as wanted.

    Args:
        catalog: for the columns, their order and the divisions.
        seed: the same seed, catalogue and calls give the same bytes.
        subjects: how many subjects they are about.
        number_from: the number of the first.
    """

    def __init__(self, catalog: Catalog, seed: int, *, subjects: int = _POOL, number_from: int = 0) -> None:
        fields = catalog.fields(DATASET)[:_COLUMNS]
        self._names = {field.id: files.header(field, "codes") for field in fields}
        self._pool = _pool(catalog, Draw.named(seed, "pool"), subjects)
        self._seed = seed
        self._next = number_from
        self._chunk = number_from

    def write(self, path: Path, rows: int, decided_from: date, decided_to: date) -> Iterator[pl.DataFrame]:
        """Write a file, and give its rows as they are sent, chunk by chunk.

        Args:
            path: the file; what was there is replaced.
            rows: how many.
            decided_from: the first day of a decision.
            decided_to: the day after the last one.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            for start in range(0, rows, CHUNK):
                count = min(CHUNK, rows - start)
                draw = Draw.named(self._seed, "chunk", str(self._chunk))
                chunk = _chunk(self._pool, draw, self._next, count, decided_from, decided_to)
                sent = chunk.select(pl.col(name).alias(header) for name, header in self._names.items())
                sent.write_csv(stream, include_header=start == 0)
                self._next += count
                self._chunk += 1
                yield sent


def _pool(catalog: Catalog, draw: Draw, size: int) -> _Pool:
    vocabulary = words()
    places, offices = [], []
    for profile in profiles():
        provider = catalog.providers.get(profile.id)
        if provider is None or provider.level != "province":
            continue
        found = counties(catalog.folder, provider.region_code)
        places.append(found.with_columns(pl.lit(profile.mark).alias("province_mark")))
        offices.append(authorities(vocabulary, found, profile))
    home = pl.concat(places)
    home = home[draw.places(home.height, size)]
    brand = draw.pick(vocabulary.brand_first, size) + draw.pick(vocabulary.brand_second, size)
    trade = draw.pick(vocabulary.trades_names, size) + draw.pick([one.name for one in vocabulary.forms], size)
    household = draw.generator.random(size) < HOUSEHOLDS / (1 - NATURAL)
    pair = pl.Series(np.where(household, "92", "91"))
    subjects = home.with_columns(
        pl.when(pl.Series(household))
        .then(pl.col("county") + brand + draw.pick(vocabulary.shops, size))
        .otherwise(pl.col("place") + brand + trade)
        .alias("name"),
        pl.Series(np.where(household, "个体工商户", "法人及非法人组织")).alias("category"),
        # Serials from 500 million on, which the demo never reaches.
        credit_codes(pair, home["region"], np.arange(size, dtype=np.int64) + 500_000_000).alias("code"),
        draw.people(vocabulary.surnames, vocabulary.given, size).alias("representative"),
    ).select("city_region", "province_mark", "region", "county", "name", "category", "code", "representative")
    return _Pool(subjects, pl.concat(offices), _offences(vocabulary), vocabulary)


def _offences(vocabulary: Words) -> pl.DataFrame:
    """One row for each offence and each of its facts."""
    return pl.DataFrame(
        [
            {"bureau": one.bureau, "type": one.type, "fact": fact, "basis": one.basis, "kinds": one.kinds}
            for one in vocabulary.penalties
            for fact in one.facts
        ]
    )


def _chunk(pool: _Pool, draw: Draw, start: int, count: int, decided_from: date, decided_to: date) -> pl.DataFrame:
    """``count`` rows in field ids; ``start`` is the number of the first in the whole file."""
    subject = pool.subjects[draw.places(pool.subjects.height, count)]
    offence = pool.offences[draw.places(pool.offences.height, count)]
    number = np.arange(start, start + count, dtype=np.int64)
    span = (decided_to - decided_from).days
    decided = pl.Series([decided_from + timedelta(days=n) for n in range(span)]).gather(draw.places(span, count))
    base = pl.concat([subject, offence], how="horizontal").with_columns(
        decided.alias("decided"),
        pl.Series(number).alias("number"),
        pl.Series(draw.chance(NATURAL, count)).alias("natural"),
        draw.people(pool.words.surnames, pool.words.given, count).alias("person"),
        citizen_ids(pl.Series(["510000"] * count), number % 365_000).alias("person_id"),
        draw.pick(_FINES, count).alias("fine"),
        draw.pick(_CLAUSES, count).alias("clause"),
        pl.Series(draw.between(10_000, 10**8, count)).alias("case"),
        pl.Series(draw.between(1, 9999, count)).alias("lot"),
        pl.Series(draw.chance(_QUOTED, count)).alias("quoted"),
        pl.Series(draw.chance(0.4, count)).alias("cited"),
        pl.Series(draw.between(1, 4, count)).alias("years"),
        pl.Series(draw.generator.random(count)).alias("defect"),
    )
    base = base.join(pool.authorities, on=["city_region", "bureau"], how="left", maintain_order="left")
    return _repeated(_spoilt(_records(base)), draw)


def _records(base: pl.DataFrame) -> pl.DataFrame:
    natural, body = pl.col("natural"), ~pl.col("natural")
    kinds, none = pl.col("kinds"), pl.lit(None, dtype=pl.String)
    fined, seized = kinds.str.contains("罚款", literal=True), kinds.str.contains("没收", literal=True)
    withdrawn = kinds.str.contains_any(["吊销", "暂扣"])
    comma = pl.when("quoted").then(pl.lit(', "')).otherwise(pl.lit("，“"))
    close = pl.when("quoted").then(pl.lit('"，')).otherwise(pl.lit("”，"))
    return base.select(
        "defect",
        pl.when(natural).then("person").otherwise("name").alias("subject_name"),
        pl.when(natural).then(pl.lit("自然人")).otherwise("category").alias("subject_category"),
        pl.when(body).then("code").alias("credit_code"),
        *(
            none.alias(name)
            for name in (
                "registration_number",
                "organisation_code",
                "tax_registration_number",
                "institution_certificate_number",
                "social_organisation_number",
                "legal_representative_certificate_type",
                "legal_representative_certificate_number",
            )
        ),
        pl.when(body).then("representative").alias("legal_representative"),
        pl.when(natural).then(pl.lit("身份证")).alias("certificate_type"),
        pl.when(natural).then("person_id").alias("certificate_number"),
        pl.concat_str(
            "province_mark", "mark", pl.lit("处罚〔"), pl.col("decided").dt.year(), pl.lit("〕"), "number", pl.lit("号")
        ).alias("document_number"),
        pl.col("type").alias("violation_type"),
        pl.concat_str(
            (pl.col("decided") - pl.duration(days=30)).dt.strftime("%Y年%-m月%-d日"),
            comma,
            pl.concat_str(pl.lit("案件"), "case"),
            close,
            pl.concat_str(pl.lit("发现"), "fact", pl.lit("（批次"), "lot", pl.lit("）")),
            pl.when(pl.col("cited")).then(pl.lit("；") + pl.col("clause")).otherwise(pl.lit("")),
            pl.lit("。"),
        ).alias("violation_facts"),
        pl.col("basis").alias("penalty_basis"),
        kinds.alias("penalty_kinds"),
        pl.concat_str(
            kinds.str.replace_all(";", "、", literal=True),
            pl.when(fined).then(pl.concat_str(pl.lit("，罚款"), "fine", pl.lit("万元"))).otherwise(pl.lit("")),
        ).alias("penalty_content"),
        pl.when(fined).then("fine").alias("fine_amount_cny_10k"),
        pl.when(seized)
        .then(pl.concat_str(pl.col("lot") % 7, pl.lit("."), pl.col("case") % 1000))
        .alias("confiscated_amount_cny_10k"),
        pl.when(withdrawn).then(pl.concat_str(pl.lit("行政许可证"), "region", "case")).alias("withdrawn_certificate"),
        pl.col("decided").cast(pl.String).alias("decision_date"),
        (pl.col("decided") + pl.duration(days=pl.col("years") * 365)).cast(pl.String).alias("valid_to"),
        (pl.col("decided") + pl.duration(days=365)).cast(pl.String).alias("publication_ends_on"),
        "authority_name",
        "authority_code",
        pl.col("authority_name").alias("source_name"),
        pl.col("authority_code").alias("source_code"),
        pl.when(pl.col("lot") % 20 == 0).then(pl.lit("已履行")).alias("remark"),
    )


def _spoilt(rows: pl.DataFrame) -> pl.DataFrame:
    """One defect in three of a hundred rows: ten kinds, each in an equal slice of the drawn number."""
    kinds: list[pl.Expr] = [
        pl.lit(None, dtype=pl.String).alias("violation_facts"),
        pl.lit("N/A").alias("authority_name"),
        (pl.col("credit_code").str.slice(0, 17) + "O").alias("credit_code"),
        pl.col("credit_code").str.slice(0, 16).alias("credit_code"),
        pl.col("authority_code").str.replace("MY", "MX", literal=True).alias("authority_code"),
        pl.lit("2026-02-30").alias("decision_date"),
        pl.lit("2,000元").alias("fine_amount_cny_10k"),
        pl.lit("罚金").alias("penalty_kinds"),
        pl.lit("2019-01-01").alias("valid_to"),
        (pl.lit(" ") + pl.col("subject_name")).alias("subject_name"),
    ]
    step = DEFECTS / len(kinds)
    for place, changed in enumerate(kinds):
        name = changed.meta.output_name()
        hit = pl.col("defect").is_between(place * step, (place + 1) * step, closed="left")
        rows = rows.with_columns(pl.when(hit).then(changed).otherwise(pl.col(name)).alias(name))
    return rows.drop("defect")


def _repeated(rows: pl.DataFrame, draw: Draw) -> pl.DataFrame:
    """One row of a hundred becomes a copy of an earlier one: the same key again; with other cells both would be refused."""
    places = np.arange(rows.height)
    again = np.flatnonzero(draw.chance(REPEATED, rows.height))
    places[again] = (draw.generator.random(len(again)) * again).astype(np.int64)
    return rows[places]
