"""The first sheet, with its charts, and the sheet of trends."""

from __future__ import annotations

from statistics import fmean
from typing import Any, Final

from pipelines.pages.scorecards.charts import bins
from pipelines.pages.scorecards.workbook.results import UNIT_COLUMNS
from pipelines.pages.scorecards.workbook.sheet import COUNT, POINTS, RATE, Column, Sheet, whole
from pipelines.pages.workbook import BLUE, LINE
from pipelines.scoring import words
from pipelines.scoring.model import PeriodCard, Point

TREND: Final = "趋势"
OVERVIEW_COLUMNS: Final[tuple[Column, ...]] = (
    ("项目", 30, None),
    ("数值", 16, POINTS),
    ("分子", 16, COUNT),
    ("分母", 16, COUNT),
    ("说明", 60, None),
)
TREND_COLUMNS: Final[tuple[Column, ...]] = (
    ("期间", 10, None),
    ("代码", 10, None),
    ("名称", 22, None),
    ("状态", 10, None),
    ("总分", 9, POINTS),
    ("等级", 7, None),
    ("名次", 7, COUNT),
    ("无任何问题的行数", 14, COUNT),
    ("报送行数", 14, COUNT),
    ("无任何问题的行占比", 12, RATE),
    ("来源", 12, None),
)
_MEDIAN: Final = "全部地区"


def write_overview(book: Any, card: PeriodCard) -> None:
    """What the overview page says first, recomputed from the other sheets; then the distribution."""
    sheet = Sheet(book, "总览", OVERVIEW_COLUMNS, frozen=1)
    totals, grades = (whole("地区", UNIT_COLUMNS, title) for title in ("总分", "等级"))
    scored = [unit.total for unit in card.regions if unit.total is not None]
    regions = len(card.regions)
    sheet.add(("期间", None, None, None, f"{card.title_zh}，{card.first_day} 至 {card.last_day}，截至{card.as_of_zh}"))
    sheet.add(("有总分的地区数", None, (f"=COUNT({totals})", len(scored)), regions, "没有总分的见“地区”表的说明"))
    if scored:
        sheet.add(("总分的中位数", (f"=MEDIAN({totals})", card.median_total), None, len(scored), "有总分的地区"))
        sheet.add(
            ("总分的平均", (f"=AVERAGE({totals})", fmean(scored)), None, len(scored), "有总分的地区；与下一行一起看")
        )
    clean, sent = (whole("地区", UNIT_COLUMNS, title) for title in ("无任何问题的行数", "报送行数"))
    share = None if card.rows.clean.value is None else card.rows.clean.value * 100
    row = sheet.rows + 2
    sheet.add(
        (
            "无任何问题的行占比（%）",
            (f'=IF(D{row}=0,"",100*C{row}/D{row})', share),
            (f"=SUM({clean})", card.rows.clean.numerator),
            (f"=SUM({sent})", card.rows.clean.denominator),
            "已入库而且没有任何提示的行 ÷ 报送行数",
        )
    )
    for one in card.grades:
        counted = (f'=COUNTIF({grades},"{one.grade}")', one.regions)
        sheet.add(
            (f"等级 {one.grade}（{one.title_zh}）的地区数", None, counted, regions, f"总分 {one.minimum:g} 分及以上")
        )
    first = sheet.rows + 1
    some = bins(card.regions, card.grades)
    for part in some:
        upper = f'"<{part.high}"' if part.high < 100 else '"<=100"'
        counted = (f'=COUNTIFS({totals},">={part.low}",{totals},{upper})', len(part.units))
        sheet.add(
            (f"{part.label} 分的地区数", None, counted, len(scored), "、".join(unit.short_zh for unit in part.units))
        )
    if some:
        _distribution_chart(book, sheet, first)


def _distribution_chart(book: Any, sheet: Sheet, first: int) -> None:
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": "地区数",
            "categories": ["总览", first, 0, sheet.rows, 0],
            "values": ["总览", first, 2, sheet.rows, 2],
            "fill": {"color": BLUE},
            "gap": 30,
            "data_labels": {"value": True},
        }
    )
    chart.set_title({"name": "总分的分布"})
    chart.set_legend({"none": True})
    chart.set_size({"width": 620, "height": 320})
    sheet.sheet.insert_chart(1, 6, chart)


def write_trend(book: Any, card: PeriodCard) -> None:
    """Median over all regions, then every region and sector; one line for each period."""
    sheet = Sheet(book, TREND, TREND_COLUMNS, frozen=3)
    for point in card.trend:
        sheet.add(_point(sheet, "", _MEDIAN, point))
    many = len(card.trend)
    for unit in (*card.regions, *card.sectors):
        for point in unit.trend:
            sheet.add(_point(sheet, unit.id, unit.title_zh, point))
    sheet.finish()
    if not many:
        return
    chart = book.add_chart({"type": "line"})
    total = sheet.titles.index("总分")
    chart.add_series(
        {
            "name": "各地区总分的中位数",
            "categories": [TREND, 1, 0, many, 0],
            "values": [TREND, 1, total, many, total],
            "line": {"color": "#1F5396", "width": 2.25},
            "marker": {"type": "circle"},
            "data_labels": {"value": True, "num_format": POINTS, "position": "above"},
        }
    )
    chart.set_title({"name": f"{many} 期趋势"})
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis({"max": 100, "major_gridlines": {"visible": True, "line": {"color": LINE}}})
    chart.set_size({"width": 720, "height": 340})
    chart.show_blanks_as("gap")
    sheet.sheet.insert_chart(1, len(sheet.titles) + 1, chart)


def _point(sheet: Sheet, code: str, name: str, point: Point) -> tuple[object, ...]:
    clean = sheet.cell("无任何问题的行数"), sheet.cell("报送行数")
    return (
        point.period,
        code,
        name,
        words.STATE_ZH[point.status],
        point.total,
        point.grade,
        point.rank,
        point.clean.numerator,
        point.clean.denominator,
        (f'=IF({clean[1]}=0,"",{clean[0]}/{clean[1]})', point.clean.value),
        "当时发布" if point.issued else "现在计算",
    )
