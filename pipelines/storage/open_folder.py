"""Folders held open by descriptor: what is in one is reached through it, by one name at a time, and never through a link.

A path is looked up anew each time it is used; whoever may write on the way can put a link there between a check and the use. A
descriptor stays with the folder that was checked, whatever its name becomes.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Not to wait for the other end of a pipe that took the place of a file.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

IS_A_LINK: Final = (errno.ELOOP, errno.ENOTDIR)
"""What the system answers where a name that was a folder or a file is a link by now."""


class OpenFolder:
    """A folder held open; a context that closes it.

    Attributes:
        path: where it was found, for messages; nothing is looked up by it.
    """

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor, self.path = descriptor, path

    @classmethod
    def at(cls, path: Path) -> Self:
        """A folder whose own path is trusted: links on the way to it are the hub's operator's.

        Raises:
            FileNotFoundError: there is none.
        """
        return cls(os.open(path, _FOLDER), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._descriptor)

    @property
    def device(self) -> int:
        """The file system it lies on."""
        return os.fstat(self._descriptor).st_dev

    def names(self) -> list[str]:
        """What is in it, sorted."""
        with os.scandir(self._descriptor) as entries:
            return sorted(entry.name for entry in entries)

    def stat(self, name: str) -> os.stat_result:
        """Of what is in it; of a link, the link itself.

        Raises:
            FileNotFoundError: there is none.
        """
        return os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)

    def has(self, name: str) -> bool:
        """True where there is something of this name, a link included."""
        return self._kind(name) is not None

    def is_file(self, name: str) -> bool:
        """True for a plain file; a link to one is none."""
        return self._kind(name) == stat.S_IFREG

    def is_folder(self, name: str) -> bool:
        """True for a folder; a link to one is none."""
        return self._kind(name) == stat.S_IFDIR

    def is_link(self, name: str) -> bool:
        """True for a link, wherever it leads."""
        return self._kind(name) == stat.S_IFLNK

    def _kind(self, name: str) -> int | None:
        """None where there is nothing; a name that is too long is none."""
        try:
            return stat.S_IFMT(self.stat(name).st_mode)
        except OSError:
            return None

    def folder(self, name: str) -> OpenFolder:
        """A folder in it.

        Raises:
            OSError: it is a link or no folder (``IS_A_LINK``), or cannot be opened.
        """
        return OpenFolder(os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=self._descriptor), self.path / name)

    def made(self, name: str) -> OpenFolder:
        """A folder in it, made where there is none: as open to others as this one, but for writing."""
        try:
            os.mkdir(name, 0o700, dir_fd=self._descriptor)
        except FileExistsError:
            return self.folder(name)
        made = self.folder(name)
        own = stat.S_IMODE(os.fstat(self._descriptor).st_mode)
        os.fchmod(made._descriptor, 0o700 | (own & (stat.S_ISGID | 0o055)))
        return made

    def open(self, name: str) -> BufferedReader:
        """A plain file in it, for reading.

        Raises:
            OSError: it is a link (``IS_A_LINK``), or cannot be opened.
        """
        stream: BufferedReader = os.fdopen(os.open(name, _FILE, dir_fd=self._descriptor), "rb")
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            stream.close()
            raise OSError(errno.ELOOP, "is no plain file", str(self.path / name))
        return stream

    def move(self, name: str, target: OpenFolder, new_name: str) -> None:
        """Move what has the name into another folder; of a link, the link itself.

        Raises:
            OSError: ``EXDEV`` where the other folder lies on another file system.
        """
        os.rename(name, new_name, src_dir_fd=self._descriptor, dst_dir_fd=target._descriptor)

    def remove(self, name: str) -> None:
        """Remove a file; of a link, the link itself. One that is not there is no error."""
        try:
            os.unlink(name, dir_fd=self._descriptor)
        except FileNotFoundError:
            return

    def touch(self, name: str) -> os.stat_result:
        """What the file system says of an empty file that was changed just now, and whose time of change was then set to 0."""
        descriptor = os.open(
            name, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self._descriptor
        )
        try:
            os.utime(descriptor, (0, 0))
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)
