"""Releases that wait for a person: what would leave a product with them, and what was decided.

state/held/<product_id>/<held_id>.json       HeldRelease
state/held/<product_id>/<held_id>.parquet    the records that would leave: record key, reason, _record_provider, _asked_by

A held release is not the candidate, which is made again with each publish, but what would leave with it: an approval is for these
records, whatever else comes with the next candidate. ``held_id`` comes from the product and the records, with their reasons and
senders. The records are written first; both files go once a release was made. Lost, the next publish holds the release again, and
what was decided stands in the ledger (``approvals``) only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import polars as pl
from pydantic import Field

from pipelines.storage.artefact import Artefact
from pipelines.storage.files import replaced
from pipelines.storage.home import Home

RECORD_PROVIDER: Final = "_record_provider"
_RECORDS: Final = ".parquet"

Kind = Literal["messages", "clock"]


class Excess(Artefact):
    """A share that is too large: of all records (``provider_id`` null), or of those of one provider."""

    kind: Kind
    provider_id: str | None
    leaving: int
    of: int
    largest_share: float

    @property
    def share(self) -> float:
        """What part of the records would leave."""
        return self.leaving / self.of if self.of else 1.0


class Leaving(Artefact):
    """How many records of a provider would leave for a reason, and who asked for it (null: the clock, or nobody known)."""

    asked_by: str | None
    record_provider: str | None
    reason: str
    records: int


class Decision(Artefact):
    """What a person decided about a held release; ``at`` is an instant in ISO 8601."""

    decision: Literal["approved", "refused"]
    why: str
    by: str
    at: str


class HeldRelease(Artefact):
    """What would leave a product, and why it waits.

    ``as_of`` is the instant of the candidate that was held first, ``standing_release_id`` the release that stays.
    ``records_before`` counts the records of that release by provider, as far as some of them would leave; ``sample`` has keys of a
    few records.
    """

    version: Literal[1] = 1
    held_id: str
    product_id: str
    dataset_id: str
    as_of: str
    standing_release_id: str
    rows_before: int
    leaving: int
    exceeded: list[Excess]
    counts: list[Leaving]
    records_before: dict[str, int]
    sample: list[dict[str, str | None]]
    decision: Decision | None = Field(default=None)

    def by(self, name: Literal["asked_by", "record_provider", "reason"]) -> dict[str | None, int]:
        """Records by who asked, by the provider of the record, or by reason; most first."""
        found: dict[str | None, int] = {}
        for one in self.counts:
            found[getattr(one, name)] = found.get(getattr(one, name), 0) + one.records
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0] or "")))


def held_releases(home: Home, product_id: str) -> list[HeldRelease]:
    """Releases of a product that wait, by id."""
    return list(HeldRelease.read_all(home.held(product_id)))


def products_held(home: Home) -> Iterator[str]:
    """Products of which a release waits."""
    for folder in sorted((home.state / "held").glob("*")):
        if any(folder.glob("*.json")):
            yield folder.name


def records_of(home: Home, held: HeldRelease) -> pl.LazyFrame | None:
    """The records that would leave with it; None where they are lost."""
    path = _records(home, held.product_id, held.held_id)
    return pl.scan_parquet(path) if path.exists() else None


def keep(home: Home, held: HeldRelease, records: Path | None = None) -> None:
    """Write it down; with the file of its records where it is new."""
    if records is not None:
        home.held(held.product_id).mkdir(parents=True, exist_ok=True)
        with replaced(_records(home, held.product_id, held.held_id)) as stream, records.open("rb") as source:
            shutil.copyfileobj(source, stream)
    held.write(_described(home, held.product_id, held.held_id))


def forget(home: Home, product_id: str, *, but: frozenset[str] = frozenset()) -> None:
    """Remove what no longer waits: of a product, all but some ids; and what a run that was killed left there."""
    folder = home.held(product_id)
    if not folder.is_dir():
        return
    kept = {f"{held_id}{ending}" for held_id in but for ending in (".json", _RECORDS)}
    # The description first: records that nothing describes are of no use, and do no harm.
    for path in sorted(folder.iterdir(), key=lambda path: path.suffix != ".json"):
        if path.name not in kept:
            path.unlink()
    if not kept:
        folder.rmdir()


def _described(home: Home, product_id: str, held_id: str) -> Path:
    return home.held(product_id) / f"{held_id}.json"


def _records(home: Home, product_id: str, held_id: str) -> Path:
    return home.held(product_id) / f"{held_id}{_RECORDS}"
