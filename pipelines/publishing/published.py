"""What became of a product in a run, and what publishing says of it to floors above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.storage.held import HeldRelease
from pipelines.storage.home import Home
from pipelines.storage.hub import Lake
from pipelines.subjects import SubjectMaster

Conflicts = Callable[[Home, SubjectMaster, pl.DataFrame, str], object]
"""Tells providers of the conflicts of their codes: home, subject master, all statements, month as ``YYYY-MM``."""

SetAsideFiles = Callable[[Lake], object]
"""Tells providers which of their rows no product shows, of all datasets as they stand."""


@dataclass(frozen=True)
class Published:
    """The release a product stands at, and whether it is new.

    ``held_at`` is the day of the clock where an earlier was asked. ``held`` is what would leave with a newer release, where it
    waits for a person, and ``newly_held`` whether that is known only since this run.
    """

    product_id: str
    release_id: str
    rows: int
    changes: Mapping[str, int]
    new: bool
    held_at: str | None = None
    held: HeldRelease | None = None
    newly_held: bool = False
