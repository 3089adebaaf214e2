"""What the bytes of a file are: one delivery, or one for each file of an archive; sent for the first time, or again.

A ZIP gives a delivery for each file inside, and one for itself where it cannot be taken (``pipelines.collecting.archive``).
"""

from __future__ import annotations

from functools import cached_property

from pipelines.collecting import archive, manifest
from pipelines.collecting.inbox_names import manifests_of
from pipelines.ground.limits import Limits
from pipelines.reading import kind_of_file
from pipelines.storage import raw
from pipelines.storage.delivery import Delivery, batch_id, repeated_id, token
from pipelines.storage.home import Home
from pipelines.storage.ledger import ledger
from pipelines.storage.open_folder import OpenFolder


def pending(home: Home) -> list[Delivery]:
    """Deliveries that were taken and not yet screened, in the order of dataset, provider and name."""
    found = Delivery.read_all(home.pending)
    return sorted(found, key=lambda d: (d.dataset_id, d.provider_id, d.file_name, d.batch_id))


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


def manifest_beside(folder: OpenFolder, name: str) -> bytes | None:
    """The manifest that lies beside a file; None where there is none."""
    for one in manifests_of(name):
        if folder.is_file(one):
            with folder.open(one) as stream:
                return stream.read(manifest.MOST_BYTES + 1)
    return None


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


def first_or_again(home: Home, delivery: Delivery, screened: Screened) -> Delivery:
    """A delivery under its id: that of an interrupted pass, a new one, or a repeat of bytes that came before."""
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
