"""findings.csv and findings.xlsx of the deliveries of a work group, written slice by slice; they appear when all are whole."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Field
from pipelines.collecting.passes import Opened
from pipelines.collecting.verdicts import Verdicts
from pipelines.pages.receipts.layout import Layout, has_cells
from pipelines.pages.receipts.workbook import FindingsWorkbook, without_findings
from pipelines.reading import Source, open_source, salvage
from pipelines.screening import Screen
from pipelines.screening.findings import csv_lines, no_findings
from pipelines.storage.columns import BATCH
from pipelines.storage.files import make_folder, restrict
from pipelines.storage.outbox import FINDINGS_CSV, FINDINGS_XLSX

_UNFINISHED: Final = f".{FINDINGS_CSV}.tmp"
_UNFINISHED_XLSX: Final = f".{FINDINGS_XLSX}.tmp"


class FindingsFiles:
    """The findings files of some deliveries."""

    def __init__(
        self, folders: Mapping[str, Path], layouts: Mapping[str, Layout], screen: Screen, scratch: Path
    ) -> None:
        self._folders, self._layouts, self._screen, self._scratch = folders, layouts, screen, scratch
        self._rules = screen.catalog.rules[screen.dataset.id]
        self._workbooks: dict[str, FindingsWorkbook] = {}
        for folder in folders.values():
            make_folder(folder)
            (folder / _UNFINISHED).write_bytes(BOM_UTF8 + csv_lines(no_findings(), header=True))
            restrict(folder / _UNFINISHED)

    def add(self, found: pl.DataFrame, flagged: pl.DataFrame, malformed: pl.DataFrame) -> None:
        """Append what a slice found.

        Args:
            found: ``_batch_id`` and the columns of findings.csv.
            flagged: the rows they are about, as ``Screen.flagged`` gives them.
            malformed: ``_batch_id, _row_number, raw_text`` of the lines they are about.
        """
        rows = _by_batch(flagged)
        lines = _by_batch(malformed)
        for batch, some in _by_batch(found).items():
            with (self._folders[batch] / _UNFINISHED).open("ab") as stream:
                stream.write(csv_lines(some, header=False))
            if batch not in self._workbooks:
                self._workbooks[batch] = FindingsWorkbook(
                    self._layouts[batch], self._screen, self._rules, self._scratch / f"findings-{batch}"
                )
            self._workbooks[batch].add(some, rows.get(batch, flagged.clear()), lines.get(batch, malformed.clear()))

    def finish(self) -> None:
        """Make the workbooks whole; no file has its name yet."""
        for batch, folder in self._folders.items():
            if book := self._workbooks.get(batch):
                book.finish(folder / _UNFINISHED_XLSX)
            else:
                (folder / _UNFINISHED_XLSX).write_bytes(without_findings())
            restrict(folder / _UNFINISHED_XLSX)

    def appear(self) -> None:
        """Put the files under their names."""
        for folder in self._folders.values():
            (folder / _UNFINISHED).replace(folder / FINDINGS_CSV)
            (folder / _UNFINISHED_XLSX).replace(folder / FINDINGS_XLSX)

    def discard(self) -> None:
        """Remove what did not appear, and the folders that hold nothing else."""
        for folder in self._folders.values():
            (folder / _UNFINISHED).unlink(missing_ok=True)
            (folder / _UNFINISHED_XLSX).unlink(missing_ok=True)
            if not any(folder.iterdir()):
                folder.rmdir()


def findings_files(judged: Verdicts, folders: Mapping[str, Path], work: Path) -> FindingsFiles:
    """The findings files of every delivery of a group, to be filled by ``Verdicts.findings``.

    Args:
        judged: the group.
        folders: of the deliveries, by batch id.
        work: scratch.
    """
    layouts = {one.delivery.batch_id: _layout(judged.screen, one, work) for one in judged.passed.opened}
    return FindingsFiles(folders, layouts, judged.screen, work)


def write_without_findings(folder: Path) -> None:
    """The workbook that says there is nothing to correct."""
    temporary = folder / f".{FINDINGS_XLSX}.tmp"
    temporary.write_bytes(without_findings())
    restrict(temporary)
    temporary.replace(folder / FINDINGS_XLSX)


def _by_batch(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {str(key[0]): part for key, part in rows.partition_by(BATCH, as_dict=True, maintain_order=True).items()}


def _layout(screen: Screen, one: Opened, work: Path) -> Layout:
    """The layout of a delivery; it opens the file once more where columns the catalogue does not know are asked for."""

    def read(fields: tuple[Field, ...], line_by_line: bool) -> Source:
        way = salvage if line_by_line else open_source
        return way(one.path, one.delivery.suffix, fields, screen.dataset.title_zh, work / "again", one.source.terms)

    (work / "again").mkdir(parents=True, exist_ok=True)
    scratch = work / f"own-{one.delivery.batch_id}.parquet"
    return Layout.of(one.source.columns, screen, read, scratch, has_cells=has_cells(one.delivery.file_name))
