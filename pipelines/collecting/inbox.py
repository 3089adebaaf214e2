"""The folder channel: what lies in the inboxes, and taking it.

Order of taking one file: bytes into ``raw/``, the delivery into ``state/pending/``, the file into ``.done/``. After a crash at any
point the next pass does what is left, and the delivery keeps its id and its day. A ZIP gives a delivery for each file
inside, and one for itself where it cannot be taken (``pipelines.collecting.archive``). A manifest is taken with its file, and
goes with it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from pipelines.catalog import Catalog
from pipelines.collecting import archive, manifest
from pipelines.collecting.unclaimed import (
    UnclaimedEntry,
    manifest_without_file,
    misplaced_file,
    misplaced_folder,
    no_plain_file,
    still_being_written,
    unknown_provider_folder,
    unreadable_file,
)
from pipelines.ground.clock import CHINA
from pipelines.ground.errors import InputError
from pipelines.ground.file_names import shown_name
from pipelines.ground.limits import Limits
from pipelines.ground.stopwatch import stage
from pipelines.reading import kind_of_file
from pipelines.storage import raw
from pipelines.storage.delivery import Delivery, batch_id, repeated_id, token
from pipelines.storage.home import Home
from pipelines.storage.ledger import ledger

_UNFINISHED: Final = (".part", ".tmp")
_MANIFEST: Final = manifest.SUFFIX
_NOT_OURS: Final = (errno.EACCES, errno.EPERM, errno.EIO, errno.ELOOP, errno.ENAMETOOLONG, errno.ENXIO, errno.ESTALE)
"""What goes wrong with one file only; no other waits for it."""
_LONGEST_NAME: Final = 255  # bytes, on nearly every file system


def take(
    home: Home, catalog: Catalog, *, provider: str | None, as_of: datetime, limits: Limits | None = None
) -> list[UnclaimedEntry]:
    """Take every finished file of one provider, or of all, into the raw zone.

    Args:
        home: the hub's home.
        catalog: for the providers it knows.
        provider: only this one.
        as_of: the instant of receipt, aware.
        limits: what an archive may unpack to.

    Returns:
        What could not be taken, with what to do.

    Raises:
        InputError: the provider is not in the catalogue.
    """
    if provider is not None and provider not in catalog.providers:
        raise InputError(
            f"provider '{provider}' is not in the catalogue; use one of: {', '.join(sorted(catalog.providers))}"
        )
    unclaimed: list[UnclaimedEntry] = []
    with home.locked():
        raw.forget_unfinished(home)
        screened = Screened(home)
        for folder in _children(home.inbox):
            if provider is not None and folder.name != provider:
                continue
            if not folder.is_dir() or folder.name not in catalog.providers:
                unclaimed.append(unknown_provider_folder(folder, catalog))
                continue
            for path in _files(folder, unclaimed):
                try:
                    _take_one(home, catalog, path, as_of, limits or Limits(), screened)
                except FileNotFoundError:
                    continue  # its owner took it back while we looked
                except raw.Changing:
                    unclaimed.append(still_being_written(path))
                except OSError as error:
                    if error.errno not in _NOT_OURS:
                        raise
                    unclaimed.append(unreadable_file(path, error))
    return unclaimed


def pending(home: Home) -> list[Delivery]:
    """Deliveries that were taken and not yet screened, in the order of dataset, provider and name."""
    found = Delivery.read_all(home.pending)
    return sorted(found, key=lambda d: (d.dataset_id, d.provider_id, d.file_name, d.batch_id))


def _children(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if not p.name.startswith(".")) if folder.is_dir() else []


def _files(provider_folder: Path, unclaimed: list[UnclaimedEntry]) -> Iterator[Path]:
    for folder in _children(provider_folder):
        if not folder.is_dir():
            unclaimed.append(misplaced_file(folder))
            continue
        for path in _children(folder):
            if path.name.endswith(_UNFINISHED):
                continue
            if path.name.endswith(_MANIFEST):
                if path.exists() and not _has_file(path):
                    unclaimed.append(manifest_without_file(path))
                continue
            if path.is_dir() and not path.is_symlink():
                unclaimed.append(misplaced_folder(path))
            elif not path.is_file() or path.is_symlink():
                unclaimed.append(no_plain_file(path))
            else:
                yield path


def _has_file(manifest: Path) -> bool:
    """True where the file of a manifest lies beside it, finished or not."""
    name = manifest.name.removesuffix(_MANIFEST)
    others = [p.name for p in manifest.parent.iterdir() if not p.name.endswith(_MANIFEST)]
    return any(other == name or other.startswith(f"{name}.") or other.startswith(f".{name}.") for other in others)


def _take_one(home: Home, catalog: Catalog, path: Path, as_of: datetime, limits: Limits, screened: Screened) -> None:
    provider_id, dataset_id = path.parent.parent.name, path.parent.name
    name = shown_name(path.name)
    before = path.stat()
    dropped = token(name, before.st_mtime_ns)
    beside = manifest_beside(path)
    with stage("raw"):
        sha256, size = raw.keep(home, path)
    whole = Delivery(
        batch_id=batch_id(provider_id, shown_name(dataset_id), sha256),
        first_batch_id=None,
        provider_id=provider_id,
        region_code=catalog.providers[provider_id].region_code,
        dataset_id=shown_name(dataset_id),
        file_name=name,
        sha256=sha256,
        bytes=size,
        received_on=as_of.astimezone(CHINA).date().isoformat(),
        received_at=as_of.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        token=dropped,
    )
    taken = [_first_or_again(home, delivery, screened) for delivery in deliveries_of(home, whole, beside, limits)]
    for delivery in taken:
        delivery.write(home.pending_delivery(delivery.batch_id))
    if raw.differs(before, path.stat()):
        # More came after it was copied: what there is then is a delivery of its own.
        raise raw.Changing(f"{path} was written to")
    _put_away(path)


def deliveries_of(home: Home, whole: Delivery, beside: bytes | None, limits: Limits) -> list[Delivery]:
    """What a file of the raw zone is: one delivery, or one for each file of an archive; with what a manifest says of it.

    Args:
        home: the hub's home.
        whole: the file as one delivery.
        beside: the manifest that lay beside it.
        limits: of archives.
    """
    if whole.suffix == archive.SUFFIX and whole.bytes:
        return _unpacked(home, whole, beside, limits)
    return [_with_manifest(whole, beside)]


def manifest_beside(path: Path) -> bytes | None:
    """The manifest that lies beside a file; None where there is none."""
    for one in _manifests_of(path):
        if _is_plain(one):
            with one.open("rb") as stream:
                return stream.read(manifest.MOST_BYTES + 1)
    return None


def _is_plain(path: Path) -> bool:
    """True for a file that is no link; a name that is too long is none."""
    try:
        return path.is_file() and not path.is_symlink()
    except OSError:
        return False


def _manifests_of(path: Path) -> tuple[Path, Path]:
    return path.with_name(path.name + _MANIFEST), path.with_name(path.stem + _MANIFEST)


def _with_manifest(delivery: Delivery, beside: bytes | None) -> Delivery:
    """The delivery with what its manifest says, or with the problem why that cannot be used."""
    if beside is None:
        return delivery
    try:
        said, _ = manifest.parse(beside)
    except manifest.Unusable as unusable:
        return delivery.but(problem=unusable.problem.to_json())
    problem = manifest.bytes_differ(said, delivery.sha256, delivery.bytes)
    return delivery.but(manifest=said.to_json(), problem=problem.to_json() if problem else None)


def _unpacked(home: Home, whole: Delivery, beside: bytes | None, limits: Limits) -> list[Delivery]:
    """A delivery for each file of an archive; the archive itself, where it cannot be taken."""
    members, problem = archive.unpack(home, raw.path_of(home, whole.sha256), beside, whole.sha256, limits)
    if problem is not None:
        return [whole.but(problem=problem.to_json())]
    return [_of_member(whole, member) for member in members]


def _of_member(whole: Delivery, member: archive.Member) -> Delivery:
    """A file that did not unpack has no bytes of its own: it is known by its archive's and its name."""
    identity = member.sha256 or f"{whole.sha256}/{member.name}"
    return whole.but(
        batch_id=batch_id(whole.provider_id, whole.dataset_id, identity),
        file_name=f"{whole.file_name}/{member.name}",
        sha256=member.sha256 or whole.sha256,
        bytes=member.bytes,
        token=token(f"{whole.token}/{member.name}", 0),
        manifest=member.manifest.to_json() if member.manifest else None,
        problem=member.problem.to_json() if member.problem else None,
    )


class Screened:
    """Deliveries that were screened, from the ledger: read once, when the first bytes come again."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @cached_property
    def _rows_in(self) -> dict[str, tuple[str, int]]:
        rows = ledger(self._home, "batches").scan().select("batch_id", "status", "rows_in").collect()
        return {batch: (status, number) for batch, status, number in rows.rows()}

    def __contains__(self, delivery: Delivery) -> bool:
        return delivery.batch_id in self._rows_in

    def judged(self, delivery: Delivery) -> bool:
        """True where rows of it were judged; a file that was refused as a whole had none."""
        status, rows_in = self._rows_in.get(delivery.batch_id, ("", 0))
        return delivery in self and not (status == "rejected" and rows_in == 0)


def _first_or_again(home: Home, delivery: Delivery, screened: Screened) -> Delivery:
    first = Delivery.read_if_there(raw.record_of(home, delivery.sha256, delivery.batch_id))
    return _again(home, delivery, first, screened) if first is not None else _recorded(home, delivery)


def _recorded(home: Home, delivery: Delivery) -> Delivery:
    """A delivery that will be read, as its record in the raw zone has it: the one of the first attempt, after a crash."""
    record = raw.record_of(home, delivery.sha256, delivery.batch_id)
    known = Delivery.read_if_there(record)
    if known is None:
        delivery.write(record)
    return known or delivery


def _again(home: Home, delivery: Delivery, first: Delivery, screened: Screened) -> Delivery:
    """The delivery of bytes that came before: the first one, interrupted, or a repeat with an id of its own."""
    if delivery.token == first.token and first not in screened:
        return first
    times = 1
    while (repeat := delivery.but(batch_id=repeated_id(first.batch_id, delivery.token, times))) in screened:
        times += 1
    earlier = _read_before(home, repeat, screened)
    return repeat.but(first_batch_id=earlier) if earlier else _recorded(home, repeat)


def _read_before(home: Home, delivery: Delivery, screened: Screened) -> str | None:
    """The delivery of the same bytes of which rows were judged, or that waits to be read in the same way; None for none.

    One that came to nothing (a wrong ending, a manifest that differs, a dataset the catalogue did not know then) makes nothing a
    duplicate: the file may come again under another name, with another manifest, or after the catalogue has changed.
    """
    found = [Delivery.read(path) for path in raw.records(home, delivery.sha256)]
    for one in sorted(found, key=lambda one: (one.received_at, one.batch_id)):
        if (one.provider_id, one.dataset_id) != (delivery.provider_id, delivery.dataset_id):
            continue
        if one.batch_id == delivery.batch_id:
            continue
        if one in screened:
            if screened.judged(one):
                return one.batch_id
        elif one.problem is None and _kind(home, one) == _kind(home, delivery):
            return one.batch_id
    return None


def _kind(home: Home, delivery: Delivery) -> str:
    return kind_of_file(raw.path_of(home, delivery.sha256), delivery.suffix)


def _put_away(path: Path) -> None:
    """Move a taken file, and its manifest, to ``inbox/<provider>/.done/<dataset>/``."""
    done = path.parent.parent / ".done" / path.parent.name
    done.mkdir(parents=True, exist_ok=True)
    for one in (path, *_manifests_of(path)):
        if os.path.lexists(one):
            target = done / one.name
            times = 1
            while target.exists():
                times += 1
                target = done / _numbered(one, times)
            one.replace(target)


def _numbered(path: Path, times: int) -> str:
    """The name of a file with a number before its ending, cut where it would be too long."""
    ending = f".{times}{path.suffix}"
    stem = os.fsencode(path.stem)[: _LONGEST_NAME - len(os.fsencode(ending))]
    return os.fsdecode(stem) + ending
