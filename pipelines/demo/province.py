"""What the records of one provider are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.catalog import Catalog
from pipelines.demo.vocabulary import Profile, Words


@dataclass(frozen=True)
class Province:
    """One provider of the delivery: its subjects, its authorities, and the body that uploads for it."""

    profile: Profile
    title: str
    subjects: pl.DataFrame
    authorities: pl.DataFrame
    centre: tuple[str, str]
    words: Words
    catalog: Catalog
    as_of: date
