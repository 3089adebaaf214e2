"""The home of a hub: where everything lies (contract.md, "Home").

inbox/<provider_id>/<dataset_id>/<file>       what providers drop; taken files go to inbox/<provider_id>/.done/
outbox/<provider_id>/<batch_id>/              receipt.json, receipt.html, findings.csv, findings.xlsx
outbox/<provider_id>/{open.html,open.csv}     refused rows that are still open, with their ages
outbox/[<provider_id>/]not_taken.html         what lies in an inbox and cannot be taken, while it does
outbox/<provider_id>/conflicts-<YYYY-MM>.csv  what code verification found in its records that month
raw/                                          originals (pipelines.storage.raw)
lake/records/<dataset_id>                     accepted record versions (pipelines.storage)
lake/quarantine/<dataset_id>                  refused rows
lake/closings/<dataset_id>                    which of them are closed, and by what (pipelines.quarantine)
lake/losers/<dataset_id>                      versions that did not become the record, and why (pipelines.records)
lake/conflicts                                what code verification found (pipelines.subjects)
lake/ledger/<table>                           one table per kind of event
shared/<product_id>/                          releases (pipelines.publishing)
scorecards/<period>/                          scorecards (pipelines.scoring)
catalog/                                      the catalogue as a site (pipelines.pages.catalogue)
data_docs/<dataset_id>/                       Great Expectations Data Docs, made on demand
state/pending/<delivery_id>.json              taken, not yet screened
state/groups/<group_id>.json                  work groups that were begun and not finished
state/closed/<group_id>.json                  begun groups that have closed what they correct
state/work/<group_id>/                        scratch of a work group, removed when it is done
state/sources/<product_id>.json               which lake files the latest release was made from
state/messages/<product_id>/                  the messages it was made with
state/compacted/<table>/                      what compacted files of the lake replaced (pipelines.storage.compactions)
state/displays/<product_id>.json              what its data files show, by provider (pipelines.publishing.displays)
state/keys/<dataset_id>/                      where in lake files the versions of a key stand (pipelines.publishing.key_index)
state/lock                                    held while deliveries are taken and groups planned
state/closings.lock                           held while refused rows are closed
state/lake.lock                               held by whoever compacts the lake; shared by who reads or appends
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.ground.errors import InputError


@dataclass(frozen=True)
class Home:
    """Paths below one root folder."""

    root: Path

    @property
    def inbox(self) -> Path:
        """What providers drop."""
        return self.root / "inbox"

    @property
    def raw(self) -> Path:
        """Originals."""
        return self.root / "raw"

    @property
    def pending(self) -> Path:
        """Deliveries that were taken and not yet screened."""
        return self.root / "state/pending"

    @property
    def groups(self) -> Path:
        """Work groups that were begun and not finished."""
        return self.root / "state/groups"

    @property
    def shared(self) -> Path:
        """Releases of every product."""
        return self.root / "shared"

    def product(self, product_id: str) -> Path:
        """Releases of one product."""
        return self.shared / product_id

    def release(self, product_id: str, release_id: str) -> Path:
        """The folder of one release."""
        return self.shared / product_id / release_id

    @property
    def scorecards(self) -> Path:
        """Scorecards by period."""
        return self.root / "scorecards"

    @property
    def site(self) -> Path:
        """The catalogue as a site, to which receipts and scorecards link."""
        return self.root / "catalog"

    def outbox(self, provider_id: str, batch_id: str) -> Path:
        """Receipt and findings of one delivery."""
        return self.root / "outbox" / provider_id / batch_id

    def records(self, dataset_id: str) -> Path:
        """Accepted record versions of a dataset."""
        return self.root / "lake/records" / dataset_id

    def quarantine(self, dataset_id: str) -> Path:
        """Refused rows of a dataset."""
        return self.root / "lake/quarantine" / dataset_id

    def resolutions(self, dataset_id: str) -> Path:
        """Closings of refused rows of a dataset."""
        return self.root / "lake/closings" / dataset_id

    def ledger(self, table: str) -> Path:
        """One ledger table."""
        return self.root / "lake/ledger" / table

    def lake_in_use(self) -> AbstractContextManager[None]:
        """While held, no lake file is removed."""
        return self.locked("lake.lock", shared=True)

    def work(self, name: str) -> Path:
        """Scratch folder of one work group or release candidate."""
        return self.root / "state/work" / name

    @contextmanager
    def locked(self, name: str = "lock", *, shared: bool = False) -> Iterator[None]:
        """Hold one of the home's locks, alone or (``shared``) with others; a crash releases it.

        Raises:
            InputError: the home cannot be written to.
        """
        try:
            (self.root / "state").mkdir(parents=True, exist_ok=True)
            stream = (self.root / "state" / name).open("w")
        except OSError as error:
            raise InputError(
                f"{self.root}: cannot be written to ({error.strerror}); give --home a folder that can"
            ) from error
        with stream:
            fcntl.flock(stream, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            yield
