"""What one pass over the inboxes works with, and what it finds: shared by taking new files and taking changed ones again."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from pipelines.catalog import Catalog
from pipelines.collecting import manifest
from pipelines.collecting.deliveries import Screened, deliveries_of, first_or_again
from pipelines.collecting.settling import Settling, Stillness
from pipelines.collecting.unclaimed import UnclaimedEntry, link, still_being_written, unreadable_file
from pipelines.ground.clock import CHINA
from pipelines.ground.file_names import shown_name
from pipelines.ground.limits import Limits
from pipelines.ground.stopwatch import stage
from pipelines.storage import raw
from pipelines.storage.arrivals import Arrivals, TakenFile
from pipelines.storage.delivery import Delivery, batch_id, token
from pipelines.storage.home import Home
from pipelines.storage.open_folder import IS_A_LINK, OpenFolder

_NOT_OURS: Final = (errno.EACCES, errno.EPERM, errno.EIO, errno.ENAMETOOLONG, errno.ENXIO, errno.ESTALE)
"""What goes wrong with one file only; no other waits for it."""


class Known:
    """What is known of one provider's files, as earlier passes left it and as this one finds it."""

    def __init__(self, home: Home, provider_id: str) -> None:
        self._path = home.arrivals(provider_id)
        self._was = Arrivals.of(home, provider_id)
        self._now = Arrivals(taken=dict(self._was.taken))

    @property
    def taken(self) -> dict[str, TakenFile]:
        """What taken files looked like, by their key where they were put."""
        return self._now.taken

    def left(self, stillness: Stillness, key: str, found: os.stat_result) -> float:
        """Seconds that a file has yet to wait; what it looks like is remembered until then."""
        left, seen = stillness.left(self._was.settling.get(key), found)
        if seen is not None:
            self._now.settling[key] = seen
        return left

    def settles(self, key: str) -> None:
        """A file need not wait after all."""
        self._now.settling.pop(key, None)

    def save(self) -> None:
        """Write it, where it is not what is written."""
        if self._now != self._was:
            self._now.write(self._path)
            # What an earlier pass saw is asked for until the end of this one.
            self._was = self._now.model_copy(update={"settling": self._was.settling | self._now.settling}, deep=True)


@dataclass
class Intake:
    """One pass over the inboxes."""

    home: Home
    catalog: Catalog
    as_of: datetime
    limits: Limits
    stillness: Stillness
    screened: Screened
    unclaimed: dict[Path, UnclaimedEntry] = field(default_factory=dict)
    settling: list[Settling] = field(default_factory=list)

    def refuse(self, entry: UnclaimedEntry) -> None:
        """Something that cannot be taken; said once."""
        self.unclaimed.setdefault(entry.path, entry)

    @contextmanager
    def one(self, path: Path) -> Iterator[None]:
        """What goes wrong inside with one file or folder is said of it, and keeps no other from being taken."""
        try:
            yield
        except FileNotFoundError:
            return  # its owner took it back while we looked
        except raw.Changing:
            if self.stillness.seconds:
                self.settling.append(self.stillness.waits(path, self.stillness.seconds))
            else:
                self.refuse(still_being_written(path))
        except OSError as error:
            if error.errno in IS_A_LINK:
                self.refuse(link(path))
            elif error.errno in _NOT_OURS:
                self.refuse(unreadable_file(path, error))
            else:
                raise

    def keep(self, stream: BinaryIO, place: tuple[str, str, str], modified_ns: int, beside: bytes | None) -> str:
        """Bytes into the raw zone, what they are into ``state/pending/``.

        Args:
            stream: of the file, open.
            place: provider, dataset and name of the file.
            modified_ns: its time, which tells one drop of the same bytes from another.
            beside: its manifest.

        Returns:
            SHA-256 of what was copied.

        Raises:
            Changing: it was written to meanwhile; nothing is kept.
        """
        provider_id, dataset_id, name = place[0], shown_name(place[1]), shown_name(place[2])
        with stage("raw"):
            sha256, size = raw.keep(self.home, stream)
        whole = Delivery(
            batch_id=batch_id(provider_id, dataset_id, sha256),
            first_batch_id=None,
            provider_id=provider_id,
            region_code=self.catalog.providers[provider_id].region_code,
            dataset_id=dataset_id,
            file_name=name,
            sha256=sha256,
            bytes=size,
            received_on=self.as_of.astimezone(CHINA).date().isoformat(),
            received_at=self.as_of.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            token=token(name, modified_ns),
        )
        found = deliveries_of(self.home, whole, beside, self.limits)
        for delivery in [first_or_again(self.home, one, self.screened) for one in found]:
            delivery.write(self.home.pending_delivery(delivery.batch_id))
        return sha256


def fits(folder: OpenFolder, name: str, beside: bytes | None) -> bool:
    """True where a manifest gives the digest or the size of a file, and the file has it: then it is whole."""
    if beside is None:
        return False
    try:
        said, _ = manifest.parse(beside)
    except manifest.Unusable:
        return False
    if said.bytes is not None and said.bytes != folder.stat(name).st_size:
        return False
    if said.sha256 is None:
        return said.bytes is not None
    with folder.open(name) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == said.sha256
