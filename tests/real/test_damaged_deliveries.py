"""Real damaged deliveries beside the corrected ones: nothing damaged is accepted, nothing clean is lost."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.pages.open_rows import open_rows
from pipelines.storage.manifest import latest
from tests.conftest import AS_OF, Home, balanced, rules_of

pytestmark = pytest.mark.real_data

PROVINCES = {"天津": "tianjin", "山西": "shanxi", "江西": "jiangxi", "甘肃": "gansu"}
DATASET = "enterprise_registration"
REPLACEMENT = "\ufffd"


def cells_of(path: Path) -> list[tuple[str, ...]]:
    """The records below the header as the csv module reads them; the file as a spreadsheet numbers it."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [tuple(record) for record in csv.reader(stream)][1:]


def content(rows: pl.DataFrame) -> pl.DataFrame:
    """What the records say, without where they came from."""
    fields = [name for name in rows.columns if not name.startswith("_")]
    return rows.select(fields).sort(fields)


def test_the_damaged_deliveries_of_2002_lose_no_clean_row_give_no_damaged_one_and_are_closed_by_the_corrected_ones(
    home: Home, another: Home, shared_data: Path
) -> None:
    folder = shared_data / "registrations_corrupted"
    for name, provider in PROVINCES.items():
        home.drop(provider, DATASET, (folder / "2002_as_delivered" / f"{name}.csv").read_bytes())
        another.drop(provider, DATASET, (folder / "2002_corrected" / f"{name}.csv").read_bytes())

    damaged, corrected = home.collect(), another.collect()

    assert balanced(damaged)
    assert {r["status"] for r in damaged} == {"partial"}
    accepted, right = home.records(), another.records()
    texts = [name for name, kind in accepted.schema.items() if kind == pl.String]
    assert accepted.filter(pl.any_horizontal(pl.col(texts).str.contains(REPLACEMENT, literal=True))).height == 0
    for name, provider in PROVINCES.items():
        delivered = cells_of(folder / "2002_as_delivered" / f"{name}.csv")
        clean = {record for record in delivered if not any(REPLACEMENT in cell for cell in record)}
        numbers = [
            n
            for n, record in enumerate(cells_of(folder / "2002_corrected" / f"{name}.csv"), start=2)
            if record in clean
        ]
        mine = accepted.filter(pl.col("_provider_id") == provider)
        wanted = right.filter((pl.col("_provider_id") == provider) & pl.col("_row_number").is_in(numbers))
        assert 0 < wanted.height < right.filter(pl.col("_provider_id") == provider).height, name
        assert content(mine).equals(content(wanted)), name
    broken = {r["provider_id"]: sum(any(REPLACEMENT in c for c in rec) for rec in cells_of(folder / "2002_as_delivered" / f"{n}.csv"))
              for n, p in PROVINCES.items() for r in damaged if r["provider_id"] == p}  # fmt: skip
    extra = {r["provider_id"]: r["rows"]["refused"] for r in corrected}
    assert {r["provider_id"]: r["rows"]["refused"] - extra[r["provider_id"]] for r in damaged} == broken

    for name, provider in PROVINCES.items():
        home.drop(provider, DATASET, (folder / "2002_corrected" / f"{name}.csv").read_bytes(), name="corrected.csv")
    again = home.collect(AS_OF + timedelta(days=30))
    assert "duplicate" not in {r["status"] for r in again}
    assert {r["provider_id"]: r["corrects"]["rows"] for r in again} == {
        r["provider_id"]: r["rows"]["refused"] for r in damaged
    }
    assert open_rows(home.hub, list(PROVINCES.values()), AS_OF.date()).height == sum(extra.values())
    assert audit(home.hub) == []


def test_nul_bytes_before_a_name_are_cleaned_with_a_warning(home: Home, another: Home, shared_data: Path) -> None:
    """745 NUL bytes and CRLF in Sichuan's file of 1999; once accepted it says what the corrected file says."""
    folder = shared_data / "registrations_corrupted/1999_nul_bytes_sichuan"
    home.drop("sichuan", DATASET, (folder / "before_NUL_crlf.csv").read_bytes())
    another.drop("sichuan", DATASET, (folder / "after.csv").read_bytes())

    [damaged], [corrected] = home.collect(), another.collect()

    assert damaged["rows"]["in"] == corrected["rows"]["in"] == 4178
    assert damaged["rows"]["accepted"] == corrected["rows"]["accepted"]
    assert content(home.records()).equals(content(another.records()))
    assert rules_of(damaged, "warn")["name.cleaned"] == rules_of(corrected, "warn").get("name.cleaned", 0) + 1


@pytest.mark.usefixtures("without_the_second_route")
def test_a_partial_delivery_then_the_whole_is_as_if_the_whole_had_come_at_once(
    home: Home, another: Home, shared_data: Path
) -> None:
    folder = shared_data / "registrations_corrupted/1981_partial_then_full"
    partial, full = ((folder / f"山西_{name}.csv").read_bytes() for name in ("partial", "full"))
    home.drop("shanxi", DATASET, partial, name="partial.csv")
    home.collect()
    home.publish()
    few = home.shared()
    home.drop("shanxi", DATASET, full, name="full.csv")
    home.collect(AS_OF + timedelta(days=1))
    home.publish(AS_OF + timedelta(days=1))
    another.drop("shanxi", DATASET, full, name="full.csv")
    another.collect(AS_OF + timedelta(days=1))
    another.publish(AS_OF + timedelta(days=1))

    assert few.height == 15
    assert home.shared().height == another.shared().height
    assert content(home.shared()).equals(content(another.shared()))
    manifest = latest(home.hub.home, DATASET)
    assert manifest is not None
    assert manifest.changes.removed == 0
    assert manifest.changes.added == home.shared().height - 15
    assert audit(home.hub) == []


def test_files_of_another_kind_each_get_a_receipt_and_never_a_traceback(home: Home, shared_data: Path) -> None:
    """A folder of horrors in the wrong inbox: old workbooks, archives, padding above the header, odd encodings."""
    horrors = sorted(p for p in (shared_data / "csv_acid/horror").iterdir() if p.is_file())
    for path in horrors:
        home.drop("sichuan", DATASET, path.read_bytes(), name=path.name)

    receipts = {r["file_name"]: r for r in home.collect()}

    inside = {"simple.zip": "simple.zip/simple.csv"}  # an archive's files have receipts of their own
    assert sorted(receipts) == sorted(inside.get(path.name, path.name) for path in horrors)
    again = {"simple.zip/simple.csv": "duplicate"}  # the bytes of simple.csv
    assert {name: r["status"] for name, r in receipts.items() if r["status"] != "rejected"} == again
    others = [(name, r) for name, r in receipts.items() if name not in again]
    assert [name for name, r in others if not r["problem"] or len(r["problem"]["message_zh"]) < 10] == []
    assert home.records().height == 0
