"""Invented enterprises, self-employed households and other bodies of one province.

The same subject is registered, licensed and penalised: every file of a province draws from this one table.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
import polars as pl

from pipelines.demo.codes import citizen_ids, credit_codes, registration_numbers
from pipelines.demo.drawing import Draw, Integers
from pipelines.demo.vocabulary import Words

COMPANY: Final = "91"
HOUSEHOLD: Final = "92"
COOPERATIVE: Final = "93"
SOCIETY: Final = "52"
INSTITUTION: Final = "12"
_KINDS: Final = {COMPANY: 0.72, HOUSEHOLD: 0.225, COOPERATIVE: 0.03, SOCIETY: 0.015, INSTITUTION: 0.01}
REGISTERED: Final = (COMPANY, HOUSEHOLD, COOPERATIVE)
"""Pairs of the bodies that market regulation registers."""
_PEOPLE: Final = 182_000  # serials of persons beside the representatives, whose come before
_PEOPLE_ROOM: Final = 180_000
_PASSPORTS: Final = 0.15

_VARIANTS: Final = 24
_CAPITALS: Final = (10, 30, 50, 50, 100, 100, 100, 200, 200, 300, 500, 500, 800, 1000, 1000, 2000, 3000, 5000, 10000)


def subjects(
    draw: Draw, words: Words, places: pl.DataFrame, count: int, first: int, *, national: bool, as_of: date
) -> pl.DataFrame:
    """A table of subjects, each with what its records say of it.

    Args:
        draw: the province's source of chance.
        words: the vocabulary.
        places: as ``places.counties`` gives them.
        count: how many.
        first: serial of the first; serials of different provinces must not overlap.
        national: registered at national level (region 100000 in the code).
        as_of: nobody is founded after it.
    """
    home = places[draw.places(places.height, count)]
    pair = draw.pick(list(_KINDS), count, list(_KINDS.values()))
    region = pl.Series(["100000"] * count) if national else home["region"]
    serials: Integers = np.arange(first, first + count, dtype=np.int64)
    code = credit_codes(pair, region, serials)
    trade = draw.places(len(words.trades), count)
    form = draw.places(len(words.forms), count, [f.weight for f in words.forms])
    founded = pl.Series(np.datetime64(as_of) - (draw.generator.beta(1, 3, count) * 9500).astype(np.int64) - 40)
    frame = home.with_columns(
        code.alias("credit_code"),
        pair.alias("pair"),
        (draw.pick(words.brand_first, count) + draw.pick(words.brand_second, count)).alias("brand"),
        pl.Series(words.trades_names).gather(trade).alias("trade"),
        pl.Series([f.name for f in words.forms]).gather(form).alias("form"),
        pl.Series([f.type for f in words.forms]).gather(form).alias("form_type"),
        draw.pick(words.shops, count).alias("shop"),
        draw.pick(words.cooperatives, count).alias("cooperative"),
        draw.pick(words.societies, count).alias("society"),
        draw.pick(words.institutions, count).alias("institution"),
        draw.people(words.surnames, words.given, count).alias("legal_representative"),
        founded.cast(pl.Date).alias("registration_date"),
        pl.Series(_scopes(draw, words)).gather(trade * _VARIANTS + draw.places(_VARIANTS, count)).alias("trade_scope"),
        pl.Series(_shop_scopes(draw, words)).gather(draw.places(_VARIANTS, count)).alias("shop_scope"),
        pl.Series(_CAPITALS).gather(draw.places(len(_CAPITALS), count)).alias("capital"),
        draw.pick(words.statuses, count, (50, 34, 10, 4, 2)).alias("status"),
        _addresses(draw, words, count).alias("street"),
        registration_numbers(region, serials % 30_000_000).alias("registration_number"),
        code.str.slice(8, 9).alias("organisation_code"),
        citizen_ids(
            region.str.slice(0, 2) + "0000" if not national else pl.Series(["110000"] * count), serials % 182_000
        ).alias("representative_id"),
        pl.Series(serials).cast(pl.String).str.zfill(6).alias("serial"),
        pl.Series(draw.chance(0.97, count)).alias("listed"),
    )
    return frame.with_columns(_name().alias("name"), _type().alias("enterprise_type"))


def newly_founded(
    draw: Draw, words: Words, places: pl.DataFrame, count: int, first: int, *, national: bool, since: date, as_of: date
) -> pl.DataFrame:
    """Subjects founded after ``since`` and registered by ``as_of``; the other arguments as for ``subjects``."""
    found = subjects(draw, words, places, count, first, national=national, as_of=as_of)
    day = np.datetime64(since) + draw.between(1, max(2, (as_of - since).days), count)
    return found.with_columns(
        pl.Series(day).cast(pl.Date).alias("registration_date"), pl.lit(words.statuses[0]).alias("status")
    )


def with_changes(draw: Draw, words: Words, known: pl.DataFrame, changed: Integers) -> pl.DataFrame:
    """The subjects, of which those at the places ``changed`` have moved and have another representative."""
    street, person = _addresses(draw, words, len(changed)), draw.people(words.surnames, words.given, len(changed))
    return known.with_columns(
        known["street"].clone().scatter(changed, street),
        known["legal_representative"].clone().scatter(changed, person),
    )


def people(draw: Draw, words: Words, province: str, count: int, first: int) -> pl.DataFrame:
    """Persons that records of any dataset and month are about, each with one name and one certificate.

    Args:
        draw: the source of chance for them.
        words: the vocabulary.
        province: six digits.
        count: how many.
        first: serial of the first; serials of different providers must not overlap.

    Returns:
        ``person``, ``person_certificate`` (its kind, as text) and ``person_id``.
    """
    serials: Integers = first + np.arange(count, dtype=np.int64)
    abroad = pl.Series(draw.chance(_PASSPORTS, count))
    table = pl.DataFrame(
        {
            "person": draw.people(words.surnames, words.given, count),
            "abroad": abroad,
            "passport": pl.Series(serials).cast(pl.String).str.zfill(6),
            "citizen": citizen_ids(pl.Series([province] * count), _PEOPLE + serials % _PEOPLE_ROOM),
        }
    )
    return table.select(
        "person",
        pl.when("abroad").then(pl.lit("护照号")).otherwise(pl.lit("身份证")).alias("person_certificate"),
        pl.when("abroad").then("DEMO" + pl.col("passport")).otherwise("citizen").alias("person_id"),
    )


def _name() -> pl.Expr:
    place, county, brand = pl.col("place"), pl.col("county"), pl.col("brand")
    pair = pl.col("pair")
    return (
        pl.when(pair == HOUSEHOLD)
        .then(county + brand + pl.col("shop"))
        .when(pair == COOPERATIVE)
        .then(county + brand + pl.col("cooperative"))
        .when(pair == SOCIETY)
        .then(pl.col("above") + brand + pl.col("society"))
        .when(pair == INSTITUTION)
        .then(county + brand + pl.col("institution"))
        .when(pl.col("form").str.contains("合伙"))
        .then(place + brand + "企业管理" + pl.col("form"))
        .otherwise(place + brand + pl.col("trade") + pl.col("form"))
    )


def _type() -> pl.Expr:
    return (
        pl.when(pl.col("pair") == HOUSEHOLD)
        .then(pl.lit("个体工商户"))
        .when(pl.col("pair") == COOPERATIVE)
        .then(pl.lit("农民专业合作社"))
        .otherwise(pl.col("form_type"))
    )


def _scopes(draw: Draw, words: Words) -> list[str]:
    """``_VARIANTS`` scopes for each trade, one after another."""
    found = []
    for trade in words.trades:
        for _ in range(_VARIANTS):
            order = draw.shuffled(len(trade.scope))[: int(draw.between(3, len(trade.scope) + 1, 1)[0])]
            found.append("一般项目：" + "；".join(trade.scope[i] for i in order) + "。" + words.scope_tail)
    return found


def _shop_scopes(draw: Draw, words: Words) -> list[str]:
    return [
        "；".join(words.shop_scope[i] for i in draw.shuffled(len(words.shop_scope))[:3]) + "。"
        for _ in range(_VARIANTS)
    ]


def _addresses(draw: Draw, words: Words, count: int) -> pl.Series:
    columns = {
        "road": draw.pick(words.roads, count),
        "number": pl.Series(draw.between(1, 500, count)),
        "block": pl.Series(draw.between(1, 20, count)),
        "unit": draw.pick(words.units, count),
        "room": pl.Series(draw.between(101, 2600, count)),
    }
    short = pl.concat_str("road", "number", pl.lit("号"))
    long = pl.concat_str("road", "number", pl.lit("号"), "block", "unit", "room", pl.lit("室"))
    picked = pl.when(pl.Series(draw.chance(0.4, count))).then(short).otherwise(long)
    return pl.DataFrame(columns).select(picked.alias("street")).to_series()
