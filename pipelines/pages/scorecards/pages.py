"""The pages: Jinja templates over a ``PeriodCard``; tables and tiles without script, and charts of the same numbers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.pages.scorecards import assets, charts
from pipelines.pages.scorecards.shifts import others, shifts
from pipelines.pages.scorecards.tiles import places
from pipelines.pages.theme import render
from pipelines.pages.words import WORDS
from pipelines.scoring import words
from pipelines.scoring.model import IndicatorLine, Part, PeriodCard, UnitCard

ASSETS: Final = "assets"
TOP_RULES: Final = 10
TOP_RULES_OF_UNIT: Final = 20
FILES_SHOWN: Final = 300
OPEN_SHOWN: Final = 100
CHANGES_SHOWN: Final = 12
RULES_OF_FILE: Final = 8


@dataclass(frozen=True)
class Cost:
    """What an indicator costs the units that have a total: points each in the mean, and those it costs most."""

    line: IndicatorLine
    mean: float
    units: int
    worst: tuple[tuple[UnitCard, IndicatorLine], ...]


def write_pages(card: PeriodCard, folder: Path, *, assets_folder: Path | None = None) -> None:
    """Overview, a page for each region and sector, and the page on method into ``folder``.

    Args:
        card: the period.
        folder: ``scorecards/<period>`` or where a version of it is kept; exists.
        assets_folder: where the shared files go, ``assets`` beside ``folder`` unless said; pages link to it relatively.
    """
    shared = assets_folder or folder.parent / ASSETS
    assets.write_assets(shared)
    scripts = [os.path.relpath(shared / name, folder) for name in assets.names()]
    common = {
        "card": card,
        "scripts": scripts,
        "dimensions": {id_: title for id_, title, _ in card.dimensions},
        "titles": {one.id: one.title_zh for one in card.method},
        "words": words,
        "charts": charts,
        "top_rules": TOP_RULES,
        "top_rules_of_unit": TOP_RULES_OF_UNIT,
        "files_shown": FILES_SHOWN,
        "open_shown": OPEN_SHOWN,
        "changes_shown": CHANGES_SHOWN,
        "rules_of_file": RULES_OF_FILE,
    }
    for name, content in _contents(card, common):
        (folder / name).write_text(content, encoding="utf-8")


def _contents(card: PeriodCard, common: dict[str, object]) -> Iterator[tuple[str, str]]:
    regions = card.ranked
    yield (
        "index.html",
        render(
            "scorecards/index.html.j2",
            **common,
            costs=costs(regions),
            gains=gains(regions),
            shifts=shifts(card.regions),
            others=others(card.regions),
            better=[unit for unit in regions if (words.difference(unit) or 0) >= _SAME],
            worse=[unit for unit in regions if (words.difference(unit) or 0) <= -_SAME],
            idle=[unit for unit in card.unranked if unit.status in WORDS["todo"]],
            places=places(unit.id for unit in card.regions),
            bins=charts.bins(regions, card.grades),
            sectors=in_order(card.sectors),
        ),
    )
    yield "method.html", render("scorecards/method.html.j2", **common)
    for unit in (*card.regions, *card.sectors):
        lines = {one.id: one for one in unit.indicators}
        dear = [lines[name] for name in unit.to_gain]
        yield (
            unit.page,
            render(
                "scorecards/unit.html.j2",
                **common,
                unit=unit,
                dear=dear,
                lines=[*dear, *(one for one in unit.indicators if one.id not in unit.to_gain)],
                rules={rule.rule_id: rule for rule in unit.rules},
                shown={rule.rule_id for rule in unit.rules[:TOP_RULES_OF_UNIT]},
                first_files=first_files(unit),
                worst=worst(dear[0]) if dear else None,
            ),
        )


_SAME: Final = 0.005
"""Differences below half of what two digits show are none."""


def costs(units: Sequence[UnitCard]) -> list[Cost]:
    """What each indicator costs ``units``, the dearest first; those that cost nothing are left out."""
    if not units:
        return []
    found = []
    for position, line in enumerate(units[0].indicators):
        losing = [(unit, unit.indicators[position]) for unit in units if unit.indicators[position].points_lost]
        losing.sort(key=lambda pair: -(pair[1].points_lost or 0))
        if losing:
            total = sum(one.points_lost or 0 for _, one in losing)
            found.append(Cost(line, total / len(units), len(losing), tuple(losing[:3])))
    return sorted(found, key=lambda cost: -cost.mean)


def gains(units: Sequence[UnitCard]) -> list[tuple[UnitCard, IndicatorLine]]:
    """The indicator each unit gains most by, the dearest first."""
    first = [
        (unit, next(one for one in unit.indicators if one.id == unit.to_gain[0])) for unit in units if unit.to_gain
    ]
    return sorted(first, key=lambda pair: -(pair[1].points_lost or 0))


def worst(line: IndicatorLine) -> Part | None:
    """The part that holds most of what there is to correct; None where the parts are unknown."""

    def faults(part: Part) -> int:
        count = part.count
        return count.numerator if line.lower_is_better else count.denominator - count.numerator

    return max(line.parts, key=faults, default=None)


def in_order(units: Sequence[UnitCard]) -> list[UnitCard]:
    """Those with a rank first, the best first."""
    return sorted(units, key=lambda unit: (unit.rank is None, unit.rank or 0, unit.id))


def first_files(unit: UnitCard) -> dict[str, str]:
    """The first batch among the files of each dataset: where a link from a dataset leads."""
    found: dict[str, str] = {}
    for line in unit.files[:FILES_SHOWN]:
        found.setdefault(line.dataset_id, line.batch_id)
    return found
