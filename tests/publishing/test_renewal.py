"""A large bucket is brought up to date slice by slice, and the release is that of a rebuild, byte for byte."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.audit import audit
from pipelines.ground.settings import Settings
from pipelines.publishing import made_buckets, subject
from pipelines.publishing.incremental_update import BucketDelta, IncrementalUpdate
from pipelines.storage.conflicts import conflicts_table
from pipelines.storage.hub import Hub
from pipelines.storage.maintenance import maintain
from pipelines.storage.manifest import latest
from pipelines.storage.parts import bucket_of_part
from tests.catalogues import with_policy
from tests.conftest import GOOD_CODES, Home
from tests.publishing.penalties import PENALTY, PRODUCTS, sent

FIRST = date(2026, 11, 22)
DAYS = (FIRST, FIRST + timedelta(days=1), FIRST + timedelta(days=2), FIRST + timedelta(days=400))
MONTHS = ("2023-12-10", "2025-11-23", "2026-04-02", "2026-10-08", "2026-11-20")
"""Of which two are over within the days above, and one turns between the last two."""

CLOSED = ({}, {"closed_on": "2026-11-20", "result": "维持"})
MESSAGES = ("credit_repair", "record_withdrawal", "objection")


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


@pytest.fixture
def sliced(tmp_path: Path, without_the_second_route: None) -> Home:
    """A home where a bucket of four records is a large one."""
    hub = Hub.open(Settings.read(tmp_path / "home"))
    return Home(replace(hub, catalog=with_policy(hub.catalog, "releases", sliced_from=4)))


def delivery(chance: random.Random, rows: int) -> str:
    """Few numbers and few times: most rows are new versions, copies or contradictions of others, some with another day."""
    return sent(
        PENALTY,
        *(
            {
                "credit_code": (code := chance.choice(GOOD_CODES[:3])),
                "subject_name": chance.choice(["公司甲", "公司乙"])
                if chance.random() < 0.2
                else f"公司{GOOD_CODES.index(code)}",
                "document_number": f"锦市监处罚〔2023〕{chance.randrange(25)}号",
                "decision_date": chance.choice(MONTHS),
                "severity_code": chance.choice(["一般", "严重", "轻微", ""]),
                "violation_type": chance.choice(["甲", "乙"]),
                "source_updated_at": chance.choice(["2026-11-21 09:00:00", "2026-11-21 10:00:00", ""]),
            }
            for _ in range(rows)
        ),
    )


def asked(chance: random.Random, kind: str, time: int) -> str:
    """Messages about records of some of the numbers; objections are closed later by chance, and repairs revoked."""
    return sent(
        kind,
        *(
            {
                "credit_code": chance.choice(GOOD_CODES[:3]),
                "record_document_number": f"锦市监处罚〔2023〕{chance.randrange(25)}号",
                "source_updated_at": f"2026-11-2{time} 09:00:00",
            }
            | (
                {
                    "objection_number": f"YY20261105-{chance.randrange(3):04}",
                    **chance.choice(CLOSED),
                }
                if kind == "objection"
                else {}
            )
            for _ in range(4)
        ),
    )


def content(home: Home, product: str) -> dict[str, Any]:
    """Every byte of the latest release of a product, and what its manifest says."""
    manifest = latest(home.hub.home, product)
    assert manifest is not None
    folder = home.root / "shared" / product / manifest.release_id
    files = {path.name: path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}
    return files | {"manifest": manifest.to_json()}


def rightly_refused(receipt: dict[str, Any]) -> int:
    """Repairs that come before the shortest display is over, and contradictions within one file."""
    return sum(
        rule["rows"]
        for rule in receipt["rules"]
        if "min_display" in rule["rule_id"] or "one_content" in rule["rule_id"]
    )


def drop_and_collect(home: Home, chance: random.Random, number: int, day: date) -> None:
    """A day's penalties and messages; in one file contradictions are refused, so they come in four."""
    for part in range(4):
        home.drop("sichuan", PENALTY, delivery(chance, 12 if number == 0 else 4), name=f"{number}-{part}.csv")
    for kind in MESSAGES:
        home.drop("sichuan", kind, asked(chance, kind, number), name=f"{number}.csv")
        home.drop("hebei", kind, asked(chance, kind, number), name=f"{number}.csv")
    for receipt in home.collect(noon(day)):
        assert receipt["rows"]["accepted"] == receipt["rows"]["in"] - rightly_refused(receipt), receipt["rules"]


@pytest.mark.parametrize(
    "days",
    [
        pytest.param((*DAYS[:2], DAYS[-1]), id="two days and a later one"),
        pytest.param(DAYS, id="after compaction too", marks=pytest.mark.long),
    ],
)
def test_updating_slices_gives_what_rebuilding_the_bucket_gives(
    sliced: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: tuple[date, ...]
) -> None:
    updated: list[str] = []
    rebuilt: list[str] = []
    make, differing, make_bucket = IncrementalUpdate.make, subject.differing, made_buckets.make_bucket

    def noted(delta: BucketDelta) -> BucketDelta:
        updated.append(delta.bucket)
        return delta

    def noted_difference(*arguments: Any) -> Any:
        found = differing(*arguments)
        updated.extend(["subjects"] if found is not None else [])
        return found

    def noted_bucket(*arguments: Any) -> Any:
        rebuilt.append(f"{arguments[1].id} {arguments[2]}")
        return make_bucket(*arguments)

    monkeypatch.setattr(IncrementalUpdate, "make", lambda self, deltas: make(self, map(noted, deltas)))
    monkeypatch.setattr(subject, "differing", noted_difference)
    monkeypatch.setattr(made_buckets, "make_bucket", noted_bucket)
    chance = random.Random(20261124)
    for number, day in enumerate(days):
        if day != DAYS[-1]:
            drop_and_collect(sliced, chance, number, day)
        if number == 0:  # the first release is made whole
            sliced.publish_all(noon(day))
            assert not updated
            assert not any((sliced.root / "state/keys" / PENALTY).rglob("*.parquet"))
            continue
        other = Home(replace(sliced.hub, home=type(sliced.hub.home)(tmp_path / f"rebuilt{number}")))
        shutil.copytree(sliced.root, other.root)
        shutil.rmtree(other.root / "state/sources", ignore_errors=True)
        updated.clear()
        rebuilt.clear()
        sliced.publish_all(noon(day))
        assert updated, "what is released is updated"
        large = {
            f"{PENALTY} {bucket_of_part(name)}"
            for name in content(sliced, PENALTY)["manifest"]["buckets"]
            if "_" in name
        }
        assert large
        assert not large & {*rebuilt}, "whatever came: rows, messages, or the same rows in a compacted file"
        assert "subjects" in updated
        updated.clear()
        other.publish_all(noon(day))
        assert not updated
        for product in (*PRODUCTS, "subject"):
            assert content(sliced, product) == content(other, product), (day, product)
        assert sliced.hub.superseded(PENALTY).read().equals(other.hub.superseded(PENALTY).read())
        assert conflicts_table(sliced.hub.home).read().equals(conflicts_table(other.hub.home).read())
        shutil.rmtree(other.root)
        indices = sorted((sliced.root / "state/keys" / PENALTY).rglob("*.parquet"))
        assert indices
        if number == 1:
            damaged, lost, *_ = indices
            damaged.write_bytes(b"PAR1")
            lost.unlink()
        if day == DAYS[2]:  # the same rows in other files are none that came
            [done] = maintain(sliced.hub.home, {f"records/{PENALTY}": sliced.hub.records(PENALTY)}, most_files=1)
            assert done.files_after < done.files_before
    assert audit(sliced.hub) == [], "of every release"


def test_a_days_rows_rewrite_the_slices_of_their_months_only(sliced: Home) -> None:
    sliced.drop("sichuan", PENALTY, delivery(random.Random(1), 40))
    sliced.collect(noon(FIRST))
    sliced.publish_all(noon(FIRST))
    before = latest(sliced.hub.home, PENALTY)
    row = {"document_number": "锦市监处罚〔2026〕900号", "decision_date": "2026-11-21"}
    sliced.drop("sichuan", PENALTY, sent(PENALTY, row), name="b.csv")
    sliced.collect(noon(FIRST))

    sliced.publish_all(noon(FIRST))

    after = latest(sliced.hub.home, PENALTY)
    assert before is not None
    assert after is not None
    assert any(name != bucket_of_part(name) for name in before.buckets)
    differing = [
        name
        for name, one in after.buckets.items()
        if name not in before.buckets or before.buckets[name].file != one.file
    ]
    assert len(differing) == 1
    assert differing[0].endswith("_202611")
    assert after.changes.counts == {"added": 1, "changed": 0, "removed": 0}


def test_a_bucket_that_has_grown_large_is_cut_and_no_record_changes(sliced: Home) -> None:
    row = {"document_number": "锦市监处罚〔2026〕1号", "credit_code": GOOD_CODES[0]}
    sliced.drop("sichuan", PENALTY, sent(PENALTY, row, row | {"document_number": "锦市监处罚〔2026〕2号"}))
    sliced.collect(noon(FIRST))
    sliced.publish_all(noon(FIRST))
    whole = latest(sliced.hub.home, PENALTY)
    more = [
        row | {"document_number": f"锦市监处罚〔2026〕{number}号", "decision_date": "2026-10-08"}
        for number in (3, 4, 5)
    ]
    sliced.drop("sichuan", PENALTY, sent(PENALTY, *more), name="b.csv")
    sliced.collect(noon(FIRST))
    sliced.publish_all(noon(FIRST))
    cut = latest(sliced.hub.home, PENALTY)
    assert whole is not None
    assert cut is not None
    assert [name for name in whole.buckets if "_" in name] == []
    assert [name for name in cut.buckets if "_" not in name] == []
    assert cut.changes.counts == {"added": 3, "changed": 0, "removed": 0}
    assert audit(sliced.hub) == []
