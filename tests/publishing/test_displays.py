"""What a release shows is counted from its files, and counted again when the first of its records comes to the end of its time."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.publishing import displays
from pipelines.records.display import UNTIL
from pipelines.storage.columns import PROVIDER, REGION
from pipelines.storage.home import Home

END = date(2026, 12, 1)


def rows(*ends: date | None) -> pl.DataFrame:
    return pl.DataFrame(
        {PROVIDER: ["sichuan"] * len(ends), REGION: ["510000"] * len(ends), UNTIL: pl.Series(ends, dtype=pl.Date)}
    )


def test_a_file_is_counted_once_and_again_when_a_record_is_past_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    count = displays._counted
    monkeypatch.setattr(
        displays, "_counted", lambda files, day: counted.extend(f.name for f in files) or count(files, day)
    )
    home, first, second = Home(tmp_path), tmp_path / "a.parquet", tmp_path / "b.parquet"
    rows(END, date(2027, 1, 1), None).write_parquet(first)
    rows(None).write_parquet(second)

    def shown(day: date, *files: Path) -> list[tuple[object, ...]]:
        counted.clear()
        return [tuple(one.to_json().values()) for one in displays.display_rows(home, "product", files, day)]

    assert shown(date(2026, 11, 29), first) == [("sichuan", "510000", 3, 0)]
    assert counted == ["a.parquet"]
    assert shown(date(2026, 11, 30), first, second) == [("sichuan", "510000", 4, 0)]
    assert counted == ["b.parquet"]
    assert shown(END, first, second) == [("sichuan", "510000", 4, 1)]
    assert counted == ["a.parquet"]
    assert shown(END, second) == [("sichuan", "510000", 1, 0)]
    assert counted == []
