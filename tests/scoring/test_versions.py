"""A scorecard once issued is never changed: other numbers are a new version, which says what changed and why."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.scoring import ScoreResult
from pipelines.scoring.versions import Version
from tests.scoring.conftest import AS_OF, DATASETS, Hub, indicator

SICHUAN, HUBEI = "510000", "420000"
MIDWAY = datetime(2026, 3, 20, 4, tzinfo=UTC)
LATER = datetime(2026, 4, 20, 4, tzinfo=UTC)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def change(result: ScoreResult, unit: str, name: str) -> Any:
    return next(one for one in result.version.changes if (one["unit"], one["indicator"]) == (unit, name))


def test_the_same_numbers_are_the_same_version_whenever_they_are_computed(hub: Hub) -> None:
    hub.deliver_all("sichuan")
    assert [hub.score(as_of=at).version.number for at in (AS_OF, AS_OF, LATER)] == [1, 1, 1]
    folder = hub.home.scorecards / "2026-03"
    assert not (folder / "versions").exists()
    assert json.loads((folder / "version.json").read_text())["as_of"] == "2026-04-02T04:00:00Z"


def test_a_late_batch_makes_a_new_version_that_names_it_and_keeps_the_old_one(hub: Hub) -> None:
    for provider in ("sichuan", "hubei"):
        for dataset in DATASETS:
            hub.deliver(provider, dataset, rows=1_000, refused=50, day="2026-03-10")
    first = hub.score(as_of=MIDWAY)
    issued = {
        name: text for name, text in contents(first.folder).items() if name.endswith((".parquet", "version.json"))
    }
    batch = hub.deliver("sichuan", rows=1_000, refused=500, day="2026-03-25")

    second = hub.score()

    assert (first.version.number, first.version.final) == (1, False)
    assert (second.version.number, second.version.final) == (2, True)
    kept = contents(second.folder / "versions/1")
    assert {name: kept[name] for name in issued} == issued
    assert pl.read_parquet(second.folder / "versions/1/scorecard.parquet").equals(first.frame)
    changed = change(second, SICHUAN, "conformity_rate")
    assert (changed["cause"], changed["batches"]) == ("late_batch", (batch,))
    assert (changed["old"]["numerator"], changed["new"]["numerator"]) == (2_850, 3_350)
    assert change(second, SICHUAN, "total")["cause"] == "late_batch"
    assert {one["unit"] for one in second.version.changes if one["cause"] == "late_batch"} == {SICHUAN}
    assert any("收到新的文件（1 个文件）：四川省" in line for line in second.version.summary_zh)
    assert [line.folder for line in second.model.versions] == ["versions/1", "."]


def test_every_number_that_differs_is_in_the_list_and_no_other(hub: Hub) -> None:
    for dataset in DATASETS:
        hub.deliver("sichuan", dataset, day="2026-03-10")
    first = hub.score(as_of=MIDWAY)
    hub.deliver("sichuan", rows=10, refused=5, day="2026-03-25")
    second = hub.score()
    columns = ["numerator", "denominator", "score", "weight", "status", "grade", "rank"]
    differ = {
        (old["region_code"], old["indicator"])
        for old, new in zip(first.frame.rows(named=True), second.frame.rows(named=True), strict=True)
        if any(old[name] != new[name] for name in columns)
    }
    told = {(one["unit"], one["indicator"]) for one in second.version.changes}
    assert differ == {pair for pair in told if pair[0] in hub.catalog.regions}
    assert differ


def test_a_correction_of_refused_rows_is_told_as_one(hub: Hub) -> None:
    batch = hub.deliver("sichuan", rows=100, refused=20, day="2026-03-10")
    hub.deliver_all("sichuan")
    same = {
        "batch_id": batch,
        "dataset_id": "administrative_penalty",
        "closing_id": "x",
        "refused_on": date(2026, 3, 10),
    }
    hub.event("closures", closed_by="batch", closed_on=date(2026, 3, 12), rows=5, **same)
    hub.score()
    hub.event("closures", closed_by="batch", closed_on=date(2026, 3, 30), rows=10, **same)
    second = hub.score(as_of=LATER)
    assert second.version.number == 2
    changed = change(second, SICHUAN, "correction_rate")
    assert (changed["cause"], changed["old"]["numerator"], changed["new"]["numerator"]) == ("corrections", 5, 15)


def test_another_scheme_makes_a_new_version_and_says_so(hub: Hub) -> None:
    hub.deliver_all("sichuan", refused=10)
    hub.score()
    harder = tuple(
        one.model_copy(update={"floor": 0.85}) if one.id == "conformity_rate" else one
        for one in hub.catalog.scorecard.indicators
    )
    scheme = hub.catalog.scorecard.model_copy(update={"indicators": harder})
    second = hub.score(catalog=replace(hub.catalog, scorecard=scheme, version="harder"))
    assert second.version.number == 2
    assert change(second, SICHUAN, "conformity_rate")["cause"] == "scheme"
    assert {one["cause"] for one in second.version.changes} == {"scheme"}


def test_a_final_version_keeps_its_pages_which_say_that_they_were_replaced_and_still_lead_everywhere(hub: Hub) -> None:
    hub.deliver_all("sichuan", refused=5, day="2026-03-10")
    hub.workbook = True
    hub.score("2026-02")
    first = hub.score()
    assert "第 1 版" in first.index.read_text()
    assert "代替" not in first.index.read_text()
    batch = hub.deliver("sichuan", rows=100, refused=5, day="2026-03-20")
    second = hub.score(as_of=LATER)
    old = second.folder / "versions/1"
    assert {path.name for path in old.glob("*.html")} == {path.name for path in second.folder.glob("*.html")}
    for page in old.glob("*.html"):
        text = page.read_text()
        assert text.count("已被新的一版代替") == 1
        for link in re.findall(r'(?:src|href)="([^"#]+)', text):
            target = (page.parent / link).resolve()
            assert link == "data:," or target.exists() or "/outbox/" in link or "/catalog/" in link, (page.name, link)
            assert "outbox" not in link or target.parent.parent.parent == hub.home.root / "outbox"
    assert "第 2 版，代替" in second.index.read_text()
    assert 'href="versions/1/index.html"' in (second.folder / "method.html").read_text()
    page = second.regions[SICHUAN].read_text()
    unit = next(one for one in second.model.regions if one.id == SICHUAN)
    changed = next(one for one in unit.corrections if one.indicator == "conformity_rate")
    assert (changed.old_zh, changed.new_zh) == ("95.00%（285 / 300）", "95.00%（380 / 400）")
    assert (changed.cause_zh, changed.files) == ("收到新的文件", 1), batch
    assert f"{changed.old_zh} 改为 {changed.new_zh}" in page
    hub.deliver("sichuan", rows=100, refused=5, day="2026-03-21")
    third = hub.score(as_of=LATER)
    assert (third.folder / "versions/1/index.html").read_bytes() == (old / "index.html").read_bytes()
    assert [(line.folder, line.pages) for line in third.model.versions] == [
        ("versions/1", True),
        ("versions/2", True),
        (".", True),
    ]


def test_versions_go_on_counting_and_all_are_kept(hub: Hub) -> None:
    hub.deliver_all("sichuan", day="2026-03-02")
    for number, day in enumerate(("05", "10", "15"), start=1):
        hub.deliver("sichuan", rows=10, refused=number, day=f"2026-03-{day}")
        assert hub.score(as_of=datetime(2026, 3, int(day), 4, tzinfo=UTC)).version.number == number
    folder = hub.home.scorecards / "2026-03"
    kept = [Version.in_folder(folder / f"versions/{number}") for number in (1, 2)]
    assert [one.number for one in kept if one] == [1, 2]
    assert sorted(path.name for path in (folder / "versions").iterdir()) == ["1", "2"]


def test_a_crash_between_the_two_renames_loses_no_version(hub: Hub) -> None:
    hub.deliver_all("sichuan", day="2026-03-10")
    folder = hub.score(as_of=MIDWAY).folder
    folder.rename(folder.with_name(f".{folder.name}.old"))
    hub.deliver("sichuan", rows=10, refused=5, day="2026-03-25")
    assert hub.score().version.number == 2
    assert (folder / "versions/1/scorecard.parquet").is_file()


def test_a_scorecard_from_before_there_were_versions_is_taken_over(hub: Hub) -> None:
    hub.deliver_all("sichuan")
    folder = hub.score().folder
    (folder / "version.json").unlink()
    assert hub.score().version.number == 1


def test_the_trend_shows_what_was_issued_then(hub: Hub) -> None:
    for month in ("01", "02"):
        hub.deliver_all("sichuan", refused=3, day=f"2026-{month}-10")
    hub.deliver_all("sichuan", refused=1)
    january = hub.score("2026-01", as_of=AS_OF)
    table = pl.read_parquet(january.table)
    other = pl.when(pl.col("indicator") == "total").then(pl.lit(12.5)).otherwise("score").alias("score")
    table.with_columns(other).write_parquet(january.table)
    march = hub.score()
    unit = next(one for one in march.model.regions if one.id == SICHUAN)
    assert [(one.period, one.issued) for one in unit.trend] == [
        ("2026-01", True),
        ("2026-02", False),
        ("2026-03", True),
    ]
    assert unit.trend[0].total == 12.5
    assert unit.trend[2].total == indicator(march, SICHUAN, "total")["score"]
    assert unit.previous_total == unit.trend[1].total
    gained = next(one for one in unit.changes if one.indicator == "conformity_rate")
    assert "合规率由 97.00%（291 / 300）变为 99.00%（297 / 300），多得" in gained.text_zh
    assert gained.points == pytest.approx(unit.total - unit.previous_total)  # type: ignore[operator]
