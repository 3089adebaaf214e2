"""What earlier passes saw of a provider's inbox (``state/arrivals/<provider_id>.json``).

``settling`` are files that were not taken yet, and since when each looks as it does; ``taken`` are files that lie in ``.done/``,
with what they looked like when their bytes were copied. Both by their path below the folder of the provider. The file can be lost:
then files wait once more, and what lies in ``.done/`` is compared with ``raw/`` by its bytes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Final, Literal, Self

from pydantic import Field

from pipelines.storage.artefact import Artefact
from pipelines.storage.home import Home

DONE: Final = ".done"
"""Where taken files are put: ``inbox/<provider_id>/.done/<dataset_id>/``."""


class SettlingFile(Artefact):
    """A file that is not taken yet; ``since`` in seconds of the hub's clock, times in nanoseconds of the file system's."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int
    since: float

    @classmethod
    def of(cls, found: os.stat_result, since: float) -> Self:
        """As it was found."""
        return cls(
            size=found.st_size,
            modified_ns=found.st_mtime_ns,
            changed_ns=found.st_ctime_ns,
            inode=found.st_ino,
            since=since,
        )

    def is_still(self, found: os.stat_result) -> bool:
        """True where nothing of it changed."""
        then = (self.size, self.modified_ns, self.changed_ns, self.inode)
        return then == (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


class TakenFile(Artefact):
    """A file that was taken: under which name, and what it was when its bytes were copied.

    ``manifests`` are the times and inodes of the manifests that lay beside it and go with it.
    """

    name: str
    size: int
    modified_ns: int
    inode: int
    sha256: str
    manifests: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, name: str, found: os.stat_result, sha256: str, manifests: Sequence[os.stat_result] = ()) -> Self:
        """As it was found."""
        return cls(
            name=name,
            size=found.st_size,
            modified_ns=found.st_mtime_ns,
            inode=found.st_ino,
            sha256=sha256,
            manifests=tuple((one.st_mtime_ns, one.st_ino) for one in manifests),
        )

    def had(self, manifest: os.stat_result) -> bool:
        """True for a manifest that lay beside it."""
        return (manifest.st_mtime_ns, manifest.st_ino) in self.manifests

    def is_still(self, found: os.stat_result) -> bool:
        """True where nobody wrote to it since; moving it is no writing."""
        return self.inode == found.st_ino and not self.was_written_to(found)

    def was_written_to(self, found: os.stat_result) -> bool:
        """True where its size or the time of its content is another; a copy of it has another inode only."""
        return (self.size, self.modified_ns) != (found.st_size, found.st_mtime_ns)


class Arrivals(Artefact):
    """What is known of a provider's files, by ``key``."""

    version: Literal[1] = 1
    settling: dict[str, SettlingFile] = Field(default_factory=dict)
    taken: dict[str, TakenFile] = Field(default_factory=dict)

    @classmethod
    def of(cls, home: Home, provider_id: str) -> Self:
        """What is known of a provider's files; nothing, before the first pass."""
        return cls.read_if_there(home.arrivals(provider_id)) or cls()


def key(*parts: str) -> str:
    """The path of a file below its provider's folder, as text: names may hold any bytes, and no two files have the same key."""
    path = PurePosixPath(*(part.replace("\\", "\\\\") for part in parts))
    return os.fsencode(str(path)).decode("utf-8", "backslashreplace")
