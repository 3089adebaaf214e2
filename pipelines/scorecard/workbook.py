"""``scorecards.xlsx``: overview, indicators, definitions. Values and scores are formulas, so that an analyst sees how they come about."""

from __future__ import annotations

from datetime import timezone
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from pipelines.scorecard.card import Card
from pipelines.scorecard.measures import Ratio

_FONT: Final = "Microsoft YaHei"
_COUNT, _RATE, _POINTS = "#,##0", "0.00%", "0.00"
_DEFINITIONS: Final = "定义"


class _Sheet:
    """One sheet with a frozen header and a filter over it."""

    def __init__(self, book: Any, name: str, columns: list[tuple[str, int, str | None]]) -> None:
        self._sheet = book.add_worksheet(name)
        head = book.add_format({"bold": True, "bg_color": "#1F3A5F", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"})
        self._formats = [book.add_format({"num_format": form, "valign": "top"} if form else {"valign": "top", "text_wrap": True}) for *_, form in columns]
        for position, (title, width, _) in enumerate(columns):
            self._sheet.set_column(position, position, width)
            self._sheet.write_string(0, position, title, head)
        self._sheet.freeze_panes(1, 2)
        self._row, self._width = 0, len(columns)

    def add(self, values: list[object]) -> None:
        """One row; a pair is a formula and its result, None an empty cell."""
        self._row += 1
        for position, value in enumerate(values):
            form = self._formats[position]
            match value:
                case None:
                    self._sheet.write_blank(self._row, position, None, form)
                case str():
                    self._sheet.write_string(self._row, position, value, form)
                case (formula, result):
                    self._sheet.write_formula(self._row, position, formula, form, "" if result is None else result)
                case _:
                    self._sheet.write_number(self._row, position, value, form)

    @property
    def next_row(self) -> int:
        """Number of the row that ``add`` writes next, as a spreadsheet counts."""
        return self._row + 2

    def close(self, bars: list[int]) -> None:
        """Filter, and data bars from 0 to 100 in some columns."""
        self._sheet.autofilter(0, 0, self._row, self._width - 1)
        for column in bars:
            options = {"type": "data_bar", "bar_color": "#7FA6D6", "bar_solid": True, "min_type": "num", "min_value": 0}
            self._sheet.conditional_format(1, column, self._row, column, options | {"max_type": "num", "max_value": 100})


def write_workbook(card: Card, path: Path) -> None:
    """The card as a workbook; the same card gives the same bytes."""
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        created = card.period.as_of.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
        book.set_properties({"title": f"{card.scheme.title_zh} {card.period.title_zh}", "created": created})
        book.formats[0].set_font_name(_FONT)
        _overview(book, card)
        _indicators(book, card)
        _definitions(book, card)


def _overview(book: Any, card: Card) -> None:
    columns: list[tuple[str, int, str | None]] = [
        ("地区代码", 10, None), ("地区", 22, None), ("状态", 10, None), ("名次", 7, _COUNT), ("总分", 9, _POINTS), ("等级", 7, None),
        ("可测权重", 9, "0"), ("报送行数", 13, _COUNT), ("入库行数", 13, _COUNT), ("拒收行数", 11, _COUNT),
        ("无任何问题的行数", 13, _COUNT), ("无任何问题的行占比", 12, _RATE), ("收到文件数", 10, _COUNT), ("没有数据的文件数", 11, _COUNT),
        ("说明", 48, None),
    ]  # fmt: skip
    sheet = _Sheet(book, "总览", columns)
    for region in (*card.scored, *card.unscored):
        rows, at = region.rows, sheet.next_row
        clean = (f'=IF(H{at}=0,"",K{at}/H{at})', Ratio(rows.clean, rows.rows_in).value)
        sheet.add([
            region.code, region.name, region.state.title_zh, region.rank, region.total, region.grade.grade if region.grade else None,
            region.measured_weight, rows.rows_in, rows.accepted, rows.refused, rows.clean, clean, rows.files, rows.unread_files,
            region.reason_zh,
        ])  # fmt: skip
    sheet.close([4])


def _indicators(book: Any, card: Card) -> None:
    columns: list[tuple[str, int, str | None]] = [
        ("地区代码", 10, None), ("地区", 22, None), ("维度", 14, None), ("指标", 18, None), ("分子", 14, _COUNT), ("分母", 14, _COUNT),
        ("数值", 10, _RATE), ("得分", 9, _POINTS), ("权重", 7, "0"), ("0分线", 9, "0.0##%"), ("满分线", 9, "0.0##%"),
        ("总分中丢掉的分", 10, _POINTS), ("状态", 10, None),
    ]  # fmt: skip
    dimensions = {one.id: one.title_zh for one in card.scheme.dimensions}
    sheet = _Sheet(book, "指标", columns)
    for region in card.regions:
        for one in region.indicators:
            at = sheet.next_row
            value = (f'=IF(F{at}=0,"",E{at}/F{at})', one.ratio.value)
            score = None if one.score is None else (f"=100*MIN(1,MAX(0,(G{at}-J{at})/(K{at}-J{at})))", one.score)
            sheet.add([
                region.code, region.name, dimensions.get(one.indicator.dimension, one.indicator.dimension), one.indicator.title_zh,
                one.ratio.numerator, one.ratio.denominator, value, score, one.weight, one.indicator.floor, one.indicator.target,
                one.points_lost, one.status.title_zh if one.status != "not_due" else "本期不测",
            ])  # fmt: skip
    sheet.close([7])


def _definitions(book: Any, card: Card) -> None:
    sheet = _Sheet(book, _DEFINITIONS, [("项目", 20, None), ("说明", 90, None)])
    scheme = card.scheme
    sheet.add(["评分方案", f"{scheme.title_zh}（{scheme.scheme}），目录版本 {card.catalog_version}"])
    sheet.add(["性质", scheme.note_zh])
    sheet.add(["期间", f"{card.period.label}，截至 {card.period.as_of_text}{'，本期尚未结束' if card.period.running else ''}"])
    sheet.add(["总分", "Σ（得分 × 权重）÷ Σ 权重，只计能够测量的指标；没有可测内容的指标不计分，权重由其余指标分担。"])
    sheet.add(["不计总分", f"能够测量的权重不足 {scheme.minimum_measured_weight:g}，或者未报送、只有空文件、文件都无法读取。"])
    sheet.add(["等级", "；".join(f"{grade.grade} {grade.title_zh}：总分不低于 {grade.minimum:g}" for grade in scheme.grades)])
    for one in scheme.indicators:
        direction = "，越低越好" if one.floor > one.target else ""
        rule = f"权重 {one.weight:g}，{one.floor:.4g} 及以下得 0 分，{one.target:.4g} 及以上得 100 分，其间按比例"
        if direction:
            rule = f"权重 {one.weight:g}，{one.floor:.4g} 及以上得 0 分，{one.target:.4g} 及以下得 100 分，其间按比例"
        sheet.add([one.title_zh, f"{one.formula_zh}{rule}{direction}。"])
    sheet.close([])
