"""Broken rules, and what every number means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pipelines.ground import figures
from pipelines.pages.scorecards.workbook.sheet import COUNT, LIMIT, RATE, WEIGHT, Column, Sheet
from pipelines.pages.words import WORDS
from pipelines.scoring.model import MethodLine, PeriodCard

RULE_COLUMNS: Final[tuple[Column, ...]] = (
    ("代码", 10, None),
    ("名称", 22, None),
    ("目录项", 18, None),
    ("规则", 44, None),
    ("说明", 40, None),
    ("怎样改", 48, None),
    ("后果", 7, None),
    ("行数", 11, COUNT),
    ("报送行数", 12, COUNT),
    ("占比", 9, RATE),
    ("文件数", 8, COUNT),
)
DEFINITION_COLUMNS: Final[tuple[Column, ...]] = (
    ("项目", 22, None),
    ("说明", 90, None),
    ("权重", 8, WEIGHT),
    ("0 分线", 9, LIMIT),
    ("满分线", 9, LIMIT),
    ("数据来源", 40, None),
)


def write_rules(book: Any, card: PeriodCard) -> None:
    """One row per unit and rule, in the order of the units' pages."""
    sheet = Sheet(book, "规则", RULE_COLUMNS)
    for unit in (*card.regions, *card.sectors):
        for one in unit.rules:
            rate = (
                f'=IF({sheet.cell("报送行数")}=0,"",{sheet.cell("行数")}/{sheet.cell("报送行数")})',
                one.count.value,
            )
            counts = (one.count.numerator, one.count.denominator)
            severity = WORDS["severity"][one.severity]
            names = (unit.id, unit.title_zh, one.dataset_zh, one.rule_id, one.message_zh, one.hint_zh, severity)
            sheet.add((*names, *counts, rate, one.files))
    sheet.finish()


def write_definitions(book: Any, card: PeriodCard) -> None:
    """Scheme, totals, grades; then each indicator with its limits and sources."""
    sheet = Sheet(book, "定义", DEFINITION_COLUMNS, frozen=1)
    for title, text in _general(card):
        sheet.add((title, text, None, None, None, None))
    for one in card.method:
        sheet.add(
            (one.title_zh, f"{one.formula_zh}{_limits(one)}", one.weight, one.floor, one.target, "、".join(one.sources))
        )


def _general(card: PeriodCard) -> Iterator[tuple[str, str]]:
    still = "，本期尚未结束" if card.running else ""
    yield "评分方案", f"{card.scheme_zh}（{card.scheme}），目录版本 {card.catalog_version}"
    yield "性质", card.note_zh
    yield "期间", f"{card.period}，截至 {card.as_of}{still}"
    if card.versions:
        yield "版本", f"第 {card.versions[-1].number} 版"
    yield "总分", "Σ（得分 × 权重）÷ Σ 权重，只计能够测量的指标；没有可测内容的指标不计分，权重由其余指标分担。"
    least = f"{card.minimum_measured_weight:g}"
    yield "没有总分", f"能够测量的权重不足 {least}，或者未报送、只有空文件、文件都无法读取。"
    yield "丢掉的分", "（100 − 得分）× 权重 ÷ 可测权重；各项相加等于 100 − 总分（触碰红线时为封顶前的总分）。"
    yield "红线", "；".join(title for _, title in card.red_lines) or "没有"
    bound = f"分母不足 {card.small_sample} 的指标取 {figures.share(card.confidence)} 单侧威尔逊（Wilson）界"
    yield "名次", f"按“排名用的总分”排列：{bound}，总分本身不打折。"
    yield "等级", "；".join(f"{one.grade} {one.title_zh}：总分不低于 {one.minimum:g}" for one in card.grades)
    yield "无任何问题的行", "已入库而且没有任何提示的行；占比的分母是报送行数。"


def _limits(one: MethodLine) -> str:
    inverse = one.floor > one.target
    below, above = ("及以上", "及以下") if inverse else ("及以下", "及以上")
    lower = "越低越好；" if inverse else ""
    return (
        f"{lower}{figures.share(one.floor)} {below}得 0 分，{figures.share(one.target)} {above}得 100 分，其间按比例。"
    )
