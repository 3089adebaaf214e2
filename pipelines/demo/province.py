"""What the records of one provider are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.catalog import Catalog
from pipelines.demo.vocabulary import Profile, Words


@dataclass(frozen=True)
class Province:
    """One provider in one month of the delivery: its subjects and persons, its authorities, and the body that uploads for it.

    ``subjects`` are all that exist by then, ``registered`` those whose registration is sent in this month: everybody in the
    first, later the new ones and those that changed. ``months`` says among how many the decisions are divided.
    """

    profile: Profile
    title: str
    subjects: pl.DataFrame
    registered: pl.DataFrame
    people: pl.DataFrame
    authorities: pl.DataFrame
    centre: tuple[str, str]
    words: Words
    catalog: Catalog
    as_of: date
    month: int = 1
    months: int = 1

    def share(self, of_subjects: float, least: int) -> int:
        """How many decisions of this month are about such a share of the subjects."""
        return max(least, round(self.subjects.height * of_subjects / self.months))

    def numbers_from(self, count: int) -> int:
        """After which document number this month begins, where a month has up to so many."""
        return (self.month - 1) * 4_000 * -(-count // 4_000)

    @property
    def region(self) -> str:
        """Six digits of the province; Beijing's where ministries sit."""
        region = self.catalog.providers[self.profile.id].region_code
        return "110000" if region == "100000" else region
