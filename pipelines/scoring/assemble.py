"""Puts a ``PeriodCard`` together from a computed card, its history and its versions: the model the pages are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import polars as pl

from pipelines.catalog import Catalog
from pipelines.catalog.models import Indicator
from pipelines.scoring import model
from pipelines.scoring.arrivals import Arrivals
from pipelines.scoring.card import Card, Facts
from pipelines.scoring.corrected import corrections_by_unit
from pipelines.scoring.expected import Calendar
from pipelines.scoring.history import Past, past
from pipelines.scoring.measures import sql_of
from pipelines.scoring.model import Count
from pipelines.scoring.slots import last_day
from pipelines.scoring.unit_card import UnitCards, number, row_counts, weight_of
from pipelines.scoring.versions import Version
from pipelines.storage.home import Home
from pipelines.storage.scorecards import VERSIONS


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
    units = UnitCards(home, catalog, card, facts, history, calendar)
    return _Assembly(catalog, card, facts, history, units, folder).period_card(version, before)


@dataclass(frozen=True)
class _Assembly:
    catalog: Catalog
    card: Card
    facts: Facts
    history: tuple[Past, ...]
    units: UnitCards
    folder: Path

    def period_card(self, version: Version, before: Sequence[Version]) -> model.PeriodCard:
        card, period, scheme = self.card, self.card.period, self.card.scheme
        corrected = corrections_by_unit(version, {one.id: one.title_zh for one in scheme.indicators})
        regions = tuple(self.units.card_of(one, corrected.get(one.code, ())) for one in card.regions)
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
            dimensions=tuple((one.id, one.title_zh, weight_of(scheme, one.id)) for one in scheme.dimensions),
            method=tuple(_method(one) for one in scheme.indicators),
            grades=tuple(
                model.GradeLine(one.grade, one.title_zh, one.minimum, sum(unit.grade == one for unit in card.regions))
                for one in scheme.grades
            ),
            red_lines=tuple((one.id, f"{one.title_zh}：总分不超过 {one.cap:g} 分") for one in scheme.red_lines),
            regions=regions,
            sectors=tuple(self.units.card_of(one, corrected.get(one.code, ())) for one in card.sectors),
            rows=row_counts(card.rows),
            mean_total=card.mean_total,
            median_total=median(totals) if totals else None,
            trend=self._trend_of_all(),
            changes=tuple(changes),
            rules=self.units.rules(card.evidence.everywhere, self.units.sent([one.code for one in card.regions])),
            near=tuple(
                model.PeriodLink(one.label, one.title_zh) for one in period.near() if self.units.issued(one.label)
            ),
        )

    def _version(self, one: Version, shown: bool) -> model.VersionLine:
        folder = "." if shown else f"{VERSIONS}/{one.number}"
        # The folder of the period is only being filled, but earlier versions are carried into it first.
        kept = shown or (self.folder / folder / "index.html").is_file()
        return model.VersionLine(one.number, one.as_of, one.catalog_version, one.final, one.summary_zh, folder, kept)

    def _trend_of_all(self) -> tuple[model.Point, ...]:
        found = []
        for one in self.history:
            totals = [number(row["score"]) for code in self.catalog.regions if (row := one.total(code))]
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
                    self.units.link(one.period.label, "index.html"),
                )
            )
        return tuple(found)

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
