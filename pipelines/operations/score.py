"""Scoring with its pages."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pipelines import scoring
from pipelines.catalog import Catalog
from pipelines.ground.clock import CHINA
from pipelines.ground.limits import MEMORY_LIMIT
from pipelines.pages.catalogue import keep
from pipelines.pages.scorecards import ScorecardPages
from pipelines.scoring import ScoreResult
from pipelines.scoring.period import Period
from pipelines.storage.home import Home
from pipelines.storage.hub import Hub

_PAGES: Final = ScorecardPages()


def score(
    home: Home, catalog: Catalog, *, period: str, as_of: datetime, memory_limit: str = MEMORY_LIMIT
) -> ScoreResult:
    """The scorecard of a period, with its pages (``pipelines.scoring.score``)."""
    return scoring.score(home, catalog, _PAGES, period=period, as_of=as_of, memory_limit=memory_limit)


def score_period(hub: Hub, period: str | None, at: datetime) -> ScoreResult:
    """The scorecard of a period; without one, of the month of ``at``.

    Raises:
        InputError: the period is none.
    """
    chosen = period or this_month(at)
    Period.parse(chosen, at)
    keep(hub.home, hub.catalog)
    with hub.home.lake_in_use():
        return score(hub.home, hub.catalog, period=chosen, as_of=at, memory_limit=hub.settings.memory_limit)


def this_month(at: datetime) -> str:
    """The month of an instant in China, as a period is written."""
    return f"{at.astimezone(CHINA):%Y-%m}"
