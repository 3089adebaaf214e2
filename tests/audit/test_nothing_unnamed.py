"""The audit finds files that nothing names and rows in two states, says what to do, and knows what a killed run leaves."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from pipelines.audit import audit, examined
from pipelines.ground.settings import Settings
from pipelines.storage.columns import BATCH, ROW_NUMBER
from pipelines.storage.delivery import Delivery
from pipelines.storage.hub import Hub
from pipelines.storage.maintenance import maintain
from pipelines.storage.manifest import changes_file, latest, releases, save
from pipelines.storage.tables import Table, digest
from tests.conftest import AS_OF, GOOD_CODES, THREE_GOOD_ROWS, Home, file, row, second_route_left_out

REGISTRATION = "enterprise_registration"


@pytest.fixture(autouse=True, scope="module")
def without_the_second_route() -> Iterator[None]:
    """Double entry is not what is looked at here."""
    with second_route_left_out():
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with accepted and refused rows and two releases."""
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("whole") / "home")))
    home.drop("sichuan", REGISTRATION, THREE_GOOD_ROWS)
    home.drop("yunnan", REGISTRATION, file(row("91350100M000100Y44"), row(GOOD_CODES[3])))
    home.collect()
    home.publish()
    home.drop("yunnan", REGISTRATION, file(row(GOOD_CODES[3], 企业名称="改名")), name="b.csv")
    home.collect(AS_OF.replace(day=23))
    home.publish(AS_OF.replace(day=23))
    assert examined(home.hub) == []
    return home.root


@pytest.fixture
def used(template: Path, tmp_path: Path) -> Home:
    """A copy, to be damaged."""
    return Home(Hub.open(Settings.read(shutil.copytree(template, tmp_path / "home"))))


def said(home: Home, *, leftover: bool = False) -> dict[str, str]:
    return {one.subject: one.message for one in examined(home.hub) if one.leftover is leftover}


def put(path: Path, content: str = "x") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path.as_posix()


def test_a_file_in_the_lake_that_no_commit_names_is_found(used: Home) -> None:
    put(used.root / f"lake/quarantine/{REGISTRATION}/copy.parquet")
    put(used.root / "lake/records/strange/data.parquet")

    assert said(used) == {
        f"lake/quarantine/{REGISTRATION}/copy.parquet": "no commit of the table names it; "
        "nobody reads it: find out who put it there, and take it away",
        "lake/records/strange/data.parquet": "belongs to no table of the lake; "
        "nobody reads it: find out who put it there, and take it away",
    }


def test_files_that_no_manifest_no_delivery_and_no_ledger_names_are_found(used: Home) -> None:
    first, _ = releases(used.hub.home, REGISTRATION)
    shutil.copytree(
        used.root / f"shared/{REGISTRATION}/{first}", used.root / f"shared/{REGISTRATION}/20261102-001-00000000"
    )
    unclaimed_entry = "somebody's file"
    named = hashlib.sha256(unclaimed_entry.encode()).hexdigest()
    put(used.root / "raw" / named[:2] / named, unclaimed_entry)
    put(used.root / "outbox/sichuan/0123456789abcdef/receipt.json", "{}")
    put(used.root / "outbox/sichuan/notes.txt")
    put(used.root / f"shared/{REGISTRATION}/{first}/extra.csv")
    put(used.root / f"shared/{REGISTRATION}/20261101-001-00000000/data/07-0.parquet")
    put(used.root / "state/sources/strange.json", "{}")
    original = max((used.root / "raw").glob("??/*"), key=lambda path: (not path.suffix, path.stat().st_size))
    original.unlink()

    found = said(used)
    end = "nobody reads it: find out who put it there, and take it away"
    gone = found.pop(original.relative_to(used.root).as_posix())
    assert gone.endswith("is gone: restore the file, or it cannot be read again")
    assert found == {
        f"raw/{named[:2]}/{named}": f"no delivery of the ledger has these bytes; {end}",
        "outbox/sichuan/0123456789abcdef": f"the receipt of a batch that is not in the ledger; {end}",
        "outbox/sichuan/notes.txt": f"the hub writes no such file to providers; {end}",
        f"shared/{REGISTRATION}/{first}/extra.csv": f"no manifest names it; {end}",
        f"shared/{REGISTRATION}/20261101-001-00000000": f"has no manifest, so nothing says what is in it; {end}",
        f"shared/{REGISTRATION}/20261102-001-00000000": "a release that the ledger does not know; "
        "take it away, or restore the ledger",
        "state/sources/strange.json": f"tells of a product that has no release; {end}",
    }


def test_what_a_killed_run_leaves_is_no_loss_and_is_told_apart(used: Home, tmp_path: Path) -> None:
    [_, standing] = releases(used.hub.home, REGISTRATION)
    records = used.hub.records(REGISTRATION)
    moved_in = _moved_in(records, tmp_path)
    source = used.drop("sichuan", REGISTRATION, file(row(GOOD_CODES[4])), name="new.csv")
    taken = used.root / "raw" / digest(source)[:2] / digest(source)
    taken.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, taken)
    waiting = Delivery.read(next((used.root / "raw").glob("??/*.json"))).but(batch_id="0123456789abcdef", sha256="0")
    waiting.write(used.hub.home.pending_delivery(waiting.batch_id))
    put(used.root / f"shared/{REGISTRATION}/.latest.json.17-3.tmp")
    put(used.root / f"shared/{REGISTRATION}/{standing[:8]}-009-00000000/data/07-0.parquet")
    put(used.root / "state/work/release-subject/candidate/manifest.json")

    assert audit(used.hub) == []
    assert said(used, leftover=True) == {
        moved_in.relative_to(used.root).as_posix(): "no commit of the table names it: a run that was killed left it; "
        "'maintain' removes it after a week",
        taken.relative_to(used.root).as_posix(): "taking this file was interrupted; "
        "the next 'collect' takes it again from the inbox",
        "state/pending": "1 there (0123456789abcdef.json, …): taken, and not screened yet: the next 'collect' does",
        f"shared/{REGISTRATION}/.latest.json.17-3.tmp": "a write that was interrupted; it can be removed",
        f"shared/{REGISTRATION}/{standing[:8]}-009-00000000": "publishing was interrupted while a release was put in "
        "its place; the next 'publish' does it again",
        "state/work/release-subject": "scratch of a run that is at work or was killed; "
        "the next one of its kind begins by removing it",
    }


def _moved_in(table: Table, work: Path) -> Path:
    """What an append leaves that is killed between moving a file into the table and the commit."""
    frame = pl.DataFrame(schema=table.schema).drop("_bucket")
    frame.write_parquet(work / "part.parquet")
    target = table.path / "_bucket=03" / f"{digest(work / 'part.parquet')[:32]}.parquet"
    target.parent.mkdir(exist_ok=True)
    (work / "part.parquet").replace(target)
    return target


def test_maintain_removes_after_a_week_what_a_killed_run_moved_into_the_lake(used: Home, tmp_path: Path) -> None:
    young = _moved_in(used.hub.records(REGISTRATION), tmp_path)
    old = young.with_name("0" * 32 + ".parquet")
    shutil.copyfile(young, old)
    os.utime(old, (1_700_000_000, 1_700_000_000))

    maintain(used.hub.home, used.hub.tables())

    assert (young.exists(), old.exists()) == (True, False)
    assert audit(used.hub) == []


def test_a_row_that_is_accepted_and_refused_at_once_is_found(used: Home, tmp_path: Path) -> None:
    [accepted] = used.records().head(1).to_dicts()
    place = {BATCH: accepted[BATCH], ROW_NUMBER: accepted[ROW_NUMBER]}
    _append(used.hub.quarantine(REGISTRATION), {**place, "quarantine_id": "q"}, tmp_path)

    told = f"row {place[ROW_NUMBER]} is accepted (lake/records) and refused (lake/quarantine) at once"
    assert f"{told}: restore lake/*/{REGISTRATION}" in _of(used, place[BATCH])


def test_a_row_that_stands_in_the_lake_twice_is_found(used: Home, tmp_path: Path) -> None:
    [accepted] = used.records().head(1).to_dicts()
    _append(used.hub.records(REGISTRATION), accepted, tmp_path, "07")

    assert f"rows of the file stand in lake/records/{REGISTRATION} twice: restore the table" in _of(
        used, accepted[BATCH]
    )


def test_a_row_that_is_closed_and_still_listed_as_open_is_found(used: Home, tmp_path: Path) -> None:
    [refused] = used.quarantine().to_dicts()
    closing = {"quarantine_id": refused["quarantine_id"], "batch_id": refused[BATCH], "closed_by": "batch"}
    _append(used.hub.resolutions(REGISTRATION), closing, tmp_path)

    assert said(used)["outbox/yunnan/open.csv"] == (
        f"lists refused rows as open that are closed (lake/closings): {refused['quarantine_id']}; "
        "the next 'collect' writes it again"
    )


def test_a_record_that_stands_and_lost_at_once_is_found(used: Home, tmp_path: Path) -> None:
    record = used.shared().to_dicts()[0]
    superseded_versions = used.hub.tables()[f"losers/{REGISTRATION}"]
    _append(superseded_versions, {BATCH: record[BATCH], ROW_NUMBER: record[ROW_NUMBER]}, tmp_path, "03")

    [message] = _of(used, record[BATCH])
    manifest = latest(used.hub.home, REGISTRATION)
    assert manifest is not None
    assert message.startswith(f"row {record[ROW_NUMBER]} is the record in shared/{REGISTRATION}/{manifest.release_id}")
    assert message.endswith(f"remove lake/losers/{REGISTRATION} and state/sources/{REGISTRATION}.json, and publish")


def test_a_record_that_a_release_holds_and_removes_is_found(used: Home) -> None:
    manifest = latest(used.hub.home, REGISTRATION)
    assert manifest is not None
    folder = used.root / f"shared/{REGISTRATION}/{manifest.release_id}"
    held = used.shared().sort("credit_code")["credit_code"][0]
    told = pl.read_parquet(folder / "changes.parquet")
    tombstone = told.clear(1).with_columns(change_type=pl.lit("removed"), credit_code=pl.lit(held))
    pl.concat([told, tombstone]).write_parquet(folder / "changes.parquet")
    manifest.changes.removed = 1
    manifest.changes_file = changes_file(folder / "changes.parquet")
    save(manifest, folder)

    where = (folder / "changes.parquet").relative_to(used.root).as_posix()
    assert said(used)[where].startswith(f"removes records that the release still holds: {held}")


def _append(table: Table, values: dict[str, object], work: Path, partition: str | None = None) -> None:
    schema = {name: dtype for name, dtype in table.schema.items() if name != table.partition}
    frame = pl.DataFrame([{name: values.get(name) for name in schema}], schema=schema)
    frame.write_parquet(work / "hand.parquet")
    table.append("by hand", [(work / "hand.parquet", partition)])


def _of(home: Home, batch: str) -> list[str]:
    return [one.message for one in examined(home.hub) if one.subject == batch]
