"""What every floor above works on: a lake (a home and the catalogue that says what is in it), and a hub (with its settings)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.catalog import Catalog, catalog
from pipelines.ground.settings import Settings
from pipelines.storage.columns import BUCKET, quarantine_schema, record_schema
from pipelines.storage.conflicts import conflicts_table
from pipelines.storage.home import Home
from pipelines.storage.ledger import TABLES, ledger
from pipelines.storage.resolutions import RESOLUTIONS
from pipelines.storage.set_aside import set_aside_table
from pipelines.storage.superseded import superseded_table
from pipelines.storage.tables import Table


@dataclass(frozen=True)
class Lake:
    """The tables of a home, in the columns that the catalogue gives them."""

    home: Home
    catalog: Catalog

    def records(self, dataset_id: str) -> Table:
        """Accepted record versions of a dataset."""
        return Table(self.home.records(dataset_id), record_schema(self.catalog.fields(dataset_id)), BUCKET)

    def quarantine(self, dataset_id: str) -> Table:
        """Refused rows of a dataset."""
        return Table(self.home.quarantine(dataset_id), quarantine_schema(self.catalog.fields(dataset_id)))

    def resolutions(self, dataset_id: str) -> Table:
        """Which refused rows of a dataset are closed, and by what."""
        return Table(self.home.resolutions(dataset_id), RESOLUTIONS)

    def superseded(self, dataset_id: str) -> Table:
        """Versions of a dataset that did not become the record of their key, and why."""
        return superseded_table(self.home, self.catalog.datasets[dataset_id], self.catalog.fields(dataset_id))

    def still_open(self, dataset_id: str) -> pl.LazyFrame:
        """Refused rows that are not closed, in the columns of ``quarantine_schema``."""
        closed = self.resolutions(dataset_id).scan().select("quarantine_id")
        return self.quarantine(dataset_id).scan().join(closed, on="quarantine_id", how="anti")

    def tables(self) -> dict[str, Table]:
        """Every table of the lake by the path below ``lake/``."""
        found: dict[str, Table] = {f"ledger/{name}": ledger(self.home, name) for name in TABLES}
        for dataset_id in self.catalog.datasets:
            found[f"records/{dataset_id}"] = self.records(dataset_id)
            found[f"quarantine/{dataset_id}"] = self.quarantine(dataset_id)
            found[f"losers/{dataset_id}"] = self.superseded(dataset_id)
            found[f"closings/{dataset_id}"] = self.resolutions(dataset_id)
            found[f"set_aside/{dataset_id}"] = set_aside_table(self.home, dataset_id)
        return found | {"conflicts": conflicts_table(self.home)}


@dataclass(frozen=True)
class Hub(Lake):
    """A lake with the settings of the process that works on it."""

    settings: Settings

    @classmethod
    def open(cls, settings: Settings) -> Hub:
        """The hub of these settings.

        Raises:
            CatalogError: the catalogue cannot be used.
        """
        return cls(Home(settings.home), catalog(settings.catalog), settings)
