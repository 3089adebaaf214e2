"""Puts a ``PeriodCard`` together from a computed card, its history and its versions: the model the pages are made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any, Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.catalog.links import FROM_SCORECARD, link
from pipelines.catalog.models import Indicator, Scorecard
from pipelines.home import Home
from pipelines.scorecard import model, words
from pipelines.scorecard.arrivals import NOTHING, Arrivals
from pipelines.scorecard.card import Card, Facts, pooled
from pipelines.scorecard.corrected import corrections_by_unit
from pipelines.scorecard.differences import since_before
from pipelines.scorecard.evidence import BrokenRule, Delivery
from pipelines.scorecard.expected import Calendar
from pipelines.scorecard.history import Past, past
from pipelines.scorecard.measures import Ratio, sql_of
from pipelines.scorecard.model import Count
from pipelines.scorecard.period import CHINA
from pipelines.scorecard.scoring import IndicatorScore, UnitScore
from pipelines.scorecard.slots import last_day
from pipelines.scorecard.versions import FOLDER, Version

OPEN_ROWS_SHOWN: Final = 200
_OUTBOX: Final = "../../outbox"


def assemble(
    home: Home,
    catalog: Catalog,
    card: Card,
    facts: Facts,
    version: Version,
    before: Sequence[Version] = (),
    folder: Path | None = None,
) -> model.PeriodCard:
    """The model of a period.

    Args:
        home: for the periods before, the deliveries that were due, and where receipts lie.
        catalog: titles, duties and rules.
        card: the period, computed.
        facts: of the periods of the trend, the card's the last.
        version: that these numbers are.
        before: the earlier versions, the oldest first.
        folder: that is being filled for the period, with its earlier versions in it.
    """
    history = past(home, catalog, facts, card.period, card.units)
    calendar = Calendar.of(home, catalog, card.period, card.evidence)
    folder = folder or home.scorecards / card.period.label
    return _Assembly(home, catalog, card, facts, history, calendar, folder).period_card(version, before)


@dataclass(frozen=True)
class _Assembly:
    home: Home
    catalog: Catalog
    card: Card
    facts: Facts
    history: tuple[Past, ...]
    calendar: Calendar
    folder: Path

    def period_card(self, version: Version, before: Sequence[Version]) -> model.PeriodCard:
        card, period, scheme = self.card, self.card.period, self.card.scheme
        corrected = corrections_by_unit(version, {one.id: one.title_zh for one in scheme.indicators})
        regions = tuple(self._unit(one, corrected.get(one.code, ())) for one in card.regions)
        totals = [one.total for one in card.scored if one.total is not None]
        changes = sorted(
            (change for region in regions for change in region.changes),
            key=lambda one: (one.kind != "state", -abs(one.points or 0.0), one.unit),
        )
        return model.PeriodCard(
            period=period.label,
            kind=period.kind,
            title_zh=period.title_zh,
            first_day=str(period.start),
            last_day=str(last_day(period.end)),
            as_of=period.as_of_text,
            as_of_zh=period.day_zh,
            running=period.running,
            scheme=scheme.scheme,
            scheme_zh=scheme.title_zh,
            note_zh=scheme.note_zh,
            minimum_measured_weight=scheme.minimum_measured_weight,
            small_sample=scheme.small_sample.below,
            confidence=scheme.small_sample.confidence,
            catalog_version=card.catalog_version,
            catalog_versions=self._catalogue_versions(),
            versions=tuple(self._version(one, one.number == version.number) for one in (*before, version)),
            dimensions=tuple((one.id, one.title_zh, _weight(scheme, one.id)) for one in scheme.dimensions),
            method=tuple(_method(one) for one in scheme.indicators),
            grades=tuple(
                model.GradeLine(one.grade, one.title_zh, one.minimum, sum(unit.grade == one for unit in card.regions))
                for one in scheme.grades
            ),
            red_lines=tuple((one.id, f"{one.title_zh}：总分不超过 {one.cap:g} 分") for one in scheme.red_lines),
            regions=regions,
            sectors=tuple(self._unit(one, corrected.get(one.code, ())) for one in card.sectors),
            rows=_rows(card.rows),
            mean_total=card.mean_total,
            median_total=median(totals) if totals else None,
            trend=self._trend_of_all(),
            changes=tuple(changes),
            rules=self._rules(card.evidence.everywhere, self._sent([one.code for one in card.regions])),
            near=tuple(model.PeriodLink(one.label, one.title_zh) for one in period.near() if self._issued(one.label)),
        )

    def _issued(self, label: str, page: str = "index.html") -> bool:
        return (self.home.scorecards / label / page).is_file()

    def _version(self, one: Version, shown: bool) -> model.VersionLine:
        folder = "." if shown else f"{FOLDER}/{one.number}"
        # The folder of the period is only being filled, but earlier versions are carried into it first.
        kept = shown or (self.folder / folder / "index.html").is_file()
        return model.VersionLine(one.number, one.as_of, one.catalog_version, one.final, one.summary_zh, folder, kept)

    def _unit(self, unit: UnitScore, corrected: tuple[model.CorrectionLine, ...]) -> model.UnitCard:
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
            previous_total=_number(total and total["score"]),
            measured_weight=unit.measured_weight,
            rows=_rows(unit.rows),
            red_lines=self._red_lines(unit),
            dimensions=tuple(
                model.DimensionLine(
                    one.id,
                    one.title_zh,
                    _weight(self.card.scheme, one.id),
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
            rules=self._rules(self.card.evidence.broken[unit.code], self._sent([unit.code])),
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
            open_rows_in_all=sum(one.open for one in refusals),
            slots=self.calendar.slots.get(unit.code, ()),
            days=self.calendar.days.get(unit.code, ()),
            files=tuple(self._file(one) for one in self.card.evidence.deliveries[unit.code]),
            page=f"{unit.code}.html",
            corrections=corrected,
            near=tuple(one.label for one in self.card.period.near() if self._issued(one.label, f"{unit.code}.html")),
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
            total=_number(row and row["score"]),
            grade=str(row["grade"]) if row and row["grade"] else None,
            rank=_whole(row and row["rank"]),
            clean=Count(came.clean, came.rows_in),
            issued=one.issued,
            link=self._link(one.period.label, f"{unit}.html"),
        )

    def _link(self, label: str, page: str) -> str | None:
        return f"../{label}/{page}" if label != self.card.period.label and self._issued(label, page) else None

    def _trend_of_all(self) -> tuple[model.Point, ...]:
        found = []
        for one in self.history:
            totals = [_number(row["score"]) for code in self.catalog.regions if (row := one.total(code))]
            known = [total for total in totals if total is not None]
            came = self.facts.came.get(one.period.label, {})
            everybody = Arrivals.sum(came[code] for code in self.catalog.regions if code in came)
            found.append(
                model.Point(
                    one.period.label,
                    one.period.title_zh,
                    "scored" if known else "no_data",
                    median(known) if known else None,
                    None,
                    None,
                    Count(everybody.clean, everybody.rows_in),
                    one.issued,
                    self._link(one.period.label, "index.html"),
                )
            )
        return tuple(found)

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

    def _rules(self, some: Sequence[BrokenRule], sent: Mapping[str, int]) -> tuple[model.BrokenRuleLine, ...]:
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
                    FROM_SCORECARD + link(one.rule_id) if one.rule else None,
                )
            )
        return tuple(lines)

    def _sent(self, names: Sequence[str]) -> dict[str, int]:
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

    def _catalogue_versions(self) -> tuple[model.CatalogueVersion, ...]:
        fresh = [
            (one.catalog_version or "", one.received_on, one.rows_in)
            for some in self.card.evidence.deliveries.values()
            for one in some
            if one.status != "duplicate"
        ]
        frame = pl.DataFrame(fresh, schema={"version": pl.String, "day": pl.String, "rows": pl.Int64}, orient="row")
        summed = frame.group_by("version").agg(
            pl.col("day").min().alias("first"), pl.col("day").max().alias("last"), pl.len(), pl.col("rows").sum()
        )
        return tuple(
            model.CatalogueVersion(*row)
            for row in summed.sort("first", "version").select("version", "first", "last", "len", "rows").iter_rows()
        )

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


def _weight(scheme: Scorecard, dimension: str) -> float:
    return sum(one.weight for one in scheme.indicators if one.dimension == dimension)


def _method(one: Indicator) -> model.MethodLine:
    return model.MethodLine(
        one.id,
        one.title_zh,
        one.title_en,
        one.dimension,
        one.weight,
        one.floor,
        one.target,
        one.formula_zh,
        one.sources,
        sql_of(one),
    )


def _rows(came: Arrivals) -> model.RowCounts:
    return model.RowCounts(
        came.rows_in, came.accepted, came.refused, Count(came.clean, came.rows_in), came.files, came.unread_files
    )


def _count(ratio: Ratio) -> Count:
    return Count(ratio.numerator, ratio.denominator)


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
