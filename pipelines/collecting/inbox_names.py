"""What a name in an inbox says of what lies under it (contract.md, "Arrival").

    <name>                     a delivery
    <name>.manifest.json       what its provider says of it (pipelines.collecting.manifest), <name> with or without its ending
    <name>.done                the mark: it is whole
    .…  ~$…  ….part  ….tmp     still being written, or nobody's data: left alone, without a word

Clients write under the last kind while they upload (WinSCP .filepart, browsers .crdownload and .partial, others .part, .tmp and
.!ut), editors and office programs keep locks and copies there (~$, .swp, ~), and Windows leaves .lnk, Thumbs.db and desktop.ini.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final

from pipelines.collecting import manifest

MARK: Final = ".done"
_BEGINNINGS: Final = (".", "~$")
_ENDINGS: Final = (".part", ".tmp", ".filepart", ".crdownload", ".partial", ".swp", ".lnk", ".!ut", "~")
_NOBODYS: Final = frozenset({"thumbs.db", "desktop.ini"})


def left_alone(name: str) -> bool:
    """True for what is still being written, or no data."""
    lower = name.lower()
    return lower.startswith(_BEGINNINGS) or lower.endswith(_ENDINGS) or lower in _NOBODYS


def is_manifest(name: str) -> bool:
    """True for the name of a manifest."""
    return name.endswith(manifest.SUFFIX)


def is_mark(name: str) -> bool:
    """True for the name of a mark."""
    return name.endswith(MARK)


def is_delivery(name: str) -> bool:
    """True for what may be taken as a delivery, if it is a plain file."""
    return not (left_alone(name) or is_manifest(name) or is_mark(name))


def manifests_of(name: str) -> tuple[str, str]:
    """The names under which the manifest of a file may lie; the first one counts."""
    return name + manifest.SUFFIX, PurePath(name).stem + manifest.SUFFIX


class Listing:
    """The names of a folder, and which of them belong together."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        deliveries = [name for name in self.names if is_delivery(name)]
        self._deliveries = frozenset(deliveries)
        self._stems = Counter(PurePath(name).stem for name in deliveries)

    def marks_of(self, name: str) -> tuple[str, ...]:
        """The names under which the mark of a file may lie; without the ending only where one file can be meant."""
        stem = PurePath(name).stem
        return (name + MARK, stem + MARK) if self._stems[stem] <= 1 else (name + MARK,)

    def has_file_of_mark(self, mark: str) -> bool:
        """True where the file of a mark lies there."""
        base = mark.removesuffix(MARK)
        return base in self._deliveries or base in self._stems

    def has_file_of_manifest(self, name: str) -> bool:
        """True where the file of a manifest lies there, finished or not."""
        base = name.removesuffix(manifest.SUFFIX)
        if base in self._deliveries or base in self._stems:
            return True
        unfinished = (f"{base}.", f".{base}.")
        return any(one == base or one.startswith(unfinished) for one in self.names if not is_manifest(one))
