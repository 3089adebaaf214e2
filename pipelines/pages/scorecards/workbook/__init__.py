"""``scorecards.xlsx``: what an analyst opens. Every rate, score, total and rank is a formula that leads back to counts.

    总览          the period in a few lines, distribution and trend, with charts
    地区, 部门     one row per region or sector: total, grade, rank, rows
    指标          one row per unit and indicator: numerator and denominator summed from 分目录项, value, score, points lost
    分目录项       the counts: unit, indicator, dataset, provider, numerator, denominator
    趋势          twelve periods of every region
    规则          broken rules of every unit
    定义          every formula and limit in words

The same card gives the same bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipelines.pages.scorecards.workbook.overview import write_overview, write_trend
from pipelines.pages.scorecards.workbook.reference import write_definitions, write_rules
from pipelines.pages.scorecards.workbook.results import write_indicators, write_parts, write_units
from pipelines.pages.workbook import workbook
from pipelines.scoring.model import PeriodCard

__all__ = ["write_workbook"]


def write_workbook(card: PeriodCard, path: Path) -> None:
    """The card as a workbook.

    Args:
        card: the period.
        path: of the file to write.
    """
    created = datetime.fromisoformat(card.as_of).astimezone(UTC).replace(tzinfo=None, microsecond=0)
    with workbook(path, f"{card.scheme_zh} {card.title_zh}", created=created) as book:
        write_overview(book, card)
        write_units(book, "地区", card, (*card.ranked, *card.unranked))
        write_units(
            book, "部门", card, sorted(card.sectors, key=lambda unit: (unit.rank or len(card.sectors), unit.id))
        )
        write_indicators(book, card)
        write_parts(book, card)
        write_trend(book, card)
        write_rules(book, card)
        write_definitions(book, card)
