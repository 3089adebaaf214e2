"""Files that were taken: ``inbox/<provider_id>/.done/<dataset_id>/<file>``, with their manifests and marks.

Where the folder of a dataset lies on a file system of its own, they are put into ``<dataset_id>/.done/`` there: a file that is
moved, and not copied, is the same for whoever still has it open, and what he writes on is found (``pipelines.collecting.grown``).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from pipelines.collecting import manifest
from pipelines.collecting.inbox_names import MARK, is_delivery
from pipelines.storage.arrivals import DONE, TakenFile, key
from pipelines.storage.open_folder import OpenFolder

_LONGEST_NAME: Final = 255  # bytes, on nearly every file system


class Done:
    """The folder for the taken files of one dataset; a context. Nothing is made before ``free_name`` is asked for.

    Args:
        provider: its provider's folder.
        dataset: the folder the files lie in.
        dataset_name: its name.
    """

    def __init__(self, provider: OpenFolder, dataset: OpenFolder, dataset_name: str) -> None:
        self._provider, self._dataset, self._name = provider, dataset, dataset_name
        self._open = ExitStack()
        self._folder: OpenFolder | None = None
        self._promised: set[str] = set()

    def __enter__(self) -> Done:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def folder(self) -> OpenFolder:
        """The folder.

        Raises:
            OSError: it is a link, or cannot be made.
        """
        if self._folder is None:
            done = self._open.enter_context(self._provider.made(DONE))
            self._folder = self._open.enter_context(done.made(self._name))
        return self._folder

    @property
    def path(self) -> Path:
        """Where it is, for messages; of a link on the way, the link."""
        done = self._provider.path / DONE
        return done if self._provider.is_link(DONE) else done / self._name

    def free_name(self, name: str) -> str:
        """A name under which a file can be put away, and nothing else is or will be.

        Raises:
            OSError: the folder is a link, or cannot be made.
        """
        target, times = name, 1
        while target in self._promised or self.folder().has(target):
            times += 1
            target = _numbered(name, times)
        self._promised.add(target)
        return target

    def key_of(self, target: str) -> str:
        """Under which key a file is known that is put away under a name."""
        return key(DONE, self._name, target)

    def knows(self, base: str, taken: Mapping[str, TakenFile]) -> bool:
        """True where a file was put away that has this name, with its ending or without."""
        places = (f"{key(DONE, self._name)}/", f"{key(self._name, DONE)}/")
        return any(
            base in (one.name, PurePath(one.name).stem) for known, one in taken.items() if known.startswith(places)
        )

    def put_beside(self, name: str) -> None:
        """Move a mark or a manifest whose file was put away before."""
        self._dataset.move(name, self.folder(), self.free_name(name))

    def put(self, name: str, target: str, beside: Iterable[str]) -> str:
        """Move a file, its manifest and its mark; the key under which the file is known then.

        Args:
            name: of the file.
            target: its new name, from ``free_name``.
            beside: names under which its manifest and its mark may lie.

        Raises:
            FileNotFoundError: the file is not there any more.
        """
        with ExitStack() as entered:
            folder, known = self.folder(), self.key_of(target)
            try:
                self._dataset.move(name, folder, target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                folder = entered.enter_context(self._dataset.made(DONE))
                target = _free_in(folder, name)
                self._dataset.move(name, folder, target)
                known = key(self._name, DONE, target)
            for one in beside:
                if self._dataset.is_file(one):
                    # As its file is called now, so that they are found together.
                    ending = MARK if one.endswith(MARK) else manifest.SUFFIX
                    wanted = one if target == name and not folder.has(one) else target + ending
                    self._dataset.move(one, folder, wanted)
            return known


@dataclass(frozen=True)
class PutAway:
    """A file, or a link, that lies where taken files are put."""

    folder: OpenFolder
    dataset: str
    name: str
    key: str
    found: os.stat_result

    @property
    def path(self) -> Path:
        """Where it lies, for messages."""
        return self.folder.path / self.name

    @property
    def is_file(self) -> bool:
        """True for a plain file."""
        return stat.S_ISREG(self.found.st_mode)


def put_away(provider: OpenFolder) -> Iterator[PutAway]:
    """What lies in the folders for taken files of a provider, by name: files, and links, of which none is followed."""
    yield from _nested(provider, DONE)
    for name in provider.names():
        if not name.startswith(".") and (dataset := _opened(provider, name)) is not None:
            with dataset:
                yield from _files(dataset, DONE, name, (name, DONE))


def _nested(provider: OpenFolder, name: str) -> Iterator[PutAway]:
    done = _opened(provider, name)
    if done is not None:
        with done:
            for dataset in done.names():
                yield from _files(done, dataset, dataset, (name, dataset))
    else:
        yield from _link(provider, name, "")


def _files(above: OpenFolder, name: str, dataset: str, place: tuple[str, ...]) -> Iterator[PutAway]:
    """The files of a folder for taken files; the folder itself, where it is a link or none."""
    folder = _opened(above, name)
    if folder is not None:
        with folder:
            for one in folder.names():
                if is_delivery(one) and folder.is_file(one):
                    with suppress(FileNotFoundError):  # its owner took it away while we looked
                        yield PutAway(folder, dataset, one, key(*place, one), folder.stat(one))
                else:
                    yield from _link(folder, one, dataset)
    else:
        yield from _link(above, name, dataset)


def _opened(above: OpenFolder, name: str) -> OpenFolder | None:
    """A folder; None where there is none, a link, or one that cannot be opened, which the pass over the datasets says."""
    try:
        return above.folder(name)
    except OSError:
        return None


def _link(folder: OpenFolder, name: str, dataset: str) -> Iterator[PutAway]:
    """What has the name, where it is a link."""
    if folder.is_link(name):
        with suppress(FileNotFoundError):
            yield PutAway(folder, dataset, name, key(name), folder.stat(name))


def _free_in(folder: OpenFolder, name: str) -> str:
    target, times = name, 1
    while folder.has(target):
        times += 1
        target = _numbered(name, times)
    return target


def _numbered(name: str, times: int) -> str:
    """The name of a file with a number before its ending, cut where it would be too long."""
    ending = f".{times}{PurePath(name).suffix}"
    stem = os.fsencode(PurePath(name).stem)[: _LONGEST_NAME - len(os.fsencode(ending))]
    return os.fsdecode(stem) + ending
