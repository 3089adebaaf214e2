"""Counties and cities of a province, from the catalogue's table: where invented enterprises are at home."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

_PEOPLES: Final = (
    "(?:土家族|布依族|傈僳族|景颇族|哈尼族|朝鲜族|蒙古族|藏族|羌族|彝族|傣族|白族|壮族|苗族|侗族|回族|黎族|畲族"
    "|维吾尔|哈萨克|柯尔克孜|蒙古)"
)
CORPS: Final = "660000"
NATION: Final = "100000"


def counties(folder: Path, province: str) -> pl.DataFrame:
    """Counties in force of a province.

    Args:
        folder: the catalogue.
        province: six digits; 660000 gives the towns of the Corps, 100000 those of Beijing, where ministries sit.

    Returns:
        ``region`` of the county, ``city_region`` of the city above (or the county where no city is),
        ``province``, ``city`` and ``county`` as written in addresses, ``place`` as it stands at the beginning of an
        enterprise's name, ``above`` as the authorities are called.
    """
    table = _table(folder)
    names = dict(table.iter_rows())
    prefix = {CORPS: "6590", NATION: "1101"}.get(province, province[:2])
    title = names[{CORPS: "650000", NATION: "110000"}.get(province, province)]
    whole = pl.col("code").str.slice(0, 4) + "00"
    city = whole.replace_strict(names, default=None)
    found = table.filter(
        pl.col("code").str.starts_with(prefix),
        ~pl.col("code").str.ends_with("00"),
        (pl.col("code").str.slice(0, 4) != "6590") | pl.lit(province == CORPS),
    ).select(
        pl.col("code").alias("region"),
        pl.when(city.is_null()).then(pl.col("code")).otherwise(whole).alias("city_region"),
        pl.lit(title).alias("province"),
        city.fill_null("").alias("city"),
        pl.col("name").alias("county"),
    )
    municipality = title.endswith("市")
    above = (
        pl.lit(title)
        if municipality
        else pl.when(pl.col("city") == "").then(pl.col("county")).otherwise(pl.col("city"))
    )
    return found.with_columns(_short(above).alias("place"), above.alias("above")).sort("region")


def _short(name: pl.Expr) -> pl.Expr:
    """成都市 to 成都, 阿坝藏族羌族自治州 to 阿坝."""
    bare = name.str.replace(r"(?:市|地区|盟|自治州|林区|自治县|县|区)$", "").str.replace(
        f"^(.{{2,}}?){_PEOPLES}+$", "$1"
    )
    return pl.when(bare.str.len_chars() >= 2).then(bare).otherwise(name)


@cache
def _table(folder: Path) -> pl.DataFrame:
    table = pl.read_csv(folder / "codes/administrative_division.csv", infer_schema=False)
    return table.filter(pl.col("last_revision") == pl.col("last_revision").max()).select("code", "name")
