"""Pages and workbook of a whole country against the table: every number the same, none without what it is made of."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from pipelines.scoring import ScoreResult
from pipelines.scoring.model import UnitCard
from tests.scoring.conftest import Hub, indicator
from tests.scoring.country import deliver_a_month, events_of_a_month
from tests.scoring.spreadsheet import Spreadsheet

ADDRESSES = (
    r"#[\w.-]+|data:,|[\w.]+\.(html|xlsx|parquet)(#[\w.-]+)?|\.\./assets/[\w.]+\.[0-9a-f]{8}\.[\w.]+"
    r"|\.\./index\.html(#u\w+)?|\.\./[\d-]+/\w+\.html|\.\./\.\./catalog/\w+\.html#[\w.]+|\.\./\.\./outbox/\w+/[\w-]+/(receipt\.html|findings\.csv)"
)


@pytest.fixture(scope="module")
def country(make_hub: Callable[[], Hub]) -> tuple[Hub, ScoreResult]:
    hub = make_hub()
    hub.deliver_all("sichuan", refused=9, day="2026-02-10")
    deliver_a_month(hub)
    events_of_a_month(hub)
    hub.workbook = True
    return hub, hub.score()


def units(result: ScoreResult) -> list[UnitCard]:
    return [*result.model.regions, *result.model.sectors]


def words_of(page: Path) -> str:
    """What a page says, without scripts and styles; limits of the scheme are no rates."""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", page.read_text(), flags=re.S)
    text = re.sub(r'<td[^>]*data-label="(满分线|0 分线)">.*?</td>', "", text, flags=re.S)
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))
    return re.sub(r"(0 分线|满分线) [\d.]+%", r"\1", text)


def test_every_unit_has_a_page_and_every_indicator_its_counts_on_it(country: tuple[Hub, ScoreResult]) -> None:
    _, result = country
    assert len(units(result)) == 32 + 13
    for unit in units(result):
        text = (result.folder / unit.page).read_text()
        for line in unit.indicators:
            row = text[text.index(f'id="i-{line.id}"') :].partition("</tr>")[0]
            counts = f"{line.count.numerator:,} / {line.count.denominator:,}"
            assert (counts in row) if line.count.denominator else ("没有可测内容" in row), (unit.id, line.id)


def test_no_page_shows_a_rate_without_its_denominator(country: tuple[Hub, ScoreResult]) -> None:
    _, result = country
    rates = 0
    for page in result.folder.glob("*.html"):
        text = words_of(page)
        for found in re.finditer(r"\d+\.\d\d%", text):
            before, after = text[max(0, found.start() - 20) : found.start()], text[found.end() : found.end() + 30]
            counts = re.match(r" ?[（(]? ?[\d,]+ / [\d,]+", after)
            median = re.match(r" ?\d+ 个(地区|部门)", after) or re.search(r"\d+ 个(地区|部门) ?的中位数 $", before)
            assert counts or median, (page.name, text[found.start() - 40 : found.end() + 40])
            rates += 1
    assert rates > 1_000


def test_pages_lead_nowhere_but_to_their_own_home(country: tuple[Hub, ScoreResult]) -> None:
    _, result = country
    for page in result.folder.glob("*.html"):
        text = page.read_text()
        links = re.findall(r"""(?:src|href)=["']([^"']*)""", text)
        assert [link for link in links if not re.fullmatch(ADDRESSES, link)] == []
        assert not re.search(r"@import|url\(|https?:", text)
        for link in links:
            name, _, anchor = link.partition("#")
            if name.startswith("../") and not name.startswith("../../"):
                assert (page.parent / name).is_file()
            elif not name.startswith(("..", "data:")):
                target = page.parent / name if name else page
                assert target.is_file(), (page.name, link)
                assert not anchor or f'id="{anchor}"' in target.read_text(), (page.name, link)


def test_pages_are_light_for_the_charts_are_shared(country: tuple[Hub, ScoreResult]) -> None:
    _, result = country
    assert max(page.stat().st_size for page in result.folder.glob("*.html")) < 250_000
    scripts = list((result.folder.parent / "assets").glob("*.js"))
    assert len(scripts) == 2
    assert {path.name for path in (result.folder.parent / "assets").glob("*.txt")} == {
        "ECHARTS-LICENSE.txt",
        "ECHARTS-NOTICE.txt",
    }


def test_the_workbook_says_the_same_as_the_table(country: tuple[Hub, ScoreResult]) -> None:
    hub, result = country
    book = openpyxl.load_workbook(result.workbook, data_only=True)
    assert book.sheetnames == ["总览", "地区", "部门", "指标", "分目录项", "趋势", "规则", "定义"]
    titles = {one.title_zh: one.id for one in hub.catalog.scorecard.indicators}
    rows = list(book["指标"].iter_rows(min_row=2, max_row=1 + 32 * 15, values_only=True))
    assert book["指标"].max_row == 1 + 45 * 15
    for cells in rows:
        row = indicator(result, cells[0], titles[cells[3]])
        assert (cells[4], cells[5]) == (row["numerator"], row["denominator"])
        assert (cells[6] or None) == (pytest.approx(row["value"]) if row["value"] else None)
        assert cells[7] == (pytest.approx(row["score"]) if row["score"] is not None else None)
    regions = list(book["地区"].iter_rows(min_row=2, values_only=True))
    assert {cells[0] for cells in regions} == set(hub.catalog.regions)
    for cells in regions:
        row = indicator(result, cells[0], "total")
        assert cells[3] == row["rank"]
        assert (cells[4] if cells[4] != "" else None) == (None if row["score"] is None else pytest.approx(row["score"]))
    assert {sheet.title: sheet.freeze_panes for sheet in book.worksheets}["地区"] == "C2"
    assert [len(sheet._charts) for sheet in openpyxl.load_workbook(result.workbook).worksheets] == [
        1,
        1,
        1,
        0,
        0,
        1,
        0,
        0,
    ]


def test_an_analyst_recomputes_every_number_of_the_workbook(country: tuple[Hub, ScoreResult]) -> None:
    """All formulas, from the counts of 分目录项 up to ranks and medians, give what the file showed when it was written."""
    _, result = country
    shown = openpyxl.load_workbook(result.workbook, data_only=True)
    again = Spreadsheet(result.workbook)
    for sheet in shown.worksheets:
        for row, cells in enumerate(sheet.iter_rows(min_row=2, values_only=True), start=2):
            for column, cell in enumerate(cells, start=1):
                value = again.value(sheet.title, column, row)
                expected = "" if cell is None else cell
                assert value == (pytest.approx(expected) if isinstance(expected, float) else expected), (
                    sheet.title,
                    row,
                    column,
                )
    assert again.formulas > 45 * 15 * 5


def test_the_charts_of_the_workbook_are_drawn_from_the_cells_they_name(country: tuple[Hub, ScoreResult]) -> None:
    _, result = country
    book = openpyxl.load_workbook(result.workbook)
    shown = openpyxl.load_workbook(result.workbook, data_only=True)
    model = result.model

    def cells(sheet: str, reference: str) -> list[object]:
        name, _, area = reference.replace("'", "").replace("$", "").partition("!")
        assert name == sheet
        return [cell.value or None for row in shown[name][area] for cell in row]

    drawn = {}
    for sheet in book.worksheets:
        for chart in sheet._charts:
            [series] = chart.series
            text = series.cat.strRef or series.cat.numRef
            drawn[sheet.title] = (cells(sheet.title, text.f), cells(sheet.title, series.val.numRef.f))
    for title, units in (("地区", model.regions), ("部门", model.sectors)):
        expected = {unit.title_zh: None if unit.total is None else pytest.approx(unit.total) for unit in units}
        assert len(drawn[title][0]) == len(units)
        assert dict(zip(*drawn[title], strict=True)) == expected
    assert drawn["趋势"][0] == [point.period for point in model.trend]
    assert drawn["趋势"][1] == [None if point.total is None else pytest.approx(point.total) for point in model.trend]
    spread = dict(zip(*drawn["总览"], strict=True))
    for label, number in spread.items():
        low, high = map(int, re.findall(r"\d+", str(label))[:2])
        inside = [u for u in model.regions if u.total is not None and low <= u.total < high + (high == 100)]
        assert (number or 0) == len(inside), label
    assert sum(number or 0 for number in spread.values()) == len(model.ranked)  # type: ignore[misc]
