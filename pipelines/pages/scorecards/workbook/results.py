"""Units, indicators and their parts: counts as numbers, whatever follows from them as formulas with their results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pipelines.pages.scorecards.workbook.sheet import COUNT, LIMIT, POINTS, RATE, SIGNED, WEIGHT, Column, Sheet, whole
from pipelines.pages.workbook import BLUE, LINE
from pipelines.scoring import words
from pipelines.scoring.model import IndicatorLine, PeriodCard, UnitCard

INDICATORS: Final = "指标"
PARTS: Final = "分目录项"

UNIT_COLUMNS: Final[tuple[Column, ...]] = (
    ("代码", 10, None),
    ("名称", 22, None),
    ("状态", 10, None),
    ("名次", 7, COUNT),
    ("总分", 9, POINTS),
    ("等级", 7, None),
    ("上期总分", 9, POINTS),
    ("比上期", 9, SIGNED),
    ("可测权重", 9, WEIGHT),
    ("排名用的总分", 10, POINTS),
    ("红线封顶", 9, POINTS),
    ("报送行数", 13, COUNT),
    ("入库行数", 13, COUNT),
    ("拒收行数", 11, COUNT),
    ("无任何问题的行数", 13, COUNT),
    ("无任何问题的行占比", 12, RATE),
    ("收到文件数", 10, COUNT),
    ("没有数据的文件数", 11, COUNT),
    ("没有更正的拒收行数", 12, COUNT),
    ("入库后未发布行数", 12, COUNT),
    ("先改这一项", 16, None),
    ("可拿回的分", 10, POINTS),
    ("说明", 48, None),
)
INDICATOR_COLUMNS: Final[tuple[Column, ...]] = (
    ("代码", 10, None),
    ("名称", 22, None),
    ("维度", 14, None),
    ("指标", 18, None),
    ("分子", 14, COUNT),
    ("分母", 14, COUNT),
    ("数值", 10, RATE),
    ("得分", 9, POINTS),
    ("权重", 7, WEIGHT),
    ("0 分线", 9, LIMIT),
    ("满分线", 9, LIMIT),
    ("中位数", 10, RATE),
    ("可测权重", 9, WEIGHT),
    ("得分×权重", 11, POINTS),
    ("丢掉的分", 10, POINTS),
    ("排名用的得分", 10, POINTS),
    ("上期分子", 14, COUNT),
    ("上期分母", 14, COUNT),
    ("上期数值", 10, RATE),
    ("状态", 10, None),
)
PART_COLUMNS: Final[tuple[Column, ...]] = (
    ("代码", 10, None),
    ("名称", 22, None),
    ("指标", 18, None),
    ("目录项", 20, None),
    ("目录项代码", 26, None),
    ("报送方", 22, None),
    ("分子", 14, COUNT),
    ("分母", 14, COUNT),
    ("数值", 10, RATE),
)


def write_units(book: Any, name: str, card: PeriodCard, units: Sequence[UnitCard]) -> None:
    """One row per unit; the total comes from 指标, the rank from the totals at the confidence bounds."""
    sheet = Sheet(book, name, UNIT_COLUMNS)
    weighted, measured = (_of_unit(sheet, title) for title in ("得分×权重", "可测权重"))
    ranks = whole(name, UNIT_COLUMNS, "排名用的总分")
    for unit in units:
        at = sheet.cell
        measured_weight, weighted_scores = measured(), weighted()
        enough = f"AND({at('可测权重')}>0,{at('可测权重')}>={card.minimum_measured_weight:g})"
        total = f'=IF({enough},MIN({weighted_scores}/{at("可测权重")},IF({at("红线封顶")}="",100,{at("红线封顶")})),"")'
        first = next((one for one in unit.indicators if one.id in unit.to_gain[:1]), None)
        rows = unit.rows
        sheet.add(
            (
                unit.id,
                unit.title_zh,
                words.STATE_ZH[unit.status],
                (f'=IF({at("排名用的总分")}="","",RANK({at("排名用的总分")},{ranks}))', unit.rank),
                (total, unit.total),
                unit.grade,
                unit.previous_total,
                (
                    f'=IF(OR({at("总分")}="",{at("上期总分")}=""),"",{at("总分")}-{at("上期总分")})',
                    words.difference(unit),
                ),
                (f"={measured_weight}", unit.measured_weight),
                unit.rank_score,
                min((line.cap for line in unit.red_lines), default=None),
                rows.sent,
                rows.accepted,
                rows.refused,
                rows.clean.numerator,
                (
                    f'=IF({at("报送行数")}=0,"",{at("无任何问题的行数")}/{at("报送行数")})',
                    rows.clean.value,
                ),
                rows.files,
                rows.unread_files,
                unit.open_rows_in_all,
                unit.set_aside_in_all,
                first.title_zh if first and unit.total is not None else None,
                first.points_lost if first and unit.total is not None else None,
                unit.reason_zh,
            )
        )
    sheet.finish(bars="总分")
    if units:
        _totals_chart(book, sheet, name, len(units))


def _of_unit(sheet: Sheet, title: str) -> Any:
    """Sum of a column of 指标 over the unit of the row to be written."""
    column, codes = whole(INDICATORS, INDICATOR_COLUMNS, title), whole(INDICATORS, INDICATOR_COLUMNS, "代码")
    return lambda: f"SUMIFS({column},{codes},{sheet.cell('代码')})"


def _totals_chart(book: Any, sheet: Sheet, name: str, rows: int) -> None:
    """Totals of all units, the best on top."""
    chart = book.add_chart({"type": "bar"})
    value, label = sheet.titles.index("总分"), sheet.titles.index("名称")
    chart.add_series(
        {
            "name": "总分",
            "categories": [name, 1, label, rows, label],
            "values": [name, 1, value, rows, value],
            "fill": {"color": BLUE},
            "gap": 40,
            "data_labels": {"value": True, "num_format": POINTS},
        }
    )
    chart.set_title({"name": f"{name}总分"})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"min": 0, "max": 100, "major_gridlines": {"visible": True, "line": {"color": LINE}}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 620, "height": 90 + 22 * rows})
    sheet.sheet.insert_chart(1, len(sheet.titles) + 1, chart)


def write_indicators(book: Any, card: PeriodCard) -> None:
    """One row per unit and indicator, in the order of the scheme."""
    sheet = Sheet(book, INDICATORS, INDICATOR_COLUMNS, frozen=4)
    dimensions = {id_: title for id_, title, _ in card.dimensions}
    for unit in (*card.regions, *card.sectors):
        for one in unit.indicators:
            sheet.add(_indicator(sheet, unit, one, dimensions.get(one.dimension, one.dimension)))
    sheet.finish(bars="得分")


def _indicator(sheet: Sheet, unit: UnitCard, one: IndicatorLine, dimension: str) -> tuple[object, ...]:
    at = sheet.cell
    score = (
        f"=100*MIN(1,MAX(0,({at('数值')}-{at('0 分线')})/({at('满分线')}-{at('0 分线')})))",
        one.score,
    )
    lost = (f"=(100-{at('得分')})*{at('权重')}/{_sum_of_unit(sheet)}", one.points_lost)
    summed = one.parts and sum(part.count.denominator for part in one.parts) == one.count.denominator
    known = {side: _sum_of_parts(sheet, side) for side in ("分子", "分母")}
    then = one.previous
    return (
        unit.id,
        unit.title_zh,
        dimension,
        one.title_zh,
        (known["分子"], one.count.numerator) if summed else one.count.numerator,
        (known["分母"], one.count.denominator) if summed else one.count.denominator,
        (f'=IF({at("分母")}=0,"",{at("分子")}/{at("分母")})', one.count.value),
        None if one.score is None else score,
        one.weight,
        one.floor,
        one.target,
        one.median,
        (f'=IF({at("得分")}="",0,{at("权重")})', 0 if one.score is None else one.weight),
        (f'=IF({at("得分")}="",0,{at("得分")}*{at("权重")})', (one.score or 0) * one.weight),
        None if one.points_lost is None else lost,
        one.rank_score,
        None if then is None else then.numerator,
        None if then is None else then.denominator,
        None if then is None else (f'=IF({at("上期分母")}=0,"",{at("上期分子")}/{at("上期分母")})', then.value),
        "本期不测" if one.status == "not_due" else words.STATE_ZH[one.status],
    )


def _sum_of_unit(sheet: Sheet) -> str:
    measured, codes = (whole(INDICATORS, INDICATOR_COLUMNS, title) for title in ("可测权重", "代码"))
    return f"SUMIFS({measured},{codes},{sheet.cell('代码')})"


def _sum_of_parts(sheet: Sheet, title: str) -> str:
    column, codes, names = (whole(PARTS, PART_COLUMNS, one) for one in (title, "代码", "指标"))
    return f"=SUMIFS({column},{codes},{sheet.cell('代码')},{names},{sheet.cell('指标')})"


def write_parts(book: Any, card: PeriodCard) -> None:
    """The counts all else comes from: what each provider's dataset contributes to each indicator."""
    sheet = Sheet(book, PARTS, PART_COLUMNS, frozen=3)
    for unit in (*card.regions, *card.sectors):
        for one in unit.indicators:
            for part in one.parts:
                at = sheet.cell
                rate = (f'=IF({at("分母")}=0,"",{at("分子")}/{at("分母")})', part.count.value)
                counts = (part.count.numerator, part.count.denominator)
                sheet.add(
                    (
                        unit.id,
                        unit.title_zh,
                        one.title_zh,
                        part.dataset_zh,
                        part.dataset_id,
                        part.provider_zh,
                        *counts,
                        rate,
                    )
                )
    sheet.finish()
