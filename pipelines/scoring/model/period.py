"""A period as a whole: ``PeriodCard``, with what it says of versions, grades and method."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipelines.scoring.model.unit import BrokenRuleLine, Change, Point, RowCounts, UnitCard


@dataclass(frozen=True)
class GradeLine:
    """A grade and how many of the regions have it."""

    grade: str
    title_zh: str
    minimum: float
    regions: int


@dataclass(frozen=True)
class MethodLine:
    """How an indicator is computed: for the page on method."""

    id: str
    title_zh: str
    title_en: str
    dimension: str
    weight: float
    floor: float
    target: float
    formula_zh: str
    sources: tuple[str, ...]
    sql: str


@dataclass(frozen=True)
class CatalogueVersion:
    """A version of the catalogue under which deliveries of the period were screened: a rule may change in mid-period."""

    version: str
    first_day: str
    last_day: str
    files: int
    rows: int


@dataclass(frozen=True)
class VersionLine:
    """A version of this scorecard; ``changes_zh`` say what changed against the one before and why; folder is relative.

    ``pages`` where the folder has pages, which a version made before the end of its period does not keep.
    """

    number: int
    as_of: str
    catalog_version: str
    final: bool
    changes_zh: tuple[str, ...]
    folder: str
    pages: bool = False


@dataclass(frozen=True)
class PeriodLink:
    """Another period that was issued: the one before or after, one that holds this one, or one within it."""

    period: str
    title_zh: str


@dataclass(frozen=True)
class PeriodCard:
    """A period: everything the overview shows, and the unit cards.

    ``regions`` and ``sectors`` stand in the order of their ids. ``clean`` is the share of clean rows of all regions together, to
    be shown beside ``mean_total``, the mean of the totals of the regions that have one.
    """

    period: str
    kind: Literal["month", "quarter", "year"]
    title_zh: str
    first_day: str
    last_day: str
    as_of: str
    as_of_zh: str
    running: bool
    scheme: str
    scheme_zh: str
    note_zh: str
    minimum_measured_weight: float
    small_sample: int
    confidence: float
    catalog_version: str
    catalog_versions: tuple[CatalogueVersion, ...]
    versions: tuple[VersionLine, ...]
    dimensions: tuple[tuple[str, str, float], ...]  # id, title, weight
    method: tuple[MethodLine, ...]
    grades: tuple[GradeLine, ...]
    red_lines: tuple[tuple[str, str], ...]  # id, what it says
    regions: tuple[UnitCard, ...]
    sectors: tuple[UnitCard, ...]
    rows: RowCounts
    mean_total: float | None
    median_total: float | None
    trend: tuple[Point, ...]  # all regions: median total, no grade, no rank
    changes: tuple[Change, ...]  # of the regions, the largest first
    rules: tuple[BrokenRuleLine, ...]
    near: tuple[PeriodLink, ...] = ()

    @property
    def ranked(self) -> tuple[UnitCard, ...]:
        """Regions with a rank, the best first."""
        return tuple(sorted((u for u in self.regions if u.rank), key=lambda u: (u.rank or 0, u.id)))

    @property
    def unranked(self) -> tuple[UnitCard, ...]:
        """Regions without one, what needs attention most first; nobody vanishes."""
        order = ("no_data", "empty", "broken", "not_due", "scored")
        return tuple(sorted((u for u in self.regions if not u.rank), key=lambda u: (order.index(u.status), u.id)))

    def to_json(self) -> dict[str, Any]:
        """Plain values, as in ``card.json``."""
        return asdict(self)
