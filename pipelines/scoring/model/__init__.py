"""What the pages of a period are made from: plain frozen values, no look-ups left to do, everything with its denominator.

``PeriodCard`` is the overview; it holds one ``UnitCard`` for each region and for each sector (a ministry), scored or not. Built
by ``pipelines.scoring.assemble.assemble``; ``to_json`` is what stands in ``card.json`` beside the pages.

Scores and totals are 0 to 100; a rate is a ``Count`` and never a bare number. None means "not measured" or "not scored", never 0.
Links are relative to ``scorecards/<period>/``.
"""

from pipelines.scoring.model.period import CatalogueVersion, GradeLine, MethodLine, PeriodCard, PeriodLink, VersionLine
from pipelines.scoring.model.unit import (
    Arrival,
    BrokenRuleLine,
    Change,
    CorrectionLine,
    Count,
    Day,
    DimensionLine,
    FileLine,
    IndicatorLine,
    MessageCount,
    OpenRows,
    Part,
    Point,
    RedLine,
    RowCounts,
    Scope,
    SetAsideRows,
    Slot,
    Status,
    UnitCard,
)

__all__ = [
    "Arrival",
    "BrokenRuleLine",
    "CatalogueVersion",
    "Change",
    "CorrectionLine",
    "Count",
    "Day",
    "DimensionLine",
    "FileLine",
    "GradeLine",
    "IndicatorLine",
    "MessageCount",
    "MethodLine",
    "OpenRows",
    "Part",
    "PeriodCard",
    "PeriodLink",
    "Point",
    "RedLine",
    "RowCounts",
    "Scope",
    "SetAsideRows",
    "Slot",
    "Status",
    "UnitCard",
    "VersionLine",
]
