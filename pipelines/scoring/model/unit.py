"""One region or sector of a period: ``UnitCard`` and the lines it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["region", "sector"]
Status = Literal["scored", "no_data", "empty", "broken", "not_due"]
Arrival = Literal["received", "broken", "empty", "refused", "missing", "open", "not_due"]


@dataclass(frozen=True)
class Count:
    """A numerator over a denominator."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The quotient; None where there was nothing to measure."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True)
class RowCounts:
    """Plain counts of rows and files, exact re-sends left out; ``clean`` is accepted without any warning, out of ``sent``."""

    sent: int
    accepted: int
    refused: int
    clean: Count
    files: int
    unread_files: int


@dataclass(frozen=True)
class Part:
    """What one provider's dataset contributes to an indicator."""

    dataset_id: str
    dataset_zh: str
    provider_id: str
    provider_zh: str
    count: Count


@dataclass(frozen=True)
class IndicatorLine:
    """One indicator of one unit.

    ``points_lost`` are points of the unit's total, which is what can be gained; ``to_target`` how many units of the numerator
    are missing to the target (or too many, where lower is better). ``rank_score`` is the score at the confidence bound, which
    ranks use. ``median`` is the median value of the units of the same scope that were measured, ``of`` how many these are;
    ``pooled`` sums numerators and denominators over them. ``previous`` is this indicator in the period before.
    """

    id: str
    title_zh: str
    dimension: str
    formula_zh: str
    sources: tuple[str, ...]
    weight: float
    floor: float
    target: float
    lower_is_better: bool
    status: Status
    count: Count
    score: float | None
    rank_score: float | None
    points_lost: float | None
    to_target: int
    median: float | None
    of: int
    pooled: Count
    previous: Count | None
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class DimensionLine:
    """A dimension: the weighted mean of its measured indicators' scores, None where none was; ``median`` over the scope."""

    id: str
    title_zh: str
    weight: float
    measured_weight: float
    score: float | None
    median: float | None


@dataclass(frozen=True)
class Point:
    """One of the 12 periods of a trend, the oldest first; ``issued`` where the numbers were published, else computed now.

    ``link`` leads to the page of that period, where it was issued with one.
    """

    period: str
    title_zh: str
    status: Status
    total: float | None
    grade: str | None
    rank: int | None
    clean: Count
    issued: bool
    link: str | None = None


@dataclass(frozen=True)
class Change:
    """What changed since the period before, and why, in a sentence; ``points`` of the total, None where none can be named."""

    unit: str
    unit_zh: str
    kind: Literal["state", "indicator", "red_line", "total"]
    indicator: str | None
    points: float | None
    text_zh: str


@dataclass(frozen=True)
class CorrectionLine:
    """A number of the unit that the version before gave differently, as both read, and why; ``files`` are new or gone files."""

    indicator: str
    title_zh: str
    old_zh: str
    new_zh: str
    cause_zh: str
    files: int


@dataclass(frozen=True)
class BrokenRuleLine:
    """A rule that was broken; ``count`` is rows over the rows sent of its dataset; ``link`` leads to its place in the catalogue."""

    rule_id: str
    dataset_id: str
    dataset_zh: str
    message_zh: str
    hint_zh: str
    severity: Literal["reject", "warn"]
    count: Count
    files: int
    units: int
    link: str | None


@dataclass(frozen=True)
class FileLine:
    """One delivery of the period, with where its receipt and its rows are; ``manifest`` is ``agreed``, ``differs`` or None."""

    batch_id: str
    provider_id: str
    dataset_id: str
    dataset_zh: str
    file_name: str
    received_on: str
    status: str
    problem_zh: str | None
    rows_in: int
    rows_accepted: int
    rows_refused: int
    rows_warned: int
    manifest: str | None
    catalog_version: str
    rules: tuple[tuple[str, str, int], ...]  # rule id, severity, rows: the way on from the file to the rows
    receipt: str
    findings: str


@dataclass(frozen=True)
class OpenRows:
    """Refused rows nobody has corrected or waived yet, of any period up to this one, by dataset and file; oldest first."""

    dataset_id: str
    dataset_zh: str
    provider_id: str
    batch_id: str
    file_name: str
    refused_on: str
    age_days: int
    count: Count  # open over refused
    findings: str


@dataclass(frozen=True)
class SetAsideRows:
    """Accepted rows that no product shows, by dataset and provider, at the end of the period; they cost no points."""

    dataset_id: str
    dataset_zh: str
    provider_id: str
    rows: int
    lines: str


@dataclass(frozen=True)
class MessageCount:
    """How many repairs, withdrawals or objections between units are in a state: sent by the unit, or about its own records."""

    role: Literal["sent", "received"]
    kind: str
    kind_zh: str
    state: str
    number: int


@dataclass(frozen=True)
class Slot:
    """One delivery that was due in the period: a feed and the days within which it had to come.

    ``state``: received (accepted rows came), refused (rows came, none was accepted), empty, broken, missing, or open (the days
    are not over and nothing came yet). ``received_on`` is the first day on which accepted rows came; ``rows`` accepted over sent.
    """

    provider_id: str
    dataset_id: str
    dataset_zh: str
    cycle: str
    first_day: str
    last_day: str
    state: Arrival
    received_on: str | None
    files: int
    rows: Count


@dataclass(frozen=True)
class Day:
    """One day of the calendar on which something came from the unit."""

    day: str
    files: int
    unread_files: int
    rows: Count  # accepted over sent


@dataclass(frozen=True)
class RedLine:
    """A red line that was crossed: the total is capped."""

    id: str
    title_zh: str
    indicator: str
    count: Count
    cap: float


@dataclass(frozen=True)
class UnitCard:
    """One region or one sector.

    ``total`` is None unless ``status`` is scored; ``uncapped`` is the total before red lines. ``rank_score`` is the total at the
    confidence bounds, by which ranks go; ``of`` is how many of the scope have a rank. ``indicators`` stand in the order of the
    scheme, ``to_gain`` are the ids of those that cost points, the dearest first. ``page`` is the file name of its page, ``near``
    the periods of ``PeriodCard.near`` that have one for it.
    """

    scope: Scope
    id: str
    title_zh: str
    short_zh: str
    status: Status
    reason_zh: str
    total: float | None
    uncapped: float | None
    rank_score: float | None
    grade: str | None
    grade_zh: str | None
    rank: int | None
    of: int
    previous_rank: int | None
    previous_total: float | None
    measured_weight: float
    rows: RowCounts
    red_lines: tuple[RedLine, ...]
    dimensions: tuple[DimensionLine, ...]
    indicators: tuple[IndicatorLine, ...]
    to_gain: tuple[str, ...]
    trend: tuple[Point, ...]
    changes: tuple[Change, ...]
    rules: tuple[BrokenRuleLine, ...]
    open_rows: tuple[OpenRows, ...]
    open_rows_in_all: int
    slots: tuple[Slot, ...]
    days: tuple[Day, ...]
    files: tuple[FileLine, ...]
    page: str
    corrections: tuple[CorrectionLine, ...] = ()
    near: tuple[str, ...] = ()
    messages: tuple[MessageCount, ...] = ()
    set_aside: tuple[SetAsideRows, ...] = ()

    @property
    def set_aside_in_all(self) -> int:
        """Rows of ``set_aside``."""
        return sum(one.rows for one in self.set_aside)
