"""Every event an indicator counts, brought about as users do, against numbers reckoned by hand from ``tests/scorecard/story.py``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import openpyxl
import polars as pl
import pytest
import yaml

from pipelines.audit import audit
from pipelines.ground.settings import Settings
from pipelines.scoring import ScoreResult
from pipelines.scoring.card import measured
from pipelines.scoring.period import Period
from pipelines.storage.hub import Hub
from tests.conftest import ROOT, Home, second_route_left_out
from tests.publishing.penalties import PENALTY
from tests.scoring.conftest import indicator
from tests.scoring.expected_numbers import Month, method, month, overview, unexplained, unit_page
from tests.scoring.page_numbers import numbers, same
from tests.scoring.reckoning import cut
from tests.scoring.story import HUBEI, SICHUAN, ZHEJIANG, Story, noon, told

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
        # They came on the 8th and are due on the 29th.
        "objection_timeliness_rate": (NOTHING, NOTHING, NOTHING),
        "code_conflict_rate": ((1, 4), (1, 2), (0, 2)),
        "safety_compliance_rate": ((3, 3), (2, 2), (2, 2)),
    },
    ("2026-04", "04-30"): {
        "correction_rate": (NOTHING, NOTHING, (1, 1)),
        "repair_sync_rate": ((1, 1), (0, 1), NOTHING),  # taken down on the 24th is still late
        "overdue_display_rate": ((0, 6), (0, 2), (0, 4)),
        "objection_timeliness_rate": ((1, 1), (0, 1), (0, 1)),
        # 浙1 is repaired: that Zhejiang ever named its company is not counted any more, nor is the repair itself.
        "code_conflict_rate": ((1, 4), (1, 1), (0, 2)),
        "safety_compliance_rate": ((3, 3), (2, 2), (2, 2)),
    },
    ("2026-05", "05-05"): {
        "correction_rate": (NOTHING, NOTHING, NOTHING),
        "repair_sync_rate": (NOTHING, NOTHING, NOTHING),
        # 鄂2 was to go on the 4th and is still in both products; 鄂3 is in them rightly.
        "overdue_display_rate": ((0, 6), (0, 2), (2, 4)),
        "objection_timeliness_rate": (NOTHING, NOTHING, NOTHING),
        "code_conflict_rate": ((1, 4), (1, 1), (0, 2)),
        "safety_compliance_rate": ((1, 1), NOTHING, (3, 3)),
    },
    ("2026-05", "05-31"): {
        "correction_rate": (NOTHING, NOTHING, NOTHING),
        "repair_sync_rate": (NOTHING, NOTHING, NOTHING),
        "overdue_display_rate": ((0, 8), (0, 2), (0, 10)),  # 鄂1 too: the time of the objection is over
        "objection_timeliness_rate": (NOTHING, NOTHING, NOTHING),
        "code_conflict_rate": ((1, 4), (1, 1), (0, 2)),
        "safety_compliance_rate": ((1, 1), NOTHING, (3, 3)),
    },
    ("2026-Q2", "05-31"): {
        "correction_rate": (NOTHING, NOTHING, (1, 1)),
        "repair_sync_rate": ((1, 1), (0, 1), NOTHING),
        "overdue_display_rate": ((0, 8), (0, 2), (0, 10)),  # 鄂1 too: the time of the objection is over
        "objection_timeliness_rate": ((1, 1), (0, 1), (0, 1)),
        "code_conflict_rate": ((1, 4), (1, 1), (0, 2)),
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
    for day in (29, 30):
        facts = measured(home, catalog, [Period.parse("2026-04", noon(4, day))])
        parts = facts.measures["2026-04"].get("objection_timeliness_rate", {}).get(ZHEJIANG, ())
        due.append(sum(part.ratio.denominator for part in parts))
    assert due == [0, 1]


def test_what_stays_displayed_when_publishing_is_refused_is_a_red_line_until_it_is_corrected(story: Story) -> None:
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


# What no receipt says, by hand: a penalty has 17 cells that must be filled, a repair by plan 18, an objection 12 and one more when it is
# closed, a registration 4; every row has a credit code; the companies 0 to 2 are registered, 3 and 4 are not.
MARCH: Final[dict[str, dict[str, tuple[int, int]]]] = {
    SICHUAN: {
        "timeliness_rate": (3, 4),  # 川3 is of January
        "completeness_rate": (113, 114),  # 3 × 4 + 6 × 17; 川4 had no kind of offence
        "duplicate_rate": (0, 7),
        "code_accuracy_rate": (9, 9),
        "link_rate": (3, 4),
    },
    ZHEJIANG: {
        "timeliness_rate": (2, 2),
        "completeness_rate": (66, 68),
        "duplicate_rate": (0, 2),
        "code_accuracy_rate": (4, 4),
        "link_rate": (2, 2),
    },
    HUBEI: {
        "timeliness_rate": (1, 2),  # 鄂2 is of 2023
        "completeness_rate": (50, 51),
        "duplicate_rate": (0, 2),
        "code_accuracy_rate": (3, 3),
        "link_rate": (1, 2),
    },
}
APRIL: Final[dict[str, dict[str, tuple[int, int]]]] = {
    SICHUAN: {
        "completeness_rate": (43, 43),  # 18 + 12 + 13
        "duplicate_rate": (0, 3),
        "code_accuracy_rate": (3, 3),
        "link_rate": (3, 3),
    },
    ZHEJIANG: {
        "completeness_rate": (30, 30),
        "duplicate_rate": (0, 2),
        "code_accuracy_rate": (2, 2),
        "link_rate": (2, 2),
    },
    HUBEI: {
        "timeliness_rate": (0, 1),  # 鄂3 of 20 March came on 2 April
        "completeness_rate": (29, 29),
        "duplicate_rate": (0, 2),
        "code_accuracy_rate": (2, 2),
        "link_rate": (2, 2),
    },
}


def by_hand(
    card: tuple[str, str], rest: dict[str, dict[str, tuple[int, int]]]
) -> dict[str, dict[str, tuple[int, int]]]:
    events = {
        unit: {name: counts[n] for name, counts in BY_HAND[card].items()}
        for n, unit in enumerate((SICHUAN, ZHEJIANG, HUBEI))
    }
    return {unit: rest[unit] | events[unit] for unit in rest}


@pytest.fixture(scope="module")
def reckoned(story: Story) -> tuple[Month, Month, Month]:
    """March, April as it was issued on the 22nd, and April, from the receipts in the outbox, and from the counts by hand."""
    scheme = yaml.safe_load((ROOT / "catalog/scorecard.yaml").read_text(encoding="utf-8"))
    receipts = [
        json.loads(path.read_text(encoding="utf-8")) for path in (story.home.root / "outbox").rglob("receipt.json")
    ]
    catalog = story.home.hub.catalog
    march = month(catalog, scheme, "2026-03", receipts, by_hand(("2026-03", "03-31"), MARCH))
    early, april = (
        month(catalog, scheme, "2026-04", receipts, by_hand(("2026-04", day), APRIL)) for day in ("04-22", "04-30")
    )
    return march, early, april


def names(story: Story) -> set[str]:
    """What has digits and is no number: files, batches, rules, what the catalogue says of them, versions of the catalogue."""
    catalog = story.home.hub.catalog
    rules = [rule for some in catalog.rules.values() for rule in some]
    texts = {text for rule in rules for text in (rule.id, rule.message_zh, rule.hint_zh)}
    of_files = {text for one in story.receipts for text in (one["batch_id"], one["file_name"])}
    return texts | of_files | {catalog.version, catalog.scorecard.scheme, "Wilson"}


# Of 必填完整率 in April, by dataset; of all else every row of a dataset counts alike.
CELLS: Final = {
    SICHUAN: {"credit_repair": (18, 18), "objection": (25, 25)},
    ZHEJIANG: {"credit_repair": (18, 18), "objection": (12, 12)},
    HUBEI: {PENALTY: (17, 17), "objection": (12, 12)},
}


# From the 22nd to the 30th: the objections of all three and the total of Hubei by later records; what Sichuan displays and of whom
# Zhejiang has records, and thereby the totals of both, by a release.
CORRECTED: Final = {"4"}


def parts_of(april: Month, unit: str) -> dict[str, list[tuple[int, int]]]:
    """What each dataset contributes in April, in which every row was accepted and every accepted row was right."""
    due = april.units[unit].counts["update_timeliness_rate"]
    one_each = [(1, 1)] * due[0] + [(0, 1)] * (due[1] - due[0])
    parts = {name: [pair] for name, pair in april.units[unit].counts.items() if pair[1]}
    parts |= {name: one_each for name in ("catalogue_coverage_rate", "update_timeliness_rate")}
    if unit not in CELLS:
        return parts
    files = {name: [one for one in april.of(unit) if one["dataset_id"] == name] for name in CELLS[unit]}
    rows = {name: sum(one["rows"]["in"] for one in some) for name, some in files.items()}
    parts["completeness_rate"] = list(CELLS[unit].values())
    parts["transmission_completeness_rate"] = [(len(some), len(some)) for some in files.values()]
    parts["duplicate_rate"] = [(0, number) for number in rows.values()]
    for name in ("conformity_rate", "code_accuracy_rate", "link_rate", "safety_compliance_rate"):
        parts[name] = [(number, number) for number in rows.values()]
    return parts


def test_every_number_on_every_page_is_one_that_was_reckoned_from_receipts_and_by_hand(
    story: Story, reckoned: tuple[Month, Month, Month]
) -> None:
    march, early, april = reckoned
    folder = story.home.root / "scorecards/2026-04"
    left = {SICHUAN: [(1, 2)], ZHEJIANG: [(1, 2)]}
    pages = {
        f"{unit}.html": unit_page(unit, april, march, early, left.get(unit, []), parts_of(april, unit))
        for unit in april.units
    }
    pages |= {"index.html": overview(april, march, CORRECTED), "method.html": method(april, CORRECTED)}
    assert {path.name for path in folder.glob("*.html")} == set(pages)
    known = names(story)
    seen = 0
    for name, allowed in pages.items():
        found = numbers(folder / name, known)
        seen += len(found)
        assert unexplained(found, allowed, same) == [], name
    assert seen > 5_000


def test_a_number_that_nobody_reckoned_is_found(
    story: Story, reckoned: tuple[Month, Month, Month], tmp_path: Path
) -> None:
    march, early, april = reckoned
    allowed = unit_page(HUBEI, april, march, early, [], parts_of(april, HUBEI))
    text = (story.home.root / f"scorecards/2026-04/{HUBEI}.html").read_text(encoding="utf-8")
    page = tmp_path / "page.html"
    shown = cut(april.regions[HUBEI].total)
    assert text.count(shown) > 2
    for other in (f"{float(shown) + 0.01:.2f}", f"{float(shown) + 1:.2f}"):
        page.write_text(text.replace(shown, other, 1), encoding="utf-8")
        assert [one[1] for one in unexplained(numbers(page, names(story)), allowed, same)] == [same(other)]


def test_the_workbook_and_the_table_say_what_was_reckoned(story: Story, reckoned: tuple[Month, Month, Month]) -> None:
    _, _, april = reckoned
    result = story.cards["2026-04", "04-30"]
    book = openpyxl.load_workbook(result.workbook, data_only=True)
    titles = {one.title_zh: one.id for one in story.home.hub.catalog.scorecard.indicators}
    rows = list(book["指标"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == 45 * 15
    for cells in rows:
        assert (cells[4], cells[5]) == april.units[str(cells[0])].counts[titles[str(cells[3])]], cells
    for sheet, units in (("地区", april.regions), ("部门", april.sectors)):
        for cells in book[sheet].iter_rows(min_row=2, values_only=True):
            unit = units[str(cells[0])]
            assert cells[3] == unit.rank
            assert (cells[4] or None) == (pytest.approx(unit.total) if unit.scored else None), cells
    for code, unit in april.regions.items():
        total = indicator(result, code, "total")
        assert (total["rank"], total["score"]) == (unit.rank, pytest.approx(unit.total) if unit.scored else None)
