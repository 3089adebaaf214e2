"""Versions of a scorecard: once issued it is never changed; numbers that differ are a new version that says what changed and why.

    scorecards/<period>/version.json            of the version shown: number, as_of, what it was made from, what changed and why
    scorecards/<period>/versions/<n>/           an earlier one, as it was issued: its tables, workbook and version.json; and, where
                                                its period was over, its pages, which say on top that there is a newer version

The same numbers are the same version, whenever they are computed again. A file of an earlier version is never written again.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl
from pydantic import ConfigDict

from pipelines.catalog.models import Scorecard
from pipelines.scoring.differences import Correction, Inputs, corrections, summary_zh
from pipelines.scoring.table import SCHEMA, as_units
from pipelines.storage.artefact import Artefact
from pipelines.storage.scorecards import TABLES, VERSION, VERSIONS, WORKBOOK

KEPT: Final = (*TABLES, WORKBOOK)
_UP: Final = re.compile(r'\b(href|src)="\.\./')
_VERSIONS_LINK: Final = re.compile(rf'href="{VERSIONS}/')
_MAIN: Final = '<main id="main">'  # pipelines/pages/templates/base.html.j2
_NUMBERS: Final = ("scorecard", "sectors")
_DIGITS: Final = 16


class Version(Artefact):
    """One version. ``numbers`` is a digest of every number of regions and sectors; ``final`` where the period was over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file_version: Literal[1] = 1
    number: int
    period: str
    as_of: str
    final: bool
    catalog_version: str
    scheme: str
    numbers: str
    summary_zh: tuple[str, ...]
    changes: tuple[dict[str, Any], ...]

    def put(self, folder: Path) -> None:
        """Into ``version.json`` of a folder."""
        self.write(folder / VERSION)

    @classmethod
    def in_folder(cls, folder: Path) -> Version | None:
        """The version in a folder; None where there is none, as in scorecards made before there were versions.

        Raises:
            HubError: the file cannot be read.
        """
        return cls.read_if_there(folder / VERSION)


def scheme_digest(scheme: Scorecard) -> str:
    """Changes with anything in the scheme."""
    return hashlib.sha256(scheme.model_dump_json().encode()).hexdigest()[:_DIGITS]


def numbers_digest(tables: Mapping[str, pl.DataFrame]) -> str:
    """Of the numbers of regions and sectors."""
    total = hashlib.sha256()
    columns = ["unit", *(name for name in SCHEMA if not name.startswith("region_"))]
    for name in _NUMBERS:
        total.update(as_units(tables[name]).select(columns).write_csv().encode())
    return total.hexdigest()[:_DIGITS]


def next_version(
    folder: Path,
    tables: Mapping[str, pl.DataFrame],
    scheme: Scorecard,
    *,
    period: str,
    as_of: str,
    final: bool,
    catalog_version: str,
) -> Version:
    """The version these numbers are: that of the folder where they are the same, else the one after it.

    Args:
        folder: of the scorecard as it was issued last; it need not exist.
        tables: by name, as ``pipelines.scoring.table.tables`` gives them.
        scheme: by which they were scored.
        period: its label.
        as_of: UTC instant as text.
        final: the period was over.
        catalog_version: of the catalogue in use.
    """
    issued = Version.in_folder(folder)
    numbers = numbers_digest(tables)
    if issued is not None and issued.numbers == numbers:
        return issued
    changes: tuple[Correction, ...] = ()
    if issued is not None:
        paths = {name: folder / f"{name}.parquet" for name in tables}
        old = {name: pl.read_parquet(path) for name, path in paths.items()}
        changes = corrections(
            Inputs(old, issued.catalog_version, issued.scheme, issued.as_of),
            Inputs(tables, catalog_version, scheme_digest(scheme), as_of),
            {one.id: one.sources for one in scheme.indicators},
        )
    return Version(
        number=1 + (issued.number if issued else 0),
        period=period,
        as_of=as_of,
        final=final,
        catalog_version=catalog_version,
        scheme=scheme_digest(scheme),
        numbers=numbers,
        summary_zh=summary_zh(changes),
        changes=tuple(one.to_json() for one in changes),
    )


def earlier(folder: Path) -> tuple[Version, ...]:
    """The versions kept under a scorecard's folder, the oldest first."""
    folders = [path for path in (folder / VERSIONS).glob("*") if path.name.isdigit()]
    found = [Version.in_folder(path) for path in sorted(folders, key=lambda path: int(path.name))]
    return tuple(version for version in found if version is not None)


def carry(old: Path, new: Path, version: Version) -> None:
    """Take the earlier versions of a folder into the one that takes its place, its own among them if it is another version.

    The files are linked, not copied: nobody writes them again.
    """
    kept = [path for path in (old / VERSIONS).glob("*") if path.is_dir()]
    for path in kept:
        _link(path, new / VERSIONS / path.name, sorted(one.name for one in path.iterdir()))
    issued = Version.in_folder(old)
    if issued is not None and issued.number != version.number:
        folder = new / VERSIONS / str(issued.number)
        _link(old, folder, [*KEPT, VERSION])
        if issued.final:
            for page in sorted(old.glob("*.html")):
                (folder / page.name).write_text(superseded(page.read_text(encoding="utf-8"), issued), encoding="utf-8")


def superseded(page: str, issued: Version) -> str:
    """A page as it was issued, for a folder two levels deeper, with a line on top that says that there is a newer version."""
    moved = _VERSIONS_LINK.sub('href="../', _UP.sub(r'\1="../../../', page))
    note = (
        f'<p class="note">这是第 {issued.number} 版，已被新的一版代替，内容保持发布时的样子。'
        '<a href="../../index.html">看最新一版</a></p>'
    )
    return moved.replace(_MAIN, f"{_MAIN}\n{note}", 1)


def _link(source: Path, target: Path, names: Sequence[str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (source / name).is_file():
            os.link(source / name, target / name)
