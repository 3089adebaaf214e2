"""Every event an indicator counts, brought about as users do, against numbers reckoned by hand from ``tests/scorecard/story.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.intake import Hub
from pipelines.scorecard import ScoreResult
from pipelines.scorecard.card import measured
from pipelines.scorecard.period import Period
from pipelines.settings import Settings
from tests.conftest import Home, second_route_left_out
from tests.release.penalties import PENALTY
from tests.scorecard.conftest import indicator
from tests.scorecard.story import HUBEI, SICHUAN, ZHEJIANG, Story, noon, told

# By period and day: numerator and denominator of each event's indicator in Sichuan, Zhejiang and Hubei.
NOTHING: Final = (0, 0)
BY_HAND: Final[dict[tuple[str, str], dict[str, tuple[tuple[int, int], ...]]]] = {
    ("2026-03", "03-31"): {
        # Refused on the 10th, due on the 25th. Sichuan corrected one of two; of Zhejiang's two one was waived. Hubei's is of the 24th.
        "correction_rate": ((1, 2), (0, 1), NOTHING),
        "repair_sync_rate": (NOTHING, NOTHING, NOTHING),
        # Each in two products with a clock: 川1–川4, 浙1–浙2, 鄂1–鄂2.
        "overdue_display_rate": ((0, 8), (0, 4), (0, 4)),
        "objection_timeliness_rate": (NOTHING, NOTHING, NOTHING),
        # One code of four companies, of two, has two names; each has a part in it. Hubei's two companies have one name each.
        "code_conflict_rate": ((1, 4), (1, 2), (0, 2)),
        # Nine rows of Sichuan (three registrations among them), one with a telephone number.
        "safety_compliance_rate": ((8, 9), (4, 4), (3, 3)),
    },
    ("2026-04", "04-22"): {
        "correction_rate": (NOTHING, NOTHING, (1, 1)),
        # 川1 was taken down on the day; 浙1 was due on the 17th, and the release without it was refused.
        "repair_sync_rate": ((1, 1), (0, 1), NOTHING),
        # Held back by open objections: 川2 (still, for nothing was released), 浙1, 鄂1. Repaired: 川1.
        "overdue_display_rate": ((0, 4), (0, 2), (0, 4)),
        # The first two were raised on the 1st and are due on the 23rd: that day is not over.
        "objection_timeliness_rate": (NOTHING, NOTHING, NOTHING),
        "code_conflict_rate": ((1, 4), (1, 2), (0, 2)),
        "safety_compliance_rate": ((3, 3), (2, 2), (2, 2)),
    },
    ("2026-04", "04-30"): {
        "correction_rate": (NOTHING, NOTHING, (1, 1)),
        "repair_sync_rate": ((1, 1), (0, 1), NOTHING),  # taken down on the 24th is still late
        "overdue_display_rate": ((0, 6), (0, 2), (0, 4)),
        "objection_timeliness_rate": ((1, 1), (0, 1), (0, 1)),  # Hubei's was due on the 28th
        "code_conflict_rate": ((1, 4), (1, 2), (0, 2)),
        "safety_compliance_rate": ((3, 3), (2, 2), (2, 2)),
    },
    ("2026-05", "05-05"): {
        "correction_rate": (NOTHING, NOTHING, NOTHING),
        "repair_sync_rate": (NOTHING, NOTHING, NOTHING),
        # 鄂2 was to go on the 4th and is still in both products; 鄂3 is in them rightly.
        "overdue_display_rate": ((0, 6), (0, 2), (2, 4)),
        "objection_timeliness_rate": (NOTHING, NOTHING, NOTHING),
        "code_conflict_rate": ((1, 4), (1, 2), (0, 2)),
        "safety_compliance_rate": ((1, 1), NOTHING, (3, 3)),
    },
    ("2026-05", "05-31"): {
        "correction_rate": (NOTHING, NOTHING, NOTHING),
        "repair_sync_rate": (NOTHING, NOTHING, NOTHING),
        "overdue_display_rate": ((0, 8), (0, 2), (0, 8)),
        "objection_timeliness_rate": (NOTHING, NOTHING, NOTHING),
        "code_conflict_rate": ((1, 4), (1, 2), (0, 2)),
        "safety_compliance_rate": ((1, 1), NOTHING, (3, 3)),
    },
    ("2026-Q2", "05-31"): {
        "correction_rate": (NOTHING, NOTHING, (1, 1)),
        "repair_sync_rate": ((1, 1), (0, 1), NOTHING),
        "overdue_display_rate": ((0, 8), (0, 2), (0, 8)),
        "objection_timeliness_rate": ((1, 1), (0, 1), (0, 1)),
        "code_conflict_rate": ((1, 4), (1, 2), (0, 2)),
        "safety_compliance_rate": ((4, 4), (2, 2), (5, 5)),
    },
}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with second_route_left_out():
        yield told(Home(Hub.open(Settings.read(tmp_path_factory.mktemp("story") / "home"))))


@pytest.mark.parametrize("card", BY_HAND, ids=" ".join)
def test_what_happened_is_what_the_indicators_count(story: Story, card: tuple[str, str]) -> None:
    result = story.cards[card]
    for name, expected in BY_HAND[card].items():
        rows = [indicator(result, unit, name) for unit in (SICHUAN, ZHEJIANG, HUBEI)]
        assert tuple((row["numerator"], row["denominator"]) for row in rows) == expected, name


def test_a_deadline_counts_when_its_day_is_over_and_not_before(story: Story) -> None:
    home, catalog = story.home.hub.home, story.home.hub.catalog
    due: list[int] = []
    for day in (23, 24):
        facts = measured(home, catalog, [Period.parse("2026-04", noon(4, day))])
        parts = facts.measures["2026-04"].get("objection_timeliness_rate", {}).get(ZHEJIANG, ())
        due.append(sum(part.ratio.denominator for part in parts))
    assert due == [0, 1]


def test_what_stays_displayed_when_publishing_is_refused_is_a_red_line_until_it_is_mended(story: Story) -> None:
    def hubei(day: str) -> Any:
        return next(unit for unit in story.cards["2026-05", day].model.regions if unit.id == HUBEI)

    assert [line.id for line in hubei("05-05").red_lines] == ["overdue_display"]
    assert (hubei("05-05").red_lines[0].count.numerator, hubei("05-05").red_lines[0].count.denominator) == (2, 4)
    assert hubei("05-05").total <= 59
    assert hubei("05-31").red_lines == ()


def test_the_way_down_leads_to_dataset_provider_rule_file_and_row(story: Story) -> None:
    result = story.cards["2026-03", "03-31"]
    details, files, rules = (
        pl.read_parquet(result.folder / f"{name}.parquet") for name in ("details", "files", "rules")
    )
    parts = details.filter(pl.col("indicator") == "correction_rate").select(
        "unit", "dataset_id", "provider_id", "numerator", "denominator"
    )
    assert sorted(parts.rows()) == [(ZHEJIANG, PENALTY, "zhejiang", 0, 1), (SICHUAN, PENALTY, "sichuan", 1, 2)]
    # From 安全合规率 down to the cell: rule, file, findings.
    [hit] = rules.filter(pl.col("rule_id").str.ends_with("mobile_in_text")).to_dicts()
    assert hit["rows"] == 1
    batch = files.filter(pl.col("batch_id") == hit["batch_id"]).to_dicts()[0]
    assert (batch["unit"], batch["dataset_id"]) == (SICHUAN, PENALTY)
    sichuan = next(unit for unit in result.model.regions if unit.id == SICHUAN)
    line = next(one for one in sichuan.files if one.batch_id == hit["batch_id"])
    findings = (result.folder / line.findings).resolve()
    assert findings.is_file()
    found = pl.read_csv(findings, infer_schema=False).filter(pl.col("rule_id") == hit["rule_id"])
    assert found.select("row_number", "field").rows() == [("3", "violation_facts")]


def test_open_rows_are_those_nobody_corrected_or_waived(story: Story) -> None:
    def open_rows(result: ScoreResult) -> dict[str, list[tuple[int, int]]]:
        return {
            unit.id: [(one.count.numerator, one.count.denominator) for one in unit.open_rows]
            for unit in result.model.regions
            if unit.open_rows
        }

    assert open_rows(story.cards["2026-03", "03-31"]) == {SICHUAN: [(1, 2)], ZHEJIANG: [(1, 2)], HUBEI: [(1, 1)]}
    assert open_rows(story.cards["2026-04", "04-30"]) == {SICHUAN: [(1, 2)], ZHEJIANG: [(1, 2)]}


def test_refused_releases_leave_a_hub_whose_accounts_are_right(story: Story) -> None:
    assert audit(story.home.hub) == []
    failures = [path.name for path in Path(story.home.root / "shared").glob("*/failures/*.json")]
    assert failures, "nothing was refused, and nothing proven"
