"""Files and ledger: the same input gives the same bytes, no half-written scorecard is seen, nothing is noted twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.storage.ledger import ledger
from tests.effects import dies_before
from tests.scoring.conftest import DATASETS, Hub, indicator
from tests.scoring.country import deliver_a_month

LATER = datetime(2026, 4, 20, tzinfo=UTC)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_input_gives_the_same_bytes(make_hub: Callable[[], Hub]) -> None:
    first, second = make_hub(), make_hub()
    for hub in (first, second):
        hub.workbook = True
        deliver_a_month(hub)
    once = first.score()
    files = digests(once.folder)
    assert len(files) == 2 + 2 + 5 + 1 + 32 + 13
    assert set(files) >= {"index.html", "510000.html", "scorecard.parquet", "scorecards.xlsx"}
    assert digests(first.score().folder) == files
    second.batches.reverse()
    assert digests(second.score().folder) == files


def test_scoring_again_notes_nothing_new_and_a_change_is_noted_once(hub: Hub) -> None:
    hub.deliver_all("sichuan")
    assert hub.score().recorded
    assert not hub.score().recorded
    assert not hub.score(as_of=LATER).recorded
    table = ledger(hub.home, "indicators")
    assert table.read().height == 32 * 16
    hub.deliver("sichuan", rows=100, refused=50)
    assert hub.score(as_of=LATER).recorded
    assert not hub.score(as_of=LATER).recorded
    noted = table.read()
    assert noted.height == 2 * 32 * 16
    assert set(noted["as_of"]) == {"2026-04-02T04:00:00Z", "2026-04-20T00:00:00Z"}
    assert set(noted["catalog_version"]) == {hub.catalog.version}


@pytest.mark.parametrize(
    ("what", "place"),
    [
        ("link", "scorecards/.#-#.new/versions/#/scorecards.xlsx"),  # half of it is written
        ("replace", "scorecards/.#-#.new/version.json"),  # all is written, and nothing of it is shown yet
    ],
)
def test_a_crash_while_writing_leaves_the_old_scorecard_whole(hub: Hub, what: str, place: str) -> None:
    hub.workbook = True
    hub.deliver_all("sichuan")
    before = digests(hub.score().folder)
    hub.deliver_all("hubei")

    with dies_before(what, place, root=hub.home.root):
        hub.score()

    assert digests(hub.home.scorecards / "2026-03") == before
    after = hub.score()
    assert indicator(after, "420000", "total")["status"] == "scored"
    assert {path.name for path in hub.home.scorecards.iterdir()} == {"2026-03", "assets", "index.html"}


def test_a_page_that_no_longer_belongs_is_gone_after_the_next_run(hub: Hub) -> None:
    stale = hub.score().folder / "999999.html"
    stale.write_text("old")
    hub.score()
    assert not stale.exists()


def test_a_file_name_cannot_inject_markup(hub: Hub) -> None:
    hub.deliver("sichuan", file_name="<script>alert(1)</script>.csv")
    page = (hub.score().folder / "510000.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;.csv" in page


def test_a_broken_rule_is_shown_with_what_to_do(hub: Hub) -> None:
    rule = next(r for r in hub.catalog.rules["administrative_penalty"] if r.id.endswith("document_number.required"))
    hub.deliver("sichuan", rows=100, refused=7, broken={rule.id: 7, "administrative_penalty.gone.required": 3})
    hub.deliver("hubei", rows=100, refused=5, broken={rule.id: 5})
    hub.deliver("samr", rows=100, refused=90, broken={rule.id: 90})
    result = hub.score()
    for page, rows in ((result.index, "12"), (result.regions["510000"], "7")):
        text = page.read_text()
        row = next(part for part in text.split("<tr") if f"· {rule.id}" in part)
        assert rule.message_zh in row
        assert rule.hint_zh in row
        assert f'data-label="行数">{rows}<' in row
        assert "administrative_penalty.gone.required" in text


def test_points_lost_are_ordered_by_what_there_is_to_gain(hub: Hub) -> None:
    for dataset in DATASETS:
        hub.deliver(
            "sichuan", dataset, rows=100, refused=15, late_rows=60 if dataset == "administrative_penalty" else 0
        )
    page = hub.score().regions["510000"].read_text()
    table = page[page.index('id="indicators"') :]
    assert table.index("上报及时率") < table.index("合规率") < table.index("必填完整率")
    assert "上报及时率</a>：最多可以拿回" in page


def test_a_full_score_does_not_hide_bad_rows(hub: Hub) -> None:
    hub.deliver_all("sichuan", rows=1_000, rows_warned=10)
    result = hub.score()
    assert indicator(result, "510000", "total")["score"] == 100
    refused, rows = 10 * len(DATASETS), 1_000 * len(DATASETS)
    assert f"但还有 {refused} 行有问题" in result.regions["510000"].read_text()
    assert f"{rows - refused:,} / {rows:,}" in result.regions["510000"].read_text()


def test_many_deliveries_are_cut_with_a_word_and_the_failed_ones_stay(hub: Hub) -> None:
    hub.unreadable("sichuan", day="2026-03-01", file_name="最早的坏文件.csv")
    for _ in range(305):
        hub.deliver("sichuan", rows=1)
    page = hub.score().regions["510000"].read_text()
    assert "共 306 个，这里列 300 个" in page
    assert "最早的坏文件.csv" in page
