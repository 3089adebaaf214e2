"""The pages of a period: ``write_pages(card, folder)``.

    <folder>/index.html          overview: where are we, better or worse, why, what first; ranking, tile map, trend, rules
    <folder>/<region_code>.html  one region: dimensions, points lost, what was due and came, open refused rows, files
    <folder>/<provider_id>.html  one sector (a ministry): the same
    <folder>/method.html         every formula, every limit, every statement
    <scorecards>/index.html      all periods and every unit's totals over them (``periods.py``); rebuilt each time
    <assets>/                    the charting library and its script, shared by all periods (``assets.py``)

``pages`` turns a ``PeriodCard`` into files through the templates, ``charts`` into what the charts show. The
pages hold no script of their own; each number is shown with its denominator.
"""

from pathlib import Path

from pipelines.pages.scorecards.pages import write_pages
from pipelines.pages.scorecards.periods import write_periods
from pipelines.pages.scorecards.workbook import write_workbook
from pipelines.scoring.model import PeriodCard
from pipelines.storage.scorecards import WORKBOOK

__all__ = ["ScorecardPages", "write_pages", "write_periods", "write_workbook"]


class ScorecardPages:
    """What ``pipelines.scoring.score`` asks of the pages."""

    def write(self, card: PeriodCard, folder: Path) -> None:
        """Pages and workbook of a period."""
        write_pages(card, folder)
        write_workbook(card, folder / WORKBOOK)

    def write_index(self, scorecards: Path) -> None:
        """The page that lists all periods."""
        write_periods(scorecards)
