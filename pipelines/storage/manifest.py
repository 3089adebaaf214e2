"""manifest.json of a release, latest.json of a product, and the name of a release (contract.md, "manifest.json of a release")."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from pipelines.ground.clock import CHINA
from pipelines.storage.artefact import Artefact
from pipelines.storage.home import Home
from pipelines.storage.tables import digest

MANIFEST: Final = "manifest.json"
LATEST: Final = "latest.json"
CHANGES: Final = "changes.parquet"
DATA: Final = "data"
FAILURES: Final = "failures"


class DataFile(Artefact):
    """A Parquet file of a release, by its path below the release's folder."""

    path: str
    rows: int
    bytes: int
    sha256: str


class ChangesFile(Artefact):
    """changes.parquet of a release."""

    path: str
    bytes: int
    sha256: str


class PartRows(Artefact):
    """The account of a part: ``accepted`` rows of the lake are published, superseded, duplicate or withheld for a reason.

    The four kinds of rows that are not the record of their key add up to ``superseded`` and ``duplicate``
    (``pipelines.storage.superseded``).
    """

    accepted: int
    superseded: int
    duplicate: int
    unchanged: int = 0
    other_channel: int = 0
    older_version: int = 0
    conflict: int = 0
    published: int
    withheld: dict[str, int]


class PartEntry(Artefact):
    """A part of a release (``pipelines.storage.parts``): its file, its account, and what was counted in it."""

    file: DataFile
    rows: PartRows
    findings: dict[str, int] = Field(default_factory=dict)


class Account(Artefact):
    """Every accepted row of the lake in one of the columns: ``accepted`` is the sum of the others."""

    accepted: int
    published: int
    superseded: int
    duplicate: int
    withheld: int

    def balances(self) -> bool:
        """True where no row is missing."""
        return self.accepted == self.published + self.superseded + self.duplicate + self.withheld


class Changes(Artefact):
    """Records that differ from the previous release."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """By kind."""
        return {"added": self.added, "changed": self.changed, "removed": self.removed}


class Validation(Artefact):
    """What the candidate was checked with."""

    suite: str
    expectations: int
    successful: bool


class TakenDown(Artefact):
    """A record that left a product by repair or withdrawal; days as ISO text, ``record`` a digest of its key."""

    reason: str
    provider_id: str | None
    region_code: str | None
    record: str
    received_on: str | None
    due_on: str | None = None
    taken_down_on: str | None = None


class Displayed(Artefact):
    """Records of a provider that are displayed, and those of them whose display period is over."""

    provider_id: str | None
    region_code: str | None
    displayed: int
    overdue: int


class Approved(Artefact):
    """Somebody approved that records leave with a release which the breaker had held."""

    held_id: str
    why: str
    at: str
    by: str


class Manifest(Artefact):
    """The manifest of a release.

    ``as_of`` and ``created_at`` are instants in ISO 8601. ``buckets`` holds the parts by name. ``definition`` is a digest of what
    the catalogue says of the product. ``erased`` counts rows that were taken out after takedowns; ``subjects`` (by provider) and
    ``made_from`` (release by dataset) are said of the subject master only.
    """

    manifest_version: Literal[1] = 1
    product_id: str
    release_id: str
    as_of: str
    created_at: str
    catalog_version: str
    dataset_id: str | None
    access_class: str
    publication_clock: bool
    rows: int
    record_key: list[str]
    fields: list[str]
    files: list[DataFile]
    changes: Changes
    removed: dict[str, int] = Field(default_factory=dict)
    changes_file: ChangesFile | None = None
    previous_release_id: str | None
    withheld: dict[str, int]
    account: Account
    kinds: dict[str, int]
    findings: dict[str, int] = Field(default_factory=dict)
    taken_down: list[TakenDown] = Field(default_factory=list)
    displays: list[Displayed] = Field(default_factory=list)
    definition: str
    buckets: dict[str, PartEntry]
    subjects: dict[str, int] | None = Field(default=None, exclude_if=lambda value: value is None)
    made_from: dict[str, str] | None = Field(default=None, exclude_if=lambda value: value is None)
    validation: Validation | None = Field(default=None, exclude_if=lambda value: value is None)
    erased: int = Field(default=0, exclude_if=lambda value: value == 0)
    approved: list[Approved] = Field(default_factory=list, exclude_if=lambda value: not value)

    @property
    def day(self) -> date:
        """The day in China it is of."""
        return datetime.fromisoformat(self.as_of).astimezone(CHINA).date()

    @property
    def instant(self) -> datetime:
        """The instant it is of, aware."""
        return datetime.fromisoformat(self.as_of)

    def paths(self, folder: Path, names: Sequence[str] | None = None) -> list[Path]:
        """Its data files, or those of some parts, below its folder."""
        files = self.files if names is None else [self.buckets[name].file for name in names]
        return [folder / file.path for file in files]


class FoundIdentifier(Artefact):
    """Where an identifier of a person was found in a candidate, without the identifier."""

    column: str
    rows: int
    batch_id: str | None = None
    row_number: int | None = None
    record: list[str] = Field(default_factory=list)


class Failure(Artefact):
    """failures/<release_id>.json: a candidate that was refused, and why."""

    release_id: str
    product_id: str
    dataset_id: str | None
    as_of: str
    reason: str
    found: list[FoundIdentifier] = Field(default_factory=list)


class Pointer(Artefact):
    """latest.json: the release a product is at."""

    release_id: str


def latest(home: Home, product_id: str) -> Manifest | None:
    """The manifest of the release ``latest.json`` points to."""
    pointer = Pointer.read_if_there(pointer_path(home, product_id))
    return None if pointer is None else read(home.release(product_id, pointer.release_id))


def read(folder: Path) -> Manifest:
    """The manifest of a release folder."""
    return Manifest.read(folder / MANIFEST)


def save(manifest: Manifest, folder: Path) -> None:
    """Write the manifest of a release folder."""
    manifest.write(folder / MANIFEST)


def changes_file(path: Path) -> ChangesFile:
    """changes.parquet as manifests name it."""
    return ChangesFile(path=path.name, bytes=path.stat().st_size, sha256=digest(path))


def failure_path(home: Home, product_id: str, release_id: str) -> Path:
    """Where the reason lies for which a candidate was refused."""
    return home.product(product_id) / FAILURES / f"{release_id}.json"


def releases(home: Home, product_id: str) -> list[str]:
    """Releases of a product that are there, oldest first."""
    return sorted(path.parent.name for path in home.product(product_id).glob(f"*/{MANIFEST}"))


def pointer_path(home: Home, product_id: str) -> Path:
    """latest.json of a product."""
    return home.product(product_id) / LATEST


def point_to(home: Home, product_id: str, release_id: str) -> None:
    """Make a release the latest one."""
    Pointer(release_id=release_id).write(pointer_path(home, product_id))


def release_id(day: date, previous: Manifest | None, files: Sequence[DataFile]) -> str:
    """``<yyyymmdd>-<number on that day>-<digest of the data>``; never sorts before the previous release."""
    stamp, number = f"{day:%Y%m%d}", 1
    if previous is not None:
        before, count, _ = previous.release_id.split("-")
        if stamp <= before:
            stamp, number = before, int(count) + 1
    digest = hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()[:8]
    return f"{stamp}-{number:03d}-{digest}"


def data_files(home: Home, product_id: str) -> list[Path]:
    """Data files of the latest release, none where there is no release."""
    manifest = latest(home, product_id)
    return [] if manifest is None else manifest.paths(home.release(product_id, manifest.release_id))
