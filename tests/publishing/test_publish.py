"""What the hub shares: one record per key, versioned, checked, and never half-published."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines import expectations
from pipelines.audit import audit
from pipelines.ground.errors import HubError
from pipelines.records.changes import apply
from pipelines.storage.manifest import latest
from tests.conftest import AS_OF, GOOD_CODES, HEADER, THREE_GOOD_ROWS, Home, file, row

pytestmark = pytest.mark.usefixtures("without_the_second_route")


def stamped(code: str, when: str, **changes: str) -> str:
    """A registration with the provider's own time of update as a last column."""
    return f"{row(code, **changes)},{when}"


def stamped_file(*rows: str) -> str:
    return "\n".join([f"{HEADER},数据更新时间", *rows]) + "\n"


def data(home: Home) -> dict[str, bytes]:
    """Bytes of the latest release's data files, by path."""
    manifest = latest(home.hub.home, "enterprise_registration")
    assert manifest is not None
    folder = home.root / "shared/enterprise_registration" / manifest.release_id
    return {file.path: (folder / file.path).read_bytes() for file in manifest.files}


@pytest.mark.second_route
def test_a_release_has_manifest_changes_and_a_pointer(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    home.collect()

    [done] = home.publish()

    folder = home.root / "shared/enterprise_registration" / done.release_id
    assert json.loads((folder.parent / "latest.json").read_text()) == {"release_id": done.release_id}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["rows"] == 3
    assert manifest["changes"] == {"added": 3, "changed": 0, "removed": 0}
    assert manifest["previous_release_id"] is None
    assert manifest["validation"]["successful"] is True
    assert manifest["validation"]["expectations"] > 10
    assert {"credit_code", "name", "registration_date"} <= set(manifest["fields"])
    changes = pl.read_parquet(folder / "changes.parquet")
    assert changes["change_type"].to_list() == ["added"] * 3
    assert home.shared().schema["registration_date"] == pl.Date


def test_the_newest_version_by_the_providers_time_wins_whenever_it_arrives(home: Home) -> None:
    newer = stamped_file(stamped(GOOD_CODES[0], "2026-03-02 10:00:00", 企业名称="新名"))
    older = stamped_file(stamped(GOOD_CODES[0], "2026-03-01 23:59:59", 企业名称="旧名"))
    home.drop("sichuan", "enterprise_registration", newer, name="1.csv")
    home.collect()
    home.publish()
    home.drop("sichuan", "enterprise_registration", older, name="2.csv")
    home.collect(AS_OF + timedelta(days=1))
    home.publish(AS_OF + timedelta(days=1))

    assert home.shared()["name"].to_list() == ["新名"]


def test_order_of_arrival_never_matters(tmp_path: Path) -> None:
    """Same day, same key, different content, no time of the provider's: content decides, in any order and grouping."""
    from pipelines.ground.settings import Settings
    from pipelines.storage.hub import Hub

    files = {name: file(row(GOOD_CODES[0], 企业名称=name), row(GOOD_CODES[1])) for name in ("甲", "乙", "丙")}
    results = []
    for number, order in enumerate(itertools.permutations(files)):
        one = Home(Hub.open(Settings.read(tmp_path / str(number))))
        for name in order:
            one.drop("sichuan", "enterprise_registration", files[name], name=f"{name}.csv")
            if number % 2:
                one.collect()
        one.collect()
        one.publish()
        results.append(data(one))
    assert all(result == results[0] for result in results[1:])


def test_an_unchanged_record_sent_again_changes_nothing(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    home.collect()
    [first] = home.publish()
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS + "\n")  # other bytes, the same records
    home.collect(AS_OF + timedelta(days=30))

    [second] = home.publish(AS_OF + timedelta(days=30))

    assert second.release_id == first.release_id
    assert not second.new
    assert home.records().height == 6


def test_accepted_is_published_superseded_and_duplicate(home: Home) -> None:
    home.drop(
        "sichuan",
        "enterprise_registration",
        stamped_file(
            stamped(GOOD_CODES[0], "2026-01-01"),
            stamped(GOOD_CODES[0], "2026-01-01"),
            stamped(GOOD_CODES[0], "2025-01-01"),
            stamped(GOOD_CODES[1], "2026-01-01"),
        ),
    )
    home.collect()
    home.publish()

    manifest = latest(home.hub.home, "enterprise_registration")
    assert manifest is not None
    assert manifest.account.to_json() == {"accepted": 4, "published": 2, "superseded": 1, "duplicate": 1, "withheld": 0}


@pytest.mark.second_route
def test_previous_release_and_changes_give_the_next_release(home: Home) -> None:
    deliveries = [
        stamped_file(*(stamped(code, "2026-01-01") for code in GOOD_CODES[:3])),
        stamped_file(stamped(GOOD_CODES[1], "2026-02-01", 企业名称="改名"), stamped(GOOD_CODES[3], "2026-02-01")),
        stamped_file(stamped(GOOD_CODES[1], "2026-03-01", 企业名称="又改名"), stamped(GOOD_CODES[4], "2026-03-01")),
    ]
    before: pl.DataFrame | None = None
    for number, content in enumerate(deliveries):
        home.drop("sichuan", "enterprise_registration", content, name=f"{number}.csv")
        home.collect(AS_OF + timedelta(days=number))
        [done] = home.publish(AS_OF + timedelta(days=number))
        now = home.shared().sort("credit_code")
        if before is not None:
            folder = home.root / "shared/enterprise_registration" / done.release_id
            changes = pl.read_parquet(folder / "changes.parquet")
            assert sorted(changes["change_type"]) == ["added", "changed"]
            assert apply(before, changes, ["credit_code"]).equals(now)
        before = now


def test_only_touched_buckets_are_written_again(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", file(*(row(code) for code in GOOD_CODES)))
    home.collect()
    home.publish()
    before = {path: (path.stat().st_ino, path.name) for path in (home.root / "shared").rglob("data/*.parquet")}
    home.drop("sichuan", "enterprise_registration", file(row(GOOD_CODES[0], 企业名称="改名")), name="b.csv")
    home.collect(AS_OF + timedelta(days=1))
    [done] = home.publish(AS_OF + timedelta(days=1))

    folder = home.root / "shared/enterprise_registration" / done.release_id / "data"
    linked = [path for path in folder.iterdir() if path.stat().st_ino in {inode for inode, _ in before.values()}]
    assert len(linked) == len(list(folder.iterdir())) - 1


def test_release_ids_sort_by_time_also_within_a_day(home: Home) -> None:
    ids = []
    for number, code in enumerate(GOOD_CODES[:4]):
        home.drop("sichuan", "enterprise_registration", file(row(code)), name=f"{number}.csv")
        day = AS_OF + timedelta(days=number // 2)
        home.collect(day)
        ids.append(home.publish(day)[0].release_id)
    assert ids == sorted(ids)
    assert len(set(ids)) == 4


def test_a_refused_candidate_leaves_latest_where_it_is_and_says_why(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    home.collect()
    [good] = home.publish()
    home.drop("sichuan", "enterprise_registration", file(row(GOOD_CODES[3])), name="b.csv")
    home.collect()
    broken = {"enterprise_registration.business_scope.max_length": 7}  # more than there are rows: no row explains it
    monkeypatch.setattr(expectations, "unmet", lambda *_: broken)

    with pytest.raises(HubError, match="business_scope"):
        home.publish()

    pointer = json.loads((home.root / "shared/enterprise_registration/latest.json").read_text())
    assert pointer == {"release_id": good.release_id}
    [failure] = (home.root / "shared/enterprise_registration/failures").iterdir()
    assert "business_scope" in failure.read_text()


@pytest.mark.second_route
def test_a_row_that_breaks_the_suite_is_not_published(home: Home) -> None:
    """Rows that reach the lake past the screening (a bug, a hand) are found by the second route, and audit names the batch."""
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    [receipt] = home.collect()
    table = home.hub.records("enterprise_registration")
    [(path, bucket), *_] = list(table.files().items())
    wrong = (pl.lit("91350100M000100Y44").alias("credit_code"), pl.lit(99, pl.Int64).alias("_row_number"))
    planted = home.root / "planted.parquet"
    table.scan([path]).collect().head(1).with_columns(wrong).write_parquet(planted)
    table.append("planted by hand", [(planted, bucket)])

    home.publish()
    assert sorted(home.shared()["credit_code"]) == sorted(GOOD_CODES[:3])
    lines = (home.root / "outbox/sichuan/set_aside.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["enterprise_registration", receipt["batch_id"], "99", "credit_code"]
    ]
    assert receipt["batch_id"] in [finding.subject for finding in audit(home.hub)]
