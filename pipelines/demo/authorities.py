"""Invented codes for the authorities that decide: every bureau of every city, the same in every delivery."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipelines.demo.codes import AUTHORITY, credit_codes
from pipelines.demo.vocabulary import Profile, Words


def authorities(words: Words, places: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """One row for each city (or county without one) and bureau.

    Returns:
        ``city_region``, ``bureau``, ``authority_name``, ``authority_code``, ``mark``. A ministry is its own for all.
    """
    cities = places.group_by("city_region").agg(pl.first("above"), pl.first("county")).sort("city_region")
    table = cities.join(
        pl.DataFrame(
            {
                "bureau": [b.id for b in words.bureaus],
                "title": [b.name for b in words.bureaus],
                "mark": [b.mark for b in words.bureaus],
                "place": range(len(words.bureaus)),
            }
        ),
        how="cross",
    )
    own = pl.col("city_region").str.ends_with("00") | (pl.col("above") == pl.col("county"))
    seat = pl.when(own).then(pl.col("above")).otherwise(pl.col("above") + pl.col("county"))
    region, serial = table["city_region"], (table["city_region"].cast(pl.Int64) * 16 + table["place"]).to_numpy()
    if profile.bureau:
        region, serial = (
            pl.Series(["100000"] * table.height),
            np.full(table.height, 16 * 100_000 + ord(profile.mark) % 16),
        )
    code = credit_codes(pl.Series(["11"] * table.height), region, serial, AUTHORITY)
    name = pl.lit(profile.bureau) if profile.bureau else seat + pl.col("title")
    return table.select("city_region", "bureau", name.alias("authority_name"), code.alias("authority_code"), "mark")


def credit_centre(title: str, region: str) -> tuple[str, str]:
    """Name and code of the body that uploads for a province."""
    code = credit_codes(
        pl.Series(["12"]), pl.Series([region]), np.array([int(region) * 16 + 15], dtype=np.int64), AUTHORITY
    )
    return f"{title}公共信用信息中心", code[0]
