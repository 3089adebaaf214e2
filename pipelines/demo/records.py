"""Right records about the subjects of a province, as text columns named by field id, dates in ISO form.

``BUILDERS`` has an entry for each dataset that the demo has words of its own for; ``generic`` makes all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from pipelines.catalog import Catalog
from pipelines.demo.drawing import Draw
from pipelines.demo.province import Province
from pipelines.demo.subjects import HOUSEHOLD, INSTITUTION, REGISTERED, SOCIETY

NATURAL: Final = 0.05
LONG_TERM: Final = "2099-12-31"
_LATE_STORY: Final = 0.72
_DAYS_BETWEEN: Final = 25  # between a change and the delivery that tells of it, in a month after the first
_LICENCES: Final = 0.5
_PENALTIES: Final = 0.3
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
    "50",
)
_FINE_WEIGHTS: Final = (2, 6, 10, 12, 9, 14, 6, 12, 4, 8, 5, 6, 2, 3, 2, 1, 1)
_YUAN: Final = {text: str(round(float(text) * 10_000)) for text in _FINES}
_ON_THE_SPOT: Final = ("0.02", "0.05", "0.1", "0.2", "0.3")  # fines of up to 3,000 yuan
_WITHDRAWN: Final = ("permit_suspension", "permit_revocation", "permit_suspension_or_revocation")


def enterprise_registration(province: Province, draw: Draw) -> pl.DataFrame:
    """What market regulation registers of the subjects: all of them in the first month, later what is new or has changed."""
    rows = province.registered.filter(pl.col("pair").is_in(REGISTERED) & pl.col("listed"))
    count = rows.height
    changed = np.datetime64(province.as_of) - draw.between(1, 90 if province.month == 1 else _DAYS_BETWEEN, count)
    home = pl.lit(province.title) if province.profile.bureau is None else pl.col("province")
    if province.profile.headers == "codes":
        home = home.str.replace("(?:省|市|(?:壮族|回族|维吾尔)?自治区)$", "")
    return rows.select(
        "name",
        "credit_code",
        pl.col("registration_date").cast(pl.String),
        "enterprise_type",
        "legal_representative",
        pl.when(pl.col("pair") != HOUSEHOLD)
        .then(pl.concat_str("capital", pl.lit("万人民币")))
        .alias("registered_capital"),
        pl.when(pl.col("pair") == HOUSEHOLD).then("shop_scope").otherwise("trade_scope").alias("business_scope"),
        home.alias("province_code"),
        pl.when(pl.col("city") == "").then("county").otherwise("city").alias("city"),
        pl.concat_str("province", "city", "county", "street").alias("registered_address"),
        "status",
        (pl.col("county") + "市场监督管理局").alias("registration_authority"),
        _stamps(draw, pl.Series(changed).cast(pl.Date)).alias("source_updated_at"),
    )


def administrative_licence(province: Province, draw: Draw) -> pl.DataFrame:
    """Licences of about half the subjects."""
    words = province.words
    count = province.share(_LICENCES, 20)
    bureaus = [one.bureau for one in words.licences]
    rows = _decided(
        province, draw, "administrative_licence", count, bureaus=bureaus, act="许", late=province.profile.late
    )
    kind = rows["kind"].to_numpy()
    contents = [text for one in words.licences for text in one.content]
    start = np.cumsum([0, *(len(one.content) for one in words.licences)])
    size = np.array([len(one.content) for one in words.licences])
    years = pl.Series([one.years for one in words.licences]).gather(kind)
    mark = pl.col("certificate_mark")
    return rows.with_columns(
        pl.Series([one.title for one in words.licences]).gather(kind).alias("document_title"),
        pl.Series([one.kind for one in words.licences]).gather(kind).alias("licence_kind"),
        pl.Series([one.certificate or None for one in words.licences], dtype=pl.String)
        .gather(kind)
        .alias("certificate_name"),
        pl.Series([one.mark for one in words.licences]).gather(kind).alias("certificate_mark"),
        pl.Series(contents).gather(start[kind] + draw.between(0, 60, count) % size[kind]).alias("licence_content"),
        pl.when(years > 0)
        .then((pl.col("decision_date") + pl.duration(days=pl.lit(years.cast(pl.Int64) * 365 - 1))).cast(pl.String))
        .otherwise(pl.lit(LONG_TERM))
        .alias("valid_to"),
    ).with_columns(
        pl.when(mark != "").then(mark + pl.col("city_region") + pl.col("number").str.zfill(7)).alias("licence_number"),
        pl.col("decision_date").cast(pl.String).alias("valid_from"),
        pl.col("decision_date").cast(pl.String),
        draw.pick(("1", "2"), count, (98, 2)).alias("record_status"),
    )


def administrative_penalty(province: Province, draw: Draw) -> pl.DataFrame:
    """Penalties of about a third of the subjects."""
    words = province.words
    count = province.share(_PENALTIES, 20)
    late = _LATE_STORY if province.profile.story == "late" else province.profile.late
    bureaus = [one.bureau for one in words.penalties]
    rows = _decided(province, draw, "administrative_penalty", count, bureaus=bureaus, act="处罚", late=late)
    kind = rows["kind"].to_numpy()
    kinds = pl.Series([one.kinds for one in words.penalties]).gather(kind)
    facts = pl.Series([text for one in words.penalties for text in one.facts])
    start = np.cumsum([0, *(len(one.facts) for one in words.penalties)])
    size = np.array([len(one.facts) for one in words.penalties])
    seen = pl.col("decision_date") - pl.duration(days=pl.lit(pl.Series(draw.between(20, 90, count))))
    table = province.catalog.code_tables["penalty_kind"]
    fined, seized, withdrawn = (
        kinds.str.contains_any(list(table.texts_of(codes)))
        for codes in (("fine",), ("confiscation_of_gains", "confiscation_of_property"), _WITHDRAWN)
    )
    rows = rows.with_columns(
        pl.Series([one.type for one in words.penalties]).gather(kind).alias("violation_type"),
        facts.gather(start[kind] + draw.between(0, 60, count) % size[kind]).alias("fact"),
        draw.pick(words.openings, count).alias("opening"),
        draw.pick(words.closings, count).alias("closing"),
        pl.Series([one.basis for one in words.penalties]).gather(kind).alias("penalty_basis"),
        kinds.alias("penalty_kinds"),
        pl.when(fined).then(draw.pick(_FINES, count, _FINE_WEIGHTS)).alias("fine_amount_cny_10k"),
        pl.when(seized)
        .then(draw.pick(("0", "0.032", "0.15", "0.46", "1.08", "3.7"), count))
        .alias("confiscated_amount_cny_10k"),
        pl.when(withdrawn)
        .then(pl.concat_str("county", pl.lit("行政许可证，编号"), "city_region", "number"))
        .alias("withdrawn_certificate"),
    )
    comma = pl.when(pl.Series(draw.chance(0.02, count))).then(pl.lit(", ")).otherwise(pl.lit("，"))
    yuan = pl.col("fine_amount_cny_10k").replace(_YUAN)
    penalty = pl.col("penalty_kinds").str.replace_all(";", "、", literal=True)
    classed = pl.Series(draw.chance(0.85, count))
    return rows.with_columns(
        pl.concat_str(
            seen.dt.strftime("%Y年%-m月%-d日"),
            comma,
            "opening",
            pl.lit("，发现"),
            "fact",
            pl.lit("。"),
            "closing",
            pl.lit("。"),
        ).alias("violation_facts"),
        pl.when(fined)
        .then(
            pl.concat_str(
                pl.lit("依据"),
                "penalty_basis",
                pl.lit("，责令改正违法行为，并处以"),
                penalty,
                pl.lit("，罚款人民币"),
                yuan,
                pl.lit("元。"),
            )
        )
        .otherwise(
            pl.concat_str(pl.lit("依据"), "penalty_basis", pl.lit("，责令改正违法行为，给予"), penalty, pl.lit("。"))
        )
        .alias("penalty_content"),
        (pl.col("decision_date") + pl.duration(days=pl.lit(365 * pl.Series(draw.between(1, 4, count)))))
        .cast(pl.String)
        .alias("valid_to"),
        pl.when(pl.Series(draw.chance(0.6, count)))
        .then((pl.col("decision_date") + pl.duration(days=365)).cast(pl.String))
        .alias("publication_ends_on"),
        pl.col("decision_date").cast(pl.String),
        pl.when(classed).then(draw.pick(("轻微", "一般", "严重"), count, (30, 60, 10))).alias("severity_code"),
        pl.when(classed).then(draw.pick(words.severity_bases, count)).alias("severity_basis"),
    ).with_columns(_said_of_display())


def _said_of_display() -> Iterator[pl.Expr]:
    """Some small fines were imposed on the spot, and some minor failures are shown all the same; by the number, not by chance."""
    last = pl.col("number").str.tail(1)
    small = pl.col("fine_amount_cny_10k").is_in(_ON_THE_SPOT) & pl.col("penalty_kinds").is_in(["罚款", "警告;罚款"])
    yield pl.when(small & (last == "7")).then(pl.lit("是")).alias("simple_procedure")
    yield pl.lit(None, dtype=pl.String).alias("legacy_status")  # of the standard of 2015 only
    yield pl.when((pl.col("severity_code") == "轻微") & (last == "3")).then(pl.lit("是")).alias("display_necessary")


BUILDERS: Final[dict[str, Callable[[Province, Draw], pl.DataFrame]]] = {
    "enterprise_registration": enterprise_registration,
    "administrative_licence": administrative_licence,
    "administrative_penalty": administrative_penalty,
}


def decision_days(catalog: Catalog, dataset_id: str, as_of: date) -> tuple[list[date], list[date]]:
    """Working days whose decisions are in time when received on ``as_of``, and those of the ten weeks before."""
    timeliness = catalog.datasets[dataset_id].timeliness
    first = catalog.working_days.earliest_in_time(as_of, timeliness.working_days if timeliness else 7)
    span = [first + timedelta(days=n) for n in range(-70, (as_of - first).days + 1)]
    working = [day for day in span if catalog.working_days.is_working_day(day)]
    return [d for d in working if d >= first], [d for d in working if d < first]


def _decided(
    province: Province, draw: Draw, dataset_id: str, count: int, *, bureaus: list[str], act: str, late: float
) -> pl.DataFrame:
    """Whom a decision is about, who took it when: what licences and penalties have in common."""
    words, catalog = province.words, province.catalog
    kind = draw.places(len(bureaus), count)
    numbers = draw.shuffled(count) + 1 + province.numbers_from(count)
    persons = province.people[draw.places(province.people.height, count)]
    in_time, before = decision_days(catalog, dataset_id, province.as_of)
    day = (
        pl.DataFrame(
            {"late": draw.chance(late, count), "old": draw.days(before, count), "new": draw.days(in_time, count)}
        )
        .select(pl.when("late").then("old").otherwise("new").alias("day"))
        .to_series()
    )
    rows = province.subjects[draw.places(province.subjects.height, count)].with_columns(
        pl.Series(kind).alias("kind"),
        pl.Series(bureaus).gather(kind).alias("bureau"),
        day.alias("decision_date"),
        pl.Series(numbers).cast(pl.String).alias("number"),
        *persons.get_columns(),
        pl.Series(draw.chance(NATURAL, count)).alias("natural"),
        pl.Series(draw.chance(0.03, count)).alias("identified"),
        pl.Series(draw.chance(0.07, count)).alias("old_numbers"),
        pl.Series(draw.chance(0.35, count)).alias("uploaded_by_centre"),
        pl.Series(draw.chance(0.05, count)).alias("remarked"),
        draw.pick(words.remarks, count).alias("some_remark"),
    )
    rows = rows.join(province.authorities, on=["city_region", "bureau"], how="left", maintain_order="left")
    body = ~pl.col("natural")
    pair, old = pl.col("pair"), ~pl.col("natural") & pl.col("old_numbers")
    legal = body & (pair != HOUSEHOLD)
    return rows.with_columns(
        pl.when("natural").then("person").otherwise("name").alias("subject_name"),
        pl.when("natural")
        .then(pl.lit("自然人"))
        .when(pair == HOUSEHOLD)
        .then(pl.lit("个体工商户"))
        .otherwise(pl.lit("法人及非法人组织"))
        .alias("subject_category"),
        pl.when(body).then("credit_code").alias("credit_code"),
        pl.when(old).then("registration_number").alias("registration_number"),
        pl.when(old).then("organisation_code").alias("organisation_code"),
        pl.when(old).then(pl.col("region") + pl.col("organisation_code")).alias("tax_registration_number"),
        pl.when(legal & (pair == INSTITUTION))
        .then("1" + pl.col("region").str.slice(0, 5) + pl.col("serial"))
        .alias("institution_certificate_number"),
        pl.when(legal & (pair == SOCIETY))
        .then(pl.concat_str(pl.lit("民证字第"), "serial", pl.lit("号")))
        .alias("social_organisation_number"),
        pl.when(body).then("legal_representative").alias("legal_representative"),
        pl.when(body & pl.col("identified")).then(pl.lit("身份证")).alias("legal_representative_certificate_type"),
        pl.when(body & pl.col("identified")).then("representative_id").alias("legal_representative_certificate_number"),
        pl.when("natural").then("person_certificate").alias("certificate_type"),
        pl.when("natural").then("person_id").alias("certificate_number"),
        pl.concat_str(
            pl.lit(province.profile.mark),
            "mark",
            pl.lit(act + "〔"),
            pl.col("decision_date").dt.year(),
            pl.lit("〕"),
            "number",
            pl.lit("号"),
        ).alias("document_number"),
        pl.when("uploaded_by_centre").then(pl.lit(province.centre[0])).otherwise("authority_name").alias("source_name"),
        pl.when("uploaded_by_centre").then(pl.lit(province.centre[1])).otherwise("authority_code").alias("source_code"),
        pl.when("remarked").then("some_remark").alias("remark"),
        _stamps(draw, day).alias("source_updated_at"),
    )


def _stamps(draw: Draw, days: pl.Series) -> pl.Series:
    """A moment of office hours on each day."""
    clock = pl.duration(seconds=pl.lit(pl.Series(draw.between(8 * 3600, 17 * 3600, len(days)))))
    stamp = (pl.col("day").cast(pl.Datetime("us")) + clock).dt.strftime("%Y-%m-%d %H:%M:%S")
    return days.to_frame("day").select(stamp.alias("stamp")).to_series()
