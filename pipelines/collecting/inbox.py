"""The folder channel: what lies in the inboxes, and taking what is whole (contract.md, "Arrival"; docs/decisions/0032).

A file is taken when it lies still (``pipelines.collecting.settling``), or at once where a mark or a manifest that fits says that it
is whole. Order of taking: bytes into ``raw/``, the delivery into ``state/pending/``, what the file looks like into
``state/arrivals/``, the file into ``.done/``. After a crash at any point the next pass does what is left, and the delivery keeps
its id and its day. A manifest and a mark go with their file.

No link is followed anywhere below ``inbox/``: each folder on the way is opened by descriptor (``pipelines.storage.open_folder``),
the file through its folder, and it is moved through these folders too. A file with more than one name is left alone: the
other one may lie outside, and who put it here need not be allowed to read it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pipelines.catalog import Catalog
from pipelines.collecting.deliveries import Screened, manifest_beside
from pipelines.collecting.grown import take_again
from pipelines.collecting.inbox_names import MARK, Listing, is_delivery, is_manifest, left_alone, manifests_of
from pipelines.collecting.intake import Intake, Known, fits
from pipelines.collecting.put_away import Done
from pipelines.collecting.settling import Clock, Settling, Stillness
from pipelines.collecting.unclaimed import (
    UnclaimedEntry,
    link,
    manifest_without_file,
    mark_without_file,
    misplaced_file,
    misplaced_folder,
    no_plain_file,
    several_names,
    unknown_provider_folder,
)
from pipelines.ground.clock import machine_time
from pipelines.ground.errors import InputError
from pipelines.ground.file_names import shown_name
from pipelines.ground.limits import Limits
from pipelines.storage import raw
from pipelines.storage.arrivals import TakenFile, key
from pipelines.storage.home import Home
from pipelines.storage.open_folder import OpenFolder

_AT_ONCE: Final = 0.0


@dataclass(frozen=True)
class Arrived:
    """What a pass left in the inboxes: what cannot be taken, with what to do, and what is not at rest yet."""

    unclaimed: tuple[UnclaimedEntry, ...] = ()
    settling: tuple[Settling, ...] = ()


def take(
    home: Home,
    catalog: Catalog,
    *,
    provider: str | None,
    as_of: datetime,
    limits: Limits | None = None,
    settle_seconds: float = _AT_ONCE,
    clock: Clock = machine_time,
) -> Arrived:
    """Take every whole file of one provider, or of all, into the raw zone.

    Args:
        home: the hub's home.
        catalog: for the providers it knows.
        provider: only this one.
        as_of: the instant of receipt, aware.
        limits: what an archive may unpack to.
        settle_seconds: how long a file must not have changed.
        clock: by which that is known.

    Raises:
        InputError: the provider is not in the catalogue.
    """
    if provider is not None and provider not in catalog.providers:
        raise InputError(
            f"provider '{provider}' is not in the catalogue; use one of: {', '.join(sorted(catalog.providers))}"
        )
    with home.locked():
        raw.forget_unfinished(home)
        if not home.inbox.is_dir():
            return Arrived()
        with OpenFolder.at(home.inbox) as inbox:
            stillness = Stillness(settle_seconds, clock, inbox)
            intake = Intake(home, catalog, as_of, limits or Limits(), stillness, Screened(home))
            for name in _shown(inbox):
                if provider in (None, name):
                    _provider(intake, inbox, name)
    return Arrived(tuple(intake.unclaimed.values()), tuple(intake.settling))


def anything_waits(home: Home) -> bool:
    """True where something lies in the folder of a dataset; nothing is opened but folders."""
    if not home.inbox.is_dir():
        return False
    with OpenFolder.at(home.inbox) as inbox:
        for provider in (one for one in inbox.names() if inbox.is_folder(one)):
            with suppress(OSError), inbox.folder(provider) as folder:
                for dataset in (one for one in _shown(folder) if folder.is_folder(one)):
                    with folder.folder(dataset) as files:
                        if not all(map(left_alone, files.names())):
                            return True
    return False


def _shown(folder: OpenFolder) -> Iterator[str]:
    """Names in a folder of folders; what is nobody's data is left alone, but for links, which are told of under any name."""
    for name in folder.names():
        if folder.is_link(name) or not left_alone(name):
            yield name


def _provider(intake: Intake, inbox: OpenFolder, provider_id: str) -> None:
    path = inbox.path / provider_id
    with intake.one(path):
        if inbox.is_link(provider_id):
            intake.refuse(link(path))
            return
        if provider_id not in intake.catalog.providers or not inbox.is_folder(provider_id):
            intake.refuse(unknown_provider_folder(path, intake.catalog))
            return
        with inbox.folder(provider_id) as folder:
            known = Known(intake.home, provider_id)
            take_again(intake, folder, provider_id, known)
            for name in _shown(folder):
                with intake.one(folder.path / name):
                    _dataset(intake, folder, provider_id, name, known)
            known.save()


def _dataset(intake: Intake, provider: OpenFolder, provider_id: str, name: str, known: Known) -> None:
    path = provider.path / name
    if provider.is_link(name):
        intake.refuse(link(path))
    elif not provider.is_folder(name):
        intake.refuse(misplaced_file(path))
    else:
        with provider.folder(name) as folder, Done(provider, folder, name) as done:
            _DatasetFolder(intake, known, folder, done, provider_id, name, Listing(folder.names())).take()


@dataclass(frozen=True)
class _Copied:
    """A file whose bytes are in the raw zone: its name, that in ``.done/``, and what it looked like."""

    name: str
    target: str
    found: os.stat_result


@dataclass(frozen=True)
class _DatasetFolder:
    """The folder of one dataset of one provider."""

    intake: Intake
    known: Known
    folder: OpenFolder
    done: Done
    provider_id: str
    dataset: str
    listing: Listing

    def take(self) -> None:
        """Take what is whole. The files are moved when the bytes of all are safe, and it is written down what they looked like."""
        copied: list[_Copied] = []
        for name in self.listing.names:
            with self.intake.one(self.folder.path / name):
                if self.folder.is_link(name):
                    self.intake.refuse(link(self.folder.path / name))
                elif left_alone(name):
                    continue
                elif not self.folder.is_file(name):
                    odd = misplaced_folder if self.folder.is_folder(name) else no_plain_file
                    if self.folder.has(name):
                        self.intake.refuse(odd(self.folder.path / name))
                elif is_manifest(name):
                    self._manifest(name)
                elif is_delivery(name):
                    copied += self._copied(name)
                else:
                    self._mark(name)
        if copied:
            self.known.save()
        for one in copied:
            with self.intake.one(self.folder.path / one.name):
                self._put_away(one)

    def _copied(self, name: str) -> list[_Copied]:
        """The file, copied; nothing, where it has to wait or is left alone."""
        path, found = self.folder.path / name, self.folder.stat(name)
        if left := self._left(name, found):
            self.intake.settling.append(self.intake.stillness.waits(path, left))
            return []
        if found.st_nlink > 1:
            self.intake.refuse(several_names(path))
            return []
        target = self._free_name(name)
        if target is None:
            return []
        manifests = [self.folder.stat(one) for one in manifests_of(name) if self.folder.is_file(one)]
        beside = manifest_beside(self.folder, name)
        with self.folder.open(name) as stream:
            found = os.fstat(stream.fileno())
            place = (self.provider_id, self.dataset, name)
            sha256 = self.intake.keep(stream, place, found.st_mtime_ns, beside)
        self.known.taken[self.done.key_of(target)] = TakenFile.of(shown_name(name), found, sha256, manifests)
        return [_Copied(name, target, found)]

    def _free_name(self, name: str) -> str | None:
        """The name to put a file away under; None where there is no folder to put it into, which is said of the folder."""
        names: list[str] = []
        with self.intake.one(self.done.path):
            names.append(self.done.free_name(name))
        return names[0] if names else None

    def _left(self, name: str, found: os.stat_result) -> float:
        """Seconds until a file may be taken; 0 where it lies still with its manifest, or is said to be whole."""
        beside = [one for one in (name, *manifests_of(name)) if self.folder.is_file(one)]
        left = max(self._still(one) for one in beside)
        if not left or self._is_marked(name, found):
            return _AT_ONCE
        return _AT_ONCE if fits(self.folder, name, manifest_beside(self.folder, name)) else left

    def _still(self, name: str) -> float:
        return self.known.left(self.intake.stillness, key(self.dataset, name), self.folder.stat(name))

    def _is_marked(self, name: str, found: os.stat_result) -> bool:
        """True where a mark was put there after the file was written; one that is older was of another file."""
        marks = [one for one in self.listing.marks_of(name) if self.folder.is_file(one)]
        return any(self.folder.stat(mark).st_ctime_ns >= found.st_mtime_ns for mark in marks)

    def _put_away(self, copied: _Copied) -> None:
        promised = self.done.key_of(copied.target)
        taken = self.known.taken.pop(promised)
        if raw.differs(copied.found, self.folder.stat(copied.name)):
            # More came after it was copied: what there is then is a delivery of its own.
            raise raw.Changing(f"{copied.name} was written to")
        beside = (*manifests_of(copied.name), *self.listing.marks_of(copied.name))
        self.known.taken[self.done.put(copied.name, copied.target, beside)] = taken

    def _manifest(self, name: str) -> None:
        if self.listing.has_file_of_manifest(name):
            return
        found = self.folder.stat(name)
        if any(taken.had(found) for taken in self.known.taken.values()):
            # A pass that was killed put its file away, and not yet the manifest.
            self.done.put_beside(name)
        elif not self._still(name):
            self.intake.refuse(manifest_without_file(self.folder.path / name))

    def _mark(self, name: str) -> None:
        if self.listing.has_file_of_mark(name):
            return
        if self.done.knows(name.removesuffix(MARK), self.known.taken):
            # It came after its file had been taken.
            self.done.put_beside(name)
        elif not self._still(name):
            self.intake.refuse(mark_without_file(self.folder.path / name))
