"""The home of a hub: where everything lies (contract.md, "Home").

inbox/<provider_id>/<dataset_id>/<file>       what providers drop
inbox/<provider_id>/.done/<dataset_id>/       files that were taken, for a time (pipelines.collecting.put_away)
outbox/<provider_id>/<batch_id>/              receipt.json, receipt.html, findings.csv, findings.xlsx
outbox/<provider_id>/{open.html,open.csv}     refused rows that are still open, with their ages
outbox/<provider_id>/set_aside.csv            accepted rows that no product shows, while there are any
outbox/[<provider_id>/]not_taken.html         what lies in an inbox and cannot be taken, while it does
outbox/<provider_id>/conflicts-<YYYY-MM>.csv  what code verification found in its records that month
raw/                                          originals (pipelines.storage.raw)
lake/records/<dataset_id>                     accepted record versions (pipelines.storage)
lake/quarantine/<dataset_id>                  refused rows
lake/closings/<dataset_id>                    which of them are closed, and by what (pipelines.quarantine)
lake/losers/<dataset_id>                      versions that did not become the record, and why (pipelines.records)
lake/set_aside/<dataset_id>                   accepted rows that no product shows (pipelines.storage.set_aside)
lake/conflicts                                what code verification found (pipelines.subjects)
lake/ledger/<table>                           one table per kind of event
shared/<product_id>/                          releases (pipelines.publishing)
scorecards/<period>/                          scorecards (pipelines.scoring)
catalog/                                      the catalogue as a site (pipelines.pages.catalogue)
data_docs/<dataset_id>/                       Great Expectations Data Docs, made on demand
state/pending/<delivery_id>.json              taken, not yet screened
state/arrivals/<provider_id>.json             files that settle, and what taken ones looked like (pipelines.storage.arrivals)
state/groups/<group_id>.json                  work groups that were begun and not finished
state/closed/<group_id>.json                  begun groups that have closed what they correct
state/work/<group_id>/                        scratch of a work group, removed when it is done
state/sources/<product_id>.json               which lake files the latest release was made from
state/messages/<product_id>/                  the messages it was made with
state/compacted/<table>/                      what compacted files of the lake replaced (pipelines.storage.compactions)
state/displays/<product_id>.json              what its data files show, by provider (pipelines.publishing.displays)
state/held/<product_id>/                      releases that wait for a person (pipelines.storage.held)
state/keys/<dataset_id>/                      where in lake files the versions of a key stand (pipelines.publishing.key_index)
state/lock                                    held while deliveries are taken and groups planned
state/closings.lock                           held while refused rows are closed
state/set_aside.lock                          held while outbox/<provider_id>/set_aside.csv is written
state/messages.lock                           held while the messages of the outboxes are written
state/lake.lock                               held by whoever compacts the lake; shared by who reads or appends
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.ground.errors import InputError
from pipelines.storage.files import make_folder, restrict


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
        return self.state / "pending"

    def arrivals(self, provider_id: str) -> Path:
        """What earlier passes saw of a provider's inbox."""
        return self.state / "arrivals" / f"{provider_id}.json"

    @property
    def groups(self) -> Path:
        """Work groups that were begun and not finished."""
        return self.state / "groups"

    def pending_delivery(self, batch_id: str) -> Path:
        """A delivery that was taken and not yet screened."""
        return self.pending / f"{batch_id}.json"

    def group(self, group_id: str) -> Path:
        """A work group that was begun and not finished."""
        return self.groups / f"{group_id}.json"

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

    @property
    def outboxes(self) -> Path:
        """What goes back, a folder for each provider."""
        return self.root / "outbox"

    def outbox_of(self, provider_id: str) -> Path:
        """What goes back to one provider."""
        return self.outboxes / provider_id

    def outbox(self, provider_id: str, batch_id: str) -> Path:
        """Receipt and findings of one delivery (``pipelines.storage.outbox`` names the files)."""
        return self.outboxes / provider_id / batch_id

    def data_docs(self, dataset_id: str) -> Path:
        """Great Expectations Data Docs of one dataset."""
        return self.root / "data_docs" / dataset_id

    @property
    def lake(self) -> Path:
        """Every Delta table."""
        return self.root / "lake"

    def records(self, dataset_id: str) -> Path:
        """Accepted record versions of a dataset."""
        return self.lake / "records" / dataset_id

    def quarantine(self, dataset_id: str) -> Path:
        """Refused rows of a dataset."""
        return self.lake / "quarantine" / dataset_id

    def resolutions(self, dataset_id: str) -> Path:
        """Which refused rows of a dataset are closed."""
        return self.lake / "closings" / dataset_id

    def superseded(self, dataset_id: str) -> Path:
        """Versions of a dataset that did not become the record of their key."""
        return self.lake / "losers" / dataset_id

    def set_aside(self, dataset_id: str) -> Path:
        """Accepted rows of a dataset that the gate found unsound."""
        return self.lake / "set_aside" / dataset_id

    @property
    def conflicts(self) -> Path:
        """What code verification found."""
        return self.lake / "conflicts"

    def ledger(self, table: str) -> Path:
        """One ledger table."""
        return self.lake / "ledger" / table

    def lake_in_use(self) -> AbstractContextManager[None]:
        """While held, no lake file is removed."""
        return self.locked("lake.lock", shared=True)

    @property
    def state(self) -> Path:
        """What a run must know of the runs before it."""
        return self.root / "state"

    @property
    def scratch(self) -> Path:
        """Scratch folders."""
        return self.state / "work"

    def work(self, name: str) -> Path:
        """Scratch folder of one work group or release candidate."""
        return self.scratch / name

    def closed_group(self, group_id: str) -> Path:
        """There while a group that has closed what it corrects is not finished."""
        return self.state / "closed" / f"{group_id}.json"

    def sources(self, product_id: str) -> Path:
        """Which lake files the latest release was made from."""
        return self.state / "sources" / f"{product_id}.json"

    def messages_used(self, product_id: str) -> Path:
        """The messages it was made with."""
        return self.state / "messages" / product_id

    def displays(self, product_id: str) -> Path:
        """What its data files show."""
        return self.state / "displays" / f"{product_id}.json"

    def held(self, product_id: str) -> Path:
        """Releases of a product that wait for a person."""
        return self.state / "held" / product_id

    def erased(self, product_id: str) -> Path:
        """Which takedowns its old releases were rewritten for."""
        return self.state / "erased" / f"{product_id}.json"

    def erasure_pending(self, dataset_id: str) -> Path:
        """There while files with erased content are still to be removed from the lake."""
        return self.state / "erasure" / dataset_id

    def keys(self, dataset_id: str) -> Path:
        """Where in lake files the versions of a key are."""
        return self.state / "keys" / dataset_id

    def compacted(self, table: str) -> Path:
        """What compacted files of a table replaced."""
        return self.state / "compacted" / table

    @property
    def demo_plan(self) -> Path:
        """What the sample delivery planted."""
        return self.state / "demo_plan.json"

    @property
    def key_fingerprint(self) -> Path:
        """Of the pseudonym key the home was made with."""
        return self.state / "pseudonym_key.id"

    def forget_lock(self, name: str) -> None:
        """Remove the file of a lock that nobody will need again."""
        (self.state / name).unlink(missing_ok=True)

    @contextmanager
    def locked(self, name: str = "lock", *, shared: bool = False) -> Iterator[None]:
        """Hold one of the home's locks, alone or (``shared``) with others; a crash releases it.

        Raises:
            InputError: the home cannot be written to.
        """
        try:
            if not self.state.is_dir():
                make_folder(self.state)
                self.state.chmod(0o700)
            stream = (self.state / name).open("w")
            restrict(self.state / name)
        except OSError as error:
            raise InputError(
                f"{self.root}: cannot be written to ({error.strerror}); give --home a folder that can"
            ) from error
        with stream:
            fcntl.flock(stream, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            yield
