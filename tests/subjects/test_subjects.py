"""One subject per code over all datasets, every attribute with the row it came from; codes, names and regions verified."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.ground.errors import HubError
from pipelines.ground.settings import Settings
from pipelines.publishing import subject as subject_release
from pipelines.publishing.new_records import NewRecords
from pipelines.query.query import query
from pipelines.records.changes import apply
from pipelines.storage.conflicts import conflicts_table
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.manifest import Manifest, latest
from pipelines.subjects import SubjectMaster
from tests.conftest import AS_OF, GOOD_CODES, Home, row, second_route_left_out
from tests.effects import dies_before
from tests.publishing.penalties import PENALTY, sent
from tests.subjects.deliveries import (
    ANHUI,
    BEIJING,
    DAYS,
    FIRST,
    FUJIAN,
    HOUSEHOLD,
    ORGAN,
    PENALTIES,
    REGISTRATION,
    RENAMED,
    SHARED_NAME,
    delivered,
    registered,
    registrations,
)

FILE = "conflicts-2026-11.csv"


def opened(root: Path) -> Home:
    return Home(Hub.open(Settings.read(root)))


pytestmark = pytest.mark.usefixtures("without_the_second_route")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Only read by the tests of this module; those that go on take a copy."""
    with second_route_left_out():
        home = delivered(opened(tmp_path_factory.mktemp("subjects") / "home"))
        home.publish_all(DAYS[1])
    return home


@pytest.fixture
def home(published: Home, tmp_path: Path) -> Home:
    return opened(Path(shutil.copytree(published.root, tmp_path / "home")))


def subjects(home: Home) -> dict[str, dict[str, Any]]:
    return {one["credit_code"]: one for one in home.shared("subject").to_dicts()}


def statements(home: Home, kind: str) -> list[Mapping[str, Any]]:
    return conflicts_table(home.hub.home).read().filter(pl.col("kind") == kind).sort("provider_id", "said").to_dicts()


def sent_back(home: Home, provider: str) -> list[dict[str, str]]:
    content = (home.root / "outbox" / provider / FILE).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def manifest_of(home: Home) -> Manifest:
    manifest = latest(home.hub.home, "subject")
    assert manifest is not None
    return manifest


def test_there_is_one_row_for_each_code_over_all_datasets(published: Home) -> None:
    found = subjects(published)

    assert sorted(found) == sorted([FUJIAN, BEIJING, SHARED_NAME, ANHUI, ORGAN, HOUSEHOLD])
    fujian = found[FUJIAN]
    assert (fujian["records"], fujian["enterprise_registration_records"], fujian["administrative_penalty_records"]) == (
        3,
        1,
        2,
    )
    assert (fujian["registrar_pair"], fujian["registration_region_code"], fujian["region_code"]) == (
        "91",
        "350100",
        "350000",
    )
    assert (fujian["first_seen_on"], fujian["last_seen_on"]) == (DAYS[0].date(), DAYS[1].date())
    assert manifest_of(published).rows == 6


def test_every_attribute_says_which_row_it_came_from(published: Home) -> None:
    rows = {
        (dataset, one["_batch_id"], one["_row_number"]): one
        for dataset in (REGISTRATION, PENALTY)
        for one in published.records(dataset).to_dicts()
    }
    looked_at = 0
    for one in subjects(published).values():
        for name in ("name", "registration_date", "province_code", "registered_address", "legal_representative"):
            source = one[f"_{name}_source"]
            came_from = rows[source["dataset_id"], source["batch_id"], source["row_number"]]
            assert came_from[name] == one[name]
            assert came_from["_provider_id"] == source["provider_id"]
            looked_at += 1
    assert looked_at == 30


def test_names_are_compared_after_normalisation_and_kept_as_they_came(published: Home) -> None:
    fujian = subjects(published)[FUJIAN]

    assert fujian["name"] == "福建甲(集团)有限公司"
    assert fujian["other_names"] is None
    assert not [one for one in statements(published, "several_names") if one["credit_code"] == FUJIAN]


def test_a_former_name_is_no_conflict(published: Home) -> None:
    anhui = subjects(published)[ANHUI]

    assert (anhui["name"], anhui["other_names"]) == ("同名有限公司", None)
    assert anhui["first_seen_on"] == DAYS[0].date()


def test_a_natural_person_is_no_subject_with_a_code_or_without(published: Home) -> None:
    household = subjects(published)[HOUSEHOLD]

    assert published.records(PENALTY).filter(pl.col("subject_category") == "natural_person").height == 1
    assert (household["administrative_penalty_records"], household["other_names"]) == (0, None)
    assert "张三丰" not in published.shared("subject").write_ndjson()
    assert "张三丰" not in conflicts_table(published.hub.home).read().write_ndjson()


def test_one_code_with_several_names_goes_back_to_all_who_named_it(published: Home) -> None:
    said = statements(published, "several_names")

    assert subjects(published)[BEIJING]["other_names"] == "北京丙有限公司"
    assert [(one["provider_id"], one["said"], one["expected"], one["credit_code"]) for one in said] == [
        ("fujian", "北京乙有限公司", "北京乙有限公司", BEIJING),
        ("sichuan", "北京丙有限公司", "北京乙有限公司", BEIJING),
    ]
    [own, other] = sent_back(published, "sichuan")
    assert (own["问题"], own["本单位报送"], own["文件名"], own["行号"]) == ("一码多名", "是", "penalties.csv", "4")
    assert (other["本单位报送"], other["报送单位"], other["报送的内容"]) == (
        "否",
        "福建省公共信用信息平台",
        "北京乙有限公司",
    )


def test_one_name_with_several_codes_is_a_conflict(published: Home) -> None:
    said = statements(published, "several_codes")

    assert {one["credit_code"] for one in said} == {SHARED_NAME, ANHUI}
    assert {one["provider_id"] for one in said} == {"fujian", "anhui"}
    assert {line["问题"] for line in sent_back(published, "anhui")} == {"一名多码"}


def test_registrar_and_region_must_go_with_the_record(published: Home) -> None:
    [registrar] = statements(published, "registrar")
    [region] = statements(published, "region")

    assert (registrar["credit_code"], registrar["said"]) == (ORGAN, "12")
    assert (region["credit_code"], region["said"], region["expected"]) == (SHARED_NAME, "310000", "110000")
    lines = {line["问题"]: line for line in sent_back(published, "fujian") if line["本单位报送"] == "是"}
    assert lines["代码与所在地区不符"]["报送的内容"] == "310000 上海市"
    assert lines["代码与登记管理部门不符"]["应与之相符的内容"].startswith("91 ")
    assert all(line["怎么办"] for line in lines.values())


def test_contradicting_records_go_back_with_the_fields_that_differ(published: Home) -> None:
    said = statements(published, "contradicting_records")

    assert [(one["credit_code"], one["said"]) for one in said] == [(HOUSEHOLD, "registered_address")] * 2
    lines = [line for line in sent_back(published, "fujian") if line["问题"] == "同一记录内容矛盾"]
    assert [line["报送的内容"] for line in lines] == ["内容不同的数据项：注册地址"] * 2
    assert sorted(line["行号"] for line in lines) == ["7", "8"]


def test_conflicts_are_counted_by_provider_for_the_scorecard(published: Home) -> None:
    counts = ledger(published.hub.home, "subject_counts").read()
    found = {(one["provider_id"], one["kind"]): one["number"] for one in counts.to_dicts()}

    assert set(counts["release_id"]) == {manifest_of(published).release_id}
    assert {found["fujian", kind] for kind in ("several_names", "several_codes", "registrar", "region")} == {1}
    # Four kinds, but the region and the name of one subject: three subjects.
    assert (found["fujian", "subjects"], found["fujian", "conflicting"]) == (5, 3)
    assert (found["anhui", "subjects"], found["anhui", "conflicting"]) == (1, 1)
    assert (found["sichuan", "subjects"], found["sichuan", "several_names"]) == (3, 1)
    assert set(counts.filter(pl.col("provider_id") == "fujian")["region_code"]) == {"350000"}


def test_what_was_made_is_sound_and_can_be_asked_in_sql(published: Home) -> None:
    assert audit(published.hub) == []
    kinds = query(published.hub, "SELECT kind, count(*) AS n FROM losers.enterprise_registration GROUP BY 1 ORDER BY 1")
    assert kinds.rows() == [("conflict", 1), ("older_version", 1)]
    assert query(published.hub, "SELECT count(DISTINCT kind) FROM lake.conflicts").item() == 5
    releases = ledger(published.hub.home, "releases").read().filter(pl.col("product_id") == REGISTRATION)
    assert releases.select("accepted", "published", "older_version", "conflict", "superseded").rows() == [
        (8, 6, 1, 1, 2)
    ]


def test_publishing_again_makes_no_new_release_and_changes_no_file(home: Home) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.root.glob("outbox/*/*.csv")}
    done = [one for one in home.publish_all(AS_OF) if one.product_id == "subject"]

    assert [one.new for one in done] == [False]
    assert {path: path.stat().st_mtime_ns for path in home.root.glob("outbox/*/*.csv")} == before
    assert ledger(home.hub.home, "subject_counts").read()["release_id"].n_unique() == 1


def test_a_new_record_touches_one_bucket_and_a_corrected_conflict_leaves_the_file(home: Home) -> None:
    before, was = manifest_of(home), home.shared("subject").sort("credit_code")
    corrected = sent(PENALTY, {"credit_code": BEIJING, "subject_name": "北京乙有限公司", "document_number": "川3号",
                            "source_updated_at": "2026-06-01 09:00:00"})  # fmt: skip
    home.drop("sichuan", PENALTY, corrected, name="corrected.csv")
    home.collect(AS_OF)
    home.publish_all(AS_OF)
    manifest = manifest_of(home)

    same = {name for name, entry in manifest.buckets.items() if entry.file == before.buckets[name].file}
    assert len(manifest.buckets) - len(same) == 1
    changes = pl.read_parquet(home.root / "shared/subject" / manifest.release_id / "changes.parquet")
    assert changes.select("change_type", "credit_code").rows() == [("changed", BEIJING)]
    assert apply(was, changes, ["credit_code"]).equals(home.shared("subject").sort("credit_code"))
    assert sent_back(home, "sichuan") == []
    assert audit(home.hub) == []


def test_subjects_do_not_depend_on_the_order_of_files(published: Home, tmp_path: Path) -> None:
    """The same three files of the same days, each collected and published alone, the other way round."""
    other = opened(tmp_path / "other")
    for provider, dataset, content, name, day in (
        ("sichuan", PENALTY, PENALTIES, "penalties.csv", DAYS[1]),
        ("anhui", REGISTRATION, RENAMED, "renamed.csv", DAYS[1]),
        ("fujian", REGISTRATION, FIRST, "first.csv", DAYS[0]),
    ):
        other.drop(provider, dataset, content, name=name)
        other.collect(day)
        other.publish_all(day)

    assert [file.sha256 for file in manifest_of(other).files] == [file.sha256 for file in manifest_of(published).files]
    assert (
        conflicts_table(other.hub.home)
        .read()
        .sort(pl.all())
        .equals(conflicts_table(published.hub.home).read().sort(pl.all()))
    )


def test_a_citizen_id_in_a_subject_stops_the_release(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = manifest_of(home).release_id
    make = subject_release.subjects

    def leaking(*arguments: Any) -> pl.DataFrame:
        return make(*arguments).with_columns(pl.lit("身份证110101199003070003").alias("city"))

    monkeypatch.setattr(subject_release, "subjects", leaking)
    home.drop(
        "fujian", REGISTRATION, registrations(registered(GOOD_CODES[4], "2026-02-02", 所在省份="江苏")), name="x.csv"
    )
    home.collect(AS_OF)
    with pytest.raises(HubError, match="city"):
        home.publish_all(AS_OF)

    assert manifest_of(home).release_id == before
    [failure] = (home.root / "shared/subject/failures").iterdir()
    assert "110101199003070003" not in failure.read_text(encoding="utf-8")


@pytest.mark.second_route
def test_the_suite_of_the_master_finds_a_wrong_code_and_one_that_stands_twice(published: Home, tmp_path: Path) -> None:
    master = SubjectMaster.of(published.hub.catalog)
    assert master is not None
    suite = subject_release.master_suite(master, published.hub.settings.expectations)
    good = published.shared("subject")
    wrong = good.head(1).with_columns(pl.lit("91350100M000100Y44").alias("credit_code"))
    for name, rows, broken in (
        ("good", good, None),
        ("twice", pl.concat([good, good.head(1)]), r"subject\.credit_code\.unique"),
        ("wrong", pl.concat([good, wrong]), r"credit_code\.checksum"),
    ):
        path = tmp_path / f"{name}.parquet"
        rows.write_parquet(path)
        if broken is None:
            subject_release.meets(published.hub, "subject", suite, NewRecords((path,)), tmp_path)
            continue
        with pytest.raises(HubError, match=broken):
            subject_release.meets(published.hub, "subject", suite, NewRecords((path,)), tmp_path)


def test_a_crash_before_the_ledger_is_made_good_by_the_next_run(home: Home) -> None:
    home.drop("fujian", REGISTRATION, registrations(row(GOOD_CODES[4], 所在省份="江苏") + ","), name="x.csv")
    home.collect(AS_OF)
    with dies_before("replace", "state/sources/subject.json", root=home.root):
        home.publish_all(AS_OF)
    home.publish_all(AS_OF)

    manifest = manifest_of(home)
    assert GOOD_CODES[4] in subjects(home)
    assert manifest.rows == 7
    assert manifest.release_id in set(ledger(home.hub.home, "subject_counts").read()["release_id"])
    assert json.loads((home.root / "state/sources/subject.json").read_text())["release_id"] == manifest.release_id
    assert audit(home.hub) == []
