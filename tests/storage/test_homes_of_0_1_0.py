"""Files that version 0.1.0 wrote are read: a home goes on after the hub was renewed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from pipelines.ground.errors import HubError
from pipelines.storage.compactions import compactions
from pipelines.storage.delivery import Delivery
from pipelines.storage.home import Home
from pipelines.storage.manifest import Manifest, latest, read, save
from pipelines.storage.receipt import Receipt
from pipelines.storage.state import DisplayCounts, Erased, Sources
from pipelines.storage.work_group import WorkGroup

DELIVERY = {
    "batch_id": "0a60cfd7e15b1f2a",
    "first_batch_id": None,
    "provider_id": "gansu",
    "region_code": "620000",
    "dataset_id": "honour",
    "file_name": "a.csv",
    "sha256": "ab" * 32,
    "bytes": 12,
    "received_on": "2026-11-22",
    "received_at": "2026-11-22T04:00:00Z",
    "token": "0123456789abcdef",
    "manifest": None,
    "problem": None,
}
FILE = {"path": "data/07-0123456789abcdef.parquet", "rows": 2, "bytes": 900, "sha256": "cd" * 32}
MANIFEST = {
    "manifest_version": 1,
    "product_id": "honour",
    "release_id": "20261122-001-0123abcd",
    "as_of": "2026-11-22T04:00:00+00:00",
    "created_at": "2026-11-22T04:00:00+00:00",
    "catalog_version": "66a27473c7b2",
    "dataset_id": "honour",
    "access_class": "government",
    "publication_clock": False,
    "rows": 2,
    "record_key": ["credit_code", "honour_name"],
    "fields": ["name", "credit_code", "honour_name"],
    "files": [FILE],
    "changes": {"added": 2, "changed": 0, "removed": 0},
    "removed": {},
    "changes_file": {"path": "changes.parquet", "bytes": 800, "sha256": "ef" * 32},
    "previous_release_id": None,
    "withheld": {"recorded": 1},
    "account": {"accepted": 4, "published": 2, "superseded": 0, "duplicate": 1, "withheld": 1},
    "kinds": {"unchanged": 1, "other_channel": 0, "older_version": 0, "conflict": 0},
    "findings": {"messages_of_others": 0},
    "taken_down": [
        {
            "reason": "repaired",
            "provider_id": "gansu",
            "region_code": "620000",
            "record": "0" * 32,
            "received_on": "2026-11-20",
            "due_on": None,
            "taken_down_on": "2026-11-22",
        }
    ],
    "displays": [{"provider_id": "gansu", "region_code": "620000", "displayed": 2, "overdue": 0}],
    "definition": "74947bc4edc95df1",
    "buckets": {
        "07": {
            "file": FILE,
            "rows": {"accepted": 4, "superseded": 0, "duplicate": 1, "unchanged": 1, "other_channel": 0,
                     "older_version": 0, "conflict": 0, "published": 2, "withheld": {"recorded": 1}},
            "findings": {"messages_of_others": 0},
        }
    },
    "validation": {"suite": "honour", "expectations": 90, "successful": True},
}  # fmt: skip
RECEIPT = {
    "receipt_version": 1, "batch_id": "0a60cfd7e15b1f2a", "provider_id": "gansu", "region_code": "620000",
    "dataset_id": "honour", "file_name": "a.csv", "sha256": "ab" * 32, "bytes": 12, "encoding": "utf-8",
    "received_at": "2026-11-22T04:00:00Z", "status": "partial", "catalog_version": "66a27473c7b2",
    "catalog_site": "../../../catalog/", "rows": {"in": 3, "accepted": 2, "refused": 1, "warned": 0},
    "rules": [{"rule_id": "honour.name.required", "severity": "reject", "dimension": "completeness", "field": "name",
               "rows": 1, "message_zh": "没有填写。", "message_en": "name is empty.", "catalog_page": None}],
    "confirmed": {"rows": 0, "rules": []}, "corrects": {"rows": 0, "batches": []}, "problem": None,
    "columns": ["name"], "unknown_columns": [], "not_records": [], "notices": [], "manifest": None,
}  # fmt: skip


def put(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_a_release_is_read_and_written_as_it_was(home: Home) -> None:
    folder = home.release("honour", str(MANIFEST["release_id"]))
    put(folder / "manifest.json", MANIFEST)
    put(home.product("honour") / "latest.json", {"release_id": MANIFEST["release_id"]})

    found = latest(home, "honour")

    assert found is not None
    assert (found.rows, found.day, found.account.balances()) == (2, date(2026, 11, 22), True)
    save(found, folder)
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8")) == MANIFEST


def test_deliveries_and_groups_that_wait_are_read(home: Home) -> None:
    put(home.pending / "0a60cfd7e15b1f2a.json", DELIVERY)
    put(home.groups / "group-1.json", {"id": "group-1", "dataset_id": "honour", "deliveries": [DELIVERY]})

    [waiting], [group] = Delivery.read_all(home.pending), WorkGroup.read_all(home.groups)

    assert group.deliveries == (waiting,)
    assert waiting.day == date(2026, 11, 22)


def test_a_receipt_is_read_and_written_as_it_was(home: Home) -> None:
    folder = home.outbox("gansu", "0a60cfd7e15b1f2a")
    put(folder / "receipt.json", RECEIPT)

    receipt = Receipt.in_folder(folder)

    assert receipt.rows.received == receipt.rows.accepted + receipt.rows.refused
    receipt.put(folder)
    assert json.loads((folder / "receipt.json").read_text(encoding="utf-8")) == RECEIPT


def test_state_of_earlier_runs_is_read(home: Home) -> None:
    bucket = {"source": "1", "turns_on": "2027-02-28", "rules": "2", "told": "3", "files": ["a.parquet"]}
    put(home.sources("honour"), {"release_id": "20261122-001-0123abcd", "buckets": {"07": bucket}})
    put(home.displays("honour"), {"a.parquet": {"until": "2027-01-01", "shown": [["gansu", "620000", 2]]}})
    put(home.erased("honour"), {"buckets": {"07": "4"}, "clean": ["20261122-001-0123abcd"]})
    put(home.erased("subject"), {"takedowns": 3, "clean": []})
    put(home.compacted("records/honour") / "c.parquet.json", ["a.parquet", "b.parquet"])

    known = Sources.read(home.sources("honour")).buckets["07"]

    assert (known.next_state_change, known.messages_used, known.files) == (date(2027, 2, 28), "3", ("a.parquet",))
    assert DisplayCounts.read(home.displays("honour")).files["a.parquet"].until == date(2027, 1, 1)
    assert Erased.read(home.erased("honour")).buckets == {"07": "4"}
    assert Erased.read(home.erased("subject")).takedowns == 3
    assert compactions(home, "records/honour") == {"c.parquet": ("a.parquet", "b.parquet")}


@pytest.mark.parametrize("spoilt", ["{", '{"manifest_version": 2}', json.dumps({**MANIFEST, "extra": 1})])
def test_a_file_that_cannot_be_used_is_named(home: Home, spoilt: str) -> None:
    folder = home.release("honour", "20261122-001-0123abcd")
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(spoilt, encoding="utf-8")

    with pytest.raises(HubError, match=r"manifest\.json: is damaged, or was written by another version"):
        read(folder)


def test_a_manifest_knows_its_version() -> None:
    assert Manifest.model_validate(MANIFEST).manifest_version == 1
