"""The page of all periods: ``scorecards/index.html``, to which every page leads the only page that is rebuilt with each scorecard.

A page that was issued is not written again, so it cannot know what came after it: this one does. It lists the periods, the newest
first, with their versions, and the totals of every unit over the newest months, each a link to the unit's page of that month.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import polars as pl

from pipelines.pages.theme import render
from pipelines.scoring import words
from pipelines.scoring.period import Kind
from pipelines.scoring.table import TOTAL, as_units
from pipelines.scoring.versions import Version, earlier

INDEX: Final = "index.html"
COLUMNS: Final = 12
_LABEL: Final = re.compile(r"(?P<year>\d{4})(?:-(?:(?P<month>\d\d)|Q(?P<quarter>[1-4])))?")
_TABLES: Final = ("scorecard", "sectors")
KINDS: Final[tuple[tuple[Kind, str], ...]] = (("month", "月"), ("quarter", "季度"), ("year", "年"))


@dataclass(frozen=True)
class UnitTotal:
    """What a period says of a unit."""

    title_zh: str
    status: str
    total: float | None
    grade: str | None
    rank: int | None


@dataclass(frozen=True)
class IssuedPeriod:
    """A period as its folder has it; ``regions`` and ``sectors`` by unit id, ``before`` the earlier versions with pages."""

    label: str
    kind: Kind
    title_zh: str
    version: Version
    before: tuple[int, ...]
    regions: dict[str, UnitTotal]
    sectors: dict[str, UnitTotal]

    @property
    def totals(self) -> list[float]:
        """Of the regions that have one."""
        return [one.total for one in self.regions.values() if one.total is not None]

    @property
    def median(self) -> float | None:
        """Of these totals."""
        return median(self.totals) if self.totals else None


def write_periods(folder: Path) -> None:
    """``index.html`` of all periods into ``folder``, which holds theirs; replaced whole."""
    periods = [one for path in folder.iterdir() if (one := _read(path)) is not None]
    periods.sort(key=lambda one: one.label, reverse=True)
    by_kind = [(title, [one for one in periods if one.kind == kind]) for kind, title in KINDS]
    of_units = next((some for _, some in by_kind if some), [])[:COLUMNS]
    text = render(
        "scorecards/periods.html.j2",
        kinds=[(title, some) for title, some in by_kind if some],
        columns=of_units,
        regions=_names(of_units, "regions"),
        sectors=_names(of_units, "sectors"),
        words=words,
    )
    whole = folder / f".{INDEX}.{os.getpid()}"
    whole.write_text(text, encoding="utf-8")
    whole.replace(folder / INDEX)


def _read(folder: Path) -> IssuedPeriod | None:
    """None where a folder is no period's, or one from before there were versions."""
    found = _LABEL.fullmatch(folder.name)
    version = Version.in_folder(folder) if found and (folder / INDEX).is_file() else None
    if found is None or version is None:
        return None
    kept = tuple(one.number for one in earlier(folder) if (folder / "versions" / str(one.number) / INDEX).is_file())
    regions, sectors = (_totals(folder / f"{name}.parquet") for name in _TABLES)
    kind, title = _title(found)
    return IssuedPeriod(folder.name, kind, title, version, kept, regions, sectors)


def _title(found: re.Match[str]) -> tuple[Kind, str]:
    year = found["year"]
    if found["month"]:
        return "month", f"{year}年{int(found['month'])}月"
    if found["quarter"]:
        return "quarter", f"{year}年第{'一二三四'[int(found['quarter']) - 1]}季度"
    return "year", f"{year}年"


def _totals(path: Path) -> dict[str, UnitTotal]:
    if not path.is_file():
        return {}
    rows = as_units(pl.read_parquet(path).filter(pl.col("indicator") == TOTAL))
    return {
        row["unit"]: UnitTotal(row["unit_zh"], row["status"], row["score"], row["grade"], row["rank"])
        for row in rows.iter_rows(named=True)
    }


def _names(periods: Sequence[IssuedPeriod], scope: str) -> dict[str, str]:
    """Units of any of the periods with the newest of their titles, in the order of their ids."""
    found: dict[str, str] = {}
    for one in periods:
        for unit, total in getattr(one, scope).items():
            found.setdefault(unit, total.title_zh)
    return dict(sorted(found.items()))
