"""Precheck: what ``collect`` would say of a file, offline and without a hub; nothing is written but the report.

    <out>/receipt.html, receipt.json, findings.csv, findings.xlsx       of an archive, one such folder for each file in it

Files are read, screened and reported by the very code that collects them, so that every row gets the same verdict. What only the
hub knows is left out: whether names and records agree with what was collected before, which never refuses a row; a hub's home that
is at hand is asked.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.catalog import Catalog
from pipelines.collecting.archive import SUFFIX
from pipelines.collecting.deliveries import deliveries_of, manifest_beside
from pipelines.collecting.outcome import Outcome, rule_counts
from pipelines.collecting.passes import open_delivery, screen_files
from pipelines.collecting.receipt import receipt
from pipelines.collecting.references import read_references
from pipelines.collecting.returned_rows import known_in, originals_of
from pipelines.collecting.verdicts import judge
from pipelines.ground.clock import CHINA
from pipelines.ground.errors import InputError
from pipelines.ground.limits import Limits
from pipelines.pages.receipts.files import findings_files, write_without_findings
from pipelines.pages.receipts.page import page
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.reading import Problem, Unreadable
from pipelines.screening import Screen
from pipelines.screening.findings import no_findings, write_csv
from pipelines.storage import raw
from pipelines.storage.delivery import Delivery, batch_id
from pipelines.storage.files import replace_file
from pipelines.storage.home import Home
from pipelines.storage.hub import Hub
from pipelines.storage.open_folder import OpenFolder
from pipelines.storage.outbox import FINDINGS_CSV, FINDINGS_XLSX, RECEIPT_HTML

_NO_NAME = re.compile(r"[^\w.-]+")
_NO_KEY = b"pseudonyms of a precheck leave it nowhere"


@dataclass(frozen=True)
class Prechecked:
    """What a precheck said: the receipt that ``collect`` would write, and the folder of the report."""

    receipt: dict[str, Any]
    folder: Path

    @property
    def passed(self) -> bool:
        """True where every row would be accepted without a word."""
        rows = self.receipt["rows"]
        return bool(self.receipt["status"] == "accepted" and rows["warned"] == 0)


def precheck(
    catalog: Catalog,
    file: Path,
    dataset_id: str,
    *,
    provider_id: str | None,
    as_of: datetime,
    out: Path | None = None,
    hub: Hub | None = None,
    limits: Limits | None = None,
) -> list[Prechecked]:
    """Screen one file and write the report: one, or one for each file of an archive.

    Args:
        catalog: the catalogue.
        file: as it would be dropped.
        dataset_id: the dataset it is meant for.
        provider_id: who would send it; without, the region is not known, on which no verdict depends.
        as_of: the instant of receipt.
        out: folder of the report; by default ``<file name>.precheck`` beside the file.
        hub: a hub at hand, which is asked what it knows; nothing of it is changed.
        limits: of the settings; without, the default ones.

    Raises:
        InputError: the file, the dataset or the provider does not exist, or the report cannot be written.
    """
    whole = _delivery(catalog, file, dataset_id, provider_id, as_of)
    folder = out or file.with_name(f"{file.name}.precheck")
    done = []
    with tempfile.TemporaryDirectory(prefix="precheck-") as scratch:
        home = Home(Path(scratch) / "home")
        if whole.suffix == SUFFIX:
            with file.open("rb") as stream:
                raw.keep(home, stream)
        with OpenFolder.at(file.parent) as beside:
            said = manifest_beside(beside, file.name)
        for number, delivery in enumerate(deliveries_of(home, whole, said, limits or Limits()), 1):
            packed = delivery.file_name != whole.file_name
            path = raw.path_of(home, delivery.sha256) if packed else file
            place = folder / f"{number:02d}-{_NO_NAME.sub('_', delivery.file_name)[-60:]}" if packed else folder
            work = Path(scratch) / str(number)
            work.mkdir()
            done.append(_report(catalog, delivery, path, place, work, hub, limits or Limits()))
    return done


def _report(
    catalog: Catalog,
    delivery: Delivery,
    file: Path,
    folder: Path,
    work: Path,
    hub: Hub | None,
    limits: Limits,
) -> Prechecked:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written to ({error.strerror}); give --out a folder that can") from error
    outcome, counted = _screened(catalog, delivery, file, folder, work, hub, limits)
    rules = {rule.id: rule for rule in catalog.rules[delivery.dataset_id]}
    content = receipt(outcome.row("", catalog.version), counted.to_dicts(), rules, site=None)
    replace_file(folder / RECEIPT_HTML, page(content.to_json(), folder / FINDINGS_CSV, catalog, precheck=True).encode())
    content.put(folder)
    return Prechecked(content.to_json(), folder)


def _screened(
    catalog: Catalog,
    delivery: Delivery,
    file: Path,
    folder: Path,
    work: Path,
    hub: Hub | None,
    limits: Limits,
) -> tuple[Outcome, pl.DataFrame]:
    """The outcome of the file and the counts of its rules; the findings go to the folder."""
    for name in (FINDINGS_CSV, FINDINGS_XLSX):
        (folder / name).unlink(missing_ok=True)
    rules = catalog.rules[delivery.dataset_id]
    references = read_references(catalog, rules, hub.records) if hub else None
    screen = Screen.of(catalog, delivery.dataset_id, Pseudonyms(_NO_KEY), references)
    outcome: Outcome | None = None
    counted = pl.DataFrame()
    try:
        if delivery.problem:
            raise Unreadable(Problem(**delivery.problem))
        originals = originals_of(hub, screen) if hub else None
        passed = screen_files(screen, [open_delivery(screen, delivery, file, limits, work)], work, originals)
        if passed.opened:
            judged = judge(screen, passed, known_in(hub, delivery.dataset_id) if hub else None)
            files = findings_files(judged, {delivery.batch_id: folder}, work)
            for _ in judged.findings(files):
                pass
            files.appear()
            [outcome] = judged.outcomes
            counted = rule_counts(judged.counted, rules)
        else:
            [(_, unreadable)] = passed.rejected
            outcome = Outcome(delivery, "rejected", {}, unreadable.encoding, unreadable.problem)
    except Unreadable as error:
        outcome = Outcome(delivery, "rejected", {}, error.encoding, error.problem)
    if not (folder / FINDINGS_CSV).exists():
        write_csv(folder / FINDINGS_CSV, no_findings())
        write_without_findings(folder)
    return outcome, counted


def _delivery(catalog: Catalog, file: Path, dataset_id: str, provider_id: str | None, as_of: datetime) -> Delivery:
    if dataset_id not in catalog.datasets:
        known = ", ".join(sorted(catalog.datasets))
        raise InputError(f"--dataset {dataset_id}: is not in the catalogue; use one of: {known}")
    if provider_id is not None and provider_id not in catalog.providers:
        known = ", ".join(sorted(catalog.providers))
        raise InputError(f"--provider {provider_id}: is not in the catalogue; use one of: {known}")
    try:
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        size = file.stat().st_size
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); give the path of a file") from error
    return Delivery(
        batch_id=batch_id(provider_id or "", dataset_id, sha256),
        first_batch_id=None,
        provider_id=provider_id or "",
        region_code=catalog.providers[provider_id].region_code if provider_id else "",
        dataset_id=dataset_id,
        file_name=file.name,
        sha256=sha256,
        bytes=size,
        received_on=as_of.astimezone(CHINA).date().isoformat(),
        received_at=as_of.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        token="",
    )
