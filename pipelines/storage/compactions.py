"""Which files of a table a compacted file holds the rows of: who knew those files knows this one.

    state/compacted/<table>/<file name>.json      pipelines.storage.state.Compaction

Names are digests of contents, so that what is written down stays true whatever becomes of the table. It is written before the
compaction is committed, and read by whoever remembers file names; where it is lost, a file is one that nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from pathlib import Path

from pipelines.storage.home import Home
from pipelines.storage.state import Compaction

Compactions = Mapping[str, tuple[str, ...]]
"""By the name of a compacted file, the names of those it replaced."""


def note(home: Home, table: str, compacted: str, replaced: Iterable[Path]) -> None:
    """Write down what a file is about to replace.

    Args:
        home: where.
        table: its path below ``lake``.
        compacted: the name the file will have.
        replaced: files whose rows it holds, and no others.
    """
    names = tuple(sorted(path.name for path in replaced))
    Compaction(replaced=names).write(home.compacted(table) / f"{compacted}.json")


def forget(home: Home, table: str, there: Iterable[Path]) -> None:
    """Remove what is known of files that are no more."""
    names = {f"{path.name}.json" for path in there}
    folder = home.compacted(table)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in names:
            path.unlink(missing_ok=True)


def compactions(home: Home, table: str) -> Compactions:
    """All that is known of a table's compacted files."""
    folder = home.compacted(table)
    if not folder.is_dir():
        return {}
    return {path.stem: Compaction.read(path).replaced for path in sorted(folder.glob("*.json"))}


def known_now(known: Set[str], files: Iterable[str], replaced: Compactions) -> frozenset[str]:
    """What was known, with every compacted file in the place of those it replaced, where all of them were known.

    Args:
        known: names of files.
        files: names of the table's files.
        replaced: what is known of compacted files.
    """
    found = set(known)
    for name in files:
        held = replaced.get(name, ())
        if name not in known and held and known >= {*held}:
            found -= {*held}
            found.add(name)
    return frozenset(found)
