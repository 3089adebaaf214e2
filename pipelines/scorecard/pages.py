"""The pages: Jinja templates of this package over a computed card; one file each, no script, no outside asset."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.catalog import Catalog
from pipelines.catalog.links import FROM_SCORECARD, link
from pipelines.scorecard import words
from pipelines.scorecard.card import Card
from pipelines.scorecard.evidence import Delivery
from pipelines.scorecard.measures import Ratio
from pipelines.scorecard.scoring import UnitScore
from pipelines.scorecard.tiles import places

TEMPLATES: Final = Path(__file__).parent / "templates"
TOP_RULES: Final = 10
TOP_RULES_OF_REGION: Final = 20
DELIVERIES_SHOWN: Final = 300


@dataclass(frozen=True)
class Feed:
    """A dataset a region owes, and whether it came; ``rows`` are accepted over sent."""

    title: str
    cycle: str
    due: bool
    arrived: bool
    rows: Ratio


def write_pages(card: Card, catalog: Catalog, folder: Path) -> None:
    """``index.html`` and one page for each region into ``folder``."""
    environment = _environment()
    shared = {
        "card": card,
        "period": card.period,
        "scheme": card.scheme,
        "dimensions": {one.id: one.title_zh for one in card.scheme.dimensions},
        "indicators": {one.id: one for one in card.scheme.indicators},
        "datasets": {name: dataset.title_zh for name, dataset in catalog.datasets.items()},
    }
    index = environment.get_template("index.html.j2").render(
        shared,
        short=_short_names(catalog),
        places=places(catalog.regions),
        broken=card.evidence.everywhere[:TOP_RULES],
        broken_in_all=len(card.evidence.everywhere),
    )
    (folder / "index.html").write_text(index, encoding="utf-8")
    page = environment.get_template("region.html.j2")
    for region in card.regions:
        deliveries = card.evidence.deliveries[region.code]
        broken = card.evidence.broken[region.code]
        text = page.render(
            shared,
            region=region,
            platform=[p.title_zh for p in catalog.providers.values() if p.region_code == region.code],
            feeds=_feeds(region, catalog, card.period.start),
            deliveries=_in_order(deliveries)[:DELIVERIES_SHOWN],
            deliveries_in_all=len(deliveries),
            broken=broken[:TOP_RULES_OF_REGION],
            broken_in_all=len(broken),
        )
        (folder / f"{region.code}.html").write_text(text, encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "count": words.count,
        "floored": words.floored,
        "lost": words.lost,
        "percent": words.percent,
        "share": words.share,
        "fraction": words.fraction,
        "problem": words.problem,
    }
    environment.globals |= {
        "ratio": Ratio,
        "dash": words.NONE,
        "status_zh": words.STATUS_ZH,
        "severity_zh": words.SEVERITY_ZH,
        "cycle_zh": words.CYCLE_ZH,
        "page_of": lambda rule: FROM_SCORECARD + link(rule.id),
    }
    return environment


def _short_names(catalog: Catalog) -> dict[str, str]:
    """Two or three characters for a tile: the shortest name of the code table."""
    entries = catalog.code_tables["province"].entries
    names = {entry.code: min((entry.label_zh, *entry.aliases), key=len) for entry in entries}
    return {code: names.get(code, name) for code, name in catalog.regions.items()}


def _feeds(region: UnitScore, catalog: Catalog, on: date) -> list[Feed]:
    """What the region owes on a day, in the order of the catalogue."""
    by_indicator = {one.indicator.id: one.datasets for one in region.indicators}
    arrivals, rows = by_indicator.get("update_timeliness_rate", {}), by_indicator.get("conformity_rate", {})
    providers = [one.id for one in catalog.providers.values() if one.region_code == region.code]
    owed = {duty.dataset_id: duty for provider in providers for duty in catalog.owed(provider, on)}
    return [
        Feed(
            title=dataset.title_zh,
            cycle=words.CYCLE_ZH[owed[name].cycle],
            due=name in arrivals,
            arrived=name in arrivals and arrivals[name].numerator == arrivals[name].denominator,
            rows=rows.get(name, Ratio(0, 0)),
        )
        for name, dataset in catalog.datasets.items()
        if name in owed
    ]


def _in_order(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """Files that brought nothing first, then the newest."""
    newest = sorted(deliveries, key=lambda d: (d.received_on, d.batch_id), reverse=True)
    return sorted(newest, key=lambda d: not words.problem(d))
