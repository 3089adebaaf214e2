"""What another scheme would have said: scores and ranks of past periods under two schemes; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.catalog import Catalog
from pipelines.catalog.models import Scorecard
from pipelines.catalog.typed import Reader
from pipelines.catalog_check.scorecard import wrong
from pipelines.ground.errors import InputError
from pipelines.ground.limits import MEMORY_LIMIT
from pipelines.scoring.build import since_anything_came
from pipelines.scoring.card import Facts, measured
from pipelines.scoring.period import Period
from pipelines.scoring.scoring import UnitScore
from pipelines.storage.home import Home


@dataclass(frozen=True)
class Standing:
    """How a unit stands under one scheme; None where it has no total."""

    total: float | None
    grade: str | None
    rank: int | None
    measured_weight: float


@dataclass(frozen=True)
class Shift:
    """One unit in one period under the scheme in force and under the other; ``points`` by indicator, of the other's total."""

    period: str
    scope: str
    unit: str
    unit_zh: str
    now: Standing
    then: Standing

    @property
    def gained(self) -> float | None:
        """Points of the total it would gain; None where either has none."""
        return None if self.now.total is None or self.then.total is None else self.then.total - self.now.total

    @property
    def places(self) -> int | None:
        """Places it would climb; None where either has no rank."""
        return None if self.now.rank is None or self.then.rank is None else self.now.rank - self.then.rank


@dataclass(frozen=True)
class WhatIf:
    """Every unit of every period compared, and the differences between the schemes in a line each."""

    scheme_now: str
    scheme_then: str
    differences: tuple[str, ...]
    periods: tuple[str, ...]
    shifts: tuple[Shift, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        shifts = [{**asdict(one), "gained": one.gained, "places": one.places} for one in self.shifts]
        return {**asdict(self), "shifts": shifts}


def read_scheme(path: Path) -> Scorecard:
    """A scheme of a file outside the catalogue.

    Raises:
        InputError: it cannot be read, or it is no scheme; names the line.
    """
    if not path.is_file():
        raise InputError(
            f"--what-if {path}: there is no such file; give a copy of catalog/scorecard.yaml with your changes"
        )
    reader = Reader(path.parent)
    scheme = reader.one(path.name, Scorecard)
    if reader.errors:
        raise InputError(str(reader.errors[0]))
    for loc, message in wrong(scheme):
        line = reader.documents[path.name].line(loc)
        raise InputError(f"{path}:{line}: {message}")
    return scheme


def what_if(
    home: Home,
    catalog: Catalog,
    scheme: Scorecard,
    *,
    period: str,
    as_of: datetime,
    memory_limit: str = MEMORY_LIMIT,
) -> WhatIf:
    """Compare up to twelve periods, the last of them ``period``.

    Args:
        home: where ledger and lake are; nothing is written there.
        catalog: with the scheme in force.
        scheme: the other.
        period: a month, quarter or year; the periods before it are of the same kind.
        as_of: an aware instant.
        memory_limit: what DuckDB may hold before it spills to disk.

    Raises:
        InputError: ``period`` is none or has not begun.
        HubError: the other scheme has an indicator for which there is no SQL.
    """
    span = Period.parse(period, as_of)
    periods = since_anything_came(home, catalog, span)
    now = then = measured(home, catalog, periods, memory_limit=memory_limit)
    if _measures_of(scheme) != _measures_of(catalog.scorecard):
        then = measured(home, catalog, periods, scheme, memory_limit=memory_limit)
    shifts = [shift for one in periods for shift in _shifts(catalog, scheme, one, now, then)]
    return WhatIf(
        catalog.scorecard.scheme,
        scheme.scheme,
        tuple(differences(catalog.scorecard, scheme)),
        tuple(one.label for one in periods),
        tuple(shifts),
    )


def differences(now: Scorecard, then: Scorecard) -> list[str]:
    """What differs between two schemes, as ``path: old → new``."""
    return list(_differences("", _by_id(now.model_dump(mode="json")), _by_id(then.model_dump(mode="json"))))


def _shifts(catalog: Catalog, scheme: Scorecard, period: Period, now: Facts, then: Facts) -> list[Shift]:
    old = now.scored(catalog.scorecard, catalog, period)
    new = {one.code: one for one in then.scored(scheme, catalog, period)}
    return [
        Shift(period.label, one.unit.scope, one.code, one.name, _standing(one), _standing(new[one.code])) for one in old
    ]


def _standing(unit: UnitScore) -> Standing:
    return Standing(unit.total, unit.grade.grade if unit.grade else None, unit.rank, unit.measured_weight)


def _measures_of(scheme: Scorecard) -> dict[str, Any]:
    """What the ratios depend on: the indicators and their parameters, not weights and limits."""
    return {one.id: (one.cases, one.base, one.checks, one.correction_days) for one in scheme.indicators}


def _by_id(value: Any) -> Any:
    """Lists of things with an id or a grade as mappings, so that their order does not matter."""
    if isinstance(value, Mapping):
        return {key: _by_id(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        named = [one.get("id") or one.get("grade") for one in value if isinstance(one, Mapping)]
        return dict(zip(named, map(_by_id, value), strict=True)) if len(named) == len(value) > 0 else list(value)
    return value


def _differences(path: str, now: Any, then: Any) -> list[str]:
    if isinstance(now, Mapping) and isinstance(then, Mapping):
        found = []
        for key in dict.fromkeys([*now, *then]):
            found += _differences(f"{path}.{key}" if path else str(key), now.get(key), then.get(key))
        return found
    return [] if now == then else [f"{path}: {_word(now)} → {_word(then)}"]


def _word(value: Any) -> str:
    return "—" if value is None else "…" if isinstance(value, Mapping) else str(value)
