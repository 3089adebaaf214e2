"""What was put into a delivery, so that what the hub finds can be compared with it.

Written to ``state/demo_plan.json`` below the home.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipelines.demo.cases import Case

Status = Literal["accepted", "partial", "rejected", "duplicate"]


@dataclass(frozen=True)
class FilePlan:
    """One file, and what a receipt for it must say.

    ``planted`` counts rows by rule, the unavoidable companions of a planted defect included. ``repeats`` counts rows
    that are right and come twice: ``exact`` as they are, ``newer`` with a later time and another text,
    where a later time could not be given, or was not, both are refused and counted as planted.
    ``again`` counts rows of earlier months that come once more:
    ``resubmitted`` as the refused ones should have been, ``renewed`` with a later time and another text. ``late`` counts
    decisions older than the deadline, before any defect was planted. ``cases`` are what rows tell only together with others
    (``pipelines.demo.cases``): contradictory names and codes, one decision from two channels, objections that are open. A file
    with a ``problem`` (the code of the receipt)
    or one that is ``duplicate_of`` another adds no rows, so its numbers are 0. ``received_on`` is the day on which the
    file is to be received: rules about the future, lateness and what is known already count from it.
    """

    provider_id: str
    dataset_id: str
    name: str
    encoding: str
    status: Status
    received_on: str
    rows: int = 0
    refused: int = 0
    warned: int = 0
    late: int = 0
    planted: Mapping[str, int] | None = None
    repeats: Mapping[str, int] | None = None
    again: Mapping[str, int] | None = None
    cases: tuple[Case, ...] = ()
    problem: str | None = None
    duplicate_of: str | None = None

    @property
    def key(self) -> str:
        """Its path below the inbox."""
        return f"{self.provider_id}/{self.dataset_id}/{self.name}"

    @property
    def accepted(self) -> int:
        """Rows that must reach the lake."""
        return self.rows - self.refused


@dataclass(frozen=True)
class DemoPlan:
    """A whole delivery; ``stories`` says which regions were given which (ids of ``profiles.yaml``), ``days`` when it comes."""

    seed: int
    as_of: str
    scale: float
    catalog_version: str
    files: tuple[FilePlan, ...]
    stories: Mapping[str, str]
    days: tuple[str, ...]

    @property
    def planted(self) -> dict[str, dict[str, int]]:
        """Rows by file and rule."""
        return {one.key: dict(one.planted or {}) for one in self.files}

    @property
    def totals(self) -> dict[str, Any]:
        """Sums over all files."""
        rules: Counter[str] = Counter()
        for one in self.files:
            rules.update(one.planted or {})
        repeats: Counter[str] = Counter()
        again: Counter[str] = Counter()
        for one in self.files:
            repeats.update(one.repeats or {})
            again.update(one.again or {})
        return {
            "files": len(self.files),
            "rows": sum(one.rows for one in self.files),
            "accepted": sum(one.accepted for one in self.files),
            "refused": sum(one.refused for one in self.files),
            "warned": sum(one.warned for one in self.files),
            "late": sum(one.late for one in self.files),
            "rules": dict(sorted(rules.items())),
            "repeats": dict(sorted(repeats.items())),
            "again": dict(sorted(again.items())),
            "cases": dict(sorted(Counter(case.kind for one in self.files for case in one.cases).items())),
        }

    def to_json(self) -> dict[str, Any]:
        """Plain values, the totals included."""
        files = [asdict(one) | {"accepted": one.accepted} for one in self.files]
        return {
            "plan_version": 3,
            "seed": self.seed,
            "as_of": self.as_of,
            "days": list(self.days),
            "scale": self.scale,
            "catalog_version": self.catalog_version,
            "stories": dict(self.stories),
            "totals": self.totals,
            "files": files,
        }
