"""``scorecards.xlsx``: overview, indicators, definitions; rates and scores are formulas, to be recomputed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from pipelines.catalog.models import Indicator
from pipelines.scorecard.card import Card
from pipelines.scorecard.measures import Ratio
from pipelines.scorecard.scoring import IndicatorScore, UnitScore
from pipelines.scorecard.state import State

_COUNT: Final = "#,##0"
_RATE: Final = "0.00%"
_LIMIT: Final = "0.0##%"
_POINTS: Final = "0.00"
_HEAD: Final = {"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}
_BAR: Final = {"type": "data_bar", "bar_color": "#7FA6D6", "min_type": "num", "max_type": "num"}

# Title, width in characters, number format (None: text).
_Column = tuple[str, int, str | None]

_OVERVIEW: Final[tuple[_Column, ...]] = (
    ("地区代码", 10, None),
    ("地区", 22, None),
    ("状态", 10, None),
    ("名次", 7, _COUNT),
    ("总分", 9, _POINTS),
    ("等级", 7, None),
    ("可测权重", 9, "0"),
    ("报送行数", 13, _COUNT),
    ("入库行数", 13, _COUNT),
    ("拒收行数", 11, _COUNT),
    ("无任何问题的行数", 13, _COUNT),
    ("无任何问题的行占比", 12, _RATE),
    ("收到文件数", 10, _COUNT),
    ("没有数据的文件数", 11, _COUNT),
    ("说明", 48, None),
)
_INDICATORS: Final[tuple[_Column, ...]] = (
    ("地区代码", 10, None),
    ("地区", 22, None),
    ("维度", 14, None),
    ("指标", 18, None),
    ("分子", 14, _COUNT),
    ("分母", 14, _COUNT),
    ("数值", 10, _RATE),
    ("得分", 9, _POINTS),
    ("权重", 7, "0"),
    ("0 分线", 9, _LIMIT),
    ("满分线", 9, _LIMIT),
    ("总分中丢掉的分", 10, _POINTS),
    ("状态", 10, None),
)
_DEFINITIONS: Final[tuple[_Column, ...]] = (("项目", 20, None), ("说明", 100, None))


def write_workbook(card: Card, path: Path) -> None:
    """The card as a workbook; the same card gives the same bytes."""
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        created = card.period.as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        book.set_properties({"title": f"{card.scheme.title_zh} {card.period.title_zh}", "created": created})
        overview = _Sheet(book, "总览", _OVERVIEW)
        for region in (*card.scored, *card.unscored):
            overview.add(_overview_row(region, overview.next_row))
        overview.finish(bars="总分")
        dimensions = {one.id: one.title_zh for one in card.scheme.dimensions}
        indicators = _Sheet(book, "指标", _INDICATORS)
        for region in card.regions:
            for one in region.indicators:
                name = dimensions.get(one.indicator.dimension, one.indicator.dimension)
                indicators.add(_indicator_row(region, one, name, indicators.next_row))
        indicators.finish(bars="得分")
        definitions = _Sheet(book, "定义", _DEFINITIONS)
        for title, text in _definitions(card):
            definitions.add((title, text))


class _Sheet:
    """One sheet with a frozen header; cells are written with the format of their column."""

    def __init__(self, book: Any, name: str, columns: Sequence[_Column]) -> None:
        self._sheet = book.add_worksheet(name)
        self._titles = [title for title, _, _ in columns]
        self._formats = [
            book.add_format({"valign": "top"} | ({"num_format": form} if form else {"text_wrap": True}))
            for _, _, form in columns
        ]
        head = book.add_format(_HEAD)
        for position, (title, width, _) in enumerate(columns):
            self._sheet.set_column(position, position, width)
            self._sheet.write_string(0, position, title, head)
        self._sheet.freeze_panes(1, min(2, len(columns) - 1))
        self._row = 0

    @property
    def next_row(self) -> int:
        """Number of the row that ``add`` writes next, as a spreadsheet counts."""
        return self._row + 2

    def add(self, values: Sequence[object]) -> None:
        """One row; a pair is a formula with its result, None an empty cell."""
        self._row += 1
        for position, (value, form) in enumerate(zip(values, self._formats, strict=True)):
            match value:
                case None:
                    self._sheet.write_blank(self._row, position, None, form)
                case str():
                    self._sheet.write_string(self._row, position, value, form)
                case (formula, result):
                    self._sheet.write_formula(self._row, position, formula, form, "" if result is None else result)
                case _:
                    self._sheet.write_number(self._row, position, value, form)

    def finish(self, bars: str) -> None:
        """A filter over all columns, and data bars from 0 to 100 in one."""
        self._sheet.autofilter(0, 0, self._row, len(self._titles) - 1)
        column = self._titles.index(bars)
        options = _BAR | {"min_value": 0, "max_value": 100}
        self._sheet.conditional_format(1, column, self._row, column, options)


def _overview_row(region: UnitScore, at: int) -> tuple[object, ...]:
    rows = region.rows
    return (
        region.code,
        region.name,
        region.state.title_zh,
        region.rank,
        region.total,
        region.grade.grade if region.grade else None,
        region.measured_weight,
        rows.rows_in,
        rows.accepted,
        rows.refused,
        rows.clean,
        (f'=IF(H{at}=0,"",K{at}/H{at})', Ratio(rows.clean, rows.rows_in).value),
        rows.files,
        rows.unread_files,
        region.reason_zh,
    )


def _indicator_row(region: UnitScore, one: IndicatorScore, dimension: str, at: int) -> tuple[object, ...]:
    score = (f"=100*MIN(1,MAX(0,(G{at}-J{at})/(K{at}-J{at})))", one.score)
    return (
        region.code,
        region.name,
        dimension,
        one.indicator.title_zh,
        one.ratio.numerator,
        one.ratio.denominator,
        (f'=IF(F{at}=0,"",E{at}/F{at})', one.ratio.value),
        None if one.score is None else score,
        one.weight,
        one.indicator.floor,
        one.indicator.target,
        one.points_lost,
        "本期不测" if one.status is State.NOT_DUE else one.status.title_zh,
    )


def _definitions(card: Card) -> list[tuple[str, str]]:
    scheme, period = card.scheme, card.period
    still = "，本期尚未结束" if period.running else ""
    return [
        ("评分方案", f"{scheme.title_zh}（{scheme.scheme}），目录版本 {card.catalog_version}"),
        ("性质", scheme.note_zh),
        ("期间", f"{period.label}，截至 {period.as_of_text}{still}"),
        ("总分", "Σ（得分 × 权重）÷ Σ 权重，只计能够测量的指标；没有可测内容的指标不计分，权重由其余指标分担。"),
        (
            "没有总分",
            f"能够测量的权重不足 {scheme.minimum_measured_weight:g}，或者未报送、只有空文件、文件都无法读取。",
        ),
        ("等级", "；".join(f"{one.grade} {one.title_zh}：总分不低于 {one.minimum:g}" for one in scheme.grades)),
        ("无任何问题的行", "已入库而且没有任何提示的行；占比的分母是报送行数。"),
        *((one.title_zh, f"{one.formula_zh}{_rule(one)}") for one in scheme.indicators),
    ]


def _rule(one: Indicator) -> str:
    below, above = ("及以上", "及以下") if one.floor > one.target else ("及以下", "及以上")
    lower = "，越低越好" if one.floor > one.target else ""
    return (
        f"权重 {one.weight:g}{lower}；{one.floor * 100:.4g}% {below}得 0 分，{one.target * 100:.4g}% {above}得 100 分，"
        "其间按比例。"
    )
