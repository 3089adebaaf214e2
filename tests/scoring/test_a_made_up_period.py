"""Pages of a period that has everything at once: twelve periods of trend, a red line, two versions, every state of a delivery."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.catalog import Catalog
from pipelines.pages.scorecards import write_pages
from pipelines.scoring.model import PeriodCard
from tests.scoring.cards import a_card


@pytest.fixture(scope="module")
def card(catalog: Catalog) -> PeriodCard:
    return a_card(catalog)


@pytest.fixture(scope="module")
def folder(card: PeriodCard, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scorecards") / "2026-03"
    path.mkdir()
    write_pages(card, path)
    return path


def test_a_crossed_red_line_is_said_first_with_its_counts_and_the_total_it_cost(card: PeriodCard, folder: Path) -> None:
    unit = next(one for one in card.regions if one.red_lines)
    main = (folder / unit.page).read_text().partition("<main")[2]
    note = main[: main.index('class="answers"')]
    assert "触碰红线：迟报率超过50%" in note
    assert "2,411 / 4,000" in note
    assert "最高 59 分" in note


def test_a_trend_shows_every_period_and_whether_it_was_issued(card: PeriodCard, folder: Path) -> None:
    text = (folder / "index.html").read_text()
    table = text[text.index('aria-label="中位数各期数值"') :].partition("</table>")[0]
    assert re.findall(r'<td class="whole">([\d-]+)</td>', table) == [point.period for point in reversed(card.trend)]
    assert (table.count("当时发布"), table.count("现在计算")) == (11, 1)


def test_an_earlier_version_leads_to_what_was_kept_of_it(folder: Path) -> None:
    method = (folder / "method.html").read_text()
    assert 'href="versions/1/scorecards.xlsx"' in method
    assert "4 月 1 日补正 30 行" in method
    assert "第 2 版（本版）" in method
    assert 'method.html#versions">第 2 版' in (folder / "index.html").read_text()


def test_every_delivery_that_was_due_stands_in_the_table_with_its_state(card: PeriodCard, folder: Path) -> None:
    seen = set()
    for unit in card.regions:
        text = (folder / unit.page).read_text()
        section = text[text.index('id="calendar"') :].partition("</section>")[0]
        states = re.findall(r'<span class="badge (\w+)">', section)
        assert states == [slot.state for slot in unit.slots]
        seen |= set(states)
    assert seen == {"received", "refused", "missing", "open", "empty", "broken"}


def test_words_from_outside_stay_words(folder: Path) -> None:
    text = (folder / "510000.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in text


def test_the_same_card_gives_the_same_pages_and_old_scripts_stay(card: PeriodCard, folder: Path) -> None:
    old = folder.parent / "assets" / "scorecard.00000000.js"
    old.write_text("// of an issued page")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assets = {path.name: path.read_bytes() for path in old.parent.iterdir()}
    write_pages(card, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert {path.name: path.read_bytes() for path in old.parent.iterdir()} == assets
