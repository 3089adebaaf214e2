"""The card of one unit: a ``UnitCard`` from its scores, its history, its calendar and what stands behind its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any, Final

from pipelines.catalog import Catalog
from pipelines.catalog.links import FROM_SCORECARD
from pipelines.catalog.links import link as place_of
from pipelines.catalog.models import Scorecard
from pipelines.ground.clock import CHINA
from pipelines.scoring import model, words
from pipelines.scoring.arrivals import NOTHING, Arrivals
from pipelines.scoring.card import Card, Facts, pooled
from pipelines.scoring.differences import since_before
from pipelines.scoring.evidence import BrokenRule, Delivery
from pipelines.scoring.expected import Calendar
from pipelines.scoring.history import Past
from pipelines.scoring.measures import Ratio
from pipelines.scoring.model import Count
from pipelines.scoring.scoring import IndicatorScore, UnitScore
from pipelines.storage.home import Home
from pipelines.storage.outbox import SET_ASIDE_CSV

OPEN_ROWS_SHOWN: Final = 200
_OUTBOX: Final = "../../outbox"


@dataclass(frozen=True)
class UnitCards:
    """Makes the cards of the units of a period."""

    home: Home
    catalog: Catalog
    card: Card
    facts: Facts
    history: tuple[Past, ...]
    calendar: Calendar

    def card_of(self, unit: UnitScore, corrected: tuple[model.CorrectionLine, ...]) -> model.UnitCard:
        """The card of a unit, with what the version before gave differently."""
        before = self.history[-2] if len(self.history) > 1 else None
        total = before.total(unit.code) if before else None
        peers = self._peers[unit.unit.scope]
        refusals = self.card.evidence.open[unit.code]
        return model.UnitCard(
            scope=unit.unit.scope,
            id=unit.code,
            title_zh=unit.name,
            short_zh=unit.unit.short_zh,
            status=unit.state.value,
            reason_zh=unit.reason_zh,
            total=unit.total,
            uncapped=unit.uncapped,
            rank_score=unit.rank_total,
            grade=unit.grade.grade if unit.grade else None,
            grade_zh=unit.grade.title_zh if unit.grade else None,
            rank=unit.rank,
            of=sum(one.rank is not None for one in peers),
            previous_rank=_whole(total and total["rank"]),
            previous_total=number(total and total["score"]),
            measured_weight=unit.measured_weight,
            rows=row_counts(unit.rows),
            red_lines=self._red_lines(unit),
            dimensions=tuple(
                model.DimensionLine(
                    one.id,
                    one.title_zh,
                    weight_of(self.card.scheme, one.id),
                    sum(i.weight for i in unit.indicators if i.indicator.dimension == one.id and i.score is not None),
                    dimension_score(unit, one.id),
                    _median(dimension_score(peer, one.id) for peer in peers if peer.total is not None),
                )
                for one in self.card.scheme.dimensions
            ),
            indicators=tuple(self._indicator(unit, one, before) for one in unit.indicators),
            to_gain=tuple(one.indicator.id for one in unit.to_gain),
            trend=tuple(self._point(unit.code, one) for one in self.history),
            changes=since_before(unit, before),
            rules=self.rules(self.card.evidence.broken[unit.code], self.sent([unit.code])),
            open_rows=tuple(
                model.OpenRows(
                    one.dataset_id,
                    self._title(one.dataset_id),
                    one.provider_id,
                    one.batch_id,
                    one.file_name,
                    str(one.refused_on),
                    (self.card.period.as_of.astimezone(CHINA).date() - one.refused_on).days,
                    Count(one.open, one.refused),
                    f"{_OUTBOX}/{one.provider_id}/{one.batch_id}/findings.csv",
                )
                for one in refusals[:OPEN_ROWS_SHOWN]
            ),
            set_aside=tuple(
                model.SetAsideRows(
                    dataset_id,
                    self._title(dataset_id),
                    provider_id,
                    rows,
                    f"{_OUTBOX}/{provider_id}/{SET_ASIDE_CSV}",
                )
                for dataset_id, provider_id, rows in self.card.evidence.set_aside.get(unit.code, ())
            ),
            open_rows_in_all=sum(one.open for one in refusals),
            slots=self.calendar.slots.get(unit.code, ()),
            days=self.calendar.days.get(unit.code, ()),
            files=tuple(self._file(one) for one in self.card.evidence.deliveries[unit.code]),
            page=f"{unit.code}.html",
            corrections=corrected,
            messages=self.card.evidence.messages[unit.code],
            near=tuple(one.label for one in self.card.period.near() if self.issued(one.label, f"{unit.code}.html")),
        )

    def _indicator(self, unit: UnitScore, one: IndicatorScore, before: Past | None) -> model.IndicatorLine:
        indicator = one.indicator
        row = before.rows.get(unit.code, {}).get(indicator.id) if before else None
        values = self._values[unit.unit.scope][indicator.id]
        everybody = self._pooled[unit.unit.scope][indicator.id]
        return model.IndicatorLine(
            id=indicator.id,
            title_zh=indicator.title_zh,
            dimension=indicator.dimension,
            formula_zh=indicator.formula_zh,
            sources=indicator.sources,
            weight=indicator.weight,
            floor=indicator.floor,
            target=indicator.target,
            lower_is_better=indicator.lower_is_better,
            status=one.status.value,
            count=_count(one.ratio),
            score=one.score,
            rank_score=one.rank_score,
            points_lost=one.points_lost,
            to_target=one.to_target,
            median=median(values) if values else None,
            of=len(values),
            pooled=_count(everybody),
            previous=Count(_whole(row["numerator"]) or 0, _whole(row["denominator"]) or 0) if row else None,
            parts=tuple(
                model.Part(
                    part.dataset_id,
                    self._title(part.dataset_id),
                    part.provider_id or "",
                    self.catalog.providers[part.provider_id].title_zh if part.provider_id else "",
                    _count(part.ratio),
                )
                for part in one.parts
            ),
        )

    def _red_lines(self, unit: UnitScore) -> tuple[model.RedLine, ...]:
        ratios = {one.indicator.id: one.ratio for one in unit.indicators}
        return tuple(
            model.RedLine(line.id, line.title_zh, line.indicator, _count(ratios[line.indicator]), line.cap)
            for line in unit.red_lines
        )

    def _point(self, unit: str, one: Past) -> model.Point:
        row = one.total(unit)
        came = self.facts.came.get(one.period.label, {}).get(unit, NOTHING)
        return model.Point(
            period=one.period.label,
            title_zh=one.period.title_zh,
            status=row["status"] if row else "not_due",  # type: ignore[arg-type]
            total=number(row and row["score"]),
            grade=str(row["grade"]) if row and row["grade"] else None,
            rank=_whole(row and row["rank"]),
            clean=Count(came.clean, came.rows_in),
            issued=one.issued,
            link=self.link(one.period.label, f"{unit}.html"),
        )

    def _file(self, one: Delivery) -> model.FileLine:
        folder = f"{_OUTBOX}/{one.provider_id}/{one.batch_id}"
        return model.FileLine(
            one.batch_id,
            one.provider_id,
            one.dataset_id,
            self._title(one.dataset_id),
            one.file_name,
            one.received_on,
            one.status,
            words.problem(one) or None,
            one.rows_in,
            one.rows_accepted,
            one.rows_refused,
            one.rows_warned,
            one.manifest,
            one.catalog_version or "",
            one.rules,
            f"{folder}/receipt.html",
            f"{folder}/findings.csv",
        )

    def issued(self, label: str, page: str = "index.html") -> bool:
        """True where a period was issued and has that page."""
        return (self.home.scorecards / label / page).is_file()

    def link(self, label: str, page: str) -> str | None:
        """The way from a page of this period to one of another; None where there is none."""
        return f"../{label}/{page}" if label != self.card.period.label and self.issued(label, page) else None

    def rules(self, some: Sequence[BrokenRule], sent: Mapping[str, int]) -> tuple[model.BrokenRuleLine, ...]:
        """Broken rules with their rows over the rows ``sent`` of their dataset."""
        lines = []
        for one in some:
            dataset = one.rule.dataset_id if one.rule else one.rule_id.partition(".")[0]
            lines.append(
                model.BrokenRuleLine(
                    one.rule_id,
                    dataset,
                    self._title(dataset),
                    one.rule.message_zh if one.rule else one.rule_id,
                    one.rule.hint_zh if one.rule else "目录中已没有这条规则。",
                    "reject" if one.severity == "reject" else "warn",
                    Count(one.rows, sent.get(dataset, 0)),
                    one.files,
                    one.regions,
                    FROM_SCORECARD + place_of(one.rule_id) if one.rule else None,
                )
            )
        return tuple(lines)

    def sent(self, names: Sequence[str]) -> dict[str, int]:
        """Rows sent by dataset."""
        found: dict[str, int] = {}
        for name in names:
            for one in self.card.evidence.deliveries[name]:
                found[one.dataset_id] = found.get(one.dataset_id, 0) + (0 if one.status == "duplicate" else one.rows_in)
        return found

    def _title(self, dataset_id: str) -> str:
        dataset = self.catalog.datasets.get(dataset_id)
        product = self.catalog.products.get(dataset_id)
        return dataset.title_zh if dataset else product.title_zh if product else dataset_id

    @cached_property
    def _peers(self) -> dict[str, tuple[UnitScore, ...]]:
        return {"region": self.card.regions, "sector": self.card.sectors}

    @cached_property
    def _values(self) -> dict[str, dict[str, list[float]]]:
        return {
            scope: {
                indicator.id: [
                    value
                    for unit in some
                    if unit.indicators[position].score is not None
                    and (value := unit.indicators[position].ratio.value) is not None
                ]
                for position, indicator in enumerate(self.card.scheme.indicators)
            }
            for scope, some in self._peers.items()
        }

    @cached_property
    def _pooled(self) -> dict[str, dict[str, Ratio]]:
        return {scope: pooled(self.card.scheme, some) for scope, some in self._peers.items()}


def dimension_score(unit: UnitScore, dimension: str) -> float | None:
    """Weighted mean of the scores of a dimension's indicators; None where none was measured."""
    some = [one for one in unit.indicators if one.indicator.dimension == dimension and one.score is not None]
    weight = sum(one.weight for one in some)
    return sum((one.score or 0.0) * one.weight for one in some) / weight if weight else None


def weight_of(scheme: Scorecard, dimension: str) -> float:
    """What the indicators of a dimension weigh in a scheme."""
    return sum(one.weight for one in scheme.indicators if one.dimension == dimension)


def row_counts(came: Arrivals) -> model.RowCounts:
    """Plain counts, as the pages show them."""
    return model.RowCounts(
        came.rows_in, came.accepted, came.refused, Count(came.clean, came.rows_in), came.files, came.unread_files
    )


def number(value: Any) -> float | None:
    """A cell of a table as a number."""
    return None if value is None else float(value)


def _count(ratio: Ratio) -> Count:
    return Count(ratio.numerator, ratio.denominator)


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
