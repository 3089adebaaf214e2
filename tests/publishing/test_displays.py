"""What a release shows is counted from its files, and counted again when the first of its records comes to the end of its time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from pipelines.publishing.displays import display_rows
from pipelines.records.display import UNTIL
from pipelines.storage.columns import PROVIDER, REGION
from pipelines.storage.home import Home

END = date(2026, 12, 1)


def rows(*ends: date | None) -> pl.DataFrame:
    return pl.DataFrame(
        {PROVIDER: ["sichuan"] * len(ends), REGION: ["510000"] * len(ends), UNTIL: pl.Series(ends, dtype=pl.Date)}
    )


def test_a_file_is_counted_once_and_again_when_a_record_is_past_its_time(tmp_path: Path) -> None:
    """Files never change in a home. Here they do, so that it shows which of them were read."""
    home, first, second = Home(tmp_path), tmp_path / "a.parquet", tmp_path / "b.parquet"
    rows(END, date(2027, 1, 1), None).write_parquet(first)
    rows(None).write_parquet(second)

    def shown(day: date, *files: Path) -> list[tuple[object, ...]]:
        return [tuple(one.to_json().values()) for one in display_rows(home, "product", files, day)]

    assert shown(date(2026, 11, 29), first) == [("sichuan", "510000", 3, 0)]
    first.write_bytes(b"not read")
    assert shown(date(2026, 11, 30), first, second) == [("sichuan", "510000", 4, 0)]
    second.write_bytes(b"not read")
    rows(END, END, date(2027, 1, 1), None).write_parquet(first)
    assert shown(END, first, second) == [("sichuan", "510000", 5, 2)], "the first is counted again, the second is not"
    first.write_bytes(b"not read")
    assert shown(END, second) == [("sichuan", "510000", 1, 0)]
